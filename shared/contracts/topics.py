"""Published by topics: plans and topics (streams `plan-<id>`, `topic-<id>`).

Names and fields are stored for good; see `base.py` for how they may grow.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime, Field

from shared.contracts.base import DomainEvent
from shared.contracts.types import (
    Basis,
    Channel,
    DivisionCode,
    FileRef,
    Flag,
    Id,
    Level,
    Line,
    MeetingRules,
    Origin,
    Text,
    TopicClass,
    Value,
)


class TopicsEvent(DomainEvent, service="topics"):
    """An event of the topics service."""


class Step(Value):
    """One step of a procedure.

    Attributes:
        code: e.g. `survey`.
        title: in Chinese, e.g. 调查研究.
        phase: in Chinese, e.g. 事前议.
        papers: kinds of papers that it asks for, in Chinese, e.g. 调研报告.
    """

    code: str
    title: str
    phase: str
    papers: tuple[str, ...] = ()


# procedures


class ProcedurePublished(TopicsEvent):
    """A county published a version of a procedure, which never changes (T06).

    Attributes:
        division: the county.
        procedure: its code.
        procedure_version: one more than the version before it, a preset's included.
        days: calendar days that a topic has in all (T21); None for no limit.
        surveys_required: surveys that are to precede the consultation (T17); None where it asks for none.
        rules: for its meetings; None where it says nothing.
        source: where its wording comes from.
    """

    division: DivisionCode
    procedure: str
    procedure_version: int = Field(ge=1)
    title: Line
    steps: tuple[Step, ...] = Field(min_length=1)
    days: int | None = Field(default=None, ge=1)
    surveys_required: int | None = Field(default=None, ge=1)
    rules: MeetingRules | None = None
    source: Text | None = None
    published_on: date


# plans


class PlanDrafted(TopicsEvent):
    """A year's consultation plan was begun (T01).

    Attributes:
        item_limit: how many items it takes, where it sets that (T02).
    """

    plan_id: Id
    division: DivisionCode
    year: int = Field(ge=1949, le=2200)
    title: Line
    item_limit: int | None = None


class PlanItemAdded(TopicsEvent):
    """A key topic was put into a plan's draft (T02).

    Attributes:
        number: unique in the plan.
        form: 协商形式 in the plan's own words, e.g. 专题协商.
        lead: 牵头单位.
        leader: 领导 in charge, by office.
        quarter: 1 to 4.
    """

    plan_id: Id
    number: int = Field(ge=1)
    title: Line
    form: Line | None = None
    lead: Line | None = None
    co_organisers: tuple[Line, ...] = ()
    leader: Line | None = None
    departments: tuple[Line, ...] = ()
    quarter: int | None = Field(default=None, ge=1, le=4)
    expected_outcome: Text | None = None


class ItemText(Value):
    """All that a plan says of an item but its number; see `PlanItemAdded`."""

    title: Line
    form: Line | None = None
    lead: Line | None = None
    co_organisers: tuple[Line, ...] = ()
    leader: Line | None = None
    departments: tuple[Line, ...] = ()
    quarter: int | None = Field(default=None, ge=1, le=4)
    expected_outcome: Text | None = None


class PlanItemRevised(TopicsEvent):
    """An item of a draft was written anew (T02).

    Attributes:
        item: all that it says from now on.
    """

    plan_id: Id
    number: int = Field(ge=1)
    item: ItemText


class PlanItemRemoved(TopicsEvent):
    """An item was taken out of a draft; its number is free again (T02)."""

    plan_id: Id
    number: int = Field(ge=1)


class PlanReturned(TopicsEvent):
    """A plan that was reviewed or approved went back to its draft (T01)."""

    plan_id: Id
    reason: Text
    returned_on: date


class PlanReviewed(TopicsEvent):
    """The chairpersons' meeting (主席会议) reviewed the draft (T01)."""

    plan_id: Id
    reviewed_on: date


class PlanApproved(TopicsEvent):
    """The Party committee's standing committee approved the plan (T01)."""

    plan_id: Id
    body: Line
    meeting: Line
    approved_on: date


