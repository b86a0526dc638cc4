"""How far a plan has come: asked of the activities that carry out its items, never typed in (T05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from services.board.status import ENDED, Status
from shared.contracts.plan_items import item_state


class ItemProgress(StrEnum):
    """How far an item of the plan has come, or what an amendment made of it."""

    PLANNED = "planned"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    DEFERRED = "deferred"
    CANCELLED = "cancelled"
    MERGED = "merged"


def item_progress(change: str | None, activities: Iterable[Mapping[str, Any]]) -> ItemProgress:
    """Return an item's progress: done once every activity on it is, those that ended otherwise apart.

    Args:
        change: what amendments made of the item.
        activities: those that carry it out.
    """
    counted = [activity for activity in activities if activity["status"] not in ENDED]
    return ItemProgress(item_state(change, going_on=bool(counted), done=all(map(_is_done, counted))))


def is_going_on(item: Mapping[str, Any]) -> bool:
    """Tell whether an item of a plan still is to be carried out: neither cancelled nor merged."""
    return item["change"] not in (ItemProgress.CANCELLED, ItemProgress.MERGED)


def _is_done(activity: Mapping[str, Any]) -> bool:
    # The office may conclude a topic by hand, without a closed loop (T19).
    return bool(activity["status"] == Status.CLOSED or activity["topic"]["concluded"])


def with_progress(plan: Mapping[str, Any], activities: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a plan, each item with its `progress` and its activities' `topic_ids`.

    Args:
        plan: a document of `plans`.
        activities: those of this plan (more do no harm): plan_id, plan_item, status, topic.concluded.
    """
    by_item: dict[int, list[Mapping[str, Any]]] = {}
    for activity in activities:
        if activity["plan_id"] == plan["plan_id"]:
            by_item.setdefault(activity["plan_item"], []).append(activity)
    items = [_item(item, by_item.get(item["number"], ())) for item in plan["items"]]
    return {**plan, "items": items}


def _item(item: Mapping[str, Any], activities: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    carried_out = sorted(activities, key=lambda a: a["_id"])
    return {
        **item,
        "progress": item_progress(item["change"], carried_out),
        "topic_ids": [activity["_id"] for activity in carried_out],
    }
