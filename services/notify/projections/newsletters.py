"""`newsletters`: what the county's office wrote to those who asked for it, and to how many it went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.notify import NewsletterWritten, NewsSpread
from shared.eventsourcing.projection import Document, Projection

_CAUSE = "newsletter-"


def newsletter_key(recorded: Recorded) -> Iterable[str]:
    """Return the newsletter's id; none for news of another kind."""
    match recorded.event:
        case NewsletterWritten() as event:
            return (event.newsletter_id,)
        case NewsSpread() as event if event.cause.startswith(_CAUSE):
            return (event.cause.removeprefix(_CAUSE).rpartition(":")[0],)
    return ()


def fold_newsletter(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a newsletter; that it was spread comes in a stream of its own, and may come first."""
    known = {"told": None, "spread_at": None, **(document or {})}
    match recorded.event:
        case NewsletterWritten() as event:
            said = event.model_dump(mode="json", include={"newsletter_id", "division", "title", "body"})
            return known | said | {"written_at": rfc3339(event.written_at)}
        case NewsSpread() as event:
            return known | {"told": event.told, "spread_at": rfc3339(event.spread_at)}
    return known


NEWSLETTERS = Projection(
    name="newsletters",
    version=1,
    events=(NewsletterWritten, NewsSpread),
    keys=newsletter_key,
    fold=fold_newsletter,
    main_category="newsletter",
    indexes=((("written_at", 1), ("_id", 1), ("division", 1)),),
)
