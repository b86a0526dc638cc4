"""One document a plan, fed by its own stream alone.

Which topics carry out an item is asked of the topics when the plan is read, so that no figure is kept
twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

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
    TopicsEvent,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

PLAN_EVENTS: tuple[type[TopicsEvent], ...] = (
    PlanDrafted,
    PlanItemAdded,
    PlanItemRevised,
    PlanItemRemoved,
    PlanReviewed,
    PlanApproved,
    PlanReturned,
    PlanIssued,
    PlanAmended,
)


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
        said = event.model_dump(mode="json", exclude={"back_entry"})
        return {**said, "stage": "draft", "items": [], "amendments": []}
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, "items": items_after(document["items"], event), **_change(document, event)}


def _change(document: Document, event: DomainEvent) -> dict[str, Any]:
    said = event.model_dump(mode="json", exclude={"plan_id", "back_entry"})
    match event:
        case PlanReviewed():
            return {"stage": "reviewed", **said}
        case PlanApproved():
            return {"stage": "approved", **said}
        case PlanReturned():
            # What was reviewed and approved was another draft.
            undone = dict.fromkeys(("reviewed_on", "body", "meeting", "approved_on"))
            returned = {"returned_on": said["returned_on"], "return_reason": event.reason}
            return {"stage": "draft", **undone, **returned}
        case PlanIssued():
            return {"stage": "issued", **said, "as_issued": document["items"]}
        case PlanAmended():
            return {"amendments": [*document["amendments"], said]}
        case PlanItemAdded() | PlanItemRevised() | PlanItemRemoved():
            return {}
    raise OutOfOrderError(event, document)


PLANS = Projection(
    name="plans",
    version=2,
    events=PLAN_EVENTS,
    keys=plan_key,
    fold=fold_plan,
    main_category="plan",
    indexes=((("year", 1), ("_id", 1), ("division", 1)),),
)
