"""A commit: what one command appended to one stream, as one document.

The document in MongoDB, whose field names are stored for good:

    _id            "<stream>:<first version>": unique, so that two writers never both win
    stream, version, count
    at             BSON Timestamp filled in by the server: the order in which the relay sends
    recorded_at    when it was recorded, UTC, milliseconds
    events         [{"type": "hxs.topics.TopicProposed.v1", "data": {...}}], JSON values only
    meta           division, actor, correlation_id, causation_id, traceparent, source
    command_id     unique: the same command twice is done once
    command_digest SHA-256 of the command, so that a key used for another command is noticed
    relayed        False until the log on Kafka has it
    previous_hash, hash   the chain that `hxs audit` verifies
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from bson import Timestamp

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, Recorded, RecordedHeaders
from shared.contracts.upcasting import upcasters

GENESIS = "0" * 64
"""`previous_hash` of a stream's first commit."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it lies in the store: never rewritten, upcast on reading.

    Attributes:
        type: as on the wire, in the version it was written with.
        data: JSON values only.
    """

    type: str
    data: dict[str, Any]

    @staticmethod
    def of(event: DomainEvent) -> StoredEvent:
        """Return the stored form of an event."""
        return StoredEvent(event.type, event.model_dump(mode="json"))

    def parse(self) -> DomainEvent:
        """Return the event in its newest version.

        Raises:
            UnknownEventTypeError: written by a newer version of the contracts.
        """
        return upcasters.parse(self.type, self.data)


@dataclass(frozen=True, slots=True)
class Commit:
    """See the module's docstring.

    Attributes:
        version: of its first event; the first of a stream is 1.
    """

    stream: str
    version: int
    events: tuple[StoredEvent, ...]
    meta: Meta
    command_id: str
    command_digest: str
    recorded_at: datetime
    previous_hash: str
    hash: str

    @property
    def id(self) -> str:
        """Return `<stream>:<first version>`."""
        return f"{self.stream}:{self.version}"

    @property
    def last_version(self) -> int:
        """Return the stream's version after this commit."""
        return self.version + len(self.events) - 1

    def computed_hash(self) -> str:
        """Return what `hash` must be: SHA-256 over the previous hash and the canonical content."""
        content = self._content()
        content["recorded_at"] = self.recorded_at.isoformat(timespec="milliseconds")
        canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(self.previous_hash.encode() + canonical).hexdigest()

    def to_document(self) -> dict[str, Any]:
        """Return the document to insert; the server fills in `at`."""
        return {
            "_id": self.id,
            **self._content(),
            "count": len(self.events),
            "at": Timestamp(0, 0),
            "relayed": False,
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }

    def _content(self) -> dict[str, Any]:
        """Return what the hash is over."""
        meta = self.meta
        return {
            "stream": self.stream,
            "version": self.version,
            "recorded_at": self.recorded_at,
            "events": [{"type": e.type, "data": e.data} for e in self.events],
            # Field by field: `asdict` copies in depth, which takes longer than the hash.
            "meta": {name: getattr(meta, name) for name in Meta.__slots__},
            "command_id": self.command_id,
            "command_digest": self.command_digest,
        }

    @staticmethod
    def from_document(document: dict[str, Any]) -> Commit:
        """Return the commit that a document holds."""
        return Commit(
            stream=document["stream"],
            version=document["version"],
            events=tuple(StoredEvent(e["type"], e["data"]) for e in document["events"]),
            meta=Meta(**document["meta"]),
            command_id=document["command_id"],
            command_digest=document["command_digest"],
            recorded_at=document["recorded_at"],
            previous_hash=document["previous_hash"],
            hash=document["hash"],
        )

    def envelopes(self, generation: int) -> Iterator[tuple[RecordedHeaders, StoredEvent]]:
        """Yield each event with its envelope, in order.

        Args:
            generation: of the log that the envelopes are written to.
        """
        for offset, event in enumerate(self.events):
            envelope = RecordedHeaders(
                type=event.type,
                stream=self.stream,
                version=self.version + offset,
                recorded_at=self.recorded_at,
                division=self.meta.division,
                correlation_id=self.meta.correlation_id,
                causation_id=self.meta.causation_id,
                traceparent=self.meta.traceparent,
                generation=generation,
            )
            yield envelope, event

    def recorded(self) -> Iterator[Recorded]:
        """Yield each event as consumers see it, in its newest version."""
        for envelope, event in self.envelopes(generation=1):
            yield envelope.with_event(event.parse())


def new_commit(
    stream: str,
    version: int,
    events: Sequence[DomainEvent],
    *,
    meta: Meta,
    command_id: str,
    command_digest: str,
    now: datetime,
    previous_hash: str,
) -> Commit:
    """Return the commit of `events` as versions `version`… of a stream, chained to its predecessor.

    Args:
        stream: its id.
        version: of the first of the events.
        events: at least one.
        meta: kept with them.
        command_id: unique.
        command_digest: of the command that decided on them.
        now: aware; kept in UTC to the millisecond, which is what MongoDB holds.
        previous_hash: of the stream's last commit, or `GENESIS`.
    """
    moment = now.astimezone(UTC)
    unsealed = Commit(
        stream=stream,
        version=version,
        events=tuple(StoredEvent.of(e) for e in events),
        meta=meta,
        command_id=command_id,
        command_digest=command_digest,
        recorded_at=moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        previous_hash=previous_hash,
        hash="",
    )
    return replace(unsealed, hash=unsealed.computed_hash())
