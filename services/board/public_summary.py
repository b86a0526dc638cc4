"""A county's year in figures, for publication: what was done, and how those who raised it rated it. Pure.

One county, one year, no rows: nobody can be ranked by it. The two coverages (两个全覆盖) are not in it: they
follow from Party membership, which leaves the meetings service in no event (M18).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.board.records import DepartmentRecord
from services.board.statistics import Row, Tally, total_of
from services.board.status import ItemState
from shared.contracts.types import LoopItem, Rating


@dataclass(frozen=True, slots=True)
class YearInFigures:
    """What is published of a year.

    Attributes:
        tally: the activities of the year's ledger, counted as `/statistics` does.
        cases, reports: activities with a typical case, and with a media report.
        ratings: of the replies to what was assigned in the year.
    """

    tally: Tally
    cases: int
    reports: int
    ratings: Mapping[Rating, int]


def year_in_figures(
    activities: Sequence[Mapping[str, Any]], months: Sequence[Row], records: Sequence[DepartmentRecord]
) -> YearInFigures:
    """Return a year in figures.

    Args:
        activities: documents of `activities` of the year.
        months: the same, counted by month.
        records: of all departments, of the year.
    """
    return YearInFigures(
        tally=total_of(months),
        cases=_with(activities, LoopItem.CASE),
        reports=_with(activities, LoopItem.REPORT),
        ratings={rating: sum(record.ratings[rating] for record in records) for rating in Rating},
    )


def _with(activities: Iterable[Mapping[str, Any]], item: LoopItem) -> int:
    return sum(activity["loop"][item]["state"] == ItemState.DONE for activity in activities)
