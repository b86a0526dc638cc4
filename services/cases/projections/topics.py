"""`known_topics`: what cases knows of the topics that its entries and problems belong to.

Who proposed a topic may rate the replies to its problems (C08); a topic's people follow it into the one that
it is merged into, and into the parts that it is split into (T12). How it came about need not be typed again
into a typical case (C13). Fed by each topic's own stream alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.topics import (
    MergerUndone,
    StepCompleted,
    SurveyRecorded,
    TopicAbsorbed,
    TopicAdopted,
    TopicMerged,
    TopicProposed,
    TopicTriaged,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.receipts import receipt_key

_PROPOSED = {"topic_id", "title", "division", "description", "origin", "basis", "proposed_on", "split_from"}
_SURVEYED = {"surveyed_on", "place", "by", "findings"}


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
            **event.model_dump(mode="json", include=_PROPOSED),
            "proposers": [event.proposer] if event.proposer else [],
            "receipt_key": receipt_key(event.receipt) if event.receipt else None,
            "merged_into": None,
            "adopted_on": None,
            "plan_item": None,
            "surveys": [],
            "surveys_counted": None,
        }
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, **_change(document, event)}


def _change(document: Document, event: DomainEvent) -> dict[str, Any]:
    match event:
        case TopicTriaged():
            return {"division": event.division}
        case TopicMerged():
            return {"merged_into": event.into}
        case MergerUndone():
            return {"merged_into": None}
        case TopicAbsorbed():
            return {"proposers": sorted({*document["proposers"], *event.proposers})}
        case TopicAdopted():
            return event.model_dump(mode="json", include={"adopted_on", "plan_item"})
        case SurveyRecorded():
            survey = event.model_dump(mode="json", include=_SURVEYED)
            return {"surveys": [*document["surveys"], survey]}
        case StepCompleted():
            return {} if event.surveys is None else {"surveys_counted": event.surveys}
    raise OutOfOrderError(event, document)


KNOWN_TOPICS = Projection(
    name="known_topics",
    version=2,
    events=(
        *(TopicProposed, TopicTriaged, TopicAdopted, SurveyRecorded, StepCompleted),
        *(TopicMerged, MergerUndone, TopicAbsorbed),
    ),
    keys=topic_key,
    fold=fold_topic,
    main_category="topic",
    indexes=((("receipt_key", 1),), (("split_from", 1),)),
)
