"""A plan as its events left it, and what every command on it may ask for."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import (
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


# what more than one command asks for


def require_new(number: int, items: Container[int], field: str = "number") -> None:
    """Refuse a number that was given already (T02)."""
    if number in items:
        raise RefusedError(
            "item-number-taken",
            rule="T02",
            zh=f"计划编号 {number} 已有条目。",
            en=f"The plan has an item {number} already.",
            field=field,
        )


def require_room(plan: Plan, items: int) -> None:
    """Refuse more items than the plan takes (T02)."""
    if plan.item_limit is not None and items > plan.item_limit:
        raise RefusedError(
            "plan-full",
            rule="T02",
            zh=f"本计划最多 {plan.item_limit} 项。",
            en=f"The plan takes {plan.item_limit} items.",
        )


def require_day(plan: Plan, day: date, today: date, field: str, *, rule: str) -> None:
    """Refuse a day to come, and one before what went ahead."""
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
