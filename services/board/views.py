"""The shape of what the board answers, as OpenAPI shows it.

`of` builds a view from a stored document; texts are in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.board.lights import Colour, Light
from services.board.page import due_text, light_text
from services.board.progress import ItemProgress
from services.board.status import DueKind, ItemState, Status
from services.board.summary import Board, Counts, Line
from services.board.words import PROGRESS, STATUSES
from shared.contracts.types import (
    Basis,
    Flag,
    HostPlatform,
    Level,
    MediaLevel,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
    Tier,
)
from shared.eventsourcing.progress import Freshness
from shared.platform.divisions import Divisions, town_of
from shared.platform.language import Language


class View(BaseModel):
    """A part of an answer; fields of the stored document that it does not name stay inside."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


# the board


class FreshnessView(View):
    """How fresh the figures are.

    Attributes:
        as_of: everything recorded before this moment is in them, UTC; null while nothing is known.
        behind_events, behind_seconds: what is not in them yet, at most.
    """

    as_of: datetime | None
    behind_events: int
    behind_seconds: float


class LightView(View):
    """A light as of a day (C12).

    Attributes:
        working_days: late where red, else left.
        on: the day it counts.
        kind: `reply` or `follow-up`.
        lead: who has it in hand (承办单位).
        provisional: the holidays of that year are not published yet.
        text: in the reader's language, e.g. 红灯 · 逾期 3 个工作日; empty where nothing is due.
    """

    colour: Colour
    working_days: int
    on: date | None
    kind: DueKind | None
    lead: str | None
    provisional: bool
    text: str

    @staticmethod
    def of(light: Light, language: Language) -> LightView:
        """Return a light with its words."""
        return LightView(
            colour=light.colour,
            working_days=light.working_days,
            on=light.on,
            kind=light.kind,
            lead=light.lead,
            provisional=light.provisional,
            text=light_text(light, language),
        )


class DueView(View):
    """An activity that is overdue or due soon."""

    topic_id: str
    title: str
    town: str
    town_name: str
    light: LightView
    due: str

    @staticmethod
    def of(line: Line, language: Language) -> DueView:
        """Return a line that has a light."""
        return DueView(
            topic_id=line.activity["topic_id"],
            title=line.activity["title"],
            town=line.town,
            town_name=line.town_name,
            light=LightView.of(line.light, language),
            due=due_text(line.light, language),
        )


class CountsView(View):
    """What activities add up to.

    Attributes:
        loops_exempted: closed loops of which an item was exempted; they are among `loops_closed`.
        problems_solved: problems, of which an activity may have several.
    """

    activities: int
    loops_closed: int
    loops_exempted: int
    problems_solved: int
    by_status: dict[Status, int]

    @staticmethod
    def fields(counts: Counts) -> dict[str, Any]:
        """Return the fields of this view."""
        return {name: getattr(counts, name) for name in CountsView.model_fields}


class TownView(CountsView):
    """A town's figures; `red` and `yellow` are numbers of activities."""

    code: str
    name: str
    red: int
    yellow: int


class BoardView(CountsView):
    """The board in figures.

    Attributes:
        as_of: the day of the lights, in Asia/Shanghai.
        headline: all of it in one sentence.
        red, yellow: the longest overdue and the soonest due first.
        by_town: in the official order; nothing is ranked.
        stale: activities that wait for a record which an operator has to look at.
    """

    as_of: date
    town: str | None
    year: int | None
    headline: str
    red: list[DueView]
    yellow: list[DueView]
    plan_items: int
    venues: int
    by_town: list[TownView]
    stale: int
    freshness: FreshnessView

    @staticmethod
    def of(
        board: Board,
        *,
        town: str | None,
        year: int | None,
        headline: str,
        stale: int,
        freshness: Freshness,
        language: Language,
    ) -> BoardView:
        """Return a board with its words."""
        return BoardView(
            **CountsView.fields(board.counts),
            as_of=board.as_of,
            town=town,
            year=year,
            headline=headline,
            red=[DueView.of(line, language) for line in board.red],
            yellow=[DueView.of(line, language) for line in board.yellow],
            plan_items=board.plan_items,
            venues=board.venues,
            by_town=[
                TownView(
                    **CountsView.fields(t.counts),
                    code=t.code,
                    name=t.name,
                    red=t.counts.red,
                    yellow=t.counts.yellow,
                )
                for t in board.towns
            ],
            stale=stale,
            freshness=FreshnessView.model_validate(freshness),
        )


# activities


class LoopItemView(View):
    """One of the five (C17).

    Attributes:
        evidence: ids of the events that show it.
        reason, approver: of an exemption.
    """

    state: ItemState
    evidence: list[str] = []
    reason: str | None = None
    approver: str | None = None
    exempted_on: date | None = None


class AttendanceView(View):
    """How many came; `typed` where the figures were not counted."""

    expected: int | None = None
    present: int | None = None
    members: int | None = None
    departments: int | None = None
    stakeholders: int | None = None
    residents: int | None = None
    typed: bool = False


class MeetingView(View):
    """A consultation, scheduled, held or cancelled."""

    meeting_id: str
    form: MeetingForm | None = None
    form_title: str | None = None
    venue_id: str | None = None
    day: date | None = None
    held: bool
    held_on: date | None = None
    cancelled: bool
    attendance: AttendanceView | None = None
    opinions: list[str] = []
    flags: list[Flag] = []


