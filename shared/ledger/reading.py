"""The whole reading of a ledger: which rows go in, which do not, and what there is to say about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from shared.ledger import rows, rules
from shared.ledger.cells import Context
from shared.ledger.columns import SheetKind
from shared.ledger.divisions import Divisions, Town
from shared.ledger.findings import (
    IDENTITY_TWICE,
    NOT_STATED,
    ROW_REPEATED,
    Difference,
    Finding,
    Place,
    Severity,
)
from shared.ledger.marks import Marks
from shared.ledger.rows import ActivityRow, ParsedRow, PlanItemRow, VenueRow, parse
from shared.ledger.status import compare
from shared.ledger.text import key
from shared.ledger.workbook import Book, Table, open_workbook

R = TypeVar("R", ActivityRow, PlanItemRow, VenueRow)


@dataclass(frozen=True, slots=True)
class SheetSummary:
    """How many rows of a sheet went which way; `rows_read` is the sum of the other three.

    Attributes:
        repeated: rows that are an earlier one once more; counted with that.
    """

    sheet: str
    kind: SheetKind
    header_row: int
    rows_read: int
    accepted: int
    refused: int
    repeated: int


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """What a workbook holds.

    Attributes:
        county: its division code.
        activities, plan_items, venues: the rows that can be entered, in the sheets' order.
        findings: by sheet and row; an error's row is not among the rows above.
        differences: accepted rows whose 状态 is not what the rules make of them.
        marks: of rows that a system of ours wrote.
    """

    path: Path
    county: str
    sheets: tuple[SheetSummary, ...]
    activities: tuple[ActivityRow, ...]
    plan_items: tuple[PlanItemRow, ...]
    venues: tuple[VenueRow, ...]
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    marks: Marks = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """Rows of data on all sheets."""
        return sum(sheet.rows_read for sheet in self.sheets)

    @property
    def accepted(self) -> int:
        """Rows that can be entered."""
        return sum(sheet.accepted for sheet in self.sheets)

    @property
    def refused(self) -> int:
        """Rows with an error."""
        return sum(sheet.refused for sheet in self.sheets)

    @property
    def repeated(self) -> int:
        """Rows that were there before."""
        return sum(sheet.repeated for sheet in self.sheets)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that refuse a row or a sheet; with any, a strict import enters nothing."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


class _Reader:
    """Reads one workbook; collects what there is to say on the way."""

    def __init__(self, book: Book, divisions: Divisions) -> None:
        self.findings: list[Finding] = [*book.findings, *(f for table in book.tables for f in table.findings)]
        self._book = book
        self._divisions = divisions
        self._tables = {table.sheet: table for table in book.tables}
        self._parsed: list[tuple[Table, ParsedRow]] = []
        self._repeated: list[str] = []

    def header(self, sheet: str, field: str) -> str:
        """Return a field's header as the sheet writes it."""
        return self._tables[sheet].header(field)

    def parse(
        self, kind: SheetKind, identity: Callable[[ParsedRow], object], *, named: str, year: int | None = None
    ) -> list[tuple[Table, ParsedRow]]:
        """Read the cells of all sheets of one kind.

        The same identity again is a repetition and left out, or with other content an error.

        Args:
            kind: which sheets.
            identity: tells a row from all others; None where the row does not say.
            named: the field that a finding on the identity names.
            year: for sheets that state none.
        """
        context = Context(self._divisions, self._book.epoch)
        first: dict[object, tuple[Table, ParsedRow]] = {}
        found = []
        for table in self._book.of_kind(kind):
            for raw in table.rows:
                row = parse(table, raw, context, year=table.title_year or year)
                who = identity(row)
                earlier_table, earlier = first.setdefault(who, (table, row)) if who else (table, row)
                place = Place(table.sheet, row.row)
                where = str(earlier.row) if earlier_table is table else f"{earlier_table.sheet}!{earlier.row}"
                if earlier is not row and earlier.values == row.values:
                    self._repeated.append(table.sheet)
                    self.findings.append(ROW_REPEATED.at(place, first=where))
                    continue
                if earlier is not row:
                    number = row.values[named]
                    self.findings.append(
                        IDENTITY_TWICE.at(place, table.header(named), first=where, number=number)
                    )
                self.findings.extend(row.findings)
                found.append((table, row))
        self._parsed.extend(found)
        return found

    def typed(
        self, parsed: Iterable[tuple[Table, ParsedRow]], build: Callable[[Table, ParsedRow], R]
    ) -> list[R]:
        """Return the rows that no error refuses so far, typed."""
        refused = self.refused()
        return [build(table, row) for table, row in parsed if Place(table.sheet, row.row) not in refused]

    def without_refused(self, rows: Iterable[R], found: Iterable[Finding]) -> list[R]:
        """Take findings in and return the rows that they do not refuse."""
        self.findings.extend(found)
        refused = self.refused()
        return [row for row in rows if Place(row.sheet, row.row) not in refused]

    def refused(self) -> set[Place]:
        """Return the places that errors refuse."""
        return {Place(f.sheet, f.row) for f in self.findings if f.severity is Severity.ERROR}

    def summaries(self) -> tuple[SheetSummary, ...]:
        """Return the count of every sheet, in the workbook's order."""
        refused = self.refused()
        summaries = []
        for table in self._book.tables:
            rows = [row for sheet, row in self._parsed if sheet is table]
            lost = sum(Place(table.sheet, row.row) in refused for row in rows)
            repeated = self._repeated.count(table.sheet)
            summaries.append(
                SheetSummary(
                    sheet=table.sheet,
                    kind=table.spec.kind,
                    header_row=table.header_row,
                    rows_read=len(rows) + repeated,
                    accepted=len(rows) - lost,
                    refused=lost,
                    repeated=repeated,
                )
            )
        return tuple(summaries)


