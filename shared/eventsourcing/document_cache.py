"""The documents that a process's projections wrote last, within a bound of memory.

All projections of a process share one cache, so that those with something to do have all of it. It only
spares queries: what it has was once in the database, and a write names the revision that it started from, so
a document that is out of date loses, and is read again. Nobody may rely on finding something here.
"""

from __future__ import annotations

from collections import OrderedDict

import orjson

from shared.eventsourcing.projection import Document

MOST_BYTES = 40 * 1024 * 1024
"""Of memory, for a whole process: some 20,000 entries of a ledger."""

_MEMORY_OF_A_BYTE = 5
"""How much memory a document takes for each byte of its JSON, which is measured faster than anything else."""


class DocumentCache:
    """Documents by the place (a build's collection) and the key that they have.

    Args:
        most_bytes: of memory, by estimate; those that were used least recently are let go.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._documents: OrderedDict[tuple[str, str], tuple[Document, int]] = OrderedDict()

    def get(self, place: str, key: str) -> Document | None:
        """Return a document as it was last written by this process; None if it is not at hand."""
        found = self._documents.get((place, key))
        if found is None:
            return None
        self._documents.move_to_end((place, key))
        return found[0]

    def put(self, place: str, key: str, document: Document) -> None:
        """Keep a document as it is in the database."""
        size = _MEMORY_OF_A_BYTE * len(orjson.dumps(document, default=str))
        _, replaced = self._documents.pop((place, key), (None, 0))
        self._documents[place, key] = (document, size)
        self._bytes += size - replaced
        while self._bytes > self._most_bytes:
            _, (_, let_go) = self._documents.popitem(last=False)
            self._bytes -= let_go

    def forget(self, place: str) -> None:
        """Keep nothing of a place: others may write there."""
        for slot in [slot for slot in self._documents if slot[0] == place]:
            self._bytes -= self._documents.pop(slot)[1]
