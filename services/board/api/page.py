"""The board as a public page, and its figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from services.board.api.parameters import ELSEWHERE, Public, Source, Town, When, WhenAsked, Year
from services.board.page import Page as BoardPage
from services.board.page import PageQuery, headline, render
from services.board.reading import BoardReadingOf
from services.board.source import BoardSource
from services.board.tables import tables_of
from services.board.views.board import BoardView
from shared.platform.http import Lang
from shared.platform.language import Language
from shared.platform.problems import NotFoundError

router = APIRouter()

PageNumber = Annotated[int | None, Query(ge=1, le=10_000, description="Of a town's many activities")]


async def _query(
    source: Source, when: WhenAsked, town: Town = None, year: Year = None, page: PageNumber = None
) -> PageQuery:
    """Return what the page is asked to show.

    Raises:
        NotFoundError: the town lies outside the county.
    """
    if town is not None and not town.startswith(source.county):
        raise NotFoundError
    return PageQuery(when.asked, town, year, page)


async def _shown(
    source: BoardSource, when: When, query: PageQuery, language: Language, *, fragment: bool = False
) -> HTMLResponse:
    figures = await source.figures(when.past)
    year = query.year or figures.newest_year
    around = await source.surroundings(figures, as_of=when.day, past=when.past, town=query.town, year=year)
    # What browsers are told of is the present board, from which also the past may change.
    version = await source.version() if when.past else figures.version
    freshness = await source.freshness()

    def html() -> str:
        page = BoardPage(
            board=source.board(figures, as_of=when.day, town=query.town, year=year),
            query=query,
            version=version,
            county=source.divisions.name(source.county),
            town=source.divisions.name(query.town) if query.town else None,
            year=year,
            years=figures.years,
            stale=figures.stale,
            towns=figures.towns(source.divisions),
            freshness=freshness,
            tables=tables_of(around, source.divisions, language),
        )
        return render(page, language, fragment=fragment)

    # Hundreds of open pages ask at once when they are told of a change.
    text = figures.once(("page", when, query, language, fragment, version, freshness), html)
    as_of = {"HXS-As-Of": when.past.isoformat()} if when.past else {}
    return HTMLResponse(text, headers={"Vary": "Accept-Language", **as_of})


QueryAsked = Annotated[PageQuery, Depends(_query)]


@router.get("/", response_class=HTMLResponse, responses=ELSEWHERE, dependencies=[Public])
async def show_page(source: Source, language: Lang, when: WhenAsked, query: QueryAsked) -> HTMLResponse:
    """Show the board; without a year the newest that has activities, of many activities a town's by pages."""
    return await _shown(source, when, query, language)


@router.get("/fragment", response_class=HTMLResponse, dependencies=[Public], include_in_schema=False)
async def show_fragment(source: Source, language: Lang, when: WhenAsked, query: QueryAsked) -> HTMLResponse:
    """Show the part of the page that changes."""
    return await _shown(source, when, query, language, fragment=True)


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
