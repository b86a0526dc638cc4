"""A year's consultation plan: drafted, reviewed, approved, issued, amended (T01–T04).

The names and fields of its events are stored for good (`shared/contracts/topics.py`). What a plan is and what
events make of it is in `state`; what commands do, by concern: `drafting`, `stages`, `amending`.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.topics.domain.plan.amending import AmendPlan, amend
from services.topics.domain.plan.drafting import (
    AddPlanItem,
    DraftingCommand,
    DraftPlan,
    RemoveItem,
    ReviseItem,
    decide_drafting,
    draft,
)
from services.topics.domain.plan.stages import (
    ApprovePlan,
    IssuePlan,
    ReturnPlan,
    ReviewPlan,
    StageCommand,
    decide_stage,
)
from services.topics.domain.plan.state import Plan, Stage, evolve, takes_topics
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError

PlanCommand = DraftPlan | DraftingCommand | StageCommand | AmendPlan


def decide(command: PlanCommand, plan: Plan) -> Sequence[DomainEvent]:
    """Return what a command does to a plan.

    Raises:
        NotThereError: no plan was drafted under this id, or it has no such item.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, DraftPlan):
        return draft(command, plan)
    if plan.stage is Stage.NONE:
        raise NotThereError("plan-unknown", zh="没有这个计划。", en="There is no such plan.")
    if isinstance(command, DraftingCommand):
        return decide_drafting(command, plan)
    if isinstance(command, AmendPlan):
        return amend(command, plan)
    return decide_stage(command, plan)


__all__ = [
    "AddPlanItem",
    "AmendPlan",
    "ApprovePlan",
    "DraftPlan",
    "IssuePlan",
    "Plan",
    "PlanCommand",
    "RemoveItem",
    "ReturnPlan",
    "ReviewPlan",
    "ReviseItem",
    "Stage",
    "decide",
    "evolve",
    "takes_topics",
]
