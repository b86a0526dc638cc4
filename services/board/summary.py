"""The board in figures: counted from the activities' documents, as of a day. Pure.

Towns come in the official order of their codes, and nothing is ranked or given points (国办函〔2026〕12号).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.board.lights import Light, light_of
from services.board.status import ENDED, Status
from shared.platform.divisions import Divisions, town_of
from shared.platform.lights import Calendar, Colour

Activity = Mapping[str, Any]
"""A document of `activities`."""


@dataclass(frozen=True, slots=True)
class Line:
    """An activity with its light as of the day."""

    activity: Activity
    light: Light
    town: str
    town_name: str

    @property
    def ended(self) -> bool:
        """Whether it was merged or withdrawn, so that no loop is expected of it."""
        return self.activity["status"] in ENDED


@dataclass(frozen=True, slots=True)
class Counts:
    """What a list of activities adds up to.

    Attributes:
        loops_exempted: closed loops of which an item was exempted; they are among `loops_closed` (C18).
        problems_solved: problems, of which an activity may have several.
        red, yellow: activities whose next due date is past, or seven working days away at most.
        by_status: how many activities are in each status that occurs.
    """

    activities: int
    loops_closed: int
    loops_exempted: int
    problems_solved: int
    red: int
    yellow: int
    by_status: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Town:
    """A town with its activities, oldest proposal first.

    Attributes:
        code: nine digits, or six for what belongs to the county itself.
    """

    code: str
    name: str
    lines: Sequence[Line]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Board:
    """The whole board.

    Attributes:
        as_of: the day of the lights, in Asia/Shanghai.
        red: the longest overdue first.
        yellow: the soonest due first.
        towns: in the official order.
    """

    as_of: date
    counts: Counts
    red: Sequence[Line]
    yellow: Sequence[Line]
    towns: Sequence[Town]
    plan_items: int
    venues: int


def board_of(
    activities: Iterable[Activity],
    *,
    as_of: date,
    calendar: Calendar,
    divisions: Divisions,
    plan_items: int = 0,
    venues: int = 0,
) -> Board:
    """Return the board of some activities; partial ones are left out.

    Args:
        activities: documents with title, division, proposed_on, status, closed, exempted, solved, next_due.
        as_of: the day of the lights, in Asia/Shanghai.
        calendar: counts working days.
        divisions: names the towns.
        plan_items: how many items the plans have.
        venues: how many venues are open.
    """
    lines = sorted(_lines(activities, as_of, calendar, divisions), key=_ledger_order)
    due = sorted((line for line in lines if line.light.on is not None), key=_due_order)
    return Board(
        as_of=as_of,
        counts=counts_of(lines),
        red=[line for line in due if line.light.colour is Colour.RED],
        yellow=[line for line in due if line.light.colour is Colour.YELLOW],
        towns=_towns(lines),
        plan_items=plan_items,
        venues=venues,
    )


def _lines(
    activities: Iterable[Activity], as_of: date, calendar: Calendar, divisions: Divisions
) -> Iterable[Line]:
    for activity in activities:
        if activity["status"] is not None:
            town = town_of(activity["division"])
            light = light_of(activity["next_due"], as_of, calendar)
            yield Line(activity, light, town, divisions.name(town))


def _ledger_order(line: Line) -> tuple[str, str, str]:
    return line.town, line.activity["proposed_on"], line.activity["topic_id"]


def _due_order(line: Line) -> tuple[Any, ...]:
    return line.light.on, *_ledger_order(line)


def _towns(lines: Iterable[Line]) -> list[Town]:
    by_town: dict[str, list[Line]] = {}
    for line in lines:
        by_town.setdefault(line.town, []).append(line)
    return [Town(code, mine[0].town_name, mine, counts_of(mine)) for code, mine in by_town.items()]


def counts_of(lines: Sequence[Line]) -> Counts:
    """Return what some lines add up to."""
    colours = Counter(line.light.colour for line in lines)
    statuses = Counter(line.activity["status"] for line in lines)
    return Counts(
        activities=len(lines),
        loops_closed=sum(line.activity["closed"] for line in lines),
        loops_exempted=sum(line.activity["closed"] and bool(line.activity["exempted"]) for line in lines),
        problems_solved=sum(line.activity["solved"] for line in lines),
        red=colours[Colour.RED],
        yellow=colours[Colour.YELLOW],
        by_status={str(status): statuses[status] for status in Status if statuses[status]},
    )
