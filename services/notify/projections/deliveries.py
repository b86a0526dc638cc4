"""`deliveries`: each delivery of a notice, what became of it, and when it is to be tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.notify import (
    DeliveryDropped,
    DeliveryFailed,
    DeliveryParked,
    DeliveryPlanned,
    DeliveryRequested,
    NoticeDelivered,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

LONGEST_LOG = 20
"""Attempts that a document tells of, the last ones; the stream has all."""

_EVENTS = (
    DeliveryPlanned,
    NoticeDelivered,
    DeliveryFailed,
    DeliveryParked,
    DeliveryRequested,
    DeliveryDropped,
)


def delivery_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the delivery."""
    event = recorded.event
    return (event.delivery_id,) if isinstance(event, _EVENTS) else ()


def _begun(event: DeliveryPlanned | DeliveryDropped, planned_at: str) -> Document:
    said = event.model_dump(mode="json", include=_OF_NOTICE)
    return {
        **said,
        "status": "waiting",
        "planned_at": planned_at,
        "due_at": None,
        "settled_at": None,
        "attempts": 0,
        "reason": None,
        "why": None,
        "log": [],
    }


_OF_NOTICE = {"notice_id", "delivery_id", "division", "recipient", "channel", "notice_class"}


def _tried(document: Document, event: NoticeDelivered | DeliveryFailed) -> Document:
    if isinstance(event, NoticeDelivered):
        at, outcome, said = event.delivered_at, "delivered", event.answer
    else:
        at, outcome, said = event.failed_at, "failed", event.reason
    line = {"attempt": event.attempt, "at": rfc3339(at), "outcome": outcome, "said": said}
    return {**document, "attempts": event.attempt, "log": [*document["log"], line][-LONGEST_LOG:]}


def fold_delivery(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a delivery's document after an event of its notice's stream.

    Raises:
        OutOfOrderError: it was not planned first.
    """
    match recorded.event, document:
        case DeliveryPlanned() as event, _:
            begun = _begun(event, rfc3339(event.planned_at))
            # Once more, it is put off: what was tried before stays.
            return {**begun, **(document or {}), "due_at": rfc3339(event.not_before)}
        case DeliveryDropped() as event, _:
            at = rfc3339(event.dropped_at)
            known = document or _begun(event, at)
            return {**known, "status": "dropped", "why": event.why, "due_at": None, "settled_at": at}
        case NoticeDelivered() as event, dict():
            at = rfc3339(event.delivered_at)
            done = {"status": "delivered", "due_at": None, "settled_at": at, "reason": None}
            return {**_tried(document, event), **done}
        case DeliveryFailed() as event, dict():
            next_at = None if event.next_at is None else rfc3339(event.next_at)
            return {**_tried(document, event), "due_at": next_at, "reason": event.reason}
        case DeliveryParked() as event, dict():
            parked_at = rfc3339(event.parked_at)
            return {**document, "status": "parked", "due_at": None, "settled_at": parked_at}
        case DeliveryRequested() as event, dict():
            due_at = rfc3339(event.requested_at)
            return {**document, "status": "waiting", "due_at": due_at, "settled_at": None, "why": None}
    raise OutOfOrderError(recorded.event, document)


DELIVERIES = Projection(
    name="deliveries",
    version=2,
    events=_EVENTS,
    keys=delivery_key,
    fold=fold_delivery,
    indexes=(
        (("channel", 1), ("status", 1), ("due_at", 1)),
        (("planned_at", 1), ("_id", 1), ("division", 1)),
        (("recipient", 1), ("planned_at", -1)),
    ),
)
