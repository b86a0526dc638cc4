"""`held_meetings`: how each consultation went, so that nobody types it again into a typical case (C13).

What is only planned tells nothing yet. Fed by each meeting's own stream alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingHeld
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def meeting_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the meeting that the event is about."""
    return (recorded.stream.removeprefix("meeting-"),)


def fold_meeting(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return how a meeting went.

    Raises:
        OutOfOrderError: another event than that it was held.
    """
    if isinstance(recorded.event, MeetingHeld):
        return recorded.event.model_dump(mode="json", exclude={"flags"})
    raise OutOfOrderError(recorded.event, document)


HELD_MEETINGS = Projection(
    name="held_meetings",
    version=1,
    events=(MeetingHeld,),
    keys=meeting_key,
    fold=fold_meeting,
    main_category="meeting",
)
