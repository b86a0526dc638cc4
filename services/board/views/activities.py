"""The shape of an activity.

`of` builds a view from a stored document; texts are in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.board.lights import Light
from services.board.parts import case_titles
from services.board.status import ItemState, Status
from services.board.views.base import LightView, View
from services.board.words import STATUSES
from shared.contracts.types import (
    Basis,
    Flag,
    Level,
    MediaLevel,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
)
from shared.platform.divisions import Divisions, town_of
from shared.platform.language import Language


class LoopItemView(View):
    """One of the five (C17).

    Attributes:
        evidence: ids of the events that show it.
        reason, approver: of an exemption.
    """

    state: ItemState
    evidence: tuple[str, ...] = ()
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
    opinions: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()


class ProblemView(View):
    """A problem and what became of it.

    Attributes:
        situation: `assigned`, `returned`, `replied`, `reopened`, `referred`, `solved` or `closed`.
        returned: how often it was (C03).
        percent: how far those who have it in hand say that they are; null until they say (C05).
        due_on: of the present attempt.
        reply: text of the newest reply.
    """

    problem_id: str
    text: str
    lead: str
    co_handlers: tuple[str, ...] = ()
    situation: str
    attempt: int
    returned: int = 0
    percent: int | None = None
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
    """The line of a consultation in the town's ledger.

    Attributes:
        file_number: of the archive (档号); null until it is filed.
    """

    entry_id: str
    held_on: date
    closed: bool
    closed_on: date | None
    file_number: str | None = None
    case_title: str | None = None
    reports: tuple[ReportView, ...] = ()


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
    absorbed: tuple[str, ...] = ()
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
        titles = case_titles(document["cases"])
        entries = [
            {"entry_id": id_, **_entry(part, titles.get(id_))} for id_, part in document["entries"].items()
        ]
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


def _entry(part: Mapping[str, Any], published: str | None) -> dict[str, Any]:
    old = part["case"]["title"] if part["case"] else None
    return {**part, "case_title": published or old}
