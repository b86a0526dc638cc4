"""Stores of the platform that live as long as a test: the same rules without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import count

from shared.platform.files import Chunks
from shared.platform.mongo import Document
from tests.documents import matches


class MemoryPeopleStore:
    """See `shared.platform.people.PeopleStore`."""

    def __init__(self) -> None:
        self.people: dict[str, Document] = {}
        self.log: list[Document] = []
        self._ids = count(1)

    async def prepare(self) -> None:
        """See `PeopleStore`."""

    def _living(self, division: str = "") -> list[Document]:
        return [
            d
            for _, d in sorted(self.people.items())
            if "erased_at" not in d and "erasing_at" not in d and d["division"].startswith(division)
        ]

    async def merge(self, person_id: str, division: str, values: Document, at: datetime) -> bool:
        """See `PeopleStore`."""
        known = self.people.setdefault(person_id, {"_id": person_id, "division": division})
        if known not in self._living():
            return False
        for path, value in values.items():
            within, _, name = path.rpartition(".")
            (known.setdefault(within, {}) if within else known)[name] = value
        known["changed_at"] = at
        return True

    async def find(self, ids: Iterable[str]) -> list[Document]:
        """See `PeopleStore`."""
        return [dict(self.people[id_]) for id_ in ids if id_ in self.people]

    async def matching(self, values: Document, within: str, limit: int) -> list[Document]:
        """See `PeopleStore`."""
        found = [d for d in self._living(within) if all(d.get(n) == v for n, v in values.items())]
        return found[:limit]

    async def names(self, within: str) -> frozenset[str]:
        """See `PeopleStore`."""
        return frozenset(d["name"] for d in self._living(within) if "name" in d)

    async def begin_erasure(self, person_id: str, at: datetime) -> None:
        """See `PeopleStore`."""
        if person_id in self.people:
            self.people[person_id].setdefault("erasing_at", at)

    async def bury(self, person_id: str, division: str, by: str, at: datetime) -> None:
        """See `PeopleStore`."""
        self.people[person_id] = {
            "_id": person_id,
            "division": division,
            "erased_at": at,
            "erased_by": by,
        }

    async def unfinished(self) -> list[str]:
        """See `PeopleStore`."""
        return sorted(id_ for id_, d in self.people.items() if "erasing_at" in d)

    async def erased(self) -> list[str]:
        """See `PeopleStore`."""
        return sorted(id_ for id_, d in self.people.items() if "erased_at" in d)

    async def note(self, accesses: Sequence[Document]) -> None:
        """See `PeopleStore`."""
        self.log += accesses

    async def accesses(self, query: Document, before: str | None, limit: int) -> list[Document]:
        """See `PeopleStore`."""
        newest = reversed(self.log)
        found = [line for line in newest if matches(line, query) and (before is None or line["_id"] < before)]
        return found[:limit]

    def new_access_id(self) -> str:
        """See `PeopleStore`."""
        return f"{next(self._ids):024x}"


class MemoryFileStore:
    """See `shared.platform.files.FileStore`."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.bytes: dict[str, bytes] = {}
        self.waiting: dict[str, datetime] = {}

    async def prepare(self) -> None:
        """See `FileStore`."""

    async def keep(
        self, file_id: str, chunks: Chunks, describe: Callable[[], Document], at: datetime
    ) -> None:
        """See `FileStore`."""
        content = b"".join([chunk async for chunk in chunks])
        self.documents[file_id] = {"_id": file_id, "length": len(content), **describe()}
        self.bytes[file_id] = content
        self.waiting[file_id] = at

    async def find(self, file_id: str) -> Document | None:
        """See `FileStore`."""
        return self.documents.get(file_id)

    async def attach(self, file_id: str, within: str, stream: str) -> Document | None:
        """See `FileStore`."""
        document = self.documents.get(file_id)
        if document is None or not document["metadata"]["division"].startswith(within):
            return None
        if document["metadata"].setdefault("stream", stream) != stream:
            return None
        self.waiting.pop(file_id, None)
        return document

    async def read(self, file_id: str) -> Chunks:
        """See `FileStore`."""
        yield self.bytes[file_id]

    async def unattached(self, before: datetime) -> list[str]:
        """See `FileStore`."""
        return [file_id for file_id, begun_at in self.waiting.items() if begun_at < before]

    async def remove(self, file_id: str) -> bool:
        """See `FileStore`."""
        self.waiting.pop(file_id, None)
        self.bytes.pop(file_id, None)
        return self.documents.pop(file_id, None) is not None


class MemoryLimitStore:
    """See `shared.platform.rate_limit.LimitStore`."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()

    async def prepare(self) -> None:
        """See `LimitStore`."""

    async def count(self, key: str, period: int, by: int, until: datetime) -> tuple[int, int]:
        """See `LimitStore`."""
        self.counts[key, period] += by
        return self.counts[key, period - 1], self.counts[key, period]
