"""A ledger workbook in the office's own layout: title, headings, rows; written row by row, as it comes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from shared.ledger import marks
from shared.ledger.columns import ACTIVITIES, PLAN, VENUES, SheetSpec
from shared.ledger.marks import MARKS_SHEET, Mark
from shared.ledger.writing import ORDER, Cell, Cells, headings
from shared.platform.exports import FORMULA

_WIDE = {"title", "opinions", "problem", "case_title", "case_background", "case_process", "case_results"}
_TITLES = {PLAN.label: "年度协商工作计划", ACTIVITIES.label: "协商活动台账", VENUES.label: "协商阵地"}


@dataclass(frozen=True, slots=True)
class Book:
    """What a workbook holds; gone through once, in this order, so that no row need be kept.

    Attributes:
        county: its name.
        plan, activities, venues: cells of the rows of each sheet, in order.
        marks: of the rows; known when these have been gone through.
    """

    county: str
    year: int
    plan: Iterable[Cells]
    activities: Iterable[Cells]
    venues: Iterable[Cells]
    marks: Iterable[Mark]


def save(book: Book, file: IO[bytes]) -> None:
    """Write a workbook to a file, and go to the file's beginning."""
    workbook = openpyxl.Workbook(write_only=True)
    for spec, rows in ((PLAN, book.plan), (ACTIVITIES, book.activities), (VENUES, book.venues)):
        title = f"{book.county}政协“有事多商量·惠协商” {_TITLES[spec.label]}({book.year}年)"
        _write(workbook.create_sheet(spec.label), spec, title, rows)
    hidden: Worksheet = workbook.create_sheet(MARKS_SHEET)
    hidden.sheet_state = "veryHidden"
    hidden.append(marks.headings())
    for mark in book.marks:
        hidden.append([_cell(hidden, cell) for cell in marks.as_cells(mark)])
    workbook.save(file)
    file.seek(0)


def _write(sheet: Worksheet, spec: SheetSpec, title: str, rows: Iterable[Cells]) -> None:
    sheet.freeze_panes = "A3"
    for n, field in enumerate(ORDER[spec.label], start=1):
        sheet.column_dimensions[get_column_letter(n)].width = 36 if field in _WIDE else 14
    sheet.append([_bold(sheet, title)])
    sheet.append([_bold(sheet, heading) for heading in headings(spec)])
    for cells in rows:
        sheet.append([_cell(sheet, cells[field]) for field in ORDER[spec.label]])


def _bold(sheet: Worksheet, text: str) -> Any:  # noqa: ANN401 - what the library takes
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Worksheet, cell: Cell) -> Any:  # noqa: ANN401 - as above
    match cell:
        case str():
            text = WriteOnlyCell(sheet, cell)
            text.data_type = "s"  # never "f", whatever it begins with
            if cell.startswith(FORMULA):
                text.number_format = "@"  # nor when somebody edits it
            return text
        case date():
            day = WriteOnlyCell(sheet, datetime.combine(cell, time()))
            day.number_format = "yyyy-mm-dd"
            return day
    return cell