class PlanIssued(TopicsEvent):
    """The plan was issued jointly and is frozen (T01, T03).

    Attributes:
        document_number: of the joint document; None only in a back-entry that does not say.
        issued_on: likewise.
    """

    plan_id: Id
    document_number: Line | None
    issuing_bodies: tuple[Line, ...]
    issued_on: date | None


class ItemChangeKind(StrEnum):
    """What an amendment does to an item (T04)."""

    ADD = "add"
    REVISE = "revise"
    DEFER = "defer"
    CANCEL = "cancel"
    MERGE = "merge"


class ItemChange(Value):
    """What an amendment does to one item (T04).

    Attributes:
        item: of `add` and `revise`: all that the item says from now on.
        year, quarter: of `defer`: when it is to be carried out instead.
        into: of `merge`: the item that goes on.
    """

    kind: ItemChangeKind
    number: int = Field(ge=1)
    item: ItemText | None = None
    year: int | None = Field(default=None, ge=1949, le=2200)
    quarter: int | None = Field(default=None, ge=1, le=4)
    into: int | None = Field(default=None, ge=1)


class PlanAmended(TopicsEvent):
    """An issued plan was changed, which nothing else can do (T04).

    Attributes:
        number: of the amendment: 1, 2, 3 … in the plan.
        body: which body approved it.
        amended_on: the day from which it holds.
    """

    plan_id: Id
    number: int = Field(ge=1)
    reason: Text
    body: Line
    document_number: Line
    amended_on: date
    changes: tuple[ItemChange, ...] = Field(min_length=1)


# topics


class TopicProposed(TopicsEvent):
    """A topic was put forward for consultation.

    Attributes:
        division: the town (or county, or community) that it belongs to.
        origin, channel, basis: fixed for the topic's life (T07).
        proposer: opaque id of the person or account; None where unknown.
        proposed_on: the day it was raised, in Asia/Shanghai.
        lead: the unit that looks after it (牵头单位).
        ledger_number, ledger_year: its line in a paper ledger, for a back-entry.
        received_at: the moment it came in, UTC, from which ten minutes count (T08); None for a back-entry.
        receipt: number by which the proposer follows it without an account (T08).
        venue_id: the venue whose QR code it came by.
        on_behalf: entered by a clerk for the proposer (代为登记).
        split_from: the topic that it was a part of (T12).
        activity_id: the member's activity that it came of (M19).
    """

    topic_id: Id
    division: DivisionCode
    title: Line
    description: Text | None = None
    origin: Origin
    channel: Channel
    basis: Basis | None = None
    level: Level | None = None
    proposer: Id | None = None
    proposed_on: date
    lead: Line | None = None
    convener: Line | None = None
    ledger_year: int | None = None
    ledger_number: int | None = None
    received_at: AwareDatetime | None = None
    receipt: Line | None = None
    venue_id: Id | None = None
    on_behalf: bool = False
    split_from: Id | None = None
    activity_id: Id | None = None


class TopicTriaged(TopicsEvent):
    """A clerk said what kind of topic it is, whose, and whether it is raised already (T09).

    What it says replaces what an earlier triage said.

    Attributes:
        division: that it belongs to from now on; a town or community, as a rule.
        duplicate_of: the topic that it repeats; merging the two is a decision of its own.
        triaged_on: the day, in Asia/Shanghai.
    """

    topic_id: Id
    topic_class: TopicClass
    division: DivisionCode
    duplicate_of: Id | None = None
    triaged_on: date


class TopicAdopted(TopicsEvent):
    """A topic was taken up; from here on it follows this procedure in this version (T10).

    Attributes:
        plan_id, plan_item: the plan's item that it carries out; both None for 计划外.
        steps: of the pinned procedure, in order.
        due_on: 30 calendar days after the proposal for `micro` (T21), None otherwise.
        surveys_required: surveys that are to precede the consultation (T17), None where it asks for none.
        rules: for its meetings; None where the procedure says nothing.
    """

    topic_id: Id
    procedure: str
    procedure_version: int
    steps: tuple[Step, ...]
    plan_id: Id | None = None
    plan_item: int | None = None
    adopted_on: date
    due_on: date | None = None
    surveys_required: int | None = Field(default=None, ge=1)
    rules: MeetingRules | None = None


