"""The shape of a year in figures."""

from __future__ import annotations

from services.board.public_summary import YearInFigures
from services.board.views.base import FreshnessView, View
from services.board.views.statistics import TallyView, tally_view
from services.board.words import RATINGS
from shared.contracts.types import Rating
from shared.eventsourcing.progress import Freshness
from shared.platform.language import Language


class RatingCountView(View):
    """How many replies were rated so (满意度).

    Attributes:
        text: in the official words.
    """

    rating: Rating
    text: str
    number: int


class PublicSummaryView(View):
    """A county's year in figures, for publication; nothing in it is ranked.

    Attributes:
        county, county_name: whose.
        year: of the ledger; null where there is nothing yet.
        figures: the activities of that year, counted.
        cases, reports: activities with a typical case, and with a media report.
        ratings: of the replies to what was assigned in that year.
    """

    county: str
    county_name: str
    year: int | None
    figures: TallyView
    cases: int
    reports: int
    ratings: list[RatingCountView]
    freshness: FreshnessView

    @staticmethod
    def of(
        found: YearInFigures,
        county: tuple[str, str],
        year: int | None,
        freshness: Freshness,
        language: Language,
    ) -> PublicSummaryView:
        """Return a year as it is published; `county` is its code and name."""
        code, name = county
        ratings = [
            RatingCountView(rating=rating, text=RATINGS[rating].in_(language), number=number)
            for rating, number in found.ratings.items()
        ]
        return PublicSummaryView(
            county=code,
            county_name=name,
            year=year,
            figures=tally_view(found.tally),
            cases=found.cases,
            reports=found.reports,
            ratings=ratings,
            freshness=FreshnessView.model_validate(freshness),
        )
