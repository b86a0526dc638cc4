"""Figures over HTTP: department records, and statistics by month, town or class."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.board.api.parameters import ELSEWHERE, Public, Reader, Source, Town, WhenAsked, Year
from services.board.lists import DEPARTMENT_LIST, STATISTICS_LIST
from services.board.projections import HANDLINGS
from services.board.reading import BoardReadingOf
from services.board.records import records_of
from services.board.statistics import By, statistics_of, total_of
from services.board.views.base import FreshnessView
from services.board.views.departments import DepartmentView
from services.board.views.statistics import StatisticsRowView, StatisticsView, tally_view
from shared.contracts.types import DivisionCode, Line
from shared.eventsourcing.reading import EXPORTS
from shared.platform.authorisation import visible_divisions
from shared.platform.exports import whole_file
from shared.platform.http import Lang
from shared.platform.lists import Format
from shared.platform.problems import NotFoundError

router = APIRouter()

File = Annotated[Format, Query(description="`csv` and `xlsx` are files to save")]


class Departments(BaseModel):
    """Records of departments, newest year first, then in the order of their names."""

    items: list[DepartmentView]


@router.get("/departments", response_model=Departments, responses=EXPORTS)
async def list_departments(
    caller: Reader,
    reading: BoardReadingOf,
    source: Source,
    when: WhenAsked,
    language: Lang,
    division: Annotated[DivisionCode | None, Query(description="Problems of this division")] = None,
    department: Annotated[Line | None, Query(description="As assignments spell it")] = None,
    year: Year = None,
    format: File = Format.JSON,
) -> Departments | Response:
    """Return what each department had in hand in each year, and what came of it; nothing is ranked."""
    handlings = await reading.model(HANDLINGS, when.past)
    within = visible_divisions(caller, division)
    records = await records_of(handlings, within, as_of=when.day, year=year, lead=department)
    items = [DepartmentView.of(record) for record in records]
    if format is not Format.JSON:
        return await whole_file(DEPARTMENT_LIST, items, format, language, f"{when.day:%Y%m%d}")
    return Departments(items=items)


@router.get(
    "/statistics", response_model=StatisticsView, responses={**EXPORTS, **ELSEWHERE}, dependencies=[Public]
)
async def get_statistics(
    source: Source,
    reading: BoardReadingOf,
    when: WhenAsked,
    language: Lang,
    by: By = By.MONTH,
    year: Year = None,
    town: Town = None,
    format: File = Format.JSON,
) -> StatisticsView | Response:
    """Return the activities of a year's ledger counted, by month, town or class; all years' without one."""
    if town is not None and not town.startswith(source.county):
        raise NotFoundError
    if when.past is not None:
        reading.say_day(when.past)
    figures = await source.figures(when.past)
    found = statistics_of(source.activities(figures, town=town, year=year), by)
    rows = [StatisticsRowView.of(row, by, source.divisions, language) for row in found]
    if format is not Format.JSON:
        return await whole_file(STATISTICS_LIST, rows, format, language, f"{when.day:%Y%m%d}")
    return StatisticsView(
        year=year,
        town=town,
        by=by,
        rows=rows,
        total=tally_view(total_of(found)),
        freshness=FreshnessView.model_validate(await source.freshness()),
    )
