"""Reading a plan: its items after each of its events, for whoever shows one. Pure.

An item is a mapping: `number`, the fields of `ItemText`, `change` (`deferred`, `cancelled`, `merged` or
None), and, where there is something to say, `amendment` (the number of the last one that touched it),
`deferred_to` ({year, quarter}) and `merged_into`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.topics import (
    ItemChange,
    ItemChangeKind,
    ItemText,
    PlanAmended,
    PlanItemAdded,
    PlanItemRemoved,
    PlanItemRevised,
)

Item = Mapping[str, Any]


def items_after(items: Sequence[Item], event: DomainEvent) -> list[Item]:
    """Return a plan's items after one of its events, by number; other events change none."""
    match event:
        case PlanItemAdded():
            text = ItemText.model_validate(event.model_dump())
            return _by_number([*items, _item(event.number, text)])
        case PlanItemRevised():
            others = [item for item in items if item["number"] != event.number]
            return _by_number([*others, _item(event.number, event.item)])
        case PlanItemRemoved():
            return [item for item in items if item["number"] != event.number]
        case PlanAmended():
            amended = list(items)
            for change in event.changes:
                amended = _changed(amended, change, event.number)
            return amended
    return list(items)


def _item(number: int, text: ItemText) -> dict[str, Any]:
    return {"number": number, **text.model_dump(mode="json"), "change": None}


def _changed(items: list[Item], change: ItemChange, amendment: int) -> list[Item]:
    if change.kind is ItemChangeKind.ADD and change.item is not None:
        return _by_number([*items, {**_item(change.number, change.item), "amendment": amendment}])
    return [
        {**item, **_said(change), "amendment": amendment} if item["number"] == change.number else item
        for item in items
    ]


def _said(change: ItemChange) -> dict[str, Any]:
    match change.kind:
        case ItemChangeKind.REVISE if change.item is not None:
            return change.item.model_dump(mode="json")
        case ItemChangeKind.DEFER:
            return {"change": "deferred", "deferred_to": {"year": change.year, "quarter": change.quarter}}
        case ItemChangeKind.CANCEL:
            return {"change": "cancelled"}
        case ItemChangeKind.MERGE:
            return {"change": "merged", "merged_into": change.into}
    return {}


def _by_number(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: item["number"])


def item_state(change: str | None, *, going_on: bool, done: bool) -> str:
    """Return an item's state, which follows from the amendments and its topics (T05).

    Args:
        change: what amendments made of it.
        going_on: a topic that was not withdrawn, rejected or merged carries it out.
        done: all such topics are done.

    Returns:
        `cancelled`, `merged`, `done`, `in-progress`, `deferred` or `planned`.
    """
    if change in ("cancelled", "merged"):
        return change
    if going_on:
        return "done" if done else "in-progress"
    return change or "planned"
