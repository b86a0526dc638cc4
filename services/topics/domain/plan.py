"""A year's consultation plan: drafted, reviewed, approved, issued (T01–T03).

The names and fields of its events are stored for good (`shared/contracts/topics.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.topics import (
    PlanApproved,
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    PlanReviewed,
)

# state


class Stage(StrEnum):
    """How far a plan has come; no stage is skipped (T01)."""

    NONE = "none"
    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    ISSUED = "issued"


@dataclass(frozen=True)
class Plan:
    """A plan, or with stage `none` the place for one.

    Attributes:
        items: the numbers given, in the order they were given.
    """

    plan_id: str = ""
    division: str = ""
    stage: Stage = Stage.NONE
    item_limit: int | None = None
    items: tuple[int, ...] = ()


def evolve(plan: Plan, event: DomainEvent) -> Plan:
    """Return the plan after an event."""
    match event:
        case PlanDrafted():
            return Plan(event.plan_id, event.division, Stage.DRAFT, event.item_limit)
        case PlanItemAdded():
            return replace(plan, items=(*plan.items, event.number))
        case PlanReviewed():
            return replace(plan, stage=Stage.REVIEWED)
        case PlanApproved():
            return replace(plan, stage=Stage.APPROVED)
        case PlanIssued():
            return replace(plan, stage=Stage.ISSUED)
    return plan


# commands


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
class ReviewPlan:
    """The 主席会议 has reviewed the draft."""

    reviewed_on: date


@dataclass(frozen=True)
class ApprovePlan:
    """The 党委常委会 has approved the plan."""

    body: str
    meeting: str
    approved_on: date


@dataclass(frozen=True)
class IssuePlan:
    """Issue the plan jointly, which freezes it.

    A back-entry may issue a plan whose review and approval its source does not mention.
    """

    document_number: str | None
    issuing_bodies: tuple[str, ...]
    issued_on: date | None
    back_entry: bool = False


PlanCommand = DraftPlan | AddPlanItem | ReviewPlan | ApprovePlan | IssuePlan

# decisions


def decide(command: PlanCommand, plan: Plan) -> Sequence[DomainEvent]:
    """Return what a command does to a plan.

    Raises:
        NotThereError: no plan was drafted under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, DraftPlan):
        return _draft(command, plan)
    if plan.stage is Stage.NONE:
        raise NotThereError("plan-unknown", zh="没有这个计划。", en="There is no such plan.")
    match command:
        case AddPlanItem():
            return _add_item(command, plan)
        case ReviewPlan():
            _require(plan, Stage.DRAFT)
            return [PlanReviewed(plan_id=plan.plan_id, reviewed_on=command.reviewed_on)]
        case ApprovePlan():
            _require(plan, Stage.REVIEWED)
            return [PlanApproved(plan_id=plan.plan_id, **vars(command))]
        case IssuePlan():
            return _issue(command, plan)


def _draft(command: DraftPlan, plan: Plan) -> Sequence[DomainEvent]:
    if plan.stage is not Stage.NONE:
        raise RefusedError(
            "plan-exists",
            zh=f"编号 {command.plan_id} 已有计划。",
            en=f"There is a plan {command.plan_id} already; use another id.",
            field="plan_id",
        )
    return [PlanDrafted(**vars(command))]


def _add_item(command: AddPlanItem, plan: Plan) -> Sequence[DomainEvent]:
    if plan.stage is not Stage.DRAFT:
        raise RefusedError(
            "plan-not-a-draft",
            rule="T04",
            zh="计划已过草拟阶段,条目只能通过修订增减。",
            en="The plan is no longer a draft; its items change by amendment only.",
        )
    if command.number in plan.items:
        raise RefusedError(
            "item-number-taken",
            rule="T02",
            zh=f"计划编号 {command.number} 已有条目。",
            en=f"The plan has an item {command.number} already.",
            field="number",
        )
    if plan.item_limit is not None and len(plan.items) >= plan.item_limit:
        raise RefusedError(
            "plan-full",
            rule="T02",
            zh=f"本计划最多 {plan.item_limit} 项。",
            en=f"The plan takes {plan.item_limit} items.",
        )
    return [PlanItemAdded(plan_id=plan.plan_id, **vars(command))]


def _issue(command: IssuePlan, plan: Plan) -> Sequence[DomainEvent]:
    if command.back_entry:
        if plan.stage is Stage.ISSUED:
            raise _wrong_stage(plan)
    else:
        _require(plan, Stage.APPROVED)
        _require_stated(command)
    if not plan.items:
        raise RefusedError(
            "plan-empty",
            rule="T02",
            zh="计划没有条目,不能印发。",
            en="A plan without items cannot be issued.",
        )
    return [PlanIssued(plan_id=plan.plan_id, **vars(command))]


def _require(plan: Plan, stage: Stage) -> None:
    if plan.stage is not stage:
        raise _wrong_stage(plan)


def _require_stated(command: IssuePlan) -> None:
    for field, title in (
        ("document_number", "文号"),
        ("issuing_bodies", "印发机关"),
        ("issued_on", "印发日期"),
    ):
        if not getattr(command, field):
            raise RefusedError(
                "issue-incomplete",
                rule="T01",
                zh=f"联合印发须写明{title}。",
                en=f"A joint issue states its {field}.",
                field=field,
            )


def _wrong_stage(plan: Plan) -> RefusedError:
    titles = {
        Stage.DRAFT: "草拟",
        Stage.REVIEWED: "主席会议已审议",
        Stage.APPROVED: "党委常委会已审定",
        Stage.ISSUED: "已印发",
    }
    return RefusedError(
        "plan-stage-skipped",
        rule="T01",
        zh=f"计划目前为“{titles[plan.stage]}”;须依次经审议、审定、联合印发。",
        en=f"The plan is {plan.stage}; it is reviewed, approved and issued in this order.",
    )
