"""The board over HTTP: a public page and summary, and lists for those who work with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BeforeValidator, Field

from services.board.changes import Changes, TooManyListenersError
from services.board.lights import Colour, dates_of, light_of
from services.board.lists import ACTIVITY_LIST
from services.board.page import STATIC, PageQuery, headline, render
from services.board.page import Page as BoardPage
from services.board.progress import with_progress
from services.board.projections import ACTIVITIES, PLANS, TIMELINE, VENUES
from services.board.source import BoardSource
from services.board.status import Status
from services.board.views import ActivityView, BoardView, PlanView, TimelineView, VenueView
from shared.contracts.types import DivisionCode, Id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, anyone, require, visible_divisions
from shared.platform.http import Lang, MinVersion, Page, Paging
from shared.platform.language import Text
from shared.platform.lists import ListRequest
from shared.platform.problems import NotFoundError, UnavailableError

router = APIRouter()

Reader = Annotated[Principal, Depends(require(Role.MEMBER, Role.DEPARTMENT, access=Access.READ))]
Public = Depends(anyone())


def source_of(request: Request) -> BoardSource:
    """Return where this process gets the board's figures."""
    source: BoardSource = request.app.state.board
    return source


def changes_of(request: Request) -> Changes:
    """Return the streams of this process."""
    changes: Changes = request.app.state.changes
    return changes


Source = Annotated[BoardSource, Depends(source_of)]
# A form sends what was left empty as an empty text.
_EmptyIsNone = BeforeValidator(lambda value: value or None)
AsOf = Annotated[date | None, _EmptyIsNone, Query(description="Day of the lights, in Shanghai; else today")]
Town = Annotated[DivisionCode | None, _EmptyIsNone, Query(description="Only this town or community")]
_LedgerYear = Annotated[int, Field(ge=1949, le=2200)]
Year = Annotated[_LedgerYear | None, _EmptyIsNone, Query(description="Only this year's ledger")]


# the page


async def _page(source: BoardSource, query: PageQuery) -> BoardPage:
    if query.town is not None and not query.town.startswith(source.county):
        raise NotFoundError
    figures = await source.figures()
    year = query.year or next(iter(figures.years), None)
    board = source.board(figures, as_of=query.as_of or source.today(), town=query.town, year=year)
    return BoardPage(
        board=board,
        query=query,
        version=figures.version,
        county=source.divisions.name(source.county),
        town=source.divisions.name(query.town) if query.town else None,
        year=year,
        years=figures.years,
        stale=figures.stale,
        towns=figures.towns(source.divisions),
        freshness=await source.freshness(),
    )


def _html(text: str) -> HTMLResponse:
    return HTMLResponse(text, headers={"Vary": "Accept-Language"})


@router.get("/", response_class=HTMLResponse, dependencies=[Public])
async def show_page(
    source: Source, language: Lang, as_of: AsOf = None, town: Town = None, year: Year = None
) -> HTMLResponse:
    """Show the board; without a year the newest that has activities."""
    return _html(render(await _page(source, PageQuery(as_of, town, year)), language))


@router.get("/fragment", response_class=HTMLResponse, dependencies=[Public], include_in_schema=False)
async def show_fragment(
    source: Source, language: Lang, as_of: AsOf = None, town: Town = None, year: Year = None
) -> HTMLResponse:
    """Show the part of the page that changes."""
    return _html(render(await _page(source, PageQuery(as_of, town, year)), language, fragment=True))


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
    dependencies=[Public],
)
async def follow(changes: Annotated[Changes, Depends(changes_of)]) -> StreamingResponse:
    """Stream `change` events, each with the board's version, now and whenever it changes."""
    try:
        stream = changes.listen()
    except TooManyListenersError:
        detail = Text("实时连接已满,请稍后刷新。", "Too many live connections; refresh later.")
        raise UnavailableError(detail, retry_after_seconds=60) from None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


# figures


@router.get("/board", dependencies=[Public])
async def get_board(
    source: Source, language: Lang, as_of: AsOf = None, town: Town = None, year: Year = None
) -> BoardView:
    """Return the board in figures: of all years, unless one is asked for."""
    if town is not None and not town.startswith(source.county):
        raise NotFoundError
    figures = await source.figures()
    board = source.board(figures, as_of=as_of or source.today(), town=town, year=year)
    return BoardView.of(
        board,
        town=town,
        year=year,
        headline=headline(board.counts, language),
        stale=figures.stale,
        freshness=await source.freshness(),
        language=language,
    )


