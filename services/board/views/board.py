"""The shape of the board in figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.board.status import Status
from services.board.summary import Board, Counts
from services.board.views.base import DueView, FreshnessView, View
from shared.eventsourcing.progress import Freshness
from shared.platform.language import Language


class CountsView(View):
    """What activities add up to.

    Attributes:
        loops_exempted: closed loops of which an item was exempted; they are among `loops_closed`.
        problems_solved: problems, of which an activity may have several.
    """

    activities: int
    loops_closed: int
    loops_exempted: int
    problems_solved: int
    by_status: dict[Status, int]

    @staticmethod
    def fields(counts: Counts) -> dict[str, Any]:
        """Return the fields of this view."""
        return {name: getattr(counts, name) for name in CountsView.model_fields}


class TownView(CountsView):
    """A town's figures; `red` and `yellow` are numbers of activities."""

    code: str
    name: str
    red: int
    yellow: int


class BoardView(CountsView):
    """The board in figures.

    Attributes:
        as_of: the day of the lights, in Asia/Shanghai.
        headline: all of it in one sentence.
        red, yellow: the longest overdue and the soonest due first.
        by_town: in the official order; nothing is ranked.
        stale: activities that wait for a record which an operator has to look at.
    """

    as_of: date
    town: str | None
    year: int | None
    headline: str
    red: list[DueView]
    yellow: list[DueView]
    plan_items: int
    venues: int
    by_town: list[TownView]
    stale: int
    freshness: FreshnessView

    @staticmethod
    def of(
        board: Board,
        *,
        town: str | None,
        year: int | None,
        headline: str,
        stale: int,
        freshness: Freshness,
        language: Language,
    ) -> BoardView:
        """Return a board with its words."""
        return BoardView(
            **CountsView.fields(board.counts),
            as_of=board.as_of,
            town=town,
            year=year,
            headline=headline,
            red=[DueView.of(line, language) for line in board.red],
            yellow=[DueView.of(line, language) for line in board.yellow],
            plan_items=board.plan_items,
            venues=board.venues,
            by_town=[
                TownView(
                    **CountsView.fields(t.counts),
                    code=t.code,
                    name=t.name,
                    red=t.counts.red,
                    yellow=t.counts.yellow,
                )
                for t in board.towns
            ],
            stale=stale,
            freshness=FreshnessView.model_validate(freshness),
        )
