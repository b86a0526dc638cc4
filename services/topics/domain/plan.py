"""A year's consultation plan: drafted, reviewed, approved, issued, amended (T01–T04).

The names and fields of its events are stored for good (`shared/contracts/topics.py`).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.topics import (
    ItemChange,
    ItemChangeKind,
    ItemText,
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
        items: what each says, by number.
        gone: those of them that an amendment cancelled or merged into others.
        latest: the latest day that one of its stages or amendments says.
        amendments: their document numbers, in order.
    """

    plan_id: str = ""
    division: str = ""
    year: int = 0
    stage: Stage = Stage.NONE
    item_limit: int | None = None
    items: Mapping[int, ItemText] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()
    latest: date | None = None
    amendments: tuple[str, ...] = ()

    @property
    def going_on(self) -> frozenset[int]:
        """Return the items that are still to be carried out: neither cancelled nor merged."""
        return frozenset(self.items) - self.gone


def takes_topics(plan: Plan, number: int | None) -> bool:
    """Tell whether a topic can be adopted for an item: of an issued plan, neither cancelled nor merged."""
    return plan.stage is Stage.ISSUED and number in plan.going_on


def evolve(plan: Plan, event: DomainEvent) -> Plan:
    """Return the plan after an event."""
    match event:
        case PlanDrafted():
            return Plan(event.plan_id, event.division, event.year, Stage.DRAFT, event.item_limit)
        case PlanItemAdded():
            text = ItemText.model_validate(event.model_dump())
            return replace(plan, items={**plan.items, event.number: text})
        case PlanItemRevised():
            return replace(plan, items={**plan.items, event.number: event.item})
        case PlanItemRemoved():
            return replace(plan, items={n: item for n, item in plan.items.items() if n != event.number})
        case PlanReviewed():
            return replace(plan, stage=Stage.REVIEWED, latest=event.reviewed_on)
        case PlanApproved():
            return replace(plan, stage=Stage.APPROVED, latest=event.approved_on)
        case PlanReturned():
            return replace(plan, stage=Stage.DRAFT, latest=event.returned_on)
        case PlanIssued():
            return replace(plan, stage=Stage.ISSUED, latest=event.issued_on)
        case PlanAmended():
            return _amended(plan, event)
    return plan


def _amended(plan: Plan, event: PlanAmended) -> Plan:
    said = {change.number: change.item for change in event.changes if change.item is not None}
    gone = {c.number for c in event.changes if c.kind in (ItemChangeKind.CANCEL, ItemChangeKind.MERGE)}
    return replace(
        plan,
        items={**plan.items, **said},
        gone=plan.gone | gone,
        latest=event.amended_on,
        amendments=(*plan.amendments, event.document_number),
    )


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
class ReviseItem:
    """Write an item of the draft anew (T02)."""

    number: int
    item: ItemText


@dataclass(frozen=True)
class RemoveItem:
    """Take an item out of the draft (T02)."""

    number: int


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


@dataclass(frozen=True)
class AmendPlan:
    """Change what was issued (T04).

    Attributes:
        body: which body approved it.
        changes: each item at most once.
    """

    reason: str
    body: str
    document_number: str
    amended_on: date
    changes: tuple[ItemChange, ...]
    today: date


PlanCommand = (
    DraftPlan
    | AddPlanItem
    | ReviseItem
    | RemoveItem
    | ReviewPlan
    | ApprovePlan
    | ReturnPlan
    | IssuePlan
    | AmendPlan
)

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
        case ReviseItem():
            return _revise_item(command, plan)
        case RemoveItem():
            _require_drafted_item(plan, command.number)
            return [PlanItemRemoved(plan_id=plan.plan_id, number=command.number)]
        case ReviewPlan():
            return _review(command, plan)
        case ApprovePlan():
            return _approve(command, plan)
        case ReturnPlan():
            return _return(command, plan)
        case IssuePlan():
            return _issue(command, plan)
        case AmendPlan():
            return _amend(command, plan)


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
    _require_draft(plan)
    _require_new(command.number, plan.items)
    _require_room(plan, len(plan.items) + 1)
    return [PlanItemAdded(plan_id=plan.plan_id, **vars(command))]