def _numbered(row: ParsedRow) -> object:
    year, number = row.values.get("year"), row.values.get("number")
    return (year, number) if isinstance(year, int) and isinstance(number, int) else None


def _titled(row: ParsedRow) -> object:
    town, title = row.values.get("town"), row.values.get("title")
    return (town, key(title)) if isinstance(town, Town) and isinstance(title, str) else None


def _only_year(parsed: Iterable[tuple[Table, ParsedRow]]) -> int | None:
    years = {year for _, row in parsed if isinstance(year := row.values.get("year"), int)}
    return years.pop() if len(years) == 1 else None


def _merged(reader: _Reader, divisions: Divisions, activities: list[ActivityRow]) -> list[ActivityRow]:
    """Link merged rows to their targets; a target that is refused takes those merged into it along."""
    while True:
        targets, findings = rules.find_merged(activities, divisions, reader.header)
        if not findings:
            break
        activities = reader.without_refused(activities, findings)
    return [
        replace(row, merged_into=targets[row.identity].number) if row.identity in targets else row
        for row in activities
    ]


def _continued(reader: _Reader, activities: list[ActivityRow]) -> list[ActivityRow]:
    """Link rows to those they go on with; one that is refused takes along those that go on with it."""
    while True:
        found, findings = rules.find_continued(activities, reader.header)
        if not findings:
            break
        activities = reader.without_refused(activities, findings)
    return [_linked(row, *found[row.identity]) if row.identity in found else row for row in activities]


def _linked(row: ActivityRow, main: int, meeting: int) -> ActivityRow:
    return replace(row, continues=main, meeting_of=meeting if meeting != row.number else None)


def _unmarked(venues: Iterable[VenueRow]) -> list[Finding]:
    return [
        NOT_STATED.at(Place(venue.sheet, venue.row), item)
        for venue in venues
        for item, met in venue.marks
        if met is None
    ]


def read_ledger(path: Path, divisions: Divisions, *, today: date | None = None) -> LedgerReading:
    """Read a county's ledger workbook; pure but for opening the file.

    Args:
        path: an .xlsx workbook with the 协商活动台账, and perhaps the year's plan and the venues.
        divisions: the county and its towns.
        today: in Asia/Shanghai; facts later than it have not happened and refuse their row. None leaves that
            unchecked.

    Raises:
        LedgerFileError: there is no ledger to be read in it.
    """
    book = open_workbook(path)
    reader = _Reader(book, divisions)
    parsed = reader.parse(SheetKind.ACTIVITIES, _numbered, named="number")
    plan = reader.parse(SheetKind.PLAN, _numbered, named="number", year=_only_year(parsed))
    places = reader.parse(SheetKind.VENUES, _titled, named="title")
    items = reader.typed(plan, rows.plan_item)
    venues = reader.typed(places, rows.venue)
    activities = reader.typed(parsed, rows.activity)
    activities = reader.without_refused(
        activities,
        (
            *(f for row in activities for f in rules.check_activity(row, reader.header, today)),
            *rules.check_plan_items(activities, items, reader.header),
            *rules.check_venues(activities, venues, reader.header),
            *rules.check_titles(activities),
            *_unmarked(venues),
        ),
    )
    activities = _merged(reader, divisions, _continued(reader, activities))
    order = {table.sheet: position for position, table in enumerate(book.tables)}
    return LedgerReading(
        path=path,
        county=divisions.county,
        sheets=reader.summaries(),
        activities=tuple(activities),
        plan_items=tuple(items),
        venues=tuple(venues),
        findings=tuple(sorted(reader.findings, key=lambda f: (order.get(f.sheet, len(order)), f.row or 0))),
        differences=tuple(difference for row in activities if (difference := compare(row))),
        marks=book.marks,
    )
