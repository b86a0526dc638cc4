"""What notify keeps of meetings, to send invitations: `meetings` and `venues`, each fed by its own stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingRescheduled,
    MeetingScheduled,
    NoticeSent,
    ParticipantInvited,
    ParticipantRegistered,
    RegistrationWithdrawn,
    SeatPromoted,
    VenueChanged,
    VenueOpened,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

_MOVED = ("starts_at", "ends_at", "day", "venue_id", "link", "sequence")
_SCHEDULED = (
    *("meeting_id", "division", "topic_id", "topic_title", "form", "form_title", "venue_id", "link"),
    *("day", "starts_at", "ends_at", "convener", "host", "recorder"),
)

TOLD: tuple[type[DomainEvent], ...] = (
    ParticipantInvited,
    ParticipantRegistered,
    SeatPromoted,
    RegistrationWithdrawn,
    NoticeSent,
    MeetingRescheduled,
    MeetingCancelled,
)
"""Events of which people are told with an entry for their calendar (N11).

Those that change nothing here are folded all the same: a document that has reached their version knows
everything that came before them, so that no invitation goes out with a time or place that no longer holds.
"""


def meeting_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the meeting."""
    return (recorded.stream.removeprefix("meeting-"),)


def fold_meeting(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return when and where a meeting is, after an event of its stream.

    Raises:
        OutOfOrderError: the meeting was not scheduled first.
    """
    event = recorded.event
    if isinstance(event, MeetingScheduled):
        said = event.model_dump(mode="json", include=set(_SCHEDULED))
        return {**said, "sequence": 0, "cancelled": False}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case MeetingRescheduled():
            return {**document, **event.model_dump(mode="json", include=set(_MOVED))}
        case MeetingCancelled():
            return {**document, "sequence": event.sequence, "cancelled": True}
    return document


def venue_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the venue."""
    return (recorded.stream.removeprefix("venue-"),)


def fold_venue(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what a venue is called and where it is, after an event of its stream.

    Raises:
        OutOfOrderError: the event does not say.
    """
    match recorded.event:
        case VenueOpened() | VenueChanged() as event:
            return {"title": event.title, "address": event.address}
    raise OutOfOrderError(recorded.event, document)


MEETINGS = Projection(
    name="meetings",
    version=2,
    events=(MeetingScheduled, *TOLD),
    keys=meeting_key,
    fold=fold_meeting,
    main_category="meeting",
)
VENUES = Projection(
    name="venues",
    version=1,
    events=(VenueOpened, VenueChanged),
    keys=venue_key,
    fold=fold_venue,
    main_category="venue",
)
