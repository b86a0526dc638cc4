"""`known_topics`: what cases knows of the topics that its entries and problems belong to.

Who proposed a topic may rate the replies to its problems (C08); a topic's people follow it into the one that
it is merged into, and into the parts that it is split into (T12). Fed by each topic's own stream alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.topics import (
    MergerUndone,
    TopicAbsorbed,
    TopicMerged,
    TopicProposed,
    TopicTriaged,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.receipts import receipt_key


def topic_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the topic that the event is about."""
    return (recorded.stream.removeprefix("topic-"),)


def fold_topic(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what is known of a topic after an event of its stream.

    Raises:
        OutOfOrderError: the topic was not proposed first.
    """
    event = recorded.event
    if isinstance(event, TopicProposed):
        return {
            "topic_id": event.topic_id,
            "title": event.title,
            "division": event.division,
            "topic_class": None,
            "proposers": [event.proposer] if event.proposer else [],
            "receipt_key": receipt_key(event.receipt) if event.receipt else None,
            "split_from": event.split_from,
            "absorbed": [],
            "merged_into": None,
        }
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case TopicTriaged():
            return {**document, "division": event.division, "topic_class": event.topic_class.value}
        case TopicMerged():
            return {**document, "merged_into": event.into}
        case MergerUndone():
            return {**document, "merged_into": None}
        case TopicAbsorbed():
            return {
                **document,
                "absorbed": sorted({*document["absorbed"], event.absorbed}),
                "proposers": sorted({*document["proposers"], *event.proposers}),
            }
    raise OutOfOrderError(event, document)


KNOWN_TOPICS = Projection(
    name="known_topics",
    version=1,
    events=(TopicProposed, TopicTriaged, TopicMerged, MergerUndone, TopicAbsorbed),
    keys=topic_key,
    fold=fold_topic,
    main_category="topic",
    indexes=((("receipt_key", 1),), (("split_from", 1),)),
)
