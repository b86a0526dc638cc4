"""A workbook of one sheet, written row by row. Imported when the first is made: the library is large."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import IO, Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from shared.platform.exports import FORMULA, local
from shared.platform.lists import Cell

_NARROWEST, _WIDEST = 10, 60


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


class Sheet:
    """The one sheet of a workbook, written from its beginning to its end."""

    def __init__(self, title: str, headings: Sequence[str], widths: Sequence[int | None]) -> None:
        self.rows = 0
        self._columns = len(headings)
        self._workbook = openpyxl.Workbook(write_only=True)
        self._sheet: Worksheet = self._workbook.create_sheet(title[:31])
        self._sheet.freeze_panes = "A2"
        for n, (heading, width) in enumerate(zip(headings, widths, strict=True), start=1):
            wide = width or min(max(_width(heading) + 4, _NARROWEST), _WIDEST)
            self._sheet.column_dimensions[get_column_letter(n)].width = wide
        self._sheet.append([self._cell(heading) for heading in headings])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows below those that are there."""
        for row in rows:
            self._sheet.append([self._cell(cell) for cell in row])
            self.rows += 1

    def _cell(self, cell: Cell) -> Any:  # noqa: ANN401 - what the library takes
        match cell:
            case str():
                text = WriteOnlyCell(self._sheet, ILLEGAL_CHARACTERS_RE.sub("", cell))
                text.data_type = "s"  # never "f", whatever it begins with
                if cell.startswith(FORMULA):
                    text.number_format = "@"  # nor when somebody edits it
                return text
            case datetime():
                return self._dated(local(cell), "yyyy-mm-dd hh:mm")
            case date():
                return self._dated(datetime.combine(cell, time()), "yyyy-mm-dd")
        return cell

    def _dated(self, moment: datetime, number_format: str) -> Any:  # noqa: ANN401 - as above
        dated = WriteOnlyCell(self._sheet, moment)
        dated.number_format = number_format
        return dated

    def save(self, file: IO[bytes]) -> None:
        """Write the workbook to a file, and go to the file's beginning."""
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(self._columns)}{self.rows + 1}"
        self._workbook.save(file)
        file.seek(0)
