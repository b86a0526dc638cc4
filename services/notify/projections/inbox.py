"""`inbox`: the notices that went to an inbox, and whether their deliveries are planned.

A notice of what happened long before it was posted is there to be looked up, as if it had been read: it is
not counted as new, and not mailed (`STALE_AFTER`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.notify.domain.notice import STALE_AFTER
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.notify import (
    DeliveryDropped,
    DeliveryPlanned,
    NoticeChannel,
    NoticePosted,
    NoticeRead,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def notice_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the notice, if it went to the inbox."""
    match recorded.event:
        case NoticePosted(channel=channel):
            elsewhere = channel is not NoticeChannel.INBOX
        case DeliveryPlanned() | DeliveryDropped() as event:
            elsewhere = event.delivery_id == event.notice_id  # it never was in the inbox
        case _:
            elsewhere = False
    return () if elsewhere else (recorded.stream.removeprefix("notice-"),)


def fold_inbox(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a notice's document after an event of its stream.

    Raises:
        OutOfOrderError: the notice was not posted first.
    """
    match recorded.event, document:
        case NoticePosted() as event, _:
            # As text: the database keeps milliseconds only, and the order is to be exact.
            posted_at = rfc3339(recorded.recorded_at)
            said = event.model_dump(mode="json", exclude={"back_entry", "caused_at"})
            stale = event.caused_at is not None and recorded.recorded_at - event.caused_at > STALE_AFTER
            return {**said, "posted_at": posted_at, "read_at": posted_at if stale else None, "planned": stale}
        case NoticeRead() as event, dict():
            return {**document, "read_at": rfc3339(event.read_at)}
        case DeliveryPlanned() | DeliveryDropped(), dict():
            return {**document, "planned": True}
    raise OutOfOrderError(recorded.event, document)


INBOX = Projection(
    name="inbox",
    version=3,
    events=(NoticePosted, NoticeRead, DeliveryPlanned, DeliveryDropped),
    keys=notice_key,
    fold=fold_inbox,
    main_category="notice",
    indexes=(
        (("recipient", 1), ("posted_at", -1), ("_id", -1)),
        (("recipient", 1), ("read_at", 1)),
        (("planned", 1), ("posted_at", 1)),
    ),
)
