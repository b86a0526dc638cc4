"""From rows to sheets: what the reader reads, written so that reading it again gives the same rows.

A cell is written, read by its column's own reader and written again, until nothing changes: what stands in
the sheet is what the reader makes of it. So an opinion of several lines is one line here, and a unit's name
has no `/`, which would make two of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import TypeAlias, TypeVar

import orjson
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from shared.ledger.cells import Context, Exemption, Remark
from shared.ledger.columns import ACTIVITIES, PLAN, STANDARDS, VENUES, SheetSpec
from shared.ledger.divisions import Divisions
from shared.ledger.findings import Severity
from shared.ledger.rows import (
    ActivityRow,
    ParsedRow,
    PlanItemRow,
    VenueRow,
    activity,
    parse,
    plan_item,
    venue,
)
from shared.ledger.status import derive_status
from shared.ledger.text import key, one_line, tidy
from shared.ledger.vocabulary import (
    BASES,
    FORMS,
    LEVELS,
    LOOP_ITEMS,
    MEDIA_LEVELS,
    NOTHING,
    ORIGINS,
    PLATFORMS,
    RATINGS,
    RESULTS,
    STATUSES,
    TIERS,
    YES_NO,
)
from shared.ledger.workbook import RawRow, Table

Row: TypeAlias = ActivityRow | PlanItemRow | VenueRow
R = TypeVar("R", ActivityRow, PlanItemRow, VenueRow)
Cell: TypeAlias = str | int | date | None
Cells: TypeAlias = dict[str, Cell]
"""What stands in a row, by field."""

UNTITLED = "(无标题)"
"""For a title of which nothing is seen."""

_TEXTS = ("problem", "case_background", "case_participants", "case_process", "case_results")

ROUNDS = 5
"""How often a row is written and read until nothing changes any more; nearly always once is enough."""

LONGEST_CELL = 32_000
"""Characters; Excel takes a few more, and cuts off the rest."""

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of a workbook, which knows no zones

ORDER: Mapping[str, tuple[str, ...]] = {
    ACTIVITIES.label: (
        *("number", "year"),
        *(c.field for c in ACTIVITIES.columns if c.field not in ("number", "year")),
    ),
    PLAN.label: ("number", "title", "form_title", "lead", "departments", "quarter", "source"),
    VENUES.label: ("town", "tier", "title", "host_platform", *STANDARDS["longkou"], "source"),
}
"""The fields of each sheet as the office's workbook has its columns."""

_NOT_SAID = {"sheet", "row", "merged_into", "continues", "meeting_of"}
"""Where a row stands, and what follows from its remark and the other rows."""

_NAMES_APART = re.compile(r"\s*[、;\uff1b,\uff0c/\uff0f\n]+\s*")
_SENTENCES_APART = re.compile(r"[;\uff1b]")
_OF_AN_EXEMPTION = str.maketrans(dict.fromkeys(":\uff1a;\uff1b()\uff08\uff09", ","))


def headings(spec: SheetSpec) -> list[str]:
    """Return the headings of a sheet, in order."""
    return [spec.by_field[field].label for field in ORDER[spec.label]]


def _stated(text: str) -> str:
    """Return text that says something also where it is a word that stands for nothing."""
    return f"“{text}”" if text and (key(text) in NOTHING or text.startswith("#")) else text


def _line(text: str | None) -> str | None:
    return _stated(line) if (line := one_line(_legible(text))) else None


def _text(text: str | None) -> str | None:
    return _stated(tidied) if (tidied := tidy(_legible(text))) else None


def _legible(text: str | None) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text or "")


def _names(*names: str | None) -> str | None:
    return ";".join(_NAMES_APART.sub("·", one_line(name)) for name in names if name) or None


def _sentences(sentences: tuple[str, ...]) -> str | None:
    return ";".join(_SENTENCES_APART.sub(",", one_line(each)) for each in sentences)[:LONGEST_CELL] or None


def _exemptions(exemptions: tuple[Exemption, ...]) -> str | None:
    stated = (
        f"{LOOP_ITEMS.shown(each.item)}:{_within(each.reason)}(批准:{_within(each.approver)})"
        for each in exemptions
        if each.counts
    )
    return ";".join(stated) or None


def _within(text: str | None) -> str:
    return one_line(text or "").translate(_OF_AN_EXEMPTION)


def _remark(remark: Remark) -> str | None:
    parts = (
        f"续第{remark.continues}号" if remark.continues else None,
        f"回头看日期:{remark.follow_up_on}" if remark.follow_up_on else None,
        f"重新办理时限:{remark.redo_due_on}" if remark.redo_due_on else None,
        f"未评价确认:{_part(remark.confirmed)}" if remark.confirmed else None,
        f"并入:{_part(remark.merged_into)}" if remark.merged_into else None,
        _stated(_part(remark.note)) if remark.note else None,
    )
    return ";".join(part for part in parts if part) or None


