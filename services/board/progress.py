"""How far a plan has come: asked of the activities that carry out its items, never typed in (T05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from services.board.status import ENDED, Status


class ItemProgress(StrEnum):
    """How far an item of the plan has come."""

    PLANNED = "planned"
    IN_PROGRESS = "in-progress"
    DONE = "done"


def item_progress(activities: Iterable[Mapping[str, Any]]) -> ItemProgress:
    """Return an item's progress: done once every activity on it is, withdrawn and merged ones apart."""
    counted = [activity for activity in activities if activity["status"] not in ENDED]
    if not counted:
        return ItemProgress.PLANNED
    return ItemProgress.DONE if all(map(_is_done, counted)) else ItemProgress.IN_PROGRESS


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
        "progress": item_progress(carried_out),
        "topic_ids": [activity["_id"] for activity in carried_out],
    }