def _revise_item(command: ReviseItem, plan: Plan) -> Sequence[DomainEvent]:
    _require_drafted_item(plan, command.number)
    if plan.items[command.number] == command.item:
        return []
    return [PlanItemRevised(plan_id=plan.plan_id, number=command.number, item=command.item)]


def _review(command: ReviewPlan, plan: Plan) -> Sequence[DomainEvent]:
    _require(plan, Stage.DRAFT)
    _require_items(plan)
    _require_day(plan, command.reviewed_on, command.today, "reviewed_on", rule="T01")
    return [PlanReviewed(plan_id=plan.plan_id, reviewed_on=command.reviewed_on)]


def _approve(command: ApprovePlan, plan: Plan) -> Sequence[DomainEvent]:
    _require(plan, Stage.REVIEWED)
    _require_day(plan, command.approved_on, command.today, "approved_on", rule="T01")
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
    _require_day(plan, command.returned_on, command.today, "returned_on", rule="T01")
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
        _require_day(plan, command.issued_on, command.today, "issued_on", rule="T01")
    return [
        PlanIssued(
            plan_id=plan.plan_id,
            document_number=command.document_number,
            issuing_bodies=command.issuing_bodies,
            issued_on=command.issued_on,
            back_entry=command.back_entry,
        )
    ]


# amendments


def _amend(command: AmendPlan, plan: Plan) -> Sequence[DomainEvent]:
    if plan.stage is not Stage.ISSUED:
        raise RefusedError(
            "plan-not-issued",
            rule="T04",
            zh="计划尚未印发,直接修改草案即可,不需修订。",
            en="The plan is not issued yet; change its draft instead of amending it.",
        )
    if command.document_number in plan.amendments:
        raise RefusedError(
            "amendment-exists",
            rule="T04",
            zh=f"文号“{command.document_number}”的修订已登记。",
            en=f"The amendment {command.document_number!r} is recorded already.",
            field="document_number",
        )
    _require_day(plan, command.amended_on, command.today, "amended_on", rule="T04")
    touched: set[int] = set()
    for change in command.changes:
        if change.number in touched:
            raise _bad_change(f"第 {change.number} 项修订了两次。", f"Item {change.number} is changed twice.")
        touched.add(change.number)
        _require_possible(change, plan, command.changes)
    added = sum(change.kind is ItemChangeKind.ADD for change in command.changes)
    gone = sum(change.kind in (ItemChangeKind.CANCEL, ItemChangeKind.MERGE) for change in command.changes)
    if added:
        _require_room(plan, len(plan.going_on) + added - gone)
    return [
        PlanAmended(
            plan_id=plan.plan_id,
            number=len(plan.amendments) + 1,
            reason=command.reason,
            body=command.body,
            document_number=command.document_number,
            amended_on=command.amended_on,
            changes=command.changes,
        )
    ]


def _require_possible(change: ItemChange, plan: Plan, changes: Sequence[ItemChange]) -> None:
    number = change.number
    if change.kind is ItemChangeKind.ADD:
        _require_new(number, plan.items, field="changes")
    elif number not in plan.going_on:
        gone = number in plan.items
        raise _bad_change(
            f"第 {number} 项已取消或并入其他条目。" if gone else f"计划没有第 {number} 项。",
            f"Item {number} was cancelled or merged." if gone else f"The plan has no item {number}.",
        )
    _require_said(change)
    if change.kind is ItemChangeKind.DEFER and (change.year or plan.year) < plan.year:
        raise _bad_change(f"第 {number} 项不能延到往年。", f"Item {number} cannot be deferred to the past.")
    if change.kind is ItemChangeKind.MERGE:
        others = {c.number for c in changes if c.kind in (ItemChangeKind.CANCEL, ItemChangeKind.MERGE)}
        if change.into not in plan.going_on - others:
            raise _bad_change(
                f"第 {number} 项不能并入第 {change.into} 项:该项不存在、已取消或并入他项。",
                f"Item {number} cannot go into item {change.into}, which is not going on.",
            )


