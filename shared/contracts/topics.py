"""Published by topics: plans and topics (streams `plan-<id>`, `topic-<id>`).

Names and fields are stored for good; see `base.py` for how they may grow.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from shared.contracts.base import DomainEvent
from shared.contracts.types import Basis, Channel, DivisionCode, Flag, Id, Level, Line, Origin, Text, Value


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


class TopicAdopted(TopicsEvent):
    """A topic was taken up; from here on it follows this procedure in this version (T10).

    Attributes:
        plan_id, plan_item: the plan's item that it carries out; both None for 计划外.
        steps: of the pinned procedure, in order.
        due_on: 30 calendar days after the proposal for `micro` (T21), None otherwise.
    """

    topic_id: Id
    procedure: str
    procedure_version: int
    steps: tuple[Step, ...]
    plan_id: Id | None = None
    plan_item: int | None = None
    adopted_on: date
    due_on: date | None = None


class StepCompleted(TopicsEvent):
    """A step of the procedure was done (T15).

    Attributes:
        papers: titles of the papers it asks for.
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
    """

    topic_id: Id
    into: Id
    reason: Text | None = None
    merged_on: date | None


class TopicAbsorbed(TopicsEvent):
    """Another topic was merged into this one: the trace from the survivor's side (T12)."""

    topic_id: Id
    absorbed: Id


class TopicWithdrawn(TopicsEvent):
    """The topic was taken back by or for its proposer (T08)."""

    topic_id: Id
    reason: Text
    withdrawn_on: date | None


class TopicConcluded(TopicsEvent):
    """The topic's loop closed, and with it the topic (T19)."""

    topic_id: Id
    concluded_on: date | None


class TopicReopened(TopicsEvent):
    """The topic's loop reopened, and with it the topic (T19)."""

    topic_id: Id
    reason: Text
