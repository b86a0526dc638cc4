"""From a file to tables: opens the workbook, finds the sheets, their headers and their rows of data.

1. `open_workbook` tells what is wrong with a file that is no readable workbook.
2. Each sheet becomes a grid; a merged range's value fills the range.
3. The header is the row that names the most columns, wherever it stands; the row above it may name groups.
4. Rows that are no data (blank, subtotals, headers again, notes) are left out, and the table says which.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import openpyxl
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from shared.ledger.cells import UNCALCULATED, as_text, is_blank
from shared.ledger.columns import ACTIVITIES, SPECS, Need, SheetKind, SheetSpec
from shared.ledger.errors import LedgerFileError
from shared.ledger.findings import (
    COLUMN_MISSING,
    COLUMN_TWICE,
    COLUMN_UNKNOWN,
    ROW_SKIPPED,
    SHEET_IGNORED,
    SHEET_UNREADABLE,
    Finding,
    Place,
)
from shared.ledger.marks import MARKS_SHEET, Marks, read_marks
from shared.ledger.text import key, one_line

_OLE_HEADER = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP_HEADER = b"PK"
_TITLE_YEAR = re.compile(r"(20\d\d)年")
_SUBTOTAL = re.compile(r".{0,8}(?:合计|小计|总计|累计|共计)(?:[::].*|(?:共)?\d*[项件条个人次]{0,2})")
_WHOLE = re.compile(r"(?:no\.?|第)?\d+(?:\.0*)?号?")

# Rows with content among which a header is looked for; a sheet of thousands is not searched to its end.
_HEADER_WITHIN = 200


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row of data.

    Attributes:
        row: as Excel numbers it.
        cells: field → what the cell holds; blank cells are left out.
    """

    row: int
    cells: dict[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet, read.

    Attributes:
        header_row: as Excel numbers it.
        headers: field → its header as the sheet writes it.
        title_year: the year that the sheet's title or name states, if it states one.
    """

    spec: SheetSpec
    sheet: str
    header_row: int
    headers: dict[str, str]
    title_year: int | None
    rows: tuple[RawRow, ...]
    findings: tuple[Finding, ...]

    def header(self, field: str) -> str:
        """Return a field's header as the sheet writes it, or its usual one."""
        return self.headers.get(field) or self.spec.by_field[field].label


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook, read.

    Attributes:
        epoch: its day 0.
        tables: in the order of the sheets; at least one lists activities.
        findings: on whole sheets.
        marks: of rows that a system of ours wrote.
    """

    epoch: datetime
    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]
    marks: Marks

    def of_kind(self, kind: SheetKind) -> tuple[Table, ...]:
        """Return the tables of one kind."""
        return tuple(table for table in self.tables if table.spec.kind is kind)


@dataclass(slots=True)
class _Grid:
    """A sheet's cells by row and column, both from 0; merged ranges filled.

    Attributes:
        own: rows with a cell of their own, i.e. not only filled from a merge that began above.
    """

    sheet: str
    values: list[list[object]]
    own: set[int]


@dataclass(frozen=True, slots=True)
class _Header:
    row: int
    columns: dict[str, int]
    texts: dict[int, str]


def _refuse_ole(path: Path, content: bytes) -> None:
    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has("EncryptedPackage") or has("EncryptionInfo"):
        raise LedgerFileError("encrypted", path)
    if has("Workbook") or has("Book"):
        raise LedgerFileError("old-format", path, format=".xls")
    raise LedgerFileError("not-a-workbook", path)


def _refuse_zip(path: Path, file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            encrypted = any(entry.flag_bits & 0x1 for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise LedgerFileError("corrupt", path) from None
    if encrypted:
        raise LedgerFileError("encrypted", path)
    if "xl/workbook.bin" in names:
        raise LedgerFileError("old-format", path, format=".xlsb")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise LedgerFileError("not-a-workbook", path)
    file.seek(0)


def _mark_uncalculated(book: Workbook, file: IO[bytes]) -> None:
    """Have formulas without a result hold `UNCALCULATED`: read as blank they would be facts left out.

    Only programs write such files; Excel and WPS save each result with its formula.
    """
    formulas = openpyxl.load_workbook(file, read_only=True)
    for sheet in formulas.worksheets:
        values = book[sheet.title]
        for at, row in enumerate(sheet.iter_rows(), start=1):
            for column, cell in enumerate(row, start=1):
                if cell.data_type == "f":
                    result = values.cell(at, column)
                    # An empty text that was calculated has the type of a text.
                    if isinstance(result, Cell) and result.value is None and result.data_type == "n":
                        result.value = UNCALCULATED


def _load(path: Path) -> Workbook:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise LedgerFileError("not-found", path) from None
    except OSError as error:
        raise LedgerFileError("unreadable", path, why=error.strerror or str(error)) from error
    with file:
        head = file.read(8)
        file.seek(0)
        if not head:
            raise LedgerFileError("empty-file", path)
        if head == _OLE_HEADER:
            _refuse_ole(path, file.read())
        if not head.startswith(_ZIP_HEADER):
            raise LedgerFileError("not-a-workbook", path)
        _refuse_zip(path, file)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about drop-down lists and styles, which we do not read
                book = openpyxl.load_workbook(file, data_only=True)
                _mark_uncalculated(book, file)
                return book
        except Exception as error:  # a damaged part surfaces as whatever its parser raises
            raise LedgerFileError("corrupt", path) from error


def _grid(sheet: Worksheet) -> _Grid:
    values: list[list[object]] = [list(row) for row in sheet.iter_rows(values_only=True)]
    own = {r for r, row in enumerate(values) if any(not is_blank(value) for value in row)}
    for merged in sheet.merged_cells.ranges:
        top, left = merged.min_row - 1, merged.min_col - 1
        if top >= len(values) or left >= len(values[top]):
            continue
        right = min(merged.max_col, len(values[top]))
        for row in values[top : merged.max_row]:
            row[left:right] = [values[top][left]] * (right - left)
    return _Grid(sheet.title, values, own)


def _label(value: object) -> str:
    return "" if is_blank(value) else one_line(as_text(value))


def _groups(above: list[object]) -> list[str]:
    """Return a row's texts as names of groups; a title, one text across the row, is none."""
    texts = [_label(value) for value in above]
    return texts if len(set(texts) - {""}) > 1 else [""] * len(texts)


def _header_at(spec: SheetSpec, values: list[list[object]], row: int) -> _Header:
    groups = _groups(values[row - 1]) if row else []
    columns: dict[str, int] = {}
    texts: dict[int, str] = {}
    for column, value in enumerate(values[row]):
        leaf, group = _label(value), groups[column] if groups else ""
        # The group is no name of its own above a cell that has one: the row above data is its header.
        names = [group + leaf, leaf] if leaf and group and leaf != group else [leaf or group]
        field = next((found for name in names if name and (found := spec.field(name))), None)
        if leaf or group:
            texts[column] = leaf or group
        if field is not None:
            columns.setdefault(field, column)
    return _Header(row, columns, texts)


def _find_header(spec: SheetSpec, grid: _Grid) -> _Header | None:
    """Return the row that names the most columns, the first of several; None where no row names two."""
    best: _Header | None = None
    for row in sorted(grid.own)[:_HEADER_WITHIN]:
        found = _header_at(spec, grid.values, row)
        if len(found.columns) > (len(best.columns) if best else 1):
            best = found
    return best


def _title_year(grid: _Grid, header: _Header) -> int | None:
    above = (as_text(value) for row in grid.values[: header.row] for value in row if isinstance(value, str))
    for text in (*above, grid.sheet):
        if found := _TITLE_YEAR.search(key(text)):
            return int(found[1])
    return None


def _is_header_again(spec: SheetSpec, header: _Header, row: list[object]) -> bool:
    filled = [(column, _label(value)) for column, value in enumerate(row) if not is_blank(value)]
    same = sum(spec.field(text) is not None and header.texts.get(column) == text for column, text in filled)
    return same >= 3 and same * 2 >= len(filled)


def _is_column_numbers(row: list[object]) -> bool:
    """Whether a row only numbers the columns, as forms do below their header: 1, 2, 3, …"""
    texts = [key(as_text(value)).strip("()") for value in row if not is_blank(value)]
    return len(texts) >= 5 and texts == [str(n) for n in range(1, len(texts) + 1)]


def _what_else(spec: SheetSpec, header: _Header, row: list[object]) -> str | None:
    """Return what a row is if it is no data: a subtotal, the header again, a note; None for data."""
    filled = list(dict.fromkeys(as_text(value) for value in row if not is_blank(value)))
    if _is_header_again(spec, header, row):
        return "重复的表头"
    if _is_column_numbers(row):
        return "列号"
    number = row[header.columns[spec.number]] if spec.number else None
    numbered = bool(_WHOLE.fullmatch(key(as_text(number))))
    if not numbered and any(_SUBTOTAL.fullmatch(key(text)) for text in filled[:4]):
        return "合计行"
    if numbered and set(filled) <= {
        as_text(row[header.columns[f]]) for f in ("number", "year") if f in header.columns
    }:
        return "只有序号的空行"
    colons = sum(":" in key(text) for text in filled)
    if not numbered and len(filled) <= 4:
        is_note = (
            len(filled) == 1 or key(filled[0]).startswith(("注", "说明", "备注")) or colons * 2 > len(filled)
        )
        if is_note:
            return f"说明文字“{one_line(filled[0])[:20]}”"
    return None


def _column_findings(spec: SheetSpec, sheet: str, header: _Header, title_year: int | None) -> list[Finding]:
    place = Place(sheet, header.row + 1)
    read = set(header.columns.values())
    findings = []
    for column, text in header.texts.items():
        if column in read:
            continue
        field = spec.field(text)
        if field is None or field not in header.columns:
            findings.append(COLUMN_UNKNOWN.at(place, text))
        else:
            findings.append(COLUMN_TWICE.at(place, text, other=header.texts[header.columns[field]]))
    missing = [c for c in spec.columns if c.need is Need.NOTED and c.field not in header.columns]
    findings.extend(COLUMN_MISSING.at(place, c.label) for c in missing)
    return findings


def _table(spec: SheetSpec, grid: _Grid, header: _Header) -> Table:
    title_year = _title_year(grid, header)
    findings = _column_findings(spec, grid.sheet, header, title_year)
    rows = []
    for index in range(header.row + 1, len(grid.values)):
        row = grid.values[index]
        if index not in grid.own:
            continue
        if what := _what_else(spec, header, row):
            findings.append(ROW_SKIPPED.at(Place(grid.sheet, index + 1), what=what))
            continue
        cells = {
            field: row[column]
            for field, column in header.columns.items()
            if column < len(row) and not is_blank(row[column])
        }
        if cells:
            rows.append(RawRow(index + 1, cells))
    return Table(
        spec=spec,
        sheet=grid.sheet,
        header_row=header.row + 1,
        headers={field: header.texts[column] for field, column in header.columns.items()},
        title_year=title_year,
        rows=tuple(rows),
        findings=tuple(findings),
    )


def _lacking(spec: SheetSpec, grid: _Grid, header: _Header) -> tuple[str, ...]:
    lacking = spec.lacking(set(header.columns))
    if spec is ACTIVITIES and "year" not in header.columns and _title_year(grid, header) is None:
        lacking += (spec.by_field["year"].label,)
    return lacking


def _recognise(grid: _Grid) -> tuple[SheetSpec, _Header] | None:
    """Return what a sheet is: what its name says if its header agrees, else what its header says best."""
    found = [(spec, header) for spec in SPECS if (header := _find_header(spec, grid))]
    whole = [(spec, header) for spec, header in found if not _lacking(spec, grid, header)]
    return max(whole, key=lambda each: (each[0].is_named(grid.sheet), len(each[1].columns)), default=None)


def _refuse_without_ledger(path: Path, grids: list[_Grid]) -> LedgerFileError:
    """Return the error that tells best why no sheet is a ledger."""
    named = [grid for grid in grids if ACTIVITIES.is_named(grid.sheet)]
    for grid in named:
        if not grid.own:
            return LedgerFileError("empty-sheet", path, sheet=grid.sheet)
    likely: list[tuple[int, _Grid, tuple[str, ...]]] = []
    for grid in grids:
        header = _find_header(ACTIVITIES, grid)
        if header and (grid in named or len(header.columns) * 3 >= len(ACTIVITIES.columns)):
            likely.append((len(header.columns), grid, _lacking(ACTIVITIES, grid, header)))
    if likely:
        _, grid, lacking = max(likely, key=lambda each: each[0])
        return LedgerFileError("column-missing", path, sheet=grid.sheet, columns="、".join(lacking))
    if named:
        lacking = ACTIVITIES.lacking(set())
        return LedgerFileError("column-missing", path, sheet=named[0].sheet, columns="、".join(lacking))
    return LedgerFileError("no-ledger-sheet", path, sheets="、".join(grid.sheet for grid in grids) or "—")


def _unread(grid: _Grid) -> Finding:
    """Return the finding on a sheet that is none of ours, or is one but lacks columns."""
    place = Place(grid.sheet)
    spec = next((spec for spec in SPECS if spec.is_named(grid.sheet)), None)
    if spec is None or not grid.own:
        return SHEET_IGNORED.at(place)
    header = _find_header(spec, grid) or _Header(0, {}, {})
    return SHEET_UNREADABLE.at(place, columns="、".join(_lacking(spec, grid, header)))


def open_workbook(path: Path) -> Book:
    """Read a workbook's sheets of the three kinds.

    Raises:
        LedgerFileError: it is no workbook, is protected or damaged, or holds no ledger with the needed
            columns and at least one row.
    """
    book = _load(path)
    grids = [_grid(sheet) for sheet in book.worksheets if sheet.title != MARKS_SHEET]
    hidden = [sheet for sheet in book.worksheets if sheet.title == MARKS_SHEET]
    marks = read_marks([row for sheet in hidden for row in sheet.iter_rows(values_only=True)])
    tables: list[Table] = []
    findings: list[Finding] = []
    for grid in grids:
        if recognised := _recognise(grid):
            tables.append(_table(recognised[0], grid, recognised[1]))
        else:
            findings.append(_unread(grid))
    ledgers = [table for table in tables if table.spec is ACTIVITIES]
    if not ledgers:
        raise _refuse_without_ledger(path, grids)
    if not any(table.rows for table in ledgers):
        raise LedgerFileError("no-rows", path, sheet=ledgers[0].sheet)
    return Book(book.epoch, tuple(tables), tuple(findings), marks)
