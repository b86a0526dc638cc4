"""Statistics by month, town or class: the activities of a year's ledger, counted. Pure.

Whatever the rows are, they count the same activities as the board does, so that the rows' sums are the
board's figures. A month is that in which something happened, which may lie after the ledger's year; what
the record gives no day stands in a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from shared.contracts.types import TopicClass
from shared.platform.divisions import Divisions, town_of
from shared.platform.language import Language, Text
from shared.platform.words import CLASSES

Activity = Mapping[str, Any]
"""A document of `activities`: division, proposed_on, closed, closed_on, counted."""


class By(StrEnum):
    """What a row stands for."""

    MONTH = "month"
    TOWN = "town"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted.

    Attributes:
        proposed: activities, also those that were merged, withdrawn or rejected later.
        meetings: consultations held.
        attendance: people present at them, as far as the record says.
        loops_closed: activities whose loop is closed.
    """

    proposed: int = 0
    adopted: int = 0
    meetings: int = 0
    attendance: int = 0
    problems_assigned: int = 0
    problems_solved: int = 0
    loops_closed: int = 0


FIGURES = tuple(field.name for field in fields(Tally))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of statistics.

    Attributes:
        key: `2024-05`, a town's code or a class; None for what has no month or no class.
    """

    key: str | None
    tally: Tally


def statistics_of(activities: Iterable[Activity], by: By) -> Sequence[Row]:
    """Return the rows, by time, in the official order of towns, or in that of the classes; None last."""
    counts: dict[str | None, dict[str, int]] = {}
    for activity in activities:
        for figure, on, number in _facts(activity):
            row = counts.setdefault(_key(activity, on, by), dict.fromkeys(FIGURES, 0))
            row[figure] += number
    return [Row(key, Tally(**counts[key])) for key in sorted(counts, key=lambda key: _place(key, by))]


def total_of(rows: Iterable[Row]) -> Tally:
    """Return what the rows add up to."""
    tallies = [row.tally for row in rows]
    return Tally(**{figure: sum(getattr(tally, figure) for tally in tallies) for figure in FIGURES})


def _facts(activity: Activity) -> Iterator[tuple[str, str | None, int]]:
    """Yield what is counted of an activity: which figure, on which day, how many."""
    counted = activity["counted"]
    yield "proposed", activity["proposed_on"], 1
    if counted["adopted_on"]:
        yield "adopted", counted["adopted_on"], 1
    for meeting in counted["held"]:
        yield "meetings", meeting["on"], 1
        yield "attendance", meeting["on"], meeting["present"] or 0
    for on in counted["assigned"]:
        yield "problems_assigned", on, 1
    for on in counted["solved"]:
        yield "problems_solved", on, 1
    if activity["closed"]:
        yield "loops_closed", activity["closed_on"], 1


def _key(activity: Activity, on: str | None, by: By) -> str | None:
    match by:
        case By.MONTH:
            return on[: len("2024-05")] if on else None
        case By.TOWN:
            return town_of(activity["division"])
    found: str | None = activity["counted"]["topic_class"]
    return found


_CLASSES = {str(found): place for place, found in enumerate(TopicClass)}


def _place(key: str | None, by: By) -> tuple[bool, int, str]:
    return key is None, _CLASSES.get(key or "", 0) if by is By.CLASS else 0, key or ""


# names

_UNKNOWN = {By.MONTH: Text("未记载日期", "No date recorded"), By.CLASS: Text("未分类", "Not triaged yet")}


def name_of(key: str | None, by: By, divisions: Divisions, language: Language) -> str:
    """Return what a row stands for, in words."""
    if key is None:
        return _UNKNOWN[by].in_(language)
    match by:
        case By.MONTH:
            year, month = key.split("-")
            return Text(f"{year} 年 {int(month)} 月", key).in_(language)
        case By.TOWN:
            return divisions.name(key)
    return CLASSES[TopicClass(key)].in_(language)
