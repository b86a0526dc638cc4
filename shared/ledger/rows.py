"""A ledger's rows, typed.

A field that the ledger leaves empty is None (or an empty tuple): unknown, and never filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from shared.contracts.types import (
    Basis,
    HostPlatform,
    Level,
    LoopItem,
    MediaLevel,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
    Tier,
)
from shared.ledger import columns
from shared.ledger.cells import CellError, Context, Exemption, Remark, refuse_formula_error
from shared.ledger.divisions import Town
from shared.ledger.findings import SEVERAL_LEADS, VALUE_MISSING, Finding, Place
from shared.ledger.text import key
from shared.ledger.vocabulary import FORMS, Status
from shared.ledger.workbook import RawRow, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """A line of the 协商活动台账: a topic and what became of it.

    Attributes:
        row: as Excel numbers it.
        number: 序号, unique in the year.
        plan_item: number of the plan's item that it carries out; None for 计划外.
        form, form_title: how it was consulted on; the title is the ledger's own word, e.g. 专题协商.
        lead: 牵头单位.
        members, departments, stakeholders, residents: of those present.
        lead_handler, co_handlers: 承办单位, 协办单位.
        remark: 备注, taken apart; `merged_into` in it is as written.
        merged_into: number of the row that this one was merged into, once found.
        continues: number of the row whose topic this one says more of, once found.
        meeting_of: number of the row whose meeting this one's problem came of, where it is not its own.
    """

    sheet: str
    row: int
    year: int
    number: int
    town: Town
    title: str
    origin: Origin
    proposed_on: date
    plan_item: int | None = None
    level: Level | None = None
    venue: str | None = None
    form: MeetingForm | None = None
    form_title: str | None = None
    basis: Basis | None = None
    adopted_on: date | None = None
    lead: str | None = None
    convener: str | None = None
    surveys: int | None = None
    consulted_on: date | None = None
    host: str | None = None
    recorder: str | None = None
    expected: int | None = None
    present: int | None = None
    members: int | None = None
    departments: int | None = None
    stakeholders: int | None = None
    residents: int | None = None
    opinions: tuple[str, ...] = ()
    problem: str | None = None
    lead_handler: str | None = None
    co_handlers: tuple[str, ...] = ()
    assigned_on: date | None = None
    due_on: date | None = None
    replied_on: date | None = None
    result: ReplyResult | None = None
    rating: Rating | None = None
    solved_on: date | None = None
    case_title: str | None = None
    case_background: str | None = None
    case_participants: str | None = None
    case_process: str | None = None
    case_results: str | None = None
    outlet: str | None = None
    media_level: MediaLevel | None = None
    reported_on: date | None = None
    exemptions: tuple[Exemption, ...] = ()
    status: Status | None = None
    source: str | None = None
    remark: Remark = field(default_factory=Remark)
    merged_into: int | None = None
    continues: int | None = None
    meeting_of: int | None = None

    @property
    def identity(self) -> tuple[int, int]:
        """Year and 序号: what tells a row from every other of the county's ledgers."""
        return self.year, self.number

    @property
    def exempted(self) -> frozenset[LoopItem]:
        """The items of the five that are exempted with reason and approver (C17)."""
        return frozenset(exemption.item for exemption in self.exemptions if exemption.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItemRow:
    """A line of the 年度协商工作计划.

    Attributes:
        number: 计划编号, unique in the year's plan.
        form_title: 协商形式 in the plan's own words.
        quarter: 1 to 4.
    """

    sheet: str
    row: int
    year: int
    number: int
    title: str
    form_title: str | None = None
    lead: str | None = None
    departments: tuple[str, ...] = ()
    leader: str | None = None
    quarter: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRow:
    """A line of the 协商阵地 sheet.

    Attributes:
        standard: code of the published standard that the marks are of; None where no standard has all six
            as columns.
        marks: the standard's six, in order, each met or not; None where the cell is empty.
    """

    sheet: str
    row: int
    town: Town
    tier: Tier
    title: str
    host_platform: HostPlatform | None = None
    standard: str | None = None
    marks: tuple[tuple[str, bool | None], ...] = ()
    source: str | None = None


def row_key(row: ActivityRow | PlanItemRow | VenueRow) -> tuple[str, str]:
    """Return what tells a row from all others of a workbook: its sheet, and what is its own in it."""
    match row:
        case ActivityRow():
            return columns.ACTIVITIES.label, f"{row.year}/{row.number}"
        case PlanItemRow():
            return columns.PLAN.label, f"{row.year}/{row.number}"
        case VenueRow():
            return columns.VENUES.label, f"{row.town.code}/{key(row.title)}"


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row's cells, read one by one.

    Attributes:
        values: field → value; what could not be read stays as it was.
        findings: errors of single cells; with any, the row is refused.
    """

    row: int
    values: Mapping[str, Any]
    findings: tuple[Finding, ...]


def _year(table: Table, raw: RawRow, context: Context, default: int | None) -> tuple[Any, Finding | None]:
    place = Place(table.sheet, raw.row)
    if "year" not in raw.cells:
        # An empty cell in a column of years is an omission; a sheet without the column has it in its title.
        year = default if "year" not in table.headers else None
        return year, None if year else VALUE_MISSING.at(place, table.header("year"))
    value = raw.cells["year"]
    try:
        refuse_formula_error(value)
        return table.spec.by_field["year"].read(value, context), None
    except CellError as error:
        return value, error.kind.at(place, table.header("year"), **error.facts)


def parse(table: Table, raw: RawRow, context: Context, *, year: int | None) -> ParsedRow:
    """Read a row's cells.

    Args:
        table: its sheet.
        raw: the row.
        context: what reading takes beside the cells; the year comes from the row.
        year: for a sheet that has no column for it.
    """
    place = Place(table.sheet, raw.row)
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    if "year" in table.spec.by_field:
        values["year"], finding = _year(table, raw, context, year)
        findings.extend([finding] if finding else [])
        known = values["year"] if finding is None else None
        context = replace(context, year=known)
    for column in table.spec.columns:
        if column.field == "year":
            continue
        value = raw.cells.get(column.field)
        if value is None:
            if column.must:
                findings.append(VALUE_MISSING.at(place, table.header(column.field)))
            continue
        try:
            refuse_formula_error(value)
            values[column.field] = column.read(value, context)
        except CellError as error:
            values[column.field] = value
            findings.append(error.kind.at(place, table.header(column.field), **error.facts))
    leads = values.get("lead_handler", ())
    if len(leads) > 1:
        findings.append(SEVERAL_LEADS.at(place, table.header("lead_handler"), lead=leads[0]))
    return ParsedRow(raw.row, values, tuple(findings))


def activity(table: Table, parsed: ParsedRow) -> ActivityRow:
    """Return a row that was read without errors as an activity.

    One unit leads (C02): of several in 承办单位 the first does, the others help.
    """
    values = dict(parsed.values)
    leads: tuple[str, ...] = values.pop("lead_handler", ())
    helpers = [*leads[1:], *values.pop("co_handlers", ())]
    form_title: str | None = values.get("form_title")
    return ActivityRow(
        sheet=table.sheet,
        row=parsed.row,
        lead_handler=leads[0] if leads else None,
        co_handlers=tuple(name for name in dict.fromkeys(helpers) if name not in leads[:1]),
        form=FORMS.find(form_title) if form_title else None,
        **values,
    )


def plan_item(table: Table, parsed: ParsedRow) -> PlanItemRow:
    """Return a row that was read without errors as an item of the plan."""
    return PlanItemRow(sheet=table.sheet, row=parsed.row, **parsed.values)


def venue(table: Table, parsed: ParsedRow) -> VenueRow:
    """Return a row that was read without errors as a venue."""
    values = dict(parsed.values)
    marks = {item: values.pop(item, None) for items in columns.STANDARDS.values() for item in items}
    standard = next(
        (code for code, items in columns.STANDARDS.items() if all(item in table.headers for item in items)),
        None,
    )
    items = columns.STANDARDS[standard] if standard else ()
    return VenueRow(
        sheet=table.sheet,
        row=parsed.row,
        standard=standard,
        marks=tuple((item, marks[item]) for item in items),
        **values,
    )
