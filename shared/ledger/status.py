"""Where an activity stands by its facts alone, compared with what the ledger says.

Solved needs result A and 满意 or 基本满意 (C09). Closed needs topic, consultation, solved problem, case and
report, each there or exempted (C17, C18). Only a withdrawal leaves no fact behind: the 状态 is its record.
"""

from __future__ import annotations

from shared.contracts.types import LoopItem, Rating, ReplyResult
from shared.ledger.findings import Difference
from shared.ledger.rows import ActivityRow
from shared.ledger.vocabulary import LOOP_ITEMS, RATINGS, Status
from shared.platform.language import Text

_GOOD = frozenset({Rating.SATISFIED, Rating.FAIRLY_SATISFIED})


def is_solved(activity: ActivityRow) -> bool:
    """Whether the reply solves the problem: it satisfied, or nobody rated it and it was confirmed (C09)."""
    confirmed = activity.rating is None and activity.remark.confirmed is not None
    return activity.result is ReplyResult.A and (activity.rating in _GOOD or confirmed)


def is_withdrawn(activity: ActivityRow) -> bool:
    """Whether the topic was taken back: the ledger says so, and nothing was done on it afterwards (T20)."""
    untouched = activity.consulted_on is None and activity.assigned_on is None
    return activity.status is Status.WITHDRAWN and untouched


def done_items(activity: ActivityRow) -> frozenset[LoopItem]:
    """Return which of the five are there (C17)."""
    there = {
        LoopItem.TOPIC: True,
        LoopItem.CONSULTATION: activity.consulted_on is not None,
        LoopItem.PROBLEM: is_solved(activity),
        LoopItem.CASE: activity.case_title is not None,
        LoopItem.REPORT: activity.outlet is not None,
    }
    return frozenset(item for item, done in there.items() if done)


def missing_items(activity: ActivityRow) -> tuple[LoopItem, ...]:
    """Return which of the five are neither there nor exempted, in their order (C18)."""
    settled = done_items(activity) | activity.exempted
    return tuple(item for item in LoopItem if item not in settled)


def is_closed(activity: ActivityRow) -> bool:
    """Whether the loop of five is closed (C18); one that is about to be handled again is not."""
    return activity.rating is not Rating.DISSATISFIED and not missing_items(activity)


def derive_status(activity: ActivityRow) -> Status:
    """Return where an activity stands by the rules."""
    if activity.remark.merged_into is not None:
        return Status.MERGED
    if is_withdrawn(activity):
        return Status.WITHDRAWN
    if is_closed(activity):
        return Status.CLOSED
    if is_solved(activity):
        return Status.SOLVED
    if activity.rating is Rating.DISSATISFIED:
        return Status.REOPENED
    reached = (
        (activity.replied_on, Status.REPLIED),
        (activity.assigned_on, Status.ASSIGNED),
        (activity.consulted_on, Status.CONSULTED),
        (activity.adopted_on, Status.ADOPTED),
    )
    return next((status for day, status in reached if day is not None), Status.PROPOSED)


def _reason(activity: ActivityRow, derived: Status) -> Text:
    missing = "、".join(LOOP_ITEMS.shown(item) for item in missing_items(activity))
    rating = RATINGS.shown(activity.rating) if activity.rating else "—"
    result = activity.result.value if activity.result else "—"
    reasons = {
        Status.MERGED: Text(
            f"备注写明并入“{activity.remark.merged_into}”",
            f"the remark says merged into {activity.remark.merged_into!r}",
        ),
        Status.CLOSED: Text("五个一均已具备或经批准不适用", "all five are there or exempted"),
        Status.SOLVED: Text(
            f"办理结果为{result}且评价为{rating}，问题已解决；五个一尚缺：{missing}",
            f"result {result} and rating {rating} make it solved; of the five it lacks {missing}",
        ),
        Status.REOPENED: Text("评价为不满意，应重新办理", "rated 不满意, so it is handled once more"),
        Status.REPLIED: Text(
            f"已于 {activity.replied_on} 答复（{result}），尚不符合销号条件",
            f"replied on {activity.replied_on} ({result}), not solved by the rules",
        ),
        Status.ASSIGNED: Text(
            f"已于 {activity.assigned_on} 交办，没有答复", f"assigned on {activity.assigned_on}, no reply"
        ),
        Status.CONSULTED: Text(
            f"已于 {activity.consulted_on} 协商，没有交办",
            f"consulted on {activity.consulted_on}, nothing assigned",
        ),
        Status.ADOPTED: Text(
            f"已于 {activity.adopted_on} 立项，没有协商", f"adopted on {activity.adopted_on}, no consultation"
        ),
        Status.PROPOSED: Text("只有提出日期", "proposed, nothing further"),
    }
    return reasons[derived]


def compare(activity: ActivityRow) -> Difference | None:
    """Return how the ledger's 状态 differs from the rules'; None where it does not or states none."""
    derived = derive_status(activity)
    if activity.status is None or activity.status is derived:
        return None
    return Difference(
        sheet=activity.sheet,
        row=activity.row,
        title=f"{activity.town.name} {activity.title}",
        ledger_status=activity.status.value,
        derived_status=derived.value,
        reason=_reason(activity, derived),
    )
