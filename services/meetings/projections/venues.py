"""One document a venue, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    VenueAssessed,
    VenueClosed,
    VenueOpened,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


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


VENUES = Projection(
    name="venues",
    version=1,
    events=(VenueOpened, VenueAssessed, VenueClosed),
    keys=stream_key,
    fold=fold_venue,
    main_category="venue",
    indexes=((("division", 1), ("_id", 1)),),
)
