"""Texts in versions, such as minutes: kept outside of the record, since people are named in them.

A text lies under the id of what it belongs to and its SHA-256. It is written before the event that has its
hash, so a kill in between leaves a text without an event, never an event whose text is unknown. Such a text
serves nobody; the next draft sweeps it away, whatever it belonged to. Texts that drafts replaced stay: every
version can be read.

A person who is erased is taken out of the texts as well. A text then no longer has the hash that stands in
the record, and says so: `erased_on` stands beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Protocol

from fastapi import Depends, Request

from shared.platform.mongo import ASCENDING, Collection, Database, Document, DuplicateKeyError
from shared.platform.people import Person
from shared.platform.working_days import today

TEXTS = "texts"
"""The collection of `{_id, text, stored_at, committed, erased_on}`; `_id` is `<owner>:<sha256>`."""

ERASED = "〔已删除〕"
"""What stands where a person was named."""

PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]*$"
"""Pattern of texts without signs that no document can hold."""

ORPHAN_AFTER = timedelta(hours=1)
"""A draft is committed within seconds of its text, or never."""


def one_kind_of_line_end(text: str) -> str:
    """Return a text whose lines end in one way, so that equal texts have equal hashes."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sha256_of(text: str) -> str:
    """Return the hash under which a text is drafted and signed: of its UTF-8, in lower-case hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def without(text: str, values: Sequence[str]) -> str:
    """Return a text in which none of these values stands; a longer one goes before one that it contains."""
    wanted = sorted((value for value in values if value), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, wanted)), ERASED, text) if wanted else text


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text as it is kept.

    Attributes:
        erased_on: when somebody was last taken out of it, in Asia/Shanghai: it is no longer what was signed.
    """

    text: str
    erased_on: date | None = None


class TextStore(Protocol):
    """Where texts are kept; documents as in the collection."""

    async def insert(self, document: Document) -> None:
        """Write a text; where it is there already and not committed, it counts as written just now."""

    async def find(self, id_: str) -> Document | None:
        """Return a text's document."""

    async def commit(self, id_: str) -> None:
        """Mark a text as one that the record refers to."""

    async def uncommitted(self, before: datetime) -> list[Document]:
        """Return what was written before a moment and never marked."""

    async def remove(self, id_: str, before: datetime) -> None:
        """Remove a text, unless it was marked or written again since."""

    async def naming(self, pattern: str) -> list[Document]:
        """Return the texts in which a regular expression is found."""

    async def replace(self, id_: str, old: str, new: str, erased_on: str) -> None:
        """Put a new text in place of the old one, unless somebody else did."""


class Texts:
    """The texts of a service.

    Args:
        store: where they are kept.
        clock: returns the aware moment.
    """

    place = TEXTS

    def __init__(self, store: TextStore, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def put(self, owner: str, text: str) -> str:
        """Keep a text of something (its id), and return its hash; the same again changes nothing."""
        sha256 = sha256_of(text)
        now = self._clock()
        await self._store.insert(
            {"_id": _id(owner, sha256), "text": text, "stored_at": now, "committed": False}
        )
        return sha256

    async def committed(self, owner: str, sha256: str) -> None:
        """Note that the record refers to a text, which then is never swept away."""
        await self._store.commit(_id(owner, sha256))

    async def get(self, owner: str, sha256: str) -> KeptText | None:
        """Return a text, None where there is none (a backup restored without it)."""
        found = await self._store.find(_id(owner, sha256))
        if found is None:
            return None
        erased_on = found.get("erased_on")
        return KeptText(found["text"], date.fromisoformat(erased_on) if erased_on else None)

    async def sweep(self, is_drafted: Callable[[str, str], Awaitable[bool]]) -> int:
        """Remove texts that no event refers to, and return how many.

        Args:
            is_drafted: asks the record whether something (first) has a version with a hash (second).
        """
        before = self._clock() - ORPHAN_AFTER
        removed = 0
        for found in await self._store.uncommitted(before):
            owner, _, sha256 = found["_id"].rpartition(":")
            if await is_drafted(owner, sha256):
                await self._store.commit(found["_id"])
            else:
                await self._store.remove(found["_id"], before)
                removed += 1
        return removed

    async def erase(self, person: Person) -> int:
        """Take a person out of every text that names them, and return of how many; see `people.Eraser`.

        Whoever has the same name goes with them: a text does not say which of the two it means.
        """
        values = person.identifying()
        if not values:
            return 0
        found = await self._store.naming("|".join(re.escape(value) for value in values))
        for document in found:
            erased_on = today(self._clock()).isoformat()
            changed = without(document["text"], values)
            await self._store.replace(document["_id"], document["text"], changed, erased_on)
        return len(found)


def _id(owner: str, sha256: str) -> str:
    return f"{owner}:{sha256}"


class MongoTextStore:
    """See `TextStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def _texts(self) -> Collection:
        return self._database[TEXTS]

    async def insert(self, document: Document) -> None:
        """See `TextStore`."""
        # Few texts are ever without a mark, so the index that finds them is nearly empty.
        await self._texts.create_index(
            [("stored_at", ASCENDING)], name="uncommitted", partialFilterExpression={"committed": False}
        )
        try:
            await self._texts.insert_one(document)
        except DuplicateKeyError:
            again = {"$set": {"stored_at": document["stored_at"]}}
            await self._texts.update_one({"_id": document["_id"], "committed": False}, again)

    async def find(self, id_: str) -> Document | None:
        """See `TextStore`."""
        return await self._texts.find_one({"_id": id_})

    async def commit(self, id_: str) -> None:
        """See `TextStore`."""
        await self._texts.update_one({"_id": id_}, {"$set": {"committed": True}})

    async def uncommitted(self, before: datetime) -> list[Document]:
        """See `TextStore`."""
        query = {"committed": False, "stored_at": {"$lt": before}}
        return await self._texts.find(query, {"_id": 1}).limit(100).to_list(None)

    async def remove(self, id_: str, before: datetime) -> None:
        """See `TextStore`."""
        await self._texts.delete_one({"_id": id_, "committed": False, "stored_at": {"$lt": before}})

    async def naming(self, pattern: str) -> list[Document]:
        """See `TextStore`."""
        return await self._texts.find({"text": {"$regex": pattern}}, {"text": 1}).to_list(None)

    async def replace(self, id_: str, old: str, new: str, erased_on: str) -> None:
        """See `TextStore`."""
        change = {"$set": {"text": new, "erased_on": erased_on}}
        await self._texts.update_one({"_id": id_, "text": old}, change)


def texts_in(database: Database) -> Texts:
    """Return the texts that a service keeps in its database; `Service.erasers` takes it as it is."""
    return Texts(MongoTextStore(database), clock=lambda: datetime.now(UTC))


async def texts_of(request: Request) -> Texts:
    """Return the texts of this service."""
    return texts_in(request.app.state.process.database)


TextsOf = Annotated[Texts, Depends(texts_of)]
"""Dependency: the texts of this service."""
