"""Lights of open dates, derived from the clock and never stored (C12).

A problem in hand counts its due date, one answered B or C its follow-up date; what is answered A or D, and
what is solved, counts none (`status.next_due_of`). Red is past that day, yellow up to seven working days
before it, the day itself included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from services.board.status import DueKind

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
class Light:
    """A light as of one day.

    Attributes:
        working_days: late where red, else left; 0 also where the day is less than one working day away.
        on: the date it counts; None where nothing is due.
        kind: what is due on it.
        lead: who has it in hand (承办单位).
        today: it is due on the very day.
        provisional: the calendar of one of the two years is not published yet.
    """

    colour: Colour
    working_days: int = 0
    on: date | None = None
    kind: DueKind | None = None
    lead: str | None = None
    today: bool = False
    provisional: bool = False


OFF = Light(Colour.NONE)


def _colour(on: date, as_of: date, working_days_left: int) -> Colour:
    if on < as_of:
        return Colour.RED
    return Colour.YELLOW if working_days_left <= YELLOW_WORKING_DAYS else Colour.GREEN


def light_of(due: Mapping[str, Any] | None, as_of: date, calendar: Calendar) -> Light:
    """Return the light of an activity's next due date.

    Args:
        due: as `status.next_due_of` makes it; None where nothing is due.
        as_of: a day in Asia/Shanghai.
        calendar: counts the working days.
    """
    if due is None:
        return OFF
    on = date.fromisoformat(due["on"])
    left = calendar.working_days_between(as_of, on)
    return Light(
        colour=_colour(on, as_of, left),
        working_days=abs(left),
        on=on,
        kind=DueKind(due["kind"]),
        lead=due["lead"],
        today=on == as_of,
        provisional=calendar.provisional(as_of) or calendar.provisional(on),
    )


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
    raise ValueError("no date has no light; ask for activities without a due date instead")