class ProblemView(View):
    """A problem and what became of it.

    Attributes:
        situation: `assigned`, `replied`, `reopened`, `referred`, `solved` or `closed`.
        due_on: of the present attempt.
        reply: text of the newest reply.
    """

    problem_id: str
    text: str
    lead: str
    co_handlers: list[str] = []
    situation: str
    attempt: int
    assigned_on: date
    due_on: date | None
    replied_on: date | None
    result: ReplyResult | None
    reply: str | None = None
    follow_up_on: date | None
    rating: Rating | None
    solved_on: date | None = None


class ReportView(View):
    """A media report."""

    outlet: str
    level: MediaLevel
    title: str | None = None
    link: str | None = None
    reported_on: date | None = None


class EntryView(View):
    """The line of a consultation in the town's ledger."""

    entry_id: str
    held_on: date
    closed: bool
    closed_on: date | None
    case_title: str | None = None
    reports: list[ReportView] = []


class ActivityView(View):
    """An activity: a topic, and what became of it.

    Attributes:
        town_name: of the town that it belongs to.
        status: code; `status_text` is the ledger's word, e.g. 办理中.
        plan_item: of the plan `plan_id`; null for 计划外.
        loop: the five items.
        solved: how many of its problems are.
        light: as of the day asked for.
    """

    topic_id: str
    title: str
    division: str
    town_name: str
    year: int
    status: Status
    status_text: str
    origin: Origin
    basis: Basis | None = None
    level: Level | None = None
    lead: str | None = None
    ledger_number: int | None = None
    proposed_on: date
    adopted_on: date | None = None
    plan_id: str | None = None
    plan_item: int | None = None
    surveys: int = 0
    merged_into: str | None = None
    absorbed: list[str] = []
    withdrawal_reason: str | None = None
    loop: dict[str, LoopItemView]
    closed: bool
    closed_on: date | None
    exempted: list[str]
    solved: int
    light: LightView
    meetings: list[MeetingView]
    entries: list[EntryView]
    problems: list[ProblemView]

    @staticmethod
    def of(
        document: Mapping[str, Any], light: Light, divisions: Divisions, language: Language
    ) -> ActivityView:
        """Return a document of `activities` with its light and its words."""
        meetings = [{"meeting_id": id_, **part} for id_, part in document["meetings"].items()]
        entries = [{"entry_id": id_, **_entry(part)} for id_, part in document["entries"].items()]
        problems = [{"problem_id": id_, **part} for id_, part in document["problems"].items()]
        return ActivityView.model_validate(
            {
                **document["topic"],
                **document,
                "town_name": divisions.name(town_of(document["division"])),
                "status_text": STATUSES[Status(document["status"])].in_(language),
                "light": LightView.of(light, language),
                "meetings": sorted(meetings, key=lambda m: (m.get("held_on") or m["day"], m["meeting_id"])),
                "entries": sorted(entries, key=lambda e: (e["held_on"], e["entry_id"])),
                "problems": sorted(problems, key=lambda p: (p["assigned_on"], p["problem_id"])),
            }
        )


def _entry(part: Mapping[str, Any]) -> dict[str, Any]:
    return {**part, "case_title": part["case"]["title"] if part["case"] else None}


# timeline, plans, venues


class HappeningView(View):
    """Something that happened.

    Attributes:
        on: the day it happened, in Asia/Shanghai; null where the record does not say.
        recorded_at: when it was recorded, UTC.
        kind: the event's name.
        text: in the reader's language.
    """

    event_id: str
    service: str
    kind: str
    on: date | None
    recorded_at: datetime
    text: str
    back_entry: bool


class TimelineView(View):
    """All that happened to a topic, in order."""

    topic_id: str
    title: str
    division: str
    entries: list[HappeningView]

    @staticmethod
    def of(document: Mapping[str, Any], language: Language) -> TimelineView:
        """Return a document of `timeline` in a language."""
        entries = [{**entry, "text": entry[language]} for entry in document["entries"]]
        return TimelineView.model_validate({**document, "entries": entries})


class PlanItemView(View):
    """An item of a plan; its progress follows from its activities (T05)."""

    number: int
    title: str
    form: str | None = None
    lead: str | None = None
    co_organisers: list[str] = []
    departments: list[str] = []
    quarter: int | None = None
    expected_outcome: str | None = None
    progress: ItemProgress
    progress_text: str
    topic_ids: list[str]


class PlanView(View):
    """A year's plan with the progress of its items."""

    plan_id: str
    division: str
    year: int
    title: str
    stage: str
    document_number: str | None = None
    issued_on: date | None = None
    items: list[PlanItemView]

    @staticmethod
    def of(plan: Mapping[str, Any], language: Language) -> PlanView:
        """Return a plan as `progress.with_progress` made it."""
        items = [{**i, "progress_text": PROGRESS[i["progress"]].in_(language)} for i in plan["items"]]
        return PlanView.model_validate({**plan, "items": items})


class AssessedItemView(View):
    """One of a standard's six."""

    code: str
    title: str
    met: bool


class AssessmentView(View):
    """A venue held against a standard; `met` of its six (M02)."""

    standard: str
    standard_version: int
    met: int
    assessor: str | None = None
    assessed_on: date | None = None
    items: list[AssessedItemView]


class VenueView(View):
    """A venue.

    Attributes:
        met: how many of the six at the latest assessment; null before the first.
        assessments: all of them, the latest last.
    """

    venue_id: str
    division: str
    title: str
    tier: Tier
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    open: bool
    closed_on: date | None = None
    met: int | None = Field(None, ge=0, le=6)
    assessments: list[AssessmentView]
