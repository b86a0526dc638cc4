"""What a consumer could not handle, put aside so that all the rest goes on.

An event whose fold fails parks the **document** it was for: the event and all later ones of that document
wait, other documents go on. A record that cannot even be read has no document; it parks its **stream**:
the record and all later ones of that stream wait, and the documents they touch are marked stale, but take
the events of other streams, as if this one were merely slow (folds do not depend on how streams
interleave); `_behind` in such a document says what it lacks. Reactions park a single **event**: what a rule
refused does not hold up the next.

A key is parked exactly while it has entries in `_parked`. One entry:

    _id        "<consumer>|<key>|<event id>": putting the same aside twice changes nothing
    consumer   "<projection>.v<build>", or "reactions"
    key        document id, "stream:<stream>" or "<reaction>:<event id>"
    scope      document, stream or event
    state      parked; or skipped by an operator, with `reason`: such an entry is kept, as an excuse for the
               event's error in every build of that consumer's projection
    error      {type, message, code?, rule?} of the one that could not be handled; None for those behind it
    topic, partition, offset, generation, record_key, value, headers, event_id, at
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.contracts.refusal import RefusedError
from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.incoming import (
    LogRecord,
    StoredRecord,
    event_id_of,
    generation_of,
    stream_of,
)
from shared.platform.logs import logger
from shared.platform.mongo import Collection, Database, Document, IndexModel, UpdateOne, aggregate

STREAM_PREFIX = "stream:"
REACTIONS = "reactions"

_log = logger(__name__)


class Scope(enum.StrEnum):
    """What waits behind a fault; see the module's docstring."""

    DOCUMENT = "document"
    STREAM = "stream"
    EVENT = "event"


class NotParkedError(EventSourcingError):
    """A key was to be retried or skipped that has nothing put aside."""

    def __init__(self, consumer: str, key: str) -> None:
        self.consumer = consumer
        self.key = key
        super().__init__(f"{consumer}: {key} is not parked; `hxs parked list` shows what is")


@dataclass(frozen=True, slots=True)
class ParkedKey:
    """A key that waits for an operator.

    Attributes:
        entries: how many events wait.
        event_id: of the first that could not be handled, `type` its type, `error` why.
        since: when it was parked, UTC.
    """

    consumer: str
    key: str
    scope: Scope
    entries: int
    event_id: str
    type: str | None
    error: dict[str, str]
    since: datetime


@dataclass(frozen=True, slots=True)
class ParkedEntry:
    """One event that waits."""

    id: str
    key: str
    scope: Scope
    event_id: str
    record: StoredRecord
    error: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class ToPark:
    """What to put aside: an error makes it the event at fault, none one that waits behind it."""

    key: str
    scope: Scope
    record: LogRecord
    error: Exception | None = None


def stream_key(stream: str) -> str:
    """Return the key under which a whole stream is parked."""
    return f"{STREAM_PREFIX}{stream}"


