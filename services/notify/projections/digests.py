"""`digests`: what waits for somebody's next digest, and when that is due (N05).

A document for each recipient for whom something waits or waited, by `recipients.recipient_id`; those for whom
nothing waits have no `due_at`, and are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from services.notify.domain.digests import day_of, due_at
from services.notify.domain.recipients import recipient_id
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.notify import (
    DeliveryDropped,
    DigestMode,
    DropReason,
    NoticeChannel,
    NoticeClass,
    NoticePosted,
    PreferencesChosen,
)
from shared.eventsourcing.projection import Document, Projection

_NOTHING: Mapping[str, Any] = {
    "recipient": None,
    "division": None,
    "chosen": None,
    "waiting": {},
    "gathered": [],
    "last_on": None,
}


def recipient_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of a recipient whose digest an event concerns."""
    match recorded.event:
        case DeliveryDropped(why=DropReason.IN_DIGEST) as event:
            return (recipient_id(event.recipient, event.division),)
        case NoticePosted(notice_class=NoticeClass.DIGEST, channel=NoticeChannel.INBOX) as event:
            return (recipient_id(event.recipient, event.division),)
        case PreferencesChosen():
            return (recorded.stream.removeprefix("recipient-"),)
    return ()


def fold_digest(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what waits for a digest after an event of a notice, or of the recipient's own stream."""
    before = {**_NOTHING, **(document or {})}
    match recorded.event:
        case DeliveryDropped() as event:
            after = _wait(before, event)
        case NoticePosted() as event:
            after = _gather(before, event)
        case PreferencesChosen() as event:
            chosen = {"digest": event.digest.value, "hour": event.digest_hour}
            after = before | {"chosen": chosen, "recipient": event.recipient, "division": event.division}
        case _:
            after = before
    return after | {"due_at": _due_at(after)}


def _wait(document: dict[str, Any], event: DeliveryDropped) -> dict[str, Any]:
    # A digest may be heard of before the notices that it gathers: they lie in other streams.
    if event.notice_id in document["gathered"]:
        return document | {"gathered": [n for n in document["gathered"] if n != event.notice_id]}
    return document | {"waiting": {**document["waiting"], event.notice_id: rfc3339(event.dropped_at)}}


def _gather(document: dict[str, Any], event: NoticePosted) -> dict[str, Any]:
    notices = frozenset(event.gathers)
    waiting = {n: at for n, at in document["waiting"].items() if n not in notices}
    early = notices - document["waiting"].keys()
    day = day_of(event.cause).isoformat()
    last_on = max(document["last_on"] or day, day)
    gathered = sorted({*document["gathered"], *early})
    return document | {"waiting": waiting, "gathered": gathered, "last_on": last_on}


def _due_at(document: Mapping[str, Any]) -> str | None:
    # Without a choice nothing is kept for a digest: it is on its way here by its own stream.
    if not document["waiting"] or document["chosen"] is None:
        return None
    since = datetime.fromisoformat(min(document["waiting"].values()))
    last_on = date.fromisoformat(document["last_on"]) if document["last_on"] else None
    chosen = document["chosen"]
    return rfc3339(due_at(DigestMode(chosen["digest"]), chosen["hour"], since, last_on))


DIGESTS = Projection(
    name="digests",
    version=1,
    events=(DeliveryDropped, NoticePosted, PreferencesChosen),
    keys=recipient_key,
    fold=fold_digest,
    indexes=((("due_at", 1), ("_id", 1)),),
)
