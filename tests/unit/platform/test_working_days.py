"""Working days, on days whose answer is public."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.working_days import WorkCalendar, today

CALENDAR = WorkCalendar()
LAST_KNOWN = max(CALENDAR._known_years)
DAYS = st.dates(date(2003, 1, 1), date(2030, 12, 31))


def test_a_make_up_saturday_is_worked() -> None:
    assert CALENDAR.is_working_day(date(2024, 9, 14))


@pytest.mark.parametrize(
    "day", [date(2024, 9, 16), date(2024, 9, 17), *(date(2024, 10, d) for d in range(1, 8))]
)
def test_mid_autumn_and_national_day_are_off(day: date) -> None:
    assert not CALENDAR.is_working_day(day)


def test_an_ordinary_weekend_is_off_and_an_ordinary_friday_is_not() -> None:
    assert [CALENDAR.is_working_day(date(2024, 9, d)) for d in (6, 7, 8)] == [True, False, False]


def test_thursday_to_the_next_wednesday_is_four_working_days() -> None:
    """Friday, Monday, Tuesday, Wednesday: the day itself does not count, the last one does."""
    assert CALENDAR.working_days_between(date(2024, 9, 5), date(2024, 9, 11)) == 4


def test_across_mid_autumn_only_the_make_up_saturday_counts() -> None:
    assert CALENDAR.working_days_between(date(2024, 9, 13), date(2024, 9, 17)) == 1


def test_counting_backwards_is_negative() -> None:
    assert CALENDAR.working_days_between(date(2024, 9, 11), date(2024, 9, 5)) == -4


def test_adding_a_working_day_to_a_friday_before_a_make_up_saturday_gives_that_saturday() -> None:
    assert CALENDAR.add_working_days(date(2024, 9, 13), 1) == date(2024, 9, 14)
    assert CALENDAR.add_working_days(date(2024, 9, 13), 2) == date(2024, 9, 18)


def test_adding_nothing_stays_and_adding_less_goes_back() -> None:
    assert CALENDAR.add_working_days(date(2024, 9, 7), 0) == date(2024, 9, 7)
    assert CALENDAR.add_working_days(date(2024, 9, 9), -1) == date(2024, 9, 6)


@given(DAYS, DAYS)
def test_counting_equals_looking_at_each_day(a: date, b: date) -> None:
    low, high = sorted((a, b))
    days = (low + timedelta(days=n) for n in range(1, (high - low).days + 1))
    worked = sum(CALENDAR.is_working_day(day) for day in days)
    assert CALENDAR.working_days_between(a, b) == (worked if a <= b else -worked)


@given(DAYS, st.integers(1, 60))
def test_what_was_added_is_what_lies_between(day: date, n: int) -> None:
    assert CALENDAR.working_days_between(day, CALENDAR.add_working_days(day, n)) == n


def test_past_the_known_years_monday_to_friday_is_assumed_and_said_to_be_provisional() -> None:
    new_year = date(LAST_KNOWN + 1, 1, 1)
    assert CALENDAR.provisional(new_year)
    assert CALENDAR.is_working_day(new_year) == (new_year.weekday() < 5)
    assert not CALENDAR.provisional(date(LAST_KNOWN, 12, 31))


def test_a_calendar_without_exceptions_is_monday_to_friday_and_always_provisional() -> None:
    bare = WorkCalendar(holidays=(), make_up_days=())
    assert bare.working_days_between(date(2024, 9, 1), date(2024, 9, 30)) == 21
    assert bare.provisional(date(2024, 9, 1))


def test_the_day_begins_in_shanghai() -> None:
    assert today(datetime(2024, 9, 4, 16, 0, tzinfo=UTC)) == date(2024, 9, 5)
    assert today(datetime(2024, 9, 4, 15, 59, tzinfo=UTC)) == date(2024, 9, 4)


def test_a_moment_without_a_time_zone_belongs_to_no_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        today(datetime(2024, 9, 5, 8, 0))  # noqa: DTZ001 - the mistake under test
