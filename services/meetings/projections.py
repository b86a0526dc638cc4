"""What meetings answers from, and what it keeps of other services to ask nobody. Pure folds.

Each document is fed by one stream alone: a venue's, a meeting's, a topic's, a problem's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemReopened, ProblemSolved
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    Attendance,
    AttendeeCheckedIn,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingScheduled,
    OpinionAgreed,
    VenueAssessed,
    VenueClosed,
    VenueOpened,
)
from shared.contracts.topics import (
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicReopened,
    TopicWithdrawn,
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


def stream_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of what the event's stream is about: `<category>-<id>`."""
    return (recorded.stream.partition("-")[2],)


# venues


def fold_venue(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a venue's document after an event of its stream; its latest assessment comes last.

    Raises:
        OutOfOrderError: the venue was not opened first.
    """
    event = recorded.event
    if isinstance(event, VenueOpened):
        return {**event.model_dump(mode="json"), "situation": "open", "assessments": [], "met": None}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case VenueAssessed():
            assessment = event.model_dump(mode="json", exclude={"venue_id"})
            history = sorted([*document["assessments"], assessment], key=lambda a: a["assessed_on"] or "")
            return {**document, "assessments": history, "met": sum(i["met"] for i in history[-1]["items"])}
        case VenueClosed():
            closing = {"closed_on": event.closed_on.isoformat(), "closing_reason": event.reason}
            return {**document, "situation": "closed", **closing}
    raise OutOfOrderError(event, document)


# meetings


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


# what other services said


def fold_known_topic(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what meetings needs to know of a topic after an event of its stream.

    Raises:
        OutOfOrderError: the topic was not proposed first.
    """
    event = recorded.event
    if isinstance(event, TopicProposed):
        return {"title": event.title, "division": event.division, "situation": "proposed"}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case TopicAdopted():
            return {**document, "situation": "adopted"}
        case TopicMerged():
            return {**document, "situation": "merged"}
        case TopicWithdrawn():
            return {**document, "situation": "withdrawn"}
        case TopicConcluded():
            return {**document, "situation": "concluded", "before": document["situation"]}
        case TopicReopened():
            return {**document, "situation": document["before"]}
    raise OutOfOrderError(event, document)


def fold_solution(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return whether a problem is solved, and of which meeting it came, after an event of its stream."""
    match recorded.event:
        case ProblemSolved() as event:
            solved_on = event.solved_on.isoformat() if event.solved_on else None
            # A ledger entry has the id of its meeting (C01).
            return {"meeting_id": event.entry_id, "solved_on": solved_on}
        case ProblemReopened() as event:
            return {"meeting_id": event.entry_id, "solved_on": None}
    raise OutOfOrderError(recorded.event, document)


VENUES = Projection(
    name="venues",
    version=1,
    events=(VenueOpened, VenueAssessed, VenueClosed),
    keys=stream_key,
    fold=fold_venue,
    main_category="venue",
    indexes=((("division", 1), ("_id", 1)),),
)
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
KNOWN_TOPICS = Projection(
    name="known_topics",
    version=1,
    events=(
        TopicProposed,
        TopicAdopted,
        TopicMerged,
        TopicWithdrawn,
        TopicConcluded,
        TopicReopened,
    ),
    keys=stream_key,
    fold=fold_known_topic,
    main_category="topic",
)
SOLUTIONS = Projection(
    name="solutions",
    version=1,
    events=(ProblemSolved, ProblemReopened),
    keys=stream_key,
    fold=fold_solution,
    main_category="problem",
    indexes=((("meeting_id", 1), ("solved_on", 1)),),
)
ALL = (VENUES, MEETINGS, KNOWN_TOPICS, SOLUTIONS)
