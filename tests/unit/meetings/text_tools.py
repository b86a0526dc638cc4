"""Texts of minutes in memory."""

from __future__ import annotations

import re
from datetime import datetime
from weakref import WeakKeyDictionary

from shared.platform.mongo import Document
from shared.platform.texts import Texts
from tests.http import Log


class MemoryTextStore:
    """See `texts.TextStore`; `tests/integration/test_texts.py` compares it with the real one."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}

    async def insert(self, document: Document) -> None:
        """See `TextStore`."""
        known = self.documents.setdefault(document["_id"], dict(document))
        if not known["committed"]:
            known["stored_at"] = document["stored_at"]

    async def find(self, id_: str) -> Document | None:
        """See `TextStore`."""
        return self.documents.get(id_)

    async def commit(self, id_: str) -> None:
        """See `TextStore`."""
        self.documents[id_]["committed"] = True

    async def uncommitted(self, before: datetime) -> list[Document]:
        """See `TextStore`."""
        return [d for d in self.documents.values() if not d["committed"] and d["stored_at"] < before]

    async def remove(self, id_: str, before: datetime) -> None:
        """See `TextStore`."""
        found = self.documents[id_]
        if not found["committed"] and found["stored_at"] < before:
            del self.documents[id_]

    async def naming(self, pattern: str) -> list[Document]:
        """See `TextStore`."""
        return [d for d in self.documents.values() if re.search(pattern, d["text"])]

    async def replace(self, id_: str, old: str, new: str, erased_on: str) -> None:
        """See `TextStore`."""
        found = self.documents[id_]
        if found["text"] == old:
            found |= {"text": new, "erased_on": erased_on}


_kept: WeakKeyDictionary[Log, MemoryTextStore] = WeakKeyDictionary()


def store_of(log: Log) -> MemoryTextStore:
    """Return the texts that belong to a log: the same ones for every caller of a test."""
    return _kept.setdefault(log, MemoryTextStore())


def texts_in_memory(log: Log, now: datetime) -> Texts:
    """Return the texts that belong to a log, at a moment."""
    return Texts(store_of(log), clock=lambda: now)
