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
