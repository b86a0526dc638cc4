"""`news`: stages of topics and newsletters, and whether all whom they concern were told.

A document for each event that was news, by the event's id; of minutes, which are news when they are
published first and not when they are corrected, by the id of their stream. It holds the event itself, so that
what is told follows from it, as long as it waits; when all were told, nothing but that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.notify.domain.news import STAGES, news_of
from shared.contracts.base import DomainEvent, registry
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.meetings import MinutesPublished
from shared.contracts.notify import NewsletterWritten, NewsSpread
from shared.eventsourcing.projection import Document, Projection

_MINUTES = "minutes-"


def _key(cause: str) -> str:
    return cause.rpartition(":")[0] if cause.startswith(_MINUTES) else cause


def news_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the event that was news, or of the minutes; none for what is no news."""
    match recorded.event:
        case NewsSpread() as event:
            return (_key(event.cause),)
        case NewsletterWritten() | MinutesPublished():
            return (_key(recorded.id),)
    return (recorded.id,) if news_of(recorded.event) else ()


def fold_news(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what waits to be told; that it was told may be heard of before it."""
    if isinstance(recorded.event, NewsSpread):
        return {"spread": True}
    if document is not None:
        return document
    if recorded.event.back_entry:
        return {"spread": True}  # minutes of long ago, whose corrections are no news either
    return {
        "spread": False,
        "cause": recorded.id,
        "division": recorded.division,
        "recorded_at": rfc3339(recorded.recorded_at),
        "type": recorded.event.type,
        "event": recorded.event.model_dump(mode="json"),
    }


def event_of(document: Mapping[str, Any]) -> DomainEvent:
    """Return the event that a document tells of."""
    return registry.get(document["type"]).model_validate(document["event"])


NEWS = Projection(
    name="news",
    version=3,
    events=(*STAGES, NewsletterWritten, NewsSpread),
    keys=news_key,
    fold=fold_news,
    indexes=((("spread", 1), ("recorded_at", 1)),),
)
