"""What a webhook is told: `{"type", "timestamp", "data"}`, as the Standard Webhooks specification has it.

Of an event: its type on the wire, when it was recorded, and in `data` its id, stream and division besides
the event itself, whose JSON Schema is published. A receiver knows it by `data.id`, whatever is sent again.
Of a notice: what the owner's inbox says. No personal data: events have opaque ids only.

Bodies are kept outside of events, one for all endpoints that get it: what was sent once is sent again byte
for byte, for three months. Events repeated within events would stay for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Protocol

import orjson
from fastapi import Depends, Request

from shared.contracts.envelope import Recorded, RecordedHeaders, rfc3339
from shared.contracts.notify import NoticePosted
from shared.platform.mongo import Collection, Database, DuplicateKeyError, IndexModel

MESSAGES = "webhook_messages"
"""The collection: `{_id: <cause>, body, at}`."""

KEPT = timedelta(days=90)
"""How long a message can be sent again by hand; by itself, it is tried for about a day."""

LARGEST_BYTES = 20_000
"""What receivers take without further ado; of what is larger only the envelope is sent."""

PING = "hxs.ping"
NOTICE = "hxs.notice"

Payload = dict[str, Any]


def of_event(headers: RecordedHeaders, event: Mapping[str, Any]) -> Payload:
    """Return what is told of an event.

    Args:
        headers: its envelope.
        event: its JSON.
    """
    data = {
        "id": f"{headers.stream}:{headers.version}",
        "stream": headers.stream,
        "division": headers.division,
    }
    return _fitting(headers.type, headers.recorded_at, data, {"event": dict(event)})


def of_notice(recorded: Recorded, notice: NoticePosted) -> Payload:
    """Return what is told of a notice in the owner's inbox."""
    data = {"id": recorded.id, "stream": recorded.stream, "division": notice.division}
    said = notice.model_dump(mode="json", exclude={"back_entry", "channel", "division"})
    return _fitting(NOTICE, recorded.recorded_at, data, {"notice": said})


def ping(webhook_id: str, division: str, at: datetime) -> Payload:
    """Return what a test says."""
    return _payload(PING, at, {"webhook_id": webhook_id, "division": division})


def _fitting(type_: str, at: datetime, data: Mapping[str, Any], content: Mapping[str, Any]) -> Payload:
    whole = _payload(type_, at, {**data, **content})
    if len(body_of(whole)) <= LARGEST_BYTES:
        return whole
    return _payload(type_, at, {**data, "truncated": True})


def _payload(type_: str, at: datetime, data: Mapping[str, Any]) -> Payload:
    return {"type": type_, "timestamp": rfc3339(at), "data": dict(data)}


def body_of(payload: Mapping[str, Any]) -> bytes:
    """Return a payload as bytes."""
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)


class Messages(Protocol):
    """Where bodies are kept, by the cause of the notices that they belong to."""

    async def put(self, cause: str, body: bytes) -> None:
        """Keep a body; what is kept already stays."""
        ...

    async def get(self, cause: str) -> bytes | None:
        """Return a body, None where it is not kept any more."""
        ...


class MongoMessages:
    """See `Messages`."""

    def __init__(self, database: Database) -> None:
        self._collection: Collection = database[MESSAGES]

    async def prepare(self) -> None:
        """Create the index; harmless when it exists."""
        index = IndexModel([("at", 1)], expireAfterSeconds=int(KEPT.total_seconds()))
        await self._collection.create_indexes([index])

    async def put(self, cause: str, body: bytes) -> None:
        """See `Messages`."""
        try:
            await self._collection.insert_one({"_id": cause, "body": body, "at": datetime.now(UTC)})
        except DuplicateKeyError:
            return  # for another endpoint, or before a restart

    async def get(self, cause: str) -> bytes | None:
        """See `Messages`."""
        found = await self._collection.find_one({"_id": cause})
        return None if found is None else bytes(found["body"])


async def messages_of(request: Request) -> Messages:
    """Return where this service keeps bodies."""
    return MongoMessages(request.app.state.process.database)


MessagesOf = Annotated[Messages, Depends(messages_of)]
"""Dependency: where this service keeps bodies."""
