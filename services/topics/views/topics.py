"""The shape of a topic, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.topics.views.base import View
from shared.contracts.types import Basis, Channel, Flag, Level, Origin


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
