"""Dates as people write them."""

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdkguard.text.dates import is_date


@given(st.dates())
def test_every_day_of_the_calendar_is_a_date(day):
    assert is_date(day.isoformat())


@pytest.mark.parametrize(
    ("day", "holds"),
    [("2024-02-29", True), ("2023-02-29", False), ("2000-02-29", True), ("1900-02-29", False), ("2100-02-29", False),
     ("2400-02-29", True), ("2026-04-31", False), ("2026-12-31", True), ("2026-13-01", False), ("2026-00-10", False),
     ("2026-01-00", False), ("2026-1-1", False), ("", False)],
)  # fmt: skip
def test_days_of_the_calendar(day, holds):
    assert is_date(day) is holds


@pytest.mark.parametrize("year", [2023, 2024, 2100])
@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_last_day(year, month):
    last = calendar.monthrange(year, month)[1]
    assert is_date(f"{year}-{month:02}-{last:02}") and not is_date(f"{year}-{month:02}-{last + 1:02}")


@given(st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9]", fullmatch=True))
def test_python_knows_the_same_days_but_for_the_year_0(text):
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        assert not is_date(text) or text.startswith("0000")
    else:
        assert is_date(text)
