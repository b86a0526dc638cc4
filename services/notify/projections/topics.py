"""`topics`: the topics that there are, where they lie, and what they were merged into.

Who stands behind a topic stands behind its survivor, too, and behind the survivor's (T12): a topic and all
that came into it are a family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.topics import MergerUndone, TopicMerged, TopicProposed, TopicTriaged
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel

_LONGEST_CHAIN = 100
"""Of mergers: a circle of them, which is undone where it came about, is left after one round."""


def topic_key(recorded: Recorded) -> Iterable[str]:
    """Return the topic's id."""
    return (recorded.stream.removeprefix("topic-"),)


def fold_topic(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a topic's document after an event of its stream.

    Raises:
        OutOfOrderError: it was not proposed first.
    """
    match recorded.event, document:
        case TopicProposed() as event, None:
            return {"title": event.title, "division": event.division, "merged_into": None}
        case TopicTriaged() as event, dict():
            return {**document, "division": event.division}
        case TopicMerged() as event, dict():
            return {**document, "merged_into": event.into}
        case MergerUndone(), dict():
            return {**document, "merged_into": None}
    raise OutOfOrderError(recorded.event, document)


TOPICS = Projection(
    name="topics",
    version=1,
    events=(TopicProposed, TopicTriaged, TopicMerged, MergerUndone),
    keys=topic_key,
    fold=fold_topic,
    main_category="topic",
    indexes=((("merged_into", 1), ("_id", 1)),),
)


async def survivor_of(topics: ReadModel, topic_id: str) -> str | None:
    """Return where a topic goes on: itself, unless it was merged; None where it is not known yet."""
    for _ in range(_LONGEST_CHAIN):
        found = await topics.get(topic_id)
        if found is None:
            return None
        if found["merged_into"] is None:
            break
        topic_id = found["merged_into"]
    return topic_id


async def family_of(topics: ReadModel, topic_id: str) -> list[str]:
    """Return a topic and all that were merged into it, directly or by others."""
    family = [topic_id]
    latest = family
    while latest:
        found = await topics.find({"merged_into": {"$in": latest}})
        latest = [document["_id"] for document in found if document["_id"] not in family]
        family = [*family, *latest]
    return family
