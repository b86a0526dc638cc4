"""Who takes part in which meeting, and which seats are left; both fed by the meeting's stream alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    AttendeeCheckedIn,
    InvitationAnswered,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingRescheduled,
    MeetingScheduled,
    ParticipantInvited,
    ParticipantRegistered,
    ParticipantWaitlisted,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

# one document a meeting and person

PARTICIPANT_EVENTS = (
    ParticipantInvited,
    InvitationAnswered,
    ParticipantRegistered,
    ParticipantWaitlisted,
    SeatPromoted,
    RegistrationWithdrawn,
    AttendeeCheckedIn,
)


def participation_key(meeting_id: str, person: str) -> str:
    """Return the id of what is kept of one person in one meeting; neither id has a colon."""
    return f"{meeting_id}:{person}"


def _participation_keys(recorded: Recorded) -> Iterable[str]:
    event = recorded.event
    if isinstance(event, PARTICIPANT_EVENTS):
        yield participation_key(event.meeting_id, event.person)


def fold_participation(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return somebody's part in a meeting after an event of its stream; every answer is kept (M07).

    Raises:
        OutOfOrderError: they answered, were promoted or withdrew before anything else.
    """
    event = recorded.event
    if document is None and isinstance(event, InvitationAnswered | SeatPromoted | RegistrationWithdrawn):
        raise OutOfOrderError(event, document)
    before = document or _nobody_yet(key, recorded.division)
    return {**before, **_new(before, event, event.model_dump(mode="json"))}


def _new(before: Document, event: DomainEvent, said: dict[str, Any]) -> dict[str, Any]:
    match event:
        case ParticipantInvited():
            as_invited = {"invited_at": said["invited_at"]}
            if before["standing"] in ("registered", "waitlisted"):
                return as_invited
            return {**as_invited, "kind": said["kind"], "standing": "invited"}
        case InvitationAnswered():
            answer = {"accepts": event.accepts, "answered_at": said["answered_at"]}
            # A place that is taken or given up comes with the answer, in an event of its own.
            standing = before["standing"] if event.accepts else "declined"
            return {"answers": [*before["answers"], answer], "standing": standing}
        case ParticipantRegistered() | ParticipantWaitlisted():
            standing = "registered" if isinstance(event, ParticipantRegistered) else "waitlisted"
            registered = {name: said[name] for name in ("kind", "number", "registered_at")}
            return {**registered, "promoted_at": None, "withdrawn_at": None, "standing": standing}
        case SeatPromoted():
            return {"promoted_at": said["promoted_at"], "standing": "registered"}
        case RegistrationWithdrawn():
            standing = "declined" if before["standing"] == "declined" else "withdrawn"
            return {"number": None, "withdrawn_at": said["withdrawn_at"], "standing": standing}
        case AttendeeCheckedIn():
            came = {name: said[name] for name in ("kind", "helper", "checked_in_at")}
            return {**came, "standing": before["standing"] or "walk-in"}
    raise OutOfOrderError(event, before)


def _nobody_yet(key: str, division: str) -> dict[str, Any]:
    meeting_id, _, person = key.partition(":")
    times = ("invited_at", "registered_at", "promoted_at", "withdrawn_at", "checked_in_at")
    return {
        "meeting_id": meeting_id,
        "person": person,
        "division": division,
        "standing": None,
        "kind": None,
        "number": None,
        "helper": None,
        "answers": [],
        **dict.fromkeys(times),
    }


PARTICIPATIONS = Projection(
    name="participations",
    version=1,
    events=PARTICIPANT_EVENTS,
    keys=_participation_keys,
    fold=fold_participation,
    indexes=(
        (("meeting_id", 1), ("number", 1), ("_id", 1)),
        (("meeting_id", 1), ("checked_in_at", 1), ("_id", 1)),
        (("person", 1), ("_id", 1)),
    ),
)

# one document a meeting


def fold_seats(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a meeting's seats after an event of its stream.

    Raises:
        OutOfOrderError: the meeting was not scheduled first.
    """
    event = recorded.event
    if isinstance(event, MeetingScheduled):
        said = event.model_dump(mode="json", include={"meeting_id", "division", "capacity"})
        reserved = {seats.kind.value: seats.seats for seats in event.reserved}
        situation = "back-entered" if event.back_entry else "scheduled"
        empty: dict[str, Any] = {"situation": situation, "reserved": reserved, "invited": {}, "places": {}}
        return {**said, **empty}
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, **_change(document, event)}


def _change(document: Document, event: DomainEvent) -> dict[str, Any]:
    invited, places = document["invited"], document["places"]
    match event:
        case ParticipantInvited():
            return {"invited": {**invited, event.person: event.kind.value}}
        case ParticipantRegistered() | SeatPromoted():
            return {"places": {**places, event.person: _place(event, seated=True)}}
        case ParticipantWaitlisted():
            return {"places": {**places, event.person: _place(event, seated=False)}}
        case RegistrationWithdrawn():
            return {"places": {p: place for p, place in places.items() if p != event.person}}
        case MeetingRescheduled():
            return {"capacity": event.capacity}
        case MeetingOpened():
            return {"situation": "open"}
        case MeetingHeld():
            return {"situation": "held"}
        case MeetingCancelled():
            return {"situation": "cancelled"}
    raise OutOfOrderError(event, document)


def _place(
    event: ParticipantRegistered | ParticipantWaitlisted | SeatPromoted, *, seated: bool
) -> dict[str, Any]:
    return {"kind": event.kind.value, "number": event.number, "seated": seated}


SEATS = Projection(
    name="seats",
    version=1,
    events=(
        MeetingScheduled,
        MeetingRescheduled,
        MeetingOpened,
        MeetingHeld,
        MeetingCancelled,
        ParticipantInvited,
        ParticipantRegistered,
        ParticipantWaitlisted,
        SeatPromoted,
        RegistrationWithdrawn,
    ),
    keys=stream_key,
    fold=fold_seats,
    main_category="meeting",
)
