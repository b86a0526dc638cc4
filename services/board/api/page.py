"""The board as a public page, and its figures."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.board.api.parameters import ELSEWHERE, Public, Source, Town, When, WhenAsked, Year
from services.board.page import Page as BoardPage
from services.board.page import PageQuery, headline, render
from services.board.reading import BoardReadingOf
from services.board.source import BoardSource
from services.board.statistics import By, statistics_of
from services.board.tables import tables_of
from services.board.views.board import BoardView
from shared.platform.http import Lang
from shared.platform.language import Language
from shared.platform.problems import NotFoundError

router = APIRouter()


async def _page(
    source: BoardSource, when: When, town: str | None, year: int | None, language: Language
) -> BoardPage:
    if town is not None and not town.startswith(source.county):
        raise NotFoundError
    figures = await source.figures(when.past)
    shown = year or next(iter(figures.years), None)
    board = source.board(figures, as_of=when.day, town=town, year=shown)
    around = await source.surroundings(figures, as_of=when.day, past=when.past, town=town, year=shown)
    counted = source.activities(figures, town=town, year=shown)
    return BoardPage(
        board=board,
        query=PageQuery(when.asked, town, year),
        # What browsers are told of is the present board, from which also the past may change.
        version=await source.version() if when.past else figures.version,
        county=source.divisions.name(source.county),
        town=source.divisions.name(town) if town else None,
        year=shown,
        years=figures.years,
        stale=figures.stale,
        towns=figures.towns(source.divisions),
        freshness=await source.freshness(),
        tables=tables_of(around, statistics_of(counted, By.MONTH), source.divisions, language),
    )


def _html(text: str, when: When) -> HTMLResponse:
    as_of = {"HXS-As-Of": when.past.isoformat()} if when.past else {}
    return HTMLResponse(text, headers={"Vary": "Accept-Language", **as_of})


@router.get("/", response_class=HTMLResponse, responses=ELSEWHERE, dependencies=[Public])
async def show_page(
    source: Source, language: Lang, when: WhenAsked, town: Town = None, year: Year = None
) -> HTMLResponse:
    """Show the board; without a year the newest that has activities."""
    return _html(render(await _page(source, when, town, year, language), language), when)


@router.get("/fragment", response_class=HTMLResponse, dependencies=[Public], include_in_schema=False)
async def show_fragment(
    source: Source, language: Lang, when: WhenAsked, town: Town = None, year: Year = None
) -> HTMLResponse:
    """Show the part of the page that changes."""
    page = await _page(source, when, town, year, language)
    return _html(render(page, language, fragment=True), when)


@router.get("/board", responses=ELSEWHERE, dependencies=[Public])
async def get_board(
    source: Source,
    reading: BoardReadingOf,
    language: Lang,
    when: WhenAsked,
    town: Town = None,
    year: Year = None,
) -> BoardView:
    """Return the board in figures: of all years, unless one is asked for."""
    if town is not None and not town.startswith(source.county):
        raise NotFoundError
    if when.past is not None:
        reading.say_day(when.past)
    figures = await source.figures(when.past)
    board = source.board(figures, as_of=when.day, town=town, year=year)
    return BoardView.of(
        board,
        town=town,
        year=year,
        headline=headline(board.counts, language),
        stale=figures.stale,
        freshness=await source.freshness(),
        language=language,
    )
