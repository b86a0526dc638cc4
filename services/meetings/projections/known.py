"""What meetings keeps of other services, to ask nobody: topics and solved problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.cases import ProblemReopened, ProblemSolved
from shared.contracts.envelope import Recorded
from shared.contracts.topics import (
    MergerUndone,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def fold_known_topic(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what meetings needs to know of a topic after an event of its stream.

    Raises:
        OutOfOrderError: the topic was not proposed first.
    """
    event = recorded.event
    if isinstance(event, TopicProposed):
        said = {"title": event.title, "division": event.division, "situation": "proposed"}
        return {**said, "adopted": False, "rules": None}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case TopicTriaged():
            return {**document, "division": event.division}
        case TopicAdopted():
            rules = event.rules.model_dump(mode="json") if event.rules else None
            return {**document, "situation": "adopted", "adopted": True, "rules": rules}
        case TopicRejected():
            return {**document, "situation": "rejected"}
        case TopicMerged():
            return {**document, "situation": "merged", "before": document["situation"]}
        case MergerUndone():
            return {**document, "situation": document["before"]}
        case TopicWithdrawn():
            return {**document, "situation": "withdrawn"}
        case TopicConcluded():
            return {**document, "situation": "concluded", "before": document["situation"]}
        case TopicReopened():
            return {**document, "situation": document["before"]}
    raise OutOfOrderError(event, document)


def fold_solution(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return whether a problem is solved, and of which meeting it came, after an event of its stream."""
    match recorded.event:
        case ProblemSolved() as event:
            solved_on = event.solved_on.isoformat() if event.solved_on else None
            # A ledger entry has the id of its meeting (C01).
            return {"meeting_id": event.entry_id, "solved_on": solved_on}
        case ProblemReopened() as event:
            return {"meeting_id": event.entry_id, "solved_on": None}
    raise OutOfOrderError(recorded.event, document)


KNOWN_TOPICS = Projection(
    name="known_topics",
    version=2,
    events=(
        TopicProposed,
        TopicTriaged,
        TopicAdopted,
        TopicRejected,
        TopicMerged,
        MergerUndone,
        TopicWithdrawn,
        TopicConcluded,
        TopicReopened,
    ),
    keys=stream_key,
    fold=fold_known_topic,
    main_category="topic",
)
SOLUTIONS = Projection(
    name="solutions",
    version=1,
    events=(ProblemSolved, ProblemReopened),
    keys=stream_key,
    fold=fold_solution,
    main_category="problem",
    indexes=((("meeting_id", 1), ("solved_on", 1)),),
)
