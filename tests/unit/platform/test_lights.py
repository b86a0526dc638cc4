"""How an open date stands on a day, by the calendar of 2024: 15–17 September and 1–7 October off."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.platform.lights import NOTHING_DUE, Colour, countdown, dates_of
from shared.platform.working_days import WorkCalendar

CALENDAR = WorkCalendar()
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("on", "as_of", "colour", "left"),
    [
        (date(2024, 9, 4), date(2024, 9, 5), Colour.RED, -1),
        (date(2024, 9, 6), date(2024, 9, 7), Colour.RED, 0),  # past on a Saturday: by no working day yet
        (date(2024, 9, 5), date(2024, 9, 5), Colour.YELLOW, 0),
        (date(2024, 9, 14), date(2024, 9, 5), Colour.YELLOW, 7),  # the Saturday that is worked is the seventh
        (date(2024, 9, 17), date(2024, 9, 5), Colour.YELLOW, 7),  # the holidays after it add none
        (date(2024, 9, 18), date(2024, 9, 5), Colour.GREEN, 8),
    ],
)
def test_a_date_turns_yellow_seven_working_days_before_it_and_red_after_it(
    on: date, as_of: date, colour: Colour, left: int
) -> None:
    light = countdown(on, as_of, CALENDAR)

    assert (light.colour, light.working_days_left, light.on) == (colour, left, on)
    assert light.today == (on == as_of)


@pytest.mark.rule("C12")
def test_where_nothing_is_due_no_light_is_on() -> None:
    assert countdown(None, date(2024, 9, 5), CALENDAR) is NOTHING_DUE
    assert NOTHING_DUE.working_days_left is None


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("on", "as_of", "provisional"),
    [
        (date(2024, 9, 5), date(2024, 9, 2), False),
        (date(2099, 1, 5), date(2024, 9, 2), True),
        (date(2024, 9, 5), date(2099, 1, 5), True),
    ],
)
def test_a_light_says_that_its_calendar_is_not_published_yet(
    on: date, as_of: date, provisional: bool
) -> None:
    assert countdown(on, as_of, CALENDAR).provisional is provisional


@pytest.mark.rule("C12")
@given(DAYS, DAYS)
@example(date(2024, 10, 8), date(2024, 9, 29))
def test_the_dates_of_a_colour_are_those_whose_light_has_it(on: date, as_of: date) -> None:
    colours = [
        colour
        for colour in (Colour.RED, Colour.YELLOW, Colour.GREEN)
        if (dates := dates_of(colour, as_of, CALENDAR))[0] <= on <= dates[1]
    ]

    assert colours == [countdown(on, as_of, CALENDAR).colour]


def test_no_date_is_without_a_light() -> None:
    with pytest.raises(ValueError, match="no date has no light"):
        dates_of(Colour.NONE, date(2024, 9, 5), CALENDAR)
