"""`venues`: the places of consultation, each with its assessments (M02)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.board.published import PublishedVenue
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import VenueAssessed, VenueChanged, VenueClosed, VenueOpened, VenueReopened
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def venue_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the venue that the event is about."""
    return (recorded.stream.removeprefix("venue-"),)


def fold_venue(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a venue's document after an event of its stream; the latest assessment comes last.

    Raises:
        OutOfOrderError: the venue was not opened first.
    """
    event = recorded.event
    if isinstance(event, VenueOpened):
        said = event.model_dump(mode="json", exclude={"back_entry"})
        return {**said, "open": True, "closed_on": None, "met": None, "assessments": []}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case VenueAssessed():
            met = sum(item.met for item in event.items)
            said = event.model_dump(mode="json", exclude={"venue_id", "back_entry"})
            assessments = [*document["assessments"], {**said, "met": met}]
            return {**document, "met": met, "assessments": assessments}
        case VenueChanged():
            said = event.model_dump(mode="json", exclude={"back_entry", "reason", "changed_on"})
            return {**document, **said}
        case VenueClosed():
            return {**document, "open": False, "closed_on": event.closed_on.isoformat()}
        case VenueReopened():
            return {**document, "open": True, "closed_on": None}
    raise OutOfOrderError(event, document)


VENUES = Projection(
    name="venues",
    version=3,
    events=(VenueOpened, VenueChanged, VenueAssessed, VenueClosed, VenueReopened),
    keys=venue_key,
    fold=fold_venue,
    main_category="venue",
    indexes=((("division", 1), ("_id", 1)), (("met", 1), ("_id", 1), ("division", 1))),
    published=PublishedVenue,
)
