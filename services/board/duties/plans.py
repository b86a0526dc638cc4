"""A year's plan waits for the county's office at each of its stages (T01)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.board.duties.kinds import Kind, Matter, State, day_said, known, office_of
from shared.contracts.envelope import Recorded
from shared.contracts.topics import PlanApproved, PlanDrafted, PlanIssued, PlanReturned, PlanReviewed

EVENTS = (PlanDrafted, PlanReviewed, PlanApproved, PlanReturned, PlanIssued)

_NEXT = {"draft": Kind.REVIEW_PLAN, "reviewed": Kind.APPROVE_PLAN, "approved": Kind.ISSUE_PLAN}


def state_after(state: State | None, recorded: Recorded) -> Mapping[str, Any]:
    """Return what is known of a plan after an event of its stream."""
    event = recorded.event
    since = day_said(recorded)
    match event:
        case PlanDrafted():
            return {
                "division": event.division,
                "title": event.title,
                "year": event.year,
                "stage": "draft",
                "since": since,
            }
        case PlanReviewed():
            return {**known(state, event), "stage": "reviewed", "since": since}
        case PlanApproved():
            return {**known(state, event), "stage": "approved", "since": since}
        case PlanReturned():
            return {**known(state, event), "stage": "draft", "since": since}
    return {**known(state, event), "stage": "issued", "since": since}


def duties_of(plan_id: str, state: State) -> list[dict[str, Any]]:
    """Return what a plan waits for."""
    kind = _NEXT.get(state["stage"])
    if kind is None:
        return []
    matter = Matter(f"plan-{plan_id}", state["division"], ids={"plan_id": plan_id})
    return [matter.duty(kind, [office_of(state["division"])], since=state["since"], title=state["title"])]
