"""Which topics bear a receipt number: one, or by a rare coincidence two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.receipts import receipt_key


def receipt_keys(recorded: Recorded) -> Iterable[str]:
    """Return what the topic's receipt number is looked up by; nothing for a topic without one."""
    event = recorded.event
    key = receipt_key(event.receipt) if isinstance(event, TopicProposed) and event.receipt else None
    return (key,) if key else ()


def fold_receipt(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return the topics of a receipt number after one more, by id."""
    event = recorded.event
    if not isinstance(event, TopicProposed):
        raise OutOfOrderError(event, document)
    known = document["topics"] if document else []
    return {"topics": sorted({*known, event.topic_id})}


RECEIPTS = Projection(
    name="receipts",
    version=1,
    events=(TopicProposed,),
    keys=receipt_keys,
    fold=fold_receipt,
)
