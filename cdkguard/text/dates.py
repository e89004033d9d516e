"""Dates as people write them in suppressions and approvals."""

from __future__ import annotations

from cdkguard.text.regexes import lazy_pattern

_DATE = lazy_pattern(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")


def is_date(text: str) -> bool:
    """Whether the text is a day of the calendar, written as 2030-01-31.

    `datetime.date` is no help: it takes other spellings (20300131) and refuses the year 0, and a pure folder must not have
    it at hand, as it reads the clock.
    """
    found = _DATE.match(text)
    if not found:
        return False

    year, month, day = map(int, found.groups())
    is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 28 + is_leap_year, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


def days_between(first: str, second: str) -> int | None:
    """The days from the first date to the second, negative where it is earlier; None where one is no date."""
    if not is_date(first) or not is_date(second):
        return None
    return _day_number(second) - _day_number(first)


def _day_number(text: str) -> int:
    """The days since 1 March of the year -400, in the calendar of today: a leap day is then the last of its year."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    year, month = (year + 400, month - 3) if month > 2 else (year + 399, month + 9)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day
