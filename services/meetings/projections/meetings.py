"""One document a meeting, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.meetings.domain.agenda import every_item
from services.meetings.domain.meeting import needs_of
from services.meetings.projections.keys import stream_key
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    AgendaItem,
    AgendaSet,
    Attendance,
    AttendeeCheckedIn,
    BallotTaken,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingRescheduled,
    MeetingScheduled,
    NoticeSent,
    OpinionAgreed,
    SegmentStarted,
)
from shared.contracts.types import AttendeeKind
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams

COUNTED_AS = {
    AttendeeKind.MEMBER: "members",
    AttendeeKind.DEPARTMENT: "departments",
    AttendeeKind.STAKEHOLDER: "stakeholders",
    AttendeeKind.RESIDENT: "residents",
}
NOBODY = Attendance(present=0, **dict.fromkeys(COUNTED_AS.values(), 0)).model_dump(mode="json")

MOVED = {"starts_at", "ends_at", "day", "venue_id", "link", "capacity", "sequence"}
"""What a rescheduling says anew."""


def fold_meeting(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a meeting's document after an event of its stream.

    Raises:
        OutOfOrderError: the meeting was not scheduled first.
    """
    event = recorded.event
    if isinstance(event, MeetingScheduled):
        return _searchable(_scheduled(event))
    if document is None:
        raise OutOfOrderError(event, document)
    changed = {**document, **_change(document, event)}
    return _searchable(changed) if isinstance(event, AgendaSet | OpinionAgreed | MeetingHeld) else changed


def _scheduled(event: MeetingScheduled) -> dict[str, Any]:
    return {
        **event.model_dump(mode="json"),
        "situation": "scheduled",
        "sequence": 0,
        "needs": sorted(needs_of(event)),
        "attendance": None,
        "agenda": [],
        "segments": [],
        "opinions": [],
        "ballots": [],
        "notices": [],
        "changes": [],
    }


def _searchable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with what it is found by: its topic, its form, what it is about and agreed on."""
    agenda = every_item([AgendaItem.model_validate(item) for item in document["agenda"]])
    texts = [
        *(document[name] for name in ("topic_title", "form_title", "convener", "host")),
        *(item.title for item in agenda),
        *(opinion["text"] for opinion in document["opinions"]),
    ]
    return {**document, "grams": grams(*(text for text in texts if text))}


def _change(document: Document, event: DomainEvent) -> dict[str, Any]:
    said = event.model_dump(mode="json")
    match event:
        case MeetingRescheduled():
            return _moved(document, event, said)
        case NoticeSent():
            return _notified(document, said)
        case AgendaSet():
            # An agenda fits when it is set: what was said of an earlier one is settled.
            return {"agenda": said["items"], "flags": _flags_but("M12", document)}
        case MeetingOpened():
            return {"situation": "open", "opened_at": said["opened_at"]}
        case AttendeeCheckedIn():
            return {"attendance": _one_more(document["attendance"] or NOBODY, event.kind)}
        case SegmentStarted():
            segment = {name: said[name] for name in ("item_id", "started_at")}
            return {"segments": [*document["segments"], segment]}
        case OpinionAgreed():
            return {"opinions": [*document["opinions"], said["opinion"]]}
        case BallotTaken():
            return {"ballots": [*document["ballots"], said]}
        case MeetingHeld():
            held = {name: said[name] for name in ("held_on", "opinions", "attendance")}
            return {"situation": "held", **held, "flags": [*document["flags"], *said["flags"]]}
        case MeetingCancelled():
            cancelled = {"cancelled_on": said["cancelled_on"], "cancel_reason": said["reason"]}
            return {"situation": "cancelled", "sequence": said["sequence"], **cancelled}
    raise OutOfOrderError(event, document)


def _moved(document: Document, event: MeetingRescheduled, said: Mapping[str, Any]) -> dict[str, Any]:
    moved = {name: said[name] for name in MOVED}
    plan = MeetingScheduled.model_validate({**document, **moved})
    change = {name: value for name, value in said.items() if name not in ("meeting_id", "topic_id", "people")}
    return {
        **moved,
        "needs": sorted(needs_of(plan)),
        # What was noted of the earlier time and place is in the change; of this one it is said anew.
        "flags": said["flags"],
        "notices": [],
        "changes": [*document["changes"], change],
    }


def _notified(document: Document, said: Mapping[str, Any]) -> dict[str, Any]:
    notice = {name: said[name] for name in ("sent_on", "papers", "flags")}
    # Before the first notice it was only feared that it would be late.
    flags = document["flags"] if document["notices"] else _flags_but("M06", document)
    return {"notices": [*document["notices"], notice], "flags": [*flags, *said["flags"]]}


def _flags_but(rule: str, document: Document) -> list[Mapping[str, Any]]:
    flags: Iterable[Mapping[str, Any]] = document["flags"]
    return [flag for flag in flags if flag["rule"] != rule]


def _one_more(attendance: Mapping[str, Any], kind: AttendeeKind) -> dict[str, Any]:
    counted = COUNTED_AS[kind]
    return {**attendance, "present": attendance["present"] + 1, counted: attendance[counted] + 1}


SORTS = {"day": "day", "held_on": "held_on"}
"""What meetings are listed by, and the document's field of it; each has its index below."""

MEETINGS = Projection(
    name="meetings",
    version=2,
    events=(
        MeetingScheduled,
        MeetingRescheduled,
        NoticeSent,
        AgendaSet,
        MeetingOpened,
        AttendeeCheckedIn,
        SegmentStarted,
        OpinionAgreed,
        BallotTaken,
        MeetingHeld,
        MeetingCancelled,
    ),
    keys=stream_key,
    fold=fold_meeting,
    main_category="meeting",
    indexes=(
        *(((field, 1), ("_id", 1), ("division", 1)) for field in SORTS.values()),
        (("division", 1), ("_id", 1)),
        (("topic_id", 1), ("_id", 1)),
        (("venue_id", 1), ("starts_at", 1)),
        (("needs", 1), ("starts_at", 1)),
        (("grams", 1),),
    ),
)
