"""The board as a public page, its figures, and a stream of its changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, StreamingResponse

from services.board.api.parameters import ELSEWHERE, AsOf, Public, Source, Town, Year, changes_of
from services.board.changes import Changes, TooManyListenersError
from services.board.page import Page as BoardPage
from services.board.page import PageQuery, headline, render
from services.board.source import BoardSource
from services.board.statistics import By, statistics_of
from services.board.tables import tables_of
from services.board.views.board import BoardView
from shared.platform.http import Lang
from shared.platform.language import Language, Text
from shared.platform.problems import NotFoundError, UnavailableError

router = APIRouter()


async def _page(source: BoardSource, query: PageQuery, language: Language) -> BoardPage:
    if query.town is not None and not query.town.startswith(source.county):
        raise NotFoundError
    figures = await source.figures()
    year = query.year or next(iter(figures.years), None)
    day = query.as_of or source.today()
    board = source.board(figures, as_of=day, town=query.town, year=year)
    around = await source.surroundings(figures, as_of=day, town=query.town, year=year)
    counted = source.activities(figures, town=query.town, year=year)
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
        tables=tables_of(around, statistics_of(counted, By.MONTH), source.divisions, language),
    )


def _html(text: str) -> HTMLResponse:
    return HTMLResponse(text, headers={"Vary": "Accept-Language"})


@router.get("/", response_class=HTMLResponse, responses=ELSEWHERE, dependencies=[Public])
async def show_page(
    source: Source, language: Lang, as_of: AsOf = None, town: Town = None, year: Year = None
) -> HTMLResponse:
    """Show the board; without a year the newest that has activities."""
    return _html(render(await _page(source, PageQuery(as_of, town, year), language), language))


@router.get("/fragment", response_class=HTMLResponse, dependencies=[Public], include_in_schema=False)
async def show_fragment(
    source: Source, language: Lang, as_of: AsOf = None, town: Town = None, year: Year = None
) -> HTMLResponse:
    """Show the part of the page that changes."""
    return _html(render(await _page(source, PageQuery(as_of, town, year), language), language, fragment=True))


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


@router.get("/board", responses=ELSEWHERE, dependencies=[Public])
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
