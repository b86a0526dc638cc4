"""Changing what was issued, which nothing but an amendment does (T04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.topics.domain.plan.state import Plan, Stage, require_day, require_new, require_room
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import ItemChange, ItemChangeKind, PlanAmended

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


def amend(command: AmendPlan, plan: Plan) -> Sequence[DomainEvent]:
    """Change an issued plan; raises as `decide`."""
    if plan.stage is not Stage.ISSUED:
        raise RefusedError(
            "plan-not-issued",
            rule="T04",
            zh="计划尚未印发，直接修改草案即可，不需修订。",
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
    require_day(plan, command.amended_on, command.today, "amended_on", rule="T04")
    touched: set[int] = set()
    for change in command.changes:
        if change.number in touched:
            raise _bad_change(f"第 {change.number} 项修订了两次。", f"Item {change.number} is changed twice.")
        touched.add(change.number)
        _require_possible(change, plan, command.changes)
    added = sum(change.kind is ItemChangeKind.ADD for change in command.changes)
    gone = sum(change.kind in (ItemChangeKind.CANCEL, ItemChangeKind.MERGE) for change in command.changes)
    if added:
        require_room(plan, len(plan.going_on) + added - gone)
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
        require_new(number, plan.items, field="changes")
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
                f"第 {number} 项不能并入第 {change.into} 项：该项不存在、已取消或并入他项。",
                f"Item {number} cannot go into item {change.into}, which is not going on.",
            )


def _require_said(change: ItemChange) -> None:
    """Each kind says what it has to, and nothing that belongs to another."""
    allowed = _SAYS[change.kind]
    said = {name for name in _WORDS if getattr(change, name) is not None}
    if said - allowed or (allowed and not said):
        names = [name for name in _WORDS if name in allowed]
        fields = "、".join(_WORDS[name] for name in names) or "无"
        raise _bad_change(
            f"第 {change.number} 项{_KINDS[change.kind]}应填：{fields}。",
            f"Item {change.number}: {change.kind} takes {', '.join(names) or 'nothing more'}.",
        )


def _bad_change(zh: str, en: str) -> RefusedError:
    return RefusedError("amendment-impossible", rule="T04", zh=zh, en=en, field="changes")
