"""`receipts`: whose topic bears a receipt number; by a rare coincidence two do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.receipts import receipt_key


def receipt_keys(recorded: Recorded) -> Iterable[str]:
    """Return what the receipt number is looked up by; nothing where there is none, or no known proposer."""
    event = recorded.event
    if not isinstance(event, TopicProposed) or event.receipt is None or event.proposer is None:
        return ()
    key = receipt_key(event.receipt)
    return (key,) if key else ()


def fold_receipt(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return the topics of a receipt number after one more, by id.

    Raises:
        OutOfOrderError: the event proposes nothing.
    """
    event = recorded.event
    if not isinstance(event, TopicProposed):
        raise OutOfOrderError(event, document)
    topic = {"topic_id": event.topic_id, "proposer": event.proposer, "division": event.division}
    others = [each for each in (document or {"topics": []})["topics"] if each["topic_id"] != event.topic_id]
    return {"topics": sorted([*others, topic], key=lambda each: str(each["topic_id"]))}


RECEIPTS = Projection(
    name="receipts",
    version=1,
    events=(TopicProposed,),
    keys=receipt_keys,
    fold=fold_receipt,
)
