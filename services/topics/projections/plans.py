"""One document a plan, fed by its own stream alone.

Which topics carry out an item is asked of the topics when the plan is read, so that no figure is kept
twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.topics import (
    PlanApproved,
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    PlanReviewed,
    TopicsEvent,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

PLAN_EVENTS: tuple[type[TopicsEvent], ...] = (
    PlanDrafted,
    PlanItemAdded,
    PlanReviewed,
    PlanApproved,
    PlanIssued,
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
    said = event.model_dump(mode="json", exclude={"plan_id", "back_entry"})
    if isinstance(event, PlanDrafted):
        return {"plan_id": event.plan_id, **said, "stage": "draft", "items": []}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case PlanItemAdded():
            items = sorted([*document["items"], said], key=lambda item: item["number"])
            return {**document, "items": items}
        case PlanReviewed():
            return {**document, "stage": "reviewed", **said}
        case PlanApproved():
            return {**document, "stage": "approved", **said}
        case PlanIssued():
            return {**document, "stage": "issued", **said}
    raise OutOfOrderError(event, document)


PLANS = Projection(
    name="plans",
    version=1,
    events=PLAN_EVENTS,
    keys=plan_key,
    fold=fold_plan,
    main_category="plan",
    indexes=((("division", 1), ("year", 1)),),
)
