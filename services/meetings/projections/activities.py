"""One document for each activity of members (M19): what was done, and which topics came of it.

Fed by the activity's own stream and by those of the topics that name it. A topic may be heard of first; a
document without a `division` is of an activity that is still on its way, and no list finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MemberActivityCorrected, MemberActivityRecorded, MemberActivityStruck
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams


def activity_keys(recorded: Recorded) -> Iterable[str]:
    """Return the activity that the event is about, or that a topic came of."""
    if isinstance(recorded.event, TopicProposed):
        return (recorded.event.activity_id,) if recorded.event.activity_id else ()
    return stream_key(recorded)


def fold_activity(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return an activity's document after an event of its stream, or of a topic that came of it.

    Raises:
        OutOfOrderError: the activity was not recorded first.
    """
    event, before = recorded.event, document or {"topics": []}
    match event:
        case TopicProposed():
            return {**before, "topics": sorted({*before["topics"], event.topic_id})}
        case MemberActivityRecorded():
            said = event.model_dump(mode="json")
            return {**before, **_told(said), "situation": "recorded", "correction_reason": None}
    if "situation" not in before:
        raise OutOfOrderError(event, document)
    match event:
        case MemberActivityCorrected():
            said = event.model_dump(mode="json", exclude={"activity_id", "back_entry", "reason"})
            return {**before, **_told(said), "correction_reason": event.reason}
        case MemberActivityStruck():
            return {**before, "situation": "struck", "strike_reason": event.reason}
    raise OutOfOrderError(event, document)


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    searched = grams(said["place"], *said["issues"])
    return {**said, "has_issues": bool(said["issues"]), "grams": searched}


ACTIVITIES = Projection(
    name="member_activities",
    version=1,
    events=(MemberActivityRecorded, MemberActivityCorrected, MemberActivityStruck, TopicProposed),
    keys=activity_keys,
    fold=fold_activity,
    main_category="activity",
    indexes=(
        (("done_on", 1), ("_id", 1), ("division", 1)),
        (("members", 1), ("done_on", 1)),
        (("grams", 1),),
    ),
)
