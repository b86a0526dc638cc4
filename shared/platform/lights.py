"""Lights of open dates, derived from the clock and the working calendar, and never stored (C12).

Red is past the day, yellow up to seven working days before it, the day itself included, green before that.
Past the years that the calendar knows Monday to Friday are assumed, and the light says so: provisional.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

YELLOW_WORKING_DAYS = 7


class Calendar(Protocol):
    """What lights need of a working calendar (`shared.platform.working_days.WorkCalendar`)."""

    def working_days_between(self, a: date, b: date) -> int:
        """Return how many working days lie after `a` up to and including `b`; negative where b < a."""

    def add_working_days(self, day: date, n: int) -> date:
        """Return the n-th working day after `day`."""

    def provisional(self, day: date) -> bool:
        """Tell whether the holidays of that year are unknown, so that Monday–Friday was assumed."""


class Colour(StrEnum):
    """What a light shows; `none` where nothing is due."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Countdown:
    """How a date stands on one day.

    Attributes:
        on: the date that counts; None where nothing is due.
        working_days_left: negative where it is past; 0 also where less than one working day is left.
        today: it is that very day.
        provisional: the calendar of one of the two years is not published yet.
    """

    colour: Colour
    on: date | None = None
    working_days_left: int | None = None
    today: bool = False
    provisional: bool = False


NOTHING_DUE = Countdown(Colour.NONE)


def countdown(on: date | None, as_of: date, calendar: Calendar) -> Countdown:
    """Return how a date stands.

    Args:
        on: the date that counts; None where nothing is due.
        as_of: a day in Asia/Shanghai.
        calendar: counts the working days.
    """
    if on is None:
        return NOTHING_DUE
    left = calendar.working_days_between(as_of, on)
    return Countdown(
        _colour(on, as_of, left),
        on,
        left,
        today=on == as_of,
        provisional=calendar.provisional(as_of) or calendar.provisional(on),
    )


def _colour(on: date, as_of: date, working_days_left: int) -> Colour:
    if on < as_of:
        return Colour.RED
    return Colour.YELLOW if working_days_left <= YELLOW_WORKING_DAYS else Colour.GREEN


def dates_of(colour: Colour, as_of: date, calendar: Calendar) -> tuple[date, date]:
    """Return the first and last date whose light has this colour: lights asked for as a range of dates.

    Raises:
        ValueError: `none` is no range of dates.
    """
    last_yellow = calendar.add_working_days(as_of, YELLOW_WORKING_DAYS + 1) - timedelta(days=1)
    match colour:
        case Colour.RED:
            return date.min, as_of - timedelta(days=1)
        case Colour.YELLOW:
            return as_of, last_yellow
        case Colour.GREEN:
            return last_yellow + timedelta(days=1), date.max
    raise ValueError("no date has no light; ask for what has no open date instead")
