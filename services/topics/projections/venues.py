"""The venues that QR codes for proposals hang in: what they are called, and where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.meetings import VenueChanged, VenueOpened
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def venue_keys(recorded: Recorded) -> Iterable[str]:
    """Return the id of the venue that the event is about."""
    return (recorded.stream.removeprefix("venue-"),)


def fold_venue(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a venue after an event of its stream. A closed one stays: its code may still hang there.

    Raises:
        OutOfOrderError: the venue was not opened first.
    """
    match recorded.event:
        case VenueOpened() as event:
            return {"title": event.title, "division": event.division}
        case VenueChanged() as event if document is not None:
            return {**document, "title": event.title}
    raise OutOfOrderError(recorded.event, document)


VENUES = Projection(
    name="venues",
    version=1,
    events=(VenueOpened, VenueChanged),
    keys=venue_keys,
    fold=fold_venue,
    main_category="venue",
)