_SAYS = {
    ItemChangeKind.ADD: {"item"},
    ItemChangeKind.REVISE: {"item"},
    ItemChangeKind.DEFER: {"year", "quarter"},
    ItemChangeKind.CANCEL: set[str](),
    ItemChangeKind.MERGE: {"into"},
}
_WORDS = {"item": "条目内容", "year": "年度", "quarter": "季度", "into": "并入的条目"}
_KINDS = {
    ItemChangeKind.ADD: "新增",
    ItemChangeKind.REVISE: "调整",
    ItemChangeKind.DEFER: "延期",
    ItemChangeKind.CANCEL: "取消",
    ItemChangeKind.MERGE: "合并",
}


def _require_said(change: ItemChange) -> None:
    """Each kind says what it has to, and nothing that belongs to another."""
    allowed = _SAYS[change.kind]
    said = {name for name in _WORDS if getattr(change, name) is not None}
    if said - allowed or (allowed and not said):
        names = [name for name in _WORDS if name in allowed]
        raise _bad_change(
            f"第 {change.number} 项{_KINDS[change.kind]}应填:{'、'.join(_WORDS[n] for n in names) or '无'}。",
            f"Item {change.number}: {change.kind} takes {', '.join(names) or 'nothing more'}.",
        )


def _bad_change(zh: str, en: str) -> RefusedError:
    return RefusedError("amendment-impossible", rule="T04", zh=zh, en=en, field="changes")


# what more than one of them asks for


def _require_draft(plan: Plan) -> None:
    if plan.stage is not Stage.DRAFT:
        raise RefusedError(
            "plan-not-a-draft",
            rule="T04",
            zh="计划已过草拟阶段,条目只能通过修订增减。",
            en="The plan is no longer a draft; its items change by amendment only.",
        )


def _require_drafted_item(plan: Plan, number: int) -> None:
    _require_draft(plan)
    if number not in plan.items:
        raise NotThereError("item-unknown", zh=f"计划没有第 {number} 项。", en=f"There is no item {number}.")


def _require_new(number: int, items: Container[int], field: str = "number") -> None:
    if number in items:
        raise RefusedError(
            "item-number-taken",
            rule="T02",
            zh=f"计划编号 {number} 已有条目。",
            en=f"The plan has an item {number} already.",
            field=field,
        )


def _require_room(plan: Plan, items: int) -> None:
    if plan.item_limit is not None and items > plan.item_limit:
        raise RefusedError(
            "plan-full",
            rule="T02",
            zh=f"本计划最多 {plan.item_limit} 项。",
            en=f"The plan takes {plan.item_limit} items.",
        )


def _require_items(plan: Plan) -> None:
    if not plan.items:
        raise RefusedError(
            "plan-empty",
            rule="T02",
            zh="计划没有条目,不能往下办理。",
            en="A plan without items goes no further.",
        )


def _require_day(plan: Plan, day: date, today: date, field: str, *, rule: str) -> None:
    if day > today:
        raise RefusedError(
            "day-in-the-future",
            rule=rule,
            zh="日期不能晚于今天。",
            en="The day has not come yet.",
            field=field,
        )
    if plan.latest is not None and day < plan.latest:
        raise RefusedError(
            "day-out-of-order",
            rule=rule,
            zh=f"日期不能早于上一环节的 {plan.latest}。",
            en=f"The day is before that of the stage ahead of it, {plan.latest}.",
            field=field,
        )


def _require(plan: Plan, stage: Stage) -> None:
    if plan.stage is not stage:
        raise _wrong_stage(plan)


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
        zh=f"计划目前为“{titles[plan.stage]}”;须依次经审议、审定、联合印发。",
        en=f"The plan is {plan.stage}; it is reviewed, approved and issued in this order.",
    )
