"""`plans`: a year's consultation plan, with its amendments.

How far an item has come is asked of the activities when the plan is read (`progress.py`), so that no
figure is kept twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.board.published import PublishedPlan
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.plan_items import items_after
from shared.contracts.topics import (
    PlanAmended,
    PlanApproved,
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    PlanItemRemoved,
    PlanItemRevised,
    PlanReturned,
    PlanReviewed,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def plan_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the plan that the event is about."""
    return (recorded.stream.removeprefix("plan-"),)


def fold_plan(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a plan's document after an event of its stream.

    Raises:
        OutOfOrderError: the plan was not drafted first.
    """
    event = recorded.event
    if isinstance(event, PlanDrafted):
        said = event.model_dump(mode="json", exclude={"plan_id", "back_entry"})
        return {"plan_id": key, **said, "stage": "draft", "items": []}
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, "items": items_after(document["items"], event), **_stage(event)}


def _stage(event: DomainEvent) -> dict[str, Any]:
    said = event.model_dump(mode="json", exclude={"plan_id", "back_entry"})
    match event:
        case PlanReviewed():
            return {**said, "stage": "reviewed"}
        case PlanApproved():
            return {**said, "stage": "approved"}
        case PlanReturned():
            return {"stage": "draft"}
        case PlanIssued():
            return {**said, "stage": "issued"}
        case _:
            return {}


PLANS = Projection(
    name="plans",
    version=3,
    events=(
        PlanDrafted,
        PlanItemAdded,
        PlanItemRevised,
        PlanItemRemoved,
        PlanReviewed,
        PlanApproved,
        PlanReturned,
        PlanIssued,
        PlanAmended,
    ),
    keys=plan_key,
    fold=fold_plan,
    main_category="plan",
    indexes=((("division", 1), ("_id", 1)), (("year", 1), ("_id", 1), ("division", 1))),
    published=PublishedPlan,
)
