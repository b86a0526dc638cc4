"""The public pages as HTML, in the reader's language: topics, one topic, one's own. Pure: views in, text out.

For phones, without a script, and nothing inline. Addresses are relative: a reverse proxy may serve them below
a path. Receipt number and query code travel in the body of a form only: addresses are logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from services.board.page import PAGES
from services.board.public_words import DIMENSIONS, FIGURES, RESULTS, WORDS
from services.board.views.public import OwnTopicView, PublicCaseView, PublicTimelineView, PublicTopicView
from services.board.views.public_summary import PublicSummaryView
from services.board.words import FIGURE_NAMES
from shared.contracts.types import TopicClass
from shared.platform.language import Language, Text
from shared.platform.words import CLASSES


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are.

    Attributes:
        county: its name.
        submit: address of the form by which anybody proposes a topic.
        root: what leads from the page to the root of the service, e.g. `../`.
    """

    county: str
    submit: str
    root: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list was narrowed to; as typed, shown again in the form."""

    q: str | None = None
    town: str | None = None
    topic_class: TopicClass | None = None
    year: int | None = None

    def text(self, cursor: str | None = None) -> str:
        """Return it as part of an address; empty where nothing is asked."""
        asked = {"q": self.q, "town": self.town, "class": self.topic_class, "year": self.year}
        asked["cursor"] = cursor
        said = urlencode({name: str(value) for name, value in asked.items() if value is not None})
        return f"?{said}" if said else ""


def _say(language: Language) -> dict[str, str]:
    return {name: text.in_(language) for name, text in WORDS.items()}


def _render(template: str, place: Place, language: Language, **more: Any) -> str:  # noqa: ANN401 - as templates take
    return PAGES.render(template, place=place, language=language, say=_say(language), **more)


def list_page(
    place: Place,
    asked: Asked,
    topics: Sequence[PublicTopicView],
    summary: PublicSummaryView,
    towns: Sequence[tuple[str, str]],
    years: Sequence[int],
    language: Language,
    *,
    following: str | None = None,
    begun: bool = False,
) -> str:
    """Return a page of topics.

    Args:
        place: where it is.
        asked: what they were narrowed to.
        topics: of this page.
        summary: a year in figures.
        towns: code and name of those to choose from.
        years: to choose from.
        language: of the words.
        following: cursor of the next page; None for the last.
        begun: whether there are pages before this one.
    """
    return _render(
        "public.html",
        place,
        language,
        asked=asked,
        topics=topics,
        summary=summary,
        figures=_figures(summary, language),
        towns=towns,
        years=years,
        classes=[(str(each), words.in_(language)) for each, words in CLASSES.items()],
        next_page=f"public{asked.text(following)}" if following else None,
        begun=begun,
    )


def _figures(summary: PublicSummaryView, language: Language) -> list[tuple[str, int]]:
    counted = [(words, getattr(summary.figures, name)) for name, words in FIGURE_NAMES.items()]
    counted += [(words, getattr(summary, name)) for name, words in FIGURES.items()]
    return [(words.in_(language), number) for words, number in counted] + [
        (each.text, each.number) for each in summary.ratings
    ]


def topic_page(
    place: Place, topic: PublicTimelineView, cases: Sequence[PublicCaseView], language: Language
) -> str:
    """Return a topic with what happened to it, and its typical cases."""
    shown = [
        {
            "title": case.title,
            "texts": [(words.in_(language), getattr(case, name)) for name, words in DIMENSIONS.items()],
            "selected": [WORDS["selected"].in_(language).format(s.year, s.level_text) for s in case.selected],
        }
        for case in cases
    ]
    return _render("public_topic.html", place, language, topic=topic, cases=shown)


def receipt_page(place: Place, language: Language, *, receipt: str = "", fault: Text | None = None) -> str:
    """Return the form that asks for receipt number and query code, with what was wrong."""
    notice = fault.in_(language) if fault else ""
    return _render("public_receipt.html", place, language, topic=None, receipt=receipt, notice=notice)


def own_page(place: Place, topic: OwnTopicView, receipt: str, language: Language) -> str:
    """Return one's own topic, with the replies."""
    results = {result: words.in_(language) for result, words in RESULTS.items()}
    return _render(
        "public_receipt.html", place, language, topic=topic, receipt=receipt, results=results, notice=""
    )
