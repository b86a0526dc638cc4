"""Figures over HTTP: department records, and statistics by month, town or class."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.board.api.parameters import ELSEWHERE, AsOf, Public, Reader, Source, Town, Year
from services.board.lists import DEPARTMENT_LIST, STATISTICS_LIST
from services.board.records import RecordReadingOf
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
    reading: RecordReadingOf,
    source: Source,
    language: Lang,
    division: Annotated[DivisionCode | None, Query(description="Problems of this division")] = None,
    department: Annotated[Line | None, Query(description="As assignments spell it")] = None,
    year: Year = None,
    as_of: AsOf = None,
    format: File = Format.JSON,
) -> Departments | Response:
    """Return what each department had in hand in each year, and what came of it; nothing is ranked."""
    day = as_of or source.today()
    records = await reading.records(
        visible_divisions(caller, division), as_of=day, year=year, lead=department
    )
    items = [DepartmentView.of(record) for record in records]
    if format is not Format.JSON:
        return await whole_file(DEPARTMENT_LIST, items, format, language, f"{day:%Y%m%d}")
    return Departments(items=items)


@router.get(
    "/statistics", response_model=StatisticsView, responses={**EXPORTS, **ELSEWHERE}, dependencies=[Public]
)
async def get_statistics(
    source: Source,
    language: Lang,
    by: By = By.MONTH,
    year: Year = None,
    town: Town = None,
    format: File = Format.JSON,
) -> StatisticsView | Response:
    """Return the activities of a year's ledger counted, by month, town or class; all years' without one."""
    if town is not None and not town.startswith(source.county):
        raise NotFoundError
    found = statistics_of(source.activities(await source.figures(), town=town, year=year), by)
    rows = [StatisticsRowView.of(row, by, source.divisions, language) for row in found]
    if format is not Format.JSON:
        return await whole_file(STATISTICS_LIST, rows, format, language, f"{source.today():%Y%m%d}")
    return StatisticsView(
        year=year,
        town=town,
        by=by,
        rows=rows,
        total=tally_view(total_of(found)),
        freshness=FreshnessView.model_validate(await source.freshness()),
    )
