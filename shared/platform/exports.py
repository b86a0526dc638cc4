"""Tables as files that an office opens: CSV and XLSX, page by page, so that memory stays flat.

What was typed somewhere by somebody must not act in the spreadsheet of a clerk. In CSV a text that a
spreadsheet would take for a formula gets an apostrophe before it; in XLSX every text is a text. Days are days
(in CSV `2024-05-06`), moments are shown in Asia/Shanghai.
"""

from __future__ import annotations

import asyncio
import csv
import tempfile
import unicodedata
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime, time
from io import StringIO
from typing import IO, Any
from urllib.parse import quote

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from shared.platform.lists import Cell
from shared.platform.working_days import SHANGHAI

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

XLSX_ITEMS = 50_000
"""Of a list, that a workbook takes: it is made before it is sent, in some seconds. CSV has no end."""

# A spreadsheet set to Chinese also takes the full-width forms for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CHUNK = 64 * 1024
_NARROWEST, _WIDEST = 10, 60

Rows = AsyncIterator[list[list[Cell]]]
"""Pages of rows."""


def disposition(title: str, name: str, stamp: str, suffix: str) -> str:
    """Return a `Content-Disposition` that saves a file under its Chinese title (RFC 6266, RFC 8187).

    Args:
        title: of the list, in the reader's language.
        name: in ASCII, for whoever does not understand the other.
        stamp: what tells one export from the next, e.g. the day.
        suffix: without the dot.
    """
    chinese = quote(f"{title}-{stamp}.{suffix}", safe="")
    return f"attachment; filename=\"{name}-{stamp}.{suffix}\"; filename*=UTF-8''{chinese}"


def _local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI).replace(tzinfo=None)


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA) else cell
        case datetime():
            return f"{_local(cell):%Y-%m-%d %H:%M}"
    return str(cell)


def _csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_csv_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


async def csv_file(headings: Sequence[str], pages: Rows) -> AsyncIterator[bytes]:
    """Yield a CSV file (RFC 4180, UTF-8 with the mark by which Excel knows it), a page at a time."""
    yield b"\xef\xbb\xbf" + _csv([headings])
    async for rows in pages:
        yield _csv(rows)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


class _Sheet:
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
        for row in rows:
            self._sheet.append([self._cell(cell) for cell in row])
            self.rows += 1

    def _cell(self, cell: Cell) -> Any:  # noqa: ANN401 - what the library takes
        match cell:
            case str():
                text = WriteOnlyCell(self._sheet, ILLEGAL_CHARACTERS_RE.sub("", cell))
                text.data_type = "s"  # never "f", whatever it begins with
                if cell.startswith(_FORMULA):
                    text.number_format = "@"  # nor when somebody edits it
                return text
            case datetime():
                return self._dated(_local(cell), "yyyy-mm-dd hh:mm")
            case date():
                return self._dated(datetime.combine(cell, time()), "yyyy-mm-dd")
        return cell

    def _dated(self, moment: datetime, number_format: str) -> Any:  # noqa: ANN401 - as above
        dated = WriteOnlyCell(self._sheet, moment)
        dated.number_format = number_format
        return dated

    def save(self, file: IO[bytes]) -> None:
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(self._columns)}{self.rows + 1}"
        self._workbook.save(file)
        file.seek(0)


async def xlsx_file(
    title: str, headings: Sequence[str], widths: Sequence[int | None], pages: Rows
) -> IO[bytes]:
    """Return a workbook with one sheet, on disk, deleted when it is closed.

    Args:
        title: of the sheet; at most 31 characters of it show.
        headings: the row that stays when one scrolls.
        widths: of the columns, in characters; by the heading where None.
        pages: of rows.
    """
    # In threads: a page of rows takes longer than others should wait.
    sheet = await asyncio.to_thread(_Sheet, title, headings, widths)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    try:
        try:
            async for rows in pages:
                await asyncio.to_thread(sheet.add, rows)
        finally:  # also where it failed: saving removes what the library keeps on disk
            await asyncio.to_thread(sheet.save, file)
    except BaseException:
        file.close()
        raise
    return file


async def chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Yield a file's bytes and close it."""
    with file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
