"""`subjects`: what topics and problems are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.cases import ProblemAssigned
from shared.contracts.envelope import Recorded
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def stream_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the stream that the event is of."""
    return (recorded.stream,)


def fold_subject(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what a topic or a problem is called.

    Raises:
        OutOfOrderError: the event does not say.
    """
    match recorded.event:
        case TopicProposed() as event:
            return {"text": event.title}
        case ProblemAssigned() as event:
            return {"text": event.text}
    raise OutOfOrderError(recorded.event, document)


SUBJECTS = Projection(
    name="subjects",
    version=2,
    events=(TopicProposed, ProblemAssigned),
    keys=stream_key,
    fold=fold_subject,
)
