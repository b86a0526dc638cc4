"""The shape of a plan, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.topics.views.base import View
from shared.contracts.topics import ItemChange


class DeferredTo(View):
    """When a deferred item is to be carried out instead."""

    year: int | None = None
    quarter: int | None = None


class ItemView(View):
    """What a plan says of an item."""

    number: int
    title: str
    form: str | None = None
    lead: str | None = None
    co_organisers: tuple[str, ...] = ()
    leader: str | None = None
    departments: tuple[str, ...] = ()
    quarter: int | None = None
    expected_outcome: str | None = None


class PlanItemView(ItemView):
    """An item of a plan as it stands.

    Attributes:
        state: `planned`, `in-progress`, `done`, `deferred`, `cancelled` or `merged`; follows from its
            topics and the amendments, nobody types it in (T05).
        topics: ids of the topics that carry it out.
        amendment: number of the last amendment that touched it.
        merged_into: the item that goes on.
    """

    state: str
    topics: tuple[str, ...] = ()
    amendment: int | None = None
    deferred_to: DeferredTo | None = None
    merged_into: int | None = None


class AmendmentView(View):
    """A document that changed the issued plan (T04)."""

    number: int
    reason: str
    body: str
    document_number: str
    amended_on: date
    changes: tuple[ItemChange, ...]


class IssuedPlanView(View):
    """A plan as it was issued (T03)."""

    plan_id: str
    division: str
    year: int
    title: str
    reviewed_on: date | None = None
    body: str | None = None
    meeting: str | None = None
    approved_on: date | None = None
    document_number: str | None = None
    issuing_bodies: tuple[str, ...] = ()
    issued_on: date | None = None
    items: tuple[ItemView, ...] = ()


class PlanView(View):
    """A year's plan as it stands.

    Attributes:
        stage: `draft`, `reviewed`, `approved` or `issued`.
        returned_on, return_reason: when and why it last went back to its draft.
        amendments: what changed it after its issue, in order.
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
    returned_on: date | None = None
    return_reason: str | None = None
    document_number: str | None = None
    issuing_bodies: tuple[str, ...] = ()
    issued_on: date | None = None
    items: tuple[PlanItemView, ...] = ()
    amendments: tuple[AmendmentView, ...] = ()