class TopicRejected(TopicsEvent):
    """The topic was not taken up (T11).

    Attributes:
        reason: as the proposer is told it.
        proposer: opaque id of whom to tell; None where unknown.
        rejected_on: the day, in Asia/Shanghai.
    """

    topic_id: Id
    reason: Text
    proposer: Id | None = None
    rejected_on: date


class Paper(Value):
    """A paper that a step got.

    Attributes:
        kind: one that the step asks for, e.g. 调研报告, or another.
        file: its bytes, where they were handed in.
    """

    kind: Line
    title: Line
    file: FileRef | None = None


class StepCompleted(TopicsEvent):
    """A step of the procedure was done (T15).

    Attributes:
        papers: titles of the papers it got.
        given: the same papers, each with the kind that it is.
        surveys: number of surveys, where a back-entered record states only the number.
        meeting_id: the meeting that this step was held as, or that led to it.
        deviation: why it counts although it came before its turn (T16).
    """

    topic_id: Id
    step: str
    completed_on: date | None
    papers: tuple[Line, ...] = ()
    surveys: int | None = None
    meeting_id: Id | None = None
    deviation: Flag | None = None
    given: tuple[Paper, ...] = ()


class StepWaived(TopicsEvent):
    """A step was left out, with a reason and an approver (T15)."""

    topic_id: Id
    step: str
    reason: Text
    approver: Line
    waived_on: date


class TopicMerged(TopicsEvent):
    """The topic goes on in another one (T12).

    Attributes:
        into: the survivor's id; its stream records `TopicAbsorbed`.
        supporters, proposers: opaque ids of the people who follow it there, with those of topics that were
            merged into it before.
        open_loops: ids of the meetings held on it whose loop is open; the survivor waits for them (T19).
    """

    topic_id: Id
    into: Id
    reason: Text | None = None
    merged_on: date | None
    supporters: tuple[Id, ...] = ()
    proposers: tuple[Id, ...] = ()
    open_loops: tuple[Id, ...] = ()


class TopicAbsorbed(TopicsEvent):
    """Another topic was merged into this one: the trace from the survivor's side (T12).

    Attributes:
        supporters, proposers: opaque ids of the people who come with it; each counts once (T13).
        supporters_in_all: how many stand behind the topic from now on; None in older events.
        passed_to: where this topic goes on by now, having been merged itself: the other goes there, too.
        open_loops: as in `TopicMerged`.
    """

    topic_id: Id
    absorbed: Id
    supporters: tuple[Id, ...] = ()
    proposers: tuple[Id, ...] = ()
    supporters_in_all: int | None = None
    passed_to: Id | None = None
    open_loops: tuple[Id, ...] = ()


class MergerUndone(TopicsEvent):
    """The topic goes on by itself again, for its survivor had come to be merged into it (T12).

    Two topics may be merged into each other in the same moment, when each is still found going on.
    """

    topic_id: Id
    into: Id


class TopicPart(Value):
    """A part that goes its own way after a split; it is proposed under its id (T12)."""

    topic_id: Id
    title: Line
    description: Text | None = None
    division: DivisionCode


class TopicSplit(TopicsEvent):
    """Parts of the topic became topics of their own; it goes on without them (T12).

    Each part's stream begins with a `TopicProposed` that names this topic in `split_from`.

    Attributes:
        origin, channel, basis, level, proposer: that the parts inherit.
        split_on: the day, in Asia/Shanghai, on which the parts count as proposed.
    """

    topic_id: Id
    parts: tuple[TopicPart, ...] = Field(min_length=1)
    reason: Text
    split_on: date
    origin: Origin
    channel: Channel
    basis: Basis | None = None
    level: Level | None = None
    proposer: Id | None = None


