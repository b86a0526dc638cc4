"""The light of an activity: how its next open date stands, what it asks for, and of whom (C12).

A problem in hand counts its due date, one answered B or C its follow-up date; what is answered A or D, and
what is solved, counts none (`status.next_due_of`). How a date stands is said in `shared/platform/lights.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.board.status import DueKind
from shared.platform.lights import Calendar, Colour, Countdown, countdown


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

    @staticmethod
    def of(counted: Countdown, kind: DueKind | None = None, lead: str | None = None) -> Light:
        """Return how a date stands as a light."""
        return Light(
            colour=counted.colour,
            working_days=abs(counted.working_days_left or 0),
            on=counted.on,
            kind=kind,
            lead=lead,
            today=counted.today,
            provisional=counted.provisional,
        )


OFF = Light(Colour.NONE)


def light_of(due: Mapping[str, Any] | None, as_of: date, calendar: Calendar) -> Light:
    """Return the light of an activity's next due date.

    Args:
        due: as `status.next_due_of` makes it; None where nothing is due.
        as_of: a day in Asia/Shanghai.
        calendar: counts the working days.
    """
    if due is None:
        return OFF
    counted = countdown(date.fromisoformat(due["on"]), as_of, calendar)
    return Light.of(counted, DueKind(due["kind"]), due["lead"])
