"""The public pages over HTTP, and a year in figures for publication: for everybody, without an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator, StringConstraints

from services.board.api.parameters import ELSEWHERE, Public, Source, Town, Year
from services.board.api.public import (
    FOLLOWING,
    Class,
    SecretsOf,
    Wanted,
    own_topic,
    public_timeline,
    topic_views,
)
from services.board.projections import PUBLIC_TOPICS
from services.board.public_lists import PUBLIC_TOPIC_LIST
from services.board.public_page import Asked, Place, list_page, own_page, receipt_page, topic_page
from services.board.public_summary import year_in_figures
from services.board.public_words import WORDS
from services.board.source import BoardSource
from services.board.views.public import PublicCasesView, PublicTopicView
from services.board.views.public_summary import PublicSummaryView
from shared.contracts.types import Id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import ReadingOf
from shared.platform.http import Lang, Page
from shared.platform.language import Language, Text
from shared.platform.lists import LONGEST_SEARCH
from shared.platform.problems import InvalidRequestError, NotFoundError, TooManyRequestsError
from shared.platform.rate_limit import LimitsOf

router = APIRouter(tags=["public"])

ON_A_PAGE = 30
MOST_FIELDS = 10
_Search = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_SEARCH)] | None,
    BeforeValidator(lambda typed: typed.strip() or None if isinstance(typed, str) else typed),
    Query(description="Only what has these words"),
]
_Cursor = Annotated[str | None, Query(max_length=1024, description="`next` of the page before")]


async def _summary(source: BoardSource, year: int | None, language: Language) -> PublicSummaryView:
    figures = await source.figures()
    shown = year or figures.newest_year
    around = await source.surroundings(figures, as_of=source.today(), past=None, town=None, year=shown)
    activities = source.activities(figures, town=None, year=shown)
    found = year_in_figures(activities, around.months, around.records)
    county = source.county, source.divisions.name(source.county)
    return PublicSummaryView.of(found, county, shown, await source.freshness(), language)


@router.get("/public/summary", dependencies=[Public])
async def get_summary(source: Source, language: Lang, year: Year = None) -> PublicSummaryView:
    """Return a year in figures, for publication; without one the newest that has activities."""
    return await _summary(source, year, language)


# pages


def _place(request: Request, source: BoardSource, root: str = "") -> Place:
    submit = f"{request.app.state.settings.public_url}/submit"
    return Place(source.divisions.name(source.county), submit, root)


def _html(text: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(text, status, headers={"Vary": "Accept-Language"})


@router.get("/public", response_class=HTMLResponse, responses=ELSEWHERE, dependencies=[Public])
async def show_topics(
    request: Request,
    reading: ReadingOf,
    source: Source,
    language: Lang,
    query: Wanted,
    q: _Search = None,
    town: Town = None,
    topic_class: Class = None,
    year: Year = None,
    cursor: _Cursor = None,
) -> HTMLResponse:
    """Show the topics that were taken up, with a year in figures."""
    asked = await PUBLIC_TOPIC_LIST(language=language, limit=ON_A_PAGE, cursor=cursor, q=q)

    async def views(found: Sequence[Document]) -> list[PublicTopicView]:
        return await topic_views(reading, source, found, language)

    page = await reading.listed(PUBLIC_TOPICS, PUBLIC_TOPIC_LIST, query, asked, views=views)
    assert isinstance(page, Page)  # noqa: S101 - as JSON is asked for, it is no file
    figures = await source.figures()
    return _html(
        list_page(
            _place(request, source),
            Asked(q, town, topic_class, year),
            page.items,
            await _summary(source, year, language),
            source.divisions.towns(source.county),
            figures.years,
            language,
            following=page.next,
            begun=cursor is not None,
        )
    )


@router.get("/public/pages/{topic_id}", response_class=HTMLResponse, dependencies=[Public])
async def show_topic(
    request: Request, topic_id: Id, reading: ReadingOf, source: Source, language: Lang
) -> HTMLResponse:
    """Show a topic with what happened to it, and its typical cases."""
    topic = await public_timeline(reading, source, topic_id, language)
    found = await reading.all(PUBLIC_TOPICS, {"_id": topic_id})
    cases = [case for each in found for case in PublicCasesView.of(each, source.divisions, language).cases]
    return _html(topic_page(_place(request, source, "../../"), topic, cases, language))


@router.get("/public/receipt", response_class=HTMLResponse, dependencies=[Public])
async def ask_receipt(request: Request, source: Source, language: Lang) -> HTMLResponse:
    """Show the form that asks for receipt number and query code."""
    return _html(receipt_page(_place(request, source, "../"), language))


async def _typed(request: Request) -> dict[str, str]:
    """Return the fields of the form.

    Raises:
        InvalidRequestError: it is no form.
    """
    try:
        sent = parse_qs((await request.body()).decode(), max_num_fields=MOST_FIELDS)
    except ValueError:
        detail = Text("表单无法识别。", "The form cannot be read.")
        raise InvalidRequestError("invalid-request", detail, field="body") from None
    return {name: values[-1].strip()[:40] for name, values in sent.items()}


Typed = Annotated[dict[str, str], Depends(_typed)]
_FORM = {name: {"type": "string", "maxLength": 40} for name in ("receipt", "code")}
_REFUSED: dict[int | str, dict[str, Any]] = {
    404: {"description": "No such receipt with this code: the form again", "content": {"text/html": {}}},
    429: {"description": "Asked too often: the form again", "content": {"text/html": {}}},
}
_BODY = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": _FORM}}}


@router.post(
    "/public/receipt",
    response_class=HTMLResponse,
    dependencies=[Depends(FOLLOWING), Public],
    responses=_REFUSED,
    openapi_extra={"requestBody": {"content": _BODY}},
)
async def show_own(
    request: Request,
    typed: Typed,
    reading: ReadingOf,
    source: Source,
    secrets: SecretsOf,
    limits: LimitsOf,
    language: Lang,
) -> HTMLResponse:
    """Show one's own topic to whoever has its receipt number and query code (T08)."""
    place, receipt = _place(request, source, "../"), typed.get("receipt", "")
    try:
        topic = await own_topic(
            receipt,
            typed.get("code", ""),
            reading=reading,
            source=source,
            secrets=secrets,
            limits=limits,
            language=language,
        )
    except NotFoundError:
        return _html(receipt_page(place, language, receipt=receipt, fault=WORDS["no_such"]), 404)
    except TooManyRequestsError as error:
        page = _html(receipt_page(place, language, receipt=receipt, fault=WORDS["too_often"]), 429)
        page.headers.update(error.headers)
        return page
    return _html(own_page(place, topic, receipt, language))
