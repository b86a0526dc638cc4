"""The shape of statistics."""

from __future__ import annotations

from services.board.statistics import FIGURES, By, Row, Tally, name_of
from services.board.views.base import FreshnessView, View
from shared.platform.divisions import Divisions
from shared.platform.language import Language


class TallyView(View):
    """What was counted.

    Attributes:
        proposed: activities, also those that were merged, withdrawn or rejected later.
        meetings: consultations held.
        attendance: people present at them, as far as the record says.
        loops_closed: activities whose loop is closed.
    """

    proposed: int
    adopted: int
    meetings: int
    attendance: int
    problems_assigned: int
    problems_solved: int
    loops_closed: int


class StatisticsRowView(TallyView):
    """A month, a town or a class.

    Attributes:
        key: `2024-05`, a town's code, a class's; null for what has no date or no class.
        name: in the reader's language.
    """

    key: str | None
    name: str

    @staticmethod
    def of(row: Row, by: By, divisions: Divisions, language: Language) -> StatisticsRowView:
        """Return a row with its name."""
        return StatisticsRowView(
            key=row.key, name=name_of(row.key, by, divisions, language), **_figures(row.tally)
        )


class StatisticsView(View):
    """The activities of a year's ledger, or of all years', counted.

    Attributes:
        rows: by time, in the official order of towns, or in that of the classes; nothing is ranked.
        total: what they add up to: the board's figures.
    """

    year: int | None
    town: str | None
    by: By
    rows: list[StatisticsRowView]
    total: TallyView
    freshness: FreshnessView


def tally_view(tally: Tally) -> TallyView:
    """Return what was counted as it is shown."""
    return TallyView(**_figures(tally))


def _figures(tally: Tally) -> dict[str, int]:
    return {figure: getattr(tally, figure) for figure in FIGURES}
