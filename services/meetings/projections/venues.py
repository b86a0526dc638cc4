"""One document a venue, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    VenueAssessed,
    VenueChanged,
    VenueClosed,
    VenueOpened,
    VenueReopened,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams


def fold_venue(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a venue's document after an event of its stream; its latest assessment comes last.

    Raises:
        OutOfOrderError: the venue was not opened first.
    """
    event = recorded.event
    if isinstance(event, VenueOpened):
        said = event.model_dump(mode="json")
        return {**said, "situation": "open", "assessments": [], "met": None, "grams": _grams(said)}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case VenueChanged():
            said = event.model_dump(mode="json", exclude={"venue_id", "reason", "changed_on", "back_entry"})
            return {**document, **said, "grams": _grams(said)}
        case VenueAssessed():
            assessment = event.model_dump(mode="json", exclude={"venue_id"})
            history = sorted([*document["assessments"], assessment], key=lambda a: a["assessed_on"] or "")
            return {**document, "assessments": history, "met": sum(i["met"] for i in history[-1]["items"])}
        case VenueClosed():
            closing = {"closed_on": event.closed_on.isoformat(), "closing_reason": event.reason}
            return {**document, "situation": "closed", **closing}
        case VenueReopened():
            return {**document, "situation": "open", "closed_on": None, "closing_reason": None}
    raise OutOfOrderError(event, document)


def _grams(said: Mapping[str, Any]) -> list[str]:
    return grams(said["title"], said["address"], *said["functions"])


VENUES = Projection(
    name="venues",
    version=2,
    events=(VenueOpened, VenueChanged, VenueAssessed, VenueClosed, VenueReopened),
    keys=stream_key,
    fold=fold_venue,
    main_category="venue",
    indexes=(
        (("division", 1), ("_id", 1)),
        (("title", 1), ("_id", 1), ("division", 1)),
        (("met", 1), ("_id", 1), ("division", 1)),
        (("opened_on", 1), ("_id", 1), ("division", 1)),
        (("grams", 1),),
    ),
)