@router.get("/activities", response_model=Page[ActivityView], responses=EXPORTS)
async def list_activities(
    caller: Reader,
    reading: ReadingOf,
    source: Source,
    asked: Annotated[ListRequest, Depends(ACTIVITY_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    light: Annotated[Colour | None, Query()] = None,
    year: Year = None,
    as_of: AsOf = None,
) -> Page[ActivityView] | Response:
    """List the activities of the caller's division, or of one inside it."""
    day = as_of or source.today()
    query: dict[str, Any] = {"division": visible_divisions(caller, division), "status": {"$ne": None}}
    query |= {"status": status} if status else {}
    query |= {"year": year} if year else {}
    query |= light_condition(source, light, day) if light else {}

    async def views(documents: Sequence[Document]) -> list[ActivityView]:
        return [_activity(source, document, day, asked.language) for document in documents]

    return await reading.listed(ACTIVITIES, ACTIVITY_LIST, query, asked, views=views)


def light_condition(source: BoardSource, colour: Colour, as_of: date) -> dict[str, Any]:
    """Return a database condition on activities: their light has this colour."""
    if colour is Colour.NONE:
        return {"next_due": None}
    first, last = dates_of(colour, as_of, source.calendar)
    return {"next_due.on": {"$gte": first.isoformat(), "$lte": last.isoformat()}}


def _activity(source: BoardSource, document: Document, as_of: date, language: Lang) -> ActivityView:
    light = light_of(document["next_due"], as_of, source.calendar)
    return ActivityView.of(document, light, source.divisions, language)


def _known_to(caller: Principal, document: Mapping[str, Any]) -> bool:
    # Partial until its topic is known: then it has no division yet, and nobody is shown it.
    return document["division"] is not None and caller.covers(document["division"])


@router.get("/activities/{topic_id}")
async def get_activity(
    topic_id: Id,
    caller: Reader,
    reading: ReadingOf,
    source: Source,
    language: Lang,
    minimum: MinVersion,
    as_of: AsOf = None,
) -> ActivityView:
    """Return an activity with all that its streams say."""
    found = await reading.document(
        ACTIVITIES, topic_id, minimum=minimum, visible=lambda d: _known_to(caller, d)
    )
    return _activity(source, found, as_of or source.today(), language)


@router.get("/topics/{topic_id}/timeline")
async def get_timeline(
    topic_id: Id, caller: Reader, reading: ReadingOf, language: Lang, minimum: MinVersion
) -> TimelineView:
    """Return all that happened to a topic, across the services."""
    found = await reading.document(
        TIMELINE, topic_id, minimum=minimum, visible=lambda d: _known_to(caller, d)
    )
    return TimelineView.of(found, language)


@router.get("/plans")
async def list_plans(
    caller: Reader, reading: ReadingOf, paging: Paging, language: Lang, year: Year = None
) -> Page[PlanView]:
    """List the plans of the caller's county with the progress of their items."""
    query = {"division": caller.division[:6], **({"year": year} if year else {})}
    page = await reading.page(PLANS, query, paging)
    carried_out = await _of_plans(reading, [plan["plan_id"] for plan in page.items])
    items = [PlanView.of(with_progress(plan, carried_out), language) for plan in page.items]
    return Page(items=items, next=page.next)


@router.get("/plans/{plan_id}")
async def get_plan(
    plan_id: Id, caller: Reader, reading: ReadingOf, language: Lang, minimum: MinVersion
) -> PlanView:
    """Return a plan with the progress of its items (T05)."""
    plan = await reading.document(
        PLANS, plan_id, minimum=minimum, visible=lambda d: d["division"] == caller.division[:6]
    )
    return PlanView.of(with_progress(plan, await _of_plans(reading, [plan_id])), language)


async def _of_plans(reading: Reading, plan_ids: list[str]) -> list[Document]:
    return await reading.all(ACTIVITIES, {"plan_id": {"$in": plan_ids}, "status": {"$ne": None}})


@router.get("/venues")
async def list_venues(
    caller: Reader,
    reading: ReadingOf,
    paging: Paging,
    division: Annotated[DivisionCode | None, Query()] = None,
) -> Page[VenueView]:
    """List the venues of the caller's division, or of one inside it, with their assessments."""
    return await reading.page(VENUES, {"division": visible_divisions(caller, division)}, paging, VenueView)


def install(app: FastAPI) -> None:
    """Give the application what the routes above use, and the page's files."""
    source = BoardSource(app.state.read_models, app.state.settings.county)
    app.state.board = source
    app.state.changes = Changes(source.version, lambda: app.state.health.draining)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