def _part(text: str) -> str:
    return _SENTENCES_APART.sub(",", one_line(text))


def activity_cells(row: ActivityRow) -> Cells:
    """Return what stands in a line of the 协商活动台账."""
    same = {f.name: getattr(row, f.name) for f in fields(row) if f.name in ACTIVITIES.by_field}
    return {
        **same,
        "town": row.town.name,
        "level": LEVELS.shown(row.level) if row.level else None,
        "venue": _line(row.venue),
        "form_title": row.form_title if FORMS.find(row.form_title or "") else None,
        "title": _line(row.title) or UNTITLED,
        "origin": ORIGINS.shown(row.origin),
        "basis": BASES.shown(row.basis) if row.basis else None,
        **{field: _line(getattr(row, field)) for field in ("lead", "convener", "host", "recorder")},
        "opinions": _sentences(row.opinions),
        "lead_handler": _names(row.lead_handler),
        "co_handlers": _names(*row.co_handlers),
        "result": RESULTS.shown(row.result) if row.result else None,
        "rating": RATINGS.shown(row.rating) if row.rating else None,
        "case_title": _line(row.case_title),
        **{field: _text(getattr(row, field)) for field in _TEXTS},
        "outlet": _line(row.outlet),
        "media_level": MEDIA_LEVELS.shown(row.media_level) if row.media_level else None,
        "exemptions": _exemptions(row.exemptions),
        "status": STATUSES.shown(row.status or derive_status(row)),
        "remark": _remark(row.remark),
    }


def plan_cells(row: PlanItemRow) -> Cells:
    """Return what stands in a line of the 年度协商工作计划."""
    return {
        "number": row.number,
        "title": _line(row.title),
        "form_title": _line(row.form_title),
        "lead": _line(row.lead),
        "departments": _names(*row.departments),
        "quarter": row.quarter,
        "source": _line(row.source),
    }


def venue_cells(row: VenueRow) -> Cells:
    """Return what stands in a line of the 协商阵地 sheet."""
    return {
        "town": row.town.name,
        "tier": TIERS.shown(row.tier),
        "title": _line(row.title),
        "host_platform": PLATFORMS.shown(row.host_platform) if row.host_platform else None,
        **{item: None if met is None else YES_NO.shown(met) for item, met in row.marks},
        "source": _line(row.source),
    }


def digest(row: Row) -> str:
    """Return what tells whether a row still says what it said when it was written."""
    said = {f.name: getattr(row, f.name) for f in fields(row) if f.name not in _NOT_SAID}
    canonical = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:32]


class Writer:
    """Writes rows as the sheets of a county have them.

    Args:
        divisions: of the county.
    """

    def __init__(self, divisions: Divisions) -> None:
        self._context = Context(divisions, EPOCH)

    def activity(self, row: ActivityRow) -> tuple[Cells, str]:
        """Return the cells of an activity, and the digest of what they say."""
        return self._settled(ACTIVITIES, row, activity_cells, activity)

    def plan_item(self, row: PlanItemRow) -> tuple[Cells, str]:
        """Return the cells of an item of the plan, and the digest of what they say."""
        return self._settled(PLAN, row, plan_cells, plan_item)

    def venue(self, row: VenueRow) -> tuple[Cells, str]:
        """Return the cells of a venue, and the digest of what they say."""
        return self._settled(VENUES, row, venue_cells, venue)

    def _settled(
        self,
        spec: SheetSpec,
        row: R,
        cells_of: Callable[[R], Cells],
        built: Callable[[Table, ParsedRow], R],
    ) -> tuple[Cells, str]:
        table = _table(spec)
        year = getattr(row, "year", None)
        cells = _fitting(cells_of(row))
        for _ in range(ROUNDS):
            there: dict[str, object] = {field: cell for field, cell in cells.items() if cell is not None}
            parsed = parse(table, RawRow(row.row, there), self._context, year=year)
            if any(finding.severity is Severity.ERROR for finding in parsed.findings):
                # No reader takes it, e.g. a day of the last century: shown, and refused when it is read.
                break
            row = built(table, parsed)
            before, cells = cells, _fitting(cells_of(row))
            if cells == before:
                break
        return cells, digest(row)


def _table(spec: SheetSpec) -> Table:
    headers = {field: spec.by_field[field].label for field in ORDER[spec.label]}
    return Table(spec, spec.label, header_row=2, headers=headers, title_year=None, rows=(), findings=())


def _fitting(cells: Cells) -> Cells:
    return {
        field: ILLEGAL_CHARACTERS_RE.sub("", cell)[:LONGEST_CELL] or None if isinstance(cell, str) else cell
        for field, cell in cells.items()
    }
