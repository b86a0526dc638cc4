"""What receivers answered, for whoever looks for what is wrong: kept a month, and outside of events (N10).

Events say the status only. The beginning of the answer's body is here, for a receiver's message may repeat
what it was sent, or say what nobody foresaw; headers are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from shared.platform.mongo import Collection, Database, IndexModel

ATTEMPTS = "webhook_attempts"
KEPT = timedelta(days=30)
LONGEST_ANSWER_BYTES = 1024

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Attempt:
    """One request and what came of it.

    Attributes:
        number: 1 for the first.
        at: when it was sent, UTC.
        milliseconds: until the answer.
        status: of the answer; None without one.
        answer: beginning of its body; what happened, where there was none.
    """

    delivery_id: str
    number: int
    at: datetime
    milliseconds: int
    status: int | None
    answer: str


def legible(body: bytes) -> str:
    """Return the beginning of a body as text without control characters."""
    return _CONTROL.sub("", body[:LONGEST_ANSWER_BYTES].decode(errors="replace"))


class Attempts(Protocol):
    """Where attempts are kept."""

    async def add(self, attempt: Attempt) -> None:
        """Keep an attempt; the same number again, of a process that was killed, in place of the first."""
        ...

    async def of(self, delivery_id: str) -> Sequence[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        ...


class MongoAttempts:
    """See `Attempts`."""

    def __init__(self, database: Database) -> None:
        self._collection: Collection = database[ATTEMPTS]

    async def prepare(self) -> None:
        """Create the indexes; harmless when they exist."""
        await self._collection.create_indexes(
            [
                IndexModel([("delivery_id", 1), ("number", 1)], unique=True),
                IndexModel([("at", 1)], expireAfterSeconds=int(KEPT.total_seconds())),
            ]
        )

    async def add(self, attempt: Attempt) -> None:
        """See `Attempts`."""
        key = {"delivery_id": attempt.delivery_id, "number": attempt.number}
        await self._collection.replace_one(key, asdict(attempt), upsert=True)

    async def of(self, delivery_id: str) -> Sequence[Attempt]:
        """See `Attempts`."""
        found = await self._collection.find({"delivery_id": delivery_id}).sort("number", 1).to_list(None)
        return [_attempt(document) for document in found]


def _attempt(document: Mapping[str, Any]) -> Attempt:
    return Attempt(**{name: document[name] for name in Attempt.__dataclass_fields__})


async def attempts_of(request: Request) -> Attempts:
    """Return where this service keeps attempts."""
    return MongoAttempts(request.app.state.process.database)


AttemptsOf = Annotated[Attempts, Depends(attempts_of)]
"""Dependency: where this service keeps attempts."""
