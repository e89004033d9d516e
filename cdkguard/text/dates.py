"""Days of the calendar."""

from __future__ import annotations

from cdkguard.text.regexes import late

_DATE = late(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")


def is_date(text: str) -> bool:
    """Whether the text is a day of the calendar, written as 2030-01-31."""
    found = _DATE.match(text)
    if not found:
        return False
    year, month, day = map(int, found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= (31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
