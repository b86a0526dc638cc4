"""Tables as files that an office opens: CSV and XLSX, page by page, so that memory stays flat.

What was typed somewhere by somebody must not act in the spreadsheet of a clerk. In CSV a text that a
spreadsheet would take for a formula gets an apostrophe before it; in XLSX every text is a text. Days are days
(in CSV `2024-05-06`), moments are shown in Asia/Shanghai.
"""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shared.platform.language import Language
from shared.platform.lists import Cell, Format, Listing
from shared.platform.working_days import SHANGHAI

if TYPE_CHECKING:
    from shared.platform.sheet import Sheet

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of the list, or all of it as a file",
        "content": {CSV_TYPE: {"schema": {"type": "string"}}, XLSX_TYPE: {"schema": {"type": "string"}}},
    }
}
"""`responses` of an endpoint that answers with a list or a file of it."""

XLSX_ITEMS = 50_000
"""Of a list, that a workbook takes: it is made before it is sent, in some seconds. CSV has no end."""

# A spreadsheet set to Chinese also takes the full-width forms for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CHUNK = 64 * 1024

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


def local(moment: datetime) -> datetime:
    """Return a moment as it is shown: in Asia/Shanghai, without a zone."""
    return moment.astimezone(SHANGHAI).replace(tzinfo=None)


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.startswith(FORMULA) else cell
        case datetime():
            return f"{local(cell):%Y-%m-%d %H:%M}"
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


def _begin(title: str, headings: Sequence[str], widths: Sequence[int | None]) -> Sheet:
    # Only when somebody asks for a workbook: the library takes 20 MiB.
    from shared.platform.sheet import Sheet

    return Sheet(title, headings, widths)


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
    sheet = await asyncio.to_thread(_begin, title, headings, widths)
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


V = TypeVar("V", bound=BaseModel)


async def file_of(
    listing: Listing[V],
    pages: Rows,
    form: Format,
    language: Language,
    stamp: str,
    *,
    headers: Mapping[str, str],
) -> Response:
    """Return a list as a file to save.

    Args:
        listing: whose.
        pages: of its rows.
        form: `csv` or `xlsx`.
        language: of title and headings.
        stamp: the moment of the figures, not that of the download: it tells one export from the next.
        headers: of the answer besides.
    """
    title, headings = listing.title.in_(language), listing.headings(language)
    content: AsyncIterator[bytes]
    if form is Format.CSV:
        content, media_type = csv_file(headings, pages), f"{CSV_TYPE}; charset=utf-8"
    else:
        widths = [column.width for column in listing.columns]
        content, media_type = chunks(await xlsx_file(title, headings, widths, pages)), XLSX_TYPE
    about = {
        "Content-Disposition": disposition(title, listing.name, stamp, form.value),
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    return StreamingResponse(content, media_type=media_type, headers={**headers, **about})


async def whole_file(
    listing: Listing[V], items: Sequence[V], form: Format, language: Language, stamp: str
) -> Response:
    """Return a list that is short enough to be there at once as a file to save; see `file_of`."""

    async def one_page() -> Rows:
        yield listing.cells(items, language)

    return await file_of(listing, one_page(), form, language, stamp, headers={})
