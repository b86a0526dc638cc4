"""One document a meeting's minutes, fed by their own stream alone: hashes and signatures, no text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MinutesDrafted, MinutesPublished, MinutesSigned
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def fold_minutes(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return the minutes' document after an event of their stream; the newest version comes last.

    Raises:
        OutOfOrderError: nothing was drafted first.
    """
    event = recorded.event
    if isinstance(event, MinutesDrafted):
        about = event.model_dump(mode="json", include={"meeting_id", "topic_id", "division"})
        drafted = event.model_dump(mode="json", exclude={"meeting_id", "topic_id", "division"})
        before = document["versions"] if document else []
        version = {**drafted, "signatures": [], "published_on": None}
        return {"published": None, **(document or {}), **about, "versions": [*before, version]}
    if document is None:
        raise OutOfOrderError(event, document)
    *older, newest = document["versions"]
    match event:
        case MinutesSigned():
            signature = event.model_dump(mode="json", include={"person", "role", "signed_at"})
            newest = {**newest, "signatures": [*newest["signatures"], signature]}
            return {**document, "versions": [*older, newest]}
        case MinutesPublished():
            newest = {**newest, "published_on": event.published_on.isoformat()}
            return {**document, "versions": [*older, newest], "published": event.number}
    raise OutOfOrderError(event, document)


MINUTES = Projection(
    name="minutes",
    version=1,
    events=(MinutesDrafted, MinutesSigned, MinutesPublished),
    keys=stream_key,
    fold=fold_minutes,
    main_category="minutes",
    indexes=((("division", 1), ("_id", 1)),),
)
