"""One build of a projection: how its records are read, its documents, and what it has put aside.

A document is written only where it is still the revision that the change to it started from. Who lost such a
race reads it again and folds again, where its positions tell what others have counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import bson
from bson.errors import BSONError

from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.folding import NOTHING_HELD, Folded, Held, Step, StepReader, fold_steps
from shared.eventsourcing.incoming import event_id_of
from shared.eventsourcing.parking import Parking, ToPark
from shared.eventsourcing.pointer import collection_name
from shared.eventsourcing.projection import Document, Projection
from shared.platform.mongo import BulkWriteError, Collection, Database, InsertOne, ReplaceOne

LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024
_DUPLICATE_KEY = 11000


class DocumentRefusedError(EventSourcingError):
    """MongoDB does not take a document: too large, or against a unique index."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the document cannot be stored: {reason}; change the projection, then retry")


@dataclass(slots=True)
class Change:
    """What some steps do to one document.

    Attributes:
        base: the document it starts from, None where there is none.
        after: what is to be written; None where nothing changes.
        park: what cannot be folded now.
    """

    key: str
    steps: list[Step] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    base: Document | None = None
    after: Document | None = None
    park: list[ToPark] = field(default_factory=list)

    def operation(self) -> InsertOne[Document] | ReplaceOne[Document]:
        """Return the write: it takes effect only where the document is still `base`."""
        if self.after is None:
            raise ValueError(f"{self.key}: nothing to write")
        if self.base is None:
            return InsertOne(self.after)
        return ReplaceOne({"_id": self.key, "_rev": self.base["_rev"]}, self.after, upsert=True)


class Build:
    """One build of a projection, in the database of its service.

    Args:
        number: of the build; `generations` the logs that it is made from.

    Attributes:
        name: of its collection.
        reader: turns records into steps.
        parking: what it has put aside.
    """

    def __init__(
        self, projection: Projection, database: Database, number: int, generations: Mapping[str, int]
    ) -> None:
        self.projection = projection
        self.name = collection_name(projection.name, number)
        self.reader = StepReader(projection, generations)
        self.parking = Parking(database, f"{projection.name}.v{number}")
        self._documents: Collection = database[self.name]

    async def find(self, keys: Sequence[str]) -> dict[str, Document]:
        """Return those of these documents that are there, as they are now."""
        found = self._documents.find({"_id": {"$in": keys}}, batch_size=len(keys))
        return {document["_id"]: document async for document in found}

    async def fold_past_skipped(
        self, change: Change, *, held: Held = NOTHING_HELD, retried: bool = False
    ) -> Folded:
        """Fold a change's steps into its base, passing over events that an operator decided to skip."""
        while True:
            folded = fold_steps(
                self.projection, change.key, change.base, change.steps, held=held, retried=retried
            )
            if folded.poison is None:
                return folded
            if not await self.parking.is_skipped(change.key, event_id_of(folded.poison.record)):
                return folded
            index = folded.poison.index
            change.steps[index] = replace(change.steps[index], recorded=None)

    async def write(self, changes: Sequence[Change]) -> dict[str, Exception | None]:
        """Write documents; return those not written: with None for a lost race, else with what is wrong."""
        if not changes:
            return {}
        try:
            await self._documents.bulk_write([c.operation() for c in changes], ordered=False)
        except BulkWriteError as error:
            if error.details.get("writeConcernErrors"):
                raise
            return {changes[e["index"]].key: _fault_of(e) for e in error.details["writeErrors"]}
        except (BSONError, OverflowError, TypeError):
            # Raised before everything was sent, for a value or size that BSON does not have.
            faults = {change.key: _unstorable(change.after) for change in changes}
            if not any(faults.values()):
                raise
            return faults  # the others are tried again: some may have been written already
        return {}

    async def clear_stale(self, key: str) -> None:
        """Mark the documents that waited for a parked key as whole again."""
        left = {"$setDifference": ["$_stale", [key]]}
        await self._documents.update_many(
            {"_stale": key},
            [
                {"$set": {"_stale": left, "_rev": {"$add": ["$_rev", 1]}}},
                {"$set": {"_stale": {"$cond": [{"$eq": ["$_stale", []]}, "$$REMOVE", "$_stale"]}}},
            ],
        )


def _fault_of(write_error: Mapping[str, Any]) -> Exception | None:
    """Return None where somebody else was faster, else why MongoDB refused the document for good."""
    if write_error["code"] == _DUPLICATE_KEY and write_error.get("keyPattern", {"_id": 1}) == {"_id": 1}:
        return None
    return DocumentRefusedError(write_error["errmsg"])


def _unstorable(document: Document | None) -> Exception | None:
    try:
        size = len(bson.encode(document or {}))
    except (BSONError, OverflowError, TypeError) as error:
        return error
    return DocumentRefusedError(f"{size} bytes") if size > LARGEST_DOCUMENT_BYTES else None
