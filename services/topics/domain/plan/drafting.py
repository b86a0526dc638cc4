"""Working on a draft: its items come, change and go (T02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.topics.domain.plan.state import Plan, Stage, require_new, require_room
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.topics import ItemText, PlanDrafted, PlanItemAdded, PlanItemRemoved, PlanItemRevised


@dataclass(frozen=True)
class DraftPlan:
    """Begin a year's plan."""

    plan_id: str
    division: str
    year: int
    title: str
    item_limit: int | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class AddPlanItem:
    """Put a key topic into the draft (T02)."""

    number: int
    title: str
    form: str | None = None
    lead: str | None = None
    co_organisers: tuple[str, ...] = ()
    leader: str | None = None
    departments: tuple[str, ...] = ()
    quarter: int | None = None
    expected_outcome: str | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class ReviseItem:
    """Write an item of the draft anew (T02)."""

    number: int
    item: ItemText


@dataclass(frozen=True)
class RemoveItem:
    """Take an item out of the draft (T02)."""

    number: int


DraftingCommand = AddPlanItem | ReviseItem | RemoveItem


def decide_drafting(command: DraftingCommand, plan: Plan) -> Sequence[DomainEvent]:
    """Return what a command does to a plan's draft; raises as `decide`."""
    match command:
        case AddPlanItem():
            return _add_item(command, plan)
        case ReviseItem():
            return _revise_item(command, plan)
        case RemoveItem():
            _require_drafted_item(plan, command.number)
            return [PlanItemRemoved(plan_id=plan.plan_id, number=command.number)]


def draft(command: DraftPlan, plan: Plan) -> Sequence[DomainEvent]:
    """Begin a plan; raises as `decide`."""
    if plan.stage is not Stage.NONE:
        raise RefusedError(
            "plan-exists",
            zh=f"编号 {command.plan_id} 已有计划。",
            en=f"There is a plan {command.plan_id} already; use another id.",
            field="plan_id",
        )
    return [PlanDrafted(**vars(command))]


def _add_item(command: AddPlanItem, plan: Plan) -> Sequence[DomainEvent]:
    _require_draft(plan)
    require_new(command.number, plan.items)
    require_room(plan, len(plan.items) + 1)
    return [PlanItemAdded(plan_id=plan.plan_id, **vars(command))]


def _revise_item(command: ReviseItem, plan: Plan) -> Sequence[DomainEvent]:
    _require_drafted_item(plan, command.number)
    if plan.items[command.number] == command.item:
        return []
    return [PlanItemRevised(plan_id=plan.plan_id, number=command.number, item=command.item)]


def _require_draft(plan: Plan) -> None:
    if plan.stage is not Stage.DRAFT:
        raise RefusedError(
            "plan-not-a-draft",
            rule="T04",
            zh="计划已过草拟阶段，条目只能通过修订增减。",
            en="The plan is no longer a draft; its items change by amendment only.",
        )


def _require_drafted_item(plan: Plan, number: int) -> None:
    _require_draft(plan)
    if number not in plan.items:
        raise NotThereError("item-unknown", zh=f"计划没有第 {number} 项。", en=f"There is no item {number}.")
