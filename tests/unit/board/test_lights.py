"""Lights by the calendar of 2024: Saturday 14 September worked, 15–17 September and 1–7 October off."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.board.lights import OFF, light_of
from shared.platform.lights import Colour, dates_of
from shared.platform.working_days import WorkCalendar
from tests.unit.board.streams import day

CALENDAR = WorkCalendar()
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def due(on: date) -> dict[str, str]:
    """Return a date to be counted."""
    return {"on": on.isoformat(), "kind": "reply", "lead": "县水利局", "problem_id": "p-1"}


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("on", "as_of", "colour", "working_days"),
    [
        ("07-10", "09-05", Colour.RED, 41),  # 农田机井维修
        ("08-01", "09-05", Colour.RED, 25),  # 重大项目与高端人才引进
        ("09-11", "09-05", Colour.YELLOW, 4),  # 农村生活污水治理
        ("09-05", "09-05", Colour.YELLOW, 0),  # the day itself
        ("09-04", "09-05", Colour.RED, 1),
        ("09-14", "09-05", Colour.YELLOW, 7),  # the make-up Saturday is the seventh
        ("09-17", "09-05", Colour.YELLOW, 7),  # the holidays after it add none
        ("09-18", "09-05", Colour.GREEN, 8),
        ("10-08", "09-29", Colour.YELLOW, 2),  # nine days away, seven of them holidays
        ("09-06", "09-07", Colour.RED, 0),  # past due on a Saturday: late, by no working day yet
        ("09-08", "09-07", Colour.YELLOW, 0),
        ("10-31", "09-05", Colour.GREEN, 36),
    ],
)
def test_a_light_is_counted_in_working_days(on: str, as_of: str, colour: Colour, working_days: int) -> None:
    light = light_of(due(day(on)), day(as_of), CALENDAR)

    assert (light.colour, light.working_days) == (colour, working_days)


def test_what_has_no_date_has_no_light() -> None:
    assert light_of(None, day("09-05"), CALENDAR) is OFF


def test_a_light_says_what_is_due_when_and_of_whom() -> None:
    light = light_of(due(day("09-05")), day("09-05"), CALENDAR)

    assert (light.on, light.kind, light.lead, light.today) == (day("09-05"), "reply", "县水利局", True)


def test_past_the_published_calendar_a_light_is_provisional() -> None:
    assert light_of(due(date(2099, 1, 5)), day("09-05"), CALENDAR).provisional
    assert not light_of(due(day("12-30")), day("09-05"), CALENDAR).provisional


@given(as_of=DAYS, away=st.integers(-5, 25))
@example(as_of=date(2024, 9, 5), away=12)  # a holiday after the seventh working day
def test_lights_asked_for_as_a_range_of_dates_are_those_of_the_dates(as_of: date, away: int) -> None:
    on = as_of + timedelta(days=away)
    colour = light_of(due(on), as_of, CALENDAR).colour
    within = [
        found
        for found in (Colour.RED, Colour.YELLOW, Colour.GREEN)
        if dates_of(found, as_of, CALENDAR)[0] <= on <= dates_of(found, as_of, CALENDAR)[1]
    ]

    assert within == [colour]


def test_no_light_is_no_range_of_dates() -> None:
    with pytest.raises(ValueError, match="no date has no light"):
        dates_of(Colour.NONE, day("09-05"), CALENDAR)
