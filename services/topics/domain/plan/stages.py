"""From draft to issue: reviewed, approved, issued; or back to the draft (T01)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.topics.domain.plan.state import Plan, Stage, require_day
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import PlanApproved, PlanIssued, PlanReturned, PlanReviewed


@dataclass(frozen=True)
class ReviewPlan:
    """The 主席会议 has reviewed the draft.

    Attributes:
        today: in Asia/Shanghai, as in the commands below.
    """

    reviewed_on: date
    today: date


@dataclass(frozen=True)
class ApprovePlan:
    """The 党委常委会 has approved the plan."""

    body: str
    meeting: str
    approved_on: date
    today: date


@dataclass(frozen=True)
class ReturnPlan:
    """Send a plan that is not issued yet back to its draft, where its items can be changed again."""

    reason: str
    returned_on: date
    today: date


@dataclass(frozen=True)
class IssuePlan:
    """Issue the plan jointly, which freezes it.

    A back-entry may issue a plan whose review and approval its source does not mention.
    """

    document_number: str | None
    issuing_bodies: tuple[str, ...]
    issued_on: date | None
    today: date
    back_entry: bool = False


StageCommand = ReviewPlan | ApprovePlan | ReturnPlan | IssuePlan


def decide_stage(command: StageCommand, plan: Plan) -> Sequence[DomainEvent]:
    """Return what a command does to a plan on its way to the issue; raises as `decide`."""
    match command:
        case ReviewPlan():
            return _review(command, plan)
        case ApprovePlan():
            return _approve(command, plan)
        case ReturnPlan():
            return _return(command, plan)
        case IssuePlan():
            return _issue(command, plan)


def _review(command: ReviewPlan, plan: Plan) -> Sequence[DomainEvent]:
    _require(plan, Stage.DRAFT)
    _require_items(plan)
    require_day(plan, command.reviewed_on, command.today, "reviewed_on", rule="T01")
    return [PlanReviewed(plan_id=plan.plan_id, reviewed_on=command.reviewed_on)]


def _approve(command: ApprovePlan, plan: Plan) -> Sequence[DomainEvent]:
    _require(plan, Stage.REVIEWED)
    require_day(plan, command.approved_on, command.today, "approved_on", rule="T01")
    return [
        PlanApproved(
            plan_id=plan.plan_id,
            body=command.body,
            meeting=command.meeting,
            approved_on=command.approved_on,
        )
    ]


def _return(command: ReturnPlan, plan: Plan) -> Sequence[DomainEvent]:
    if plan.stage not in (Stage.REVIEWED, Stage.APPROVED):
        raise _wrong_stage(plan)
    require_day(plan, command.returned_on, command.today, "returned_on", rule="T01")
    return [PlanReturned(plan_id=plan.plan_id, reason=command.reason, returned_on=command.returned_on)]


def _issue(command: IssuePlan, plan: Plan) -> Sequence[DomainEvent]:
    if command.back_entry:
        if plan.stage is Stage.ISSUED:
            raise _wrong_stage(plan)
    else:
        _require(plan, Stage.APPROVED)
        _require_stated(command)
    _require_items(plan)
    if command.issued_on is not None:
        require_day(plan, command.issued_on, command.today, "issued_on", rule="T01")
    return [
        PlanIssued(
            plan_id=plan.plan_id,
            document_number=command.document_number,
            issuing_bodies=command.issuing_bodies,
            issued_on=command.issued_on,
            back_entry=command.back_entry,
        )
    ]


def _require(plan: Plan, stage: Stage) -> None:
    if plan.stage is not stage:
        raise _wrong_stage(plan)


def _require_items(plan: Plan) -> None:
    if not plan.items:
        raise RefusedError(
            "plan-empty",
            rule="T02",
            zh="计划没有条目，不能往下办理。",
            en="A plan without items goes no further.",
        )


def _require_stated(command: IssuePlan) -> None:
    for name, title in (
        ("document_number", "文号"),
        ("issuing_bodies", "印发机关"),
        ("issued_on", "印发日期"),
    ):
        if not getattr(command, name):
            raise RefusedError(
                "issue-incomplete",
                rule="T01",
                zh=f"联合印发须写明{title}。",
                en=f"A joint issue states its {name}.",
                field=name,
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
        zh=f"计划目前为“{titles[plan.stage]}”；须依次经审议、审定、联合印发。",
        en=f"The plan is {plan.stage}; it is reviewed, approved and issued in this order.",
    )
