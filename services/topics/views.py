"""The shape of what topics answers, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.contracts.types import Basis, Channel, Flag, Level, Origin


class View(BaseModel):
    """A part of an answer; fields of the stored document that it does not name stay inside."""

    model_config = ConfigDict(extra="ignore")


class ProcedureVersion(View):
    """A procedure, pinned to a version."""

    code: str
    version: int


class StepView(View):
    """A step of a topic's procedure.

    Attributes:
        status: `open`, `done` or `waived`.
        on: the day it was done or waived.
        papers: kinds of papers it asks for.
        given: titles of the papers it got.
    """

    code: str
    title: str | None = None
    phase: str | None = None
    status: str
    on: date | None = None
    papers: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    surveys: int | None = None
    meeting_id: str | None = None
    reason: str | None = None
    approver: str | None = None
    deviation: Flag | None = None


class TopicView(View):
    """A topic as it stands.

    Attributes:
        situation: `proposed`, `adopted`, `merged`, `withdrawn` or `concluded`.
    """

    topic_id: str
    division: str
    title: str
    description: str | None = None
    origin: Origin
    channel: Channel
    basis: Basis | None = None
    level: Level | None = None
    situation: str
    proposed_on: date
    adopted_on: date | None = None
    concluded_on: date | None = None
    due_on: date | None = None
    lead: str | None = None
    convener: str | None = None
    procedure: ProcedureVersion | None = None
    steps: tuple[StepView, ...] = ()
    plan_id: str | None = None
    plan_item: int | None = None
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    withdrawal_reason: str | None = None
    ledger_year: int | None = None
    ledger_number: int | None = None
    back_entry: bool = False


class PlanItemView(View):
    """An item of a plan.

    Attributes:
        state: `planned`, `in-progress` or `done`; follows from its topics, nobody types it in (T05).
        topics: ids of the topics that carry it out.
    """

    number: int
    title: str
    form: str | None = None
    lead: str | None = None
    co_organisers: tuple[str, ...] = ()
    leader: str | None = None
    departments: tuple[str, ...] = ()
    quarter: int | None = None
    expected_outcome: str | None = None
    state: str
    topics: tuple[str, ...] = ()


class PlanView(View):
    """A year's plan.

    Attributes:
        stage: `draft`, `reviewed`, `approved` or `issued`.
    """

    plan_id: str
    division: str
    year: int
    title: str
    stage: str
    item_limit: int | None = None
    reviewed_on: date | None = None
    body: str | None = None
    meeting: str | None = None
    approved_on: date | None = None
    document_number: str | None = None
    issuing_bodies: tuple[str, ...] = ()
    issued_on: date | None = None
    items: tuple[PlanItemView, ...] = ()


class StepTitle(View):
    """A step of a procedure, in Chinese."""

    code: str
    title: str
    phase: str
    papers: tuple[str, ...]


class ProcedureView(View):
    """A published version of a procedure; `official` is False for presets."""

    code: str
    version: int
    title: str
    official: bool
    source: str
    days: int | None
    steps: tuple[StepTitle, ...]