class Parking:
    """What one consumer has put aside.

    Args:
        consumer: `<projection>.v<build>`, or `reactions`.

    Attributes:
        puts: how often something was put aside here.
    """

    def __init__(self, database: Database, consumer: str) -> None:
        self.consumer = consumer
        self.puts = 0
        self._entries: Collection = database["_parked"]

    async def put(self, items: Sequence[ToPark]) -> None:
        """Put events aside, and log those at fault; what is there already stays as it is."""
        if not items:
            return
        self.puts += 1
        await self._entries.bulk_write([self._upsert(item) for item in items], ordered=False)
        for item in items:
            if item.error is not None:
                _log.error(
                    "parked",
                    consumer=self.consumer,
                    key=item.key,
                    event_id=event_id_of(item.record),
                    error=repr(item.error)[:500],
                )

    def _upsert(self, item: ToPark) -> UpdateOne:
        record, event_id = item.record, event_id_of(item.record)
        entry = {
            "consumer": self.consumer,
            "key": item.key,
            "scope": str(item.scope),
            "state": "parked",
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "generation": generation_of(record.headers),
            "record_key": record.key,
            "value": record.value,
            "headers": [list(pair) for pair in record.headers],
            "event_id": event_id,
            "at": datetime.now(UTC),
        }
        update: Document = {"$setOnInsert": entry}
        if item.error is None:
            entry["error"] = None
        else:
            update["$set"] = {"error": describe(item.error)}  # also of one that so far only waited
        return UpdateOne({"_id": self._id(item.key, event_id)}, update, upsert=True)

    def _id(self, key: str, event_id: str) -> str:
        return f"{self.consumer}|{key}|{event_id}"

    async def any(self) -> bool:
        """Tell whether anything is parked."""
        return await self._entries.find_one(self._parked(), {"_id": 1}) is not None

    async def count_keys(self) -> int:
        """Return how many keys are parked."""
        return len(await self._entries.distinct("key", self._parked()))

    async def parked_among(self, keys: Iterable[str]) -> set[str]:
        """Return which of these keys are parked."""
        return set(await self._entries.distinct("key", self._parked(key={"$in": list(keys)})))

    async def held_streams(self) -> list[tuple[str, StoredRecord]]:
        """Return the parked streams, each with the record of its first entry."""
        pipeline: list[Document] = [
            {"$match": self._parked(scope=str(Scope.STREAM))},
            {"$sort": {"generation": 1, "offset": 1}},
            {"$group": {"_id": "$key", "first": {"$first": "$$ROOT"}}},
        ]
        return [
            (group["_id"].removeprefix(STREAM_PREFIX), _entry_of(group["first"]).record)
            async for group in aggregate(self._entries, pipeline)
        ]

    async def without_fault(self, keys: Iterable[str]) -> set[str]:
        """Return which of these parked keys wait behind nothing any more: their fault was healed."""
        asked = set(keys)
        at_fault = self._parked(key={"$in": list(asked)}, error={"$ne": None})
        return asked - set(await self._entries.distinct("key", at_fault))

    async def entries(self, key: str) -> list[ParkedEntry]:
        """Return what waits under a key, in the order in which it is to be handled."""
        order = [("topic", 1), ("generation", 1), ("partition", 1), ("offset", 1)]
        return [
            _entry_of(document) async for document in self._entries.find(self._parked(key=key)).sort(order)
        ]

    async def remove(self, entries: Iterable[ParkedEntry]) -> None:
        """Take out events that were handled."""
        await self._entries.delete_many({"_id": {"$in": [entry.id for entry in entries]}, "state": "parked"})

    async def fail(self, entry: ParkedEntry, error: Exception) -> None:
        """Note that an event is (still) the one at fault."""
        await self._entries.update_one({"_id": entry.id}, {"$set": {"error": describe(error)}})

    async def skip(self, entry: ParkedEntry, reason: str) -> None:
        """Decide that an event is not to be handled; the decision is kept."""
        decision = {"state": "skipped", "reason": reason, "skipped_at": datetime.now(UTC)}
        await self._entries.update_one({"_id": entry.id}, {"$set": decision})

    async def is_skipped(self, key: str, event_id: str) -> bool:
        """Tell whether an operator decided to skip an event for a key, in this build or an earlier one."""
        name = self.consumer.rsplit(".v", 1)[0]
        query = {"state": "skipped", "key": key, "event_id": event_id}
        async for decision in self._entries.find(query, {"consumer": 1}):
            if decision["consumer"].rsplit(".v", 1)[0] == name:
                return True
        return False

    def _parked(self, **more: Any) -> Document:  # noqa: ANN401 - parts of a query
        return {"consumer": self.consumer, "state": "parked", **more}


async def prepare(database: Database) -> None:
    """Create the indexes; harmless when they exist."""
    await database["_parked"].create_indexes(
        [
            IndexModel([("consumer", 1), ("state", 1), ("key", 1), ("offset", 1)], name="parked"),
            IndexModel(
                [("key", 1), ("event_id", 1)], name="skipped", partialFilterExpression={"state": "skipped"}
            ),
        ]
    )


async def list_parked(database: Database, consumers: Iterable[str] | None = None) -> list[ParkedKey]:
    """Return what waits for an operator in a service, the oldest first.

    Args:
        database: the service's.
        consumers: only these; all if None, those of builds that serve no longer included.
    """
    query: Document = {"state": "parked"}
    if consumers is not None:
        query["consumer"] = {"$in": list(consumers)}
    # The one at fault sorts before those that wait behind it: `error` is null in theirs.
    pipeline: list[Document] = [
        {"$match": query},
        {"$sort": {"error": -1, "offset": 1}},
        {"$group": {"_id": {"c": "$consumer", "k": "$key"}, "n": {"$sum": 1}, "first": {"$first": "$$ROOT"}}},
        {"$sort": {"first.at": 1, "_id": 1}},
    ]
    return [_parked_key_of(group) async for group in aggregate(database["_parked"], pipeline)]


def _parked_key_of(group: Document) -> ParkedKey:
    first = group["first"]
    types = [value.decode(errors="replace") for name, value in first["headers"] if name == "ce_type"]
    return ParkedKey(
        consumer=first["consumer"],
        key=first["key"],
        scope=Scope(first["scope"]),
        entries=group["n"],
        event_id=first["event_id"],
        type=types[0] if types else None,
        error=first["error"] or {},
        since=first["at"],
    )


def _entry_of(document: Document) -> ParkedEntry:
    record = StoredRecord(
        topic=document["topic"],
        partition=document["partition"],
        offset=document["offset"],
        key=document["record_key"],
        value=document["value"],
        headers=[(name, value) for name, value in document["headers"]],
    )
    return ParkedEntry(
        id=document["_id"],
        key=document["key"],
        scope=Scope(document["scope"]),
        event_id=document["event_id"],
        record=record,
        error=document["error"],
    )


def describe(error: Exception) -> dict[str, str]:
    """Return what an operator is shown of an error."""
    told = {"type": type(error).__name__, "message": str(error)[:2000]}
    if isinstance(error, RefusedError):
        told["code"] = error.code
        if error.rule:
            told["rule"] = error.rule
    return told


__all__ = [
    "NotParkedError",
    "ParkedEntry",
    "ParkedKey",
    "Parking",
    "Scope",
    "ToPark",
    "describe",
    "list_parked",
    "prepare",
    "stream_key",
    "stream_of",
]
