"""The shape of a plan, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.topics.views.base import View


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
