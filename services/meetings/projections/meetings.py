"""One document a meeting, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    Attendance,
    AttendeeCheckedIn,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingScheduled,
    OpinionAgreed,
)
from shared.contracts.types import AttendeeKind
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

COUNTED_AS = {
    AttendeeKind.MEMBER: "members",
    AttendeeKind.DEPARTMENT: "departments",
    AttendeeKind.STAKEHOLDER: "stakeholders",
    AttendeeKind.RESIDENT: "residents",
}
NOBODY = Attendance(present=0, **dict.fromkeys(COUNTED_AS.values(), 0)).model_dump(mode="json")


def fold_meeting(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a meeting's document after an event of its stream.

    Raises:
        OutOfOrderError: the meeting was not scheduled first.
    """
    event = recorded.event
    if isinstance(event, MeetingScheduled):
        said = event.model_dump(mode="json")
        return {**said, "situation": "scheduled", "attendance": None, "opinions": []}
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, **_change(document, event)}


def _change(document: Document, event: DomainEvent) -> dict[str, Any]:
    match event:
        case MeetingOpened():
            opened_at = event.model_dump(mode="json")["opened_at"]
            return {"situation": "open", "opened_at": opened_at}
        case AttendeeCheckedIn():
            return {"attendance": _one_more(document["attendance"] or NOBODY, event.kind)}
        case OpinionAgreed():
            return {"opinions": [*document["opinions"], event.opinion.model_dump(mode="json")]}
        case MeetingHeld():
            said = event.model_dump(mode="json", include={"held_on", "opinions", "attendance", "flags"})
            return {"situation": "held", **said, "flags": [*document["flags"], *said["flags"]]}
        case MeetingCancelled():
            cancelled_on = event.cancelled_on.isoformat()
            return {"situation": "cancelled", "cancelled_on": cancelled_on, "cancel_reason": event.reason}
    raise OutOfOrderError(event, document)


def _one_more(attendance: Mapping[str, Any], kind: AttendeeKind) -> dict[str, Any]:
    counted = COUNTED_AS[kind]
    return {**attendance, "present": attendance["present"] + 1, counted: attendance[counted] + 1}


MEETINGS = Projection(
    name="meetings",
    version=1,
    events=(
        MeetingScheduled,
        MeetingOpened,
        AttendeeCheckedIn,
        OpinionAgreed,
        MeetingHeld,
        MeetingCancelled,
    ),
    keys=stream_key,
    fold=fold_meeting,
    main_category="meeting",
    indexes=(
        (("division", 1), ("_id", 1)),
        (("topic_id", 1), ("_id", 1)),
        (("venue_id", 1), ("starts_at", 1)),
    ),
)