class Fact(StrEnum):
    """What may become known of a topic that was merged meanwhile."""

    CONSULTATION = "consultation"
    SOLUTION = "solution"
    CONCLUSION = "conclusion"
    REOPENING = "reopening"


class FactPassedOn(TopicsEvent):
    """Something happened to a topic after it was merged: its survivor records it (T20).

    Attributes:
        to: the survivor's id; a survivor that was merged itself passes it on to its own.
        happened_on: the day, in Asia/Shanghai; None where the record does not say.
        meeting_id: of a consultation; of a conclusion or a reopening, whose loop it was, where that is known.
        reason, undone: of a reopening, as in `TopicReopened`.
    """

    topic_id: Id
    to: Id
    fact: Fact
    happened_on: date | None = None
    meeting_id: Id | None = None
    reason: Text | None = None
    undone: tuple[str, ...] = ()


class TopicSupported(TopicsEvent):
    """Somebody stands behind the topic (附议); each person once, the proposer not at all (T13).

    Attributes:
        person: opaque id.
        supported_on: the day, in Asia/Shanghai.
    """

    topic_id: Id
    person: Id
    supported_on: date


class TopicSupplemented(TopicsEvent):
    """Something was added to what the proposal said (T08).

    Attributes:
        by: opaque id of who added it; None where unknown.
        supplemented_on: the day, in Asia/Shanghai.
    """

    topic_id: Id
    supplement_id: Id
    text: Text
    by: Id | None = None
    supplemented_on: date


class TopicClaimed(TopicsEvent):
    """A member group took the topic into its care; one at a time does (T14).

    Attributes:
        group: its name, e.g. 农业界别委员小组.
        claimed_on: the day, in Asia/Shanghai.
    """

    topic_id: Id
    group_id: Id
    group: Line
    claimed_on: date


class ClaimReleased(TopicsEvent):
    """A member group gave the topic back (T14)."""

    topic_id: Id
    group_id: Id
    reason: Text
    released_on: date


class SurveyRecorded(TopicsEvent):
    """A survey on the topic was made (T17).

    Attributes:
        surveyed_on: the day, in Asia/Shanghai.
        by: organisations and official roles that took part.
        people: opaque ids of the members who took part.
        files: e.g. the report, photographs; their bytes are kept outside the record (T18).
    """

    topic_id: Id
    survey_id: Id
    surveyed_on: date
    place: Line
    by: tuple[Line, ...] = ()
    people: tuple[Id, ...] = ()
    findings: Text
    files: tuple[FileRef, ...] = ()


class TopicWithdrawn(TopicsEvent):
    """The topic was taken back by or for its proposer (T08)."""

    topic_id: Id
    reason: Text
    withdrawn_on: date | None


class ConsultationConcluded(TopicsEvent):
    """The loop of one of the topic's consultations closed, not the last one that is waited for (T19).

    Attributes:
        meeting_id: the consultation.
    """

    topic_id: Id
    meeting_id: Id
    concluded_on: date | None


class ConsultationReopened(TopicsEvent):
    """The loop of one of the topic's consultations reopened while the topic still goes on (T19).

    Attributes:
        meeting_id: the consultation.
        undone: codes of the steps that are to be done again.
    """

    topic_id: Id
    meeting_id: Id
    reason: Text
    undone: tuple[str, ...] = ()


class TopicConcluded(TopicsEvent):
    """The loop of every consultation held on the topic is closed, and with it the topic (T19).

    Attributes:
        meeting_id: the consultation whose loop closed last; None where the topic was concluded by hand, and
            in older events.
    """

    topic_id: Id
    concluded_on: date | None
    meeting_id: Id | None = None


class TopicReopened(TopicsEvent):
    """A loop of the topic is open again, or one more, and with it the topic (T19).

    Attributes:
        undone: codes of the steps that are to be done again.
        meeting_id: the consultation whose loop it is; None in older events, and where a topic that was merged
            into this one brought it.
    """

    topic_id: Id
    reason: Text
    undone: tuple[str, ...] = ()
    meeting_id: Id | None = None
