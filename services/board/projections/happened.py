"""`happened`: every event that the board's read models are made from, one document an event (its id).

    stream, version   where it stands
    topic_id          that it is about; None where it does not say
    day               on which it happened, as text; `ALWAYS` for what was entered afterwards without a day
    type, data        the event as on the wire
    recorded_at, division, correlation_id, causation_id    its envelope

From these the board is folded as it stood on a day (`services/board/past.py`). A document never changes, so
nothing depends on the order in which events come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from services.board.projections.activities import ACTIVITIES
from services.board.projections.duties import DUTIES
from services.board.projections.handlings import HANDLINGS
from services.board.projections.ledger import LEDGER
from services.board.projections.plans import PLANS
from services.board.projections.venues import VENUES
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.upcasting import upcasters
from shared.eventsourcing.past import said_day
from shared.eventsourcing.projection import Document, Projection

SHOWN = (ACTIVITIES, DUTIES, HANDLINGS, LEDGER, PLANS, VENUES)
"""The read models that can be seen as they stood."""

ALWAYS = date.min.isoformat()
"""The day of what is not known to have begun on any."""

EVENTS: tuple[type[DomainEvent], ...] = tuple(
    dict.fromkeys(event for projection in SHOWN for event in projection.events)
)


def event_key(recorded: Recorded) -> Iterable[str]:
    """Return the event's own id."""
    return (recorded.id,)


def fold_happened(_document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return the event as a document."""
    day = said_day(recorded)
    return {
        "stream": recorded.stream,
        "version": recorded.version,
        "topic_id": getattr(recorded.event, "topic_id", None),
        "day": day.isoformat() if day else ALWAYS,
        "type": recorded.event.type,
        "data": recorded.event.model_dump_json(),
        "recorded_at": rfc3339(recorded.recorded_at),  # as text: the database keeps milliseconds only
        "division": recorded.division,
        "correlation_id": recorded.correlation_id,
        "causation_id": recorded.causation_id,
    }


def recorded_of(document: Mapping[str, Any]) -> Recorded:
    """Return the event that a document keeps, in its newest version."""
    return Recorded(
        event=upcasters.parse(document["type"], document["data"].encode()),
        id=document["_id"],
        stream=document["stream"],
        version=document["version"],
        recorded_at=datetime.fromisoformat(document["recorded_at"]),
        division=document["division"],
        correlation_id=document["correlation_id"],
        causation_id=document["causation_id"],
    )


HAPPENED = Projection(
    name="happened",
    version=1,
    events=EVENTS,
    keys=event_key,
    fold=fold_happened,
    indexes=((("stream", 1), ("version", 1)), (("topic_id", 1),), (("day", 1),)),
)
