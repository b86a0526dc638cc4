"""The collections `people` and `people_accesses` of a service's database.

A person is `{_id, division, name, phone, email, address, note, texts, restricted, changed_at}`, while being
erased also `erasing_at`; a tombstone is `{_id, division, erased_at, erased_by}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.platform.mongo import (
    ASCENDING,
    DESCENDING,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
    ObjectId,
)

PEOPLE, ACCESSES = "people", "people_accesses"

_LIVING: Document = {"erased_at": {"$exists": False}, "erasing_at": {"$exists": False}}


def _inside(division: str) -> Document:
    return {"$gte": division, "$lt": division + ":"}  # ":" follows "9"


class MongoPeopleStore:
    """See `people.PeopleStore`."""

    def __init__(self, database: Database) -> None:
        self._people = database[PEOPLE]
        self._accesses = database[ACCESSES]

    async def prepare(self) -> None:
        """See `people.PeopleStore`."""
        await self._people.create_indexes(
            [
                IndexModel([("division", ASCENDING), ("name", ASCENDING)]),
                IndexModel([("name", ASCENDING)], sparse=True),
                IndexModel([("phone", ASCENDING)], sparse=True),
                IndexModel([("erasing_at", ASCENDING)], sparse=True),
                IndexModel([("erased_at", ASCENDING)], sparse=True),
            ]
        )
        await self._accesses.create_indexes(
            [
                IndexModel([("division", ASCENDING), ("_id", DESCENDING)]),
                IndexModel([("person", ASCENDING), ("_id", DESCENDING)]),
            ]
        )

    async def merge(self, person_id: str, division: str, values: Document, at: datetime) -> bool:
        """See `people.PeopleStore`."""
        change = {"$set": {**values, "changed_at": at}, "$setOnInsert": {"division": division}}
        while True:
            try:
                await self._people.update_one({"_id": person_id, **_LIVING}, change, upsert=True)
            except DuplicateKeyError:
                # There is a tombstone, or somebody else has just written the same person for the first time.
                if await self._people.find_one({"_id": person_id, **_LIVING}, {"_id": 1}) is None:
                    return False
            else:
                return True

    async def find(self, ids: Iterable[str]) -> list[Document]:
        """See `people.PeopleStore`."""
        return await self._people.find({"_id": {"$in": list(ids)}}).to_list(None)

    async def matching(self, values: Document, within: str, limit: int) -> list[Document]:
        """See `people.PeopleStore`."""
        query = {**values, "division": _inside(within), **_LIVING}
        return await self._people.find(query).sort("_id").limit(limit).to_list(None)

    async def names(self, within: str) -> frozenset[str]:
        """See `people.PeopleStore`."""
        query = {"division": _inside(within), "name": {"$exists": True}, **_LIVING}
        found = self._people.find(query, {"_id": 0, "name": 1})
        return frozenset([document["name"] async for document in found])

    async def begin_erasure(self, person_id: str, at: datetime) -> None:
        """See `people.PeopleStore`."""
        await self._people.update_one({"_id": person_id, **_LIVING}, {"$set": {"erasing_at": at}})

    async def bury(self, person_id: str, division: str, by: str, at: datetime) -> None:
        """See `people.PeopleStore`."""
        tombstone = {"division": division, "erased_at": at, "erased_by": by}
        await self._people.replace_one({"_id": person_id}, tombstone, upsert=True)

    async def unfinished(self) -> list[str]:
        """See `people.PeopleStore`."""
        found = self._people.find({"erasing_at": {"$exists": True}}, {"_id": 1}).sort("_id")
        return [document["_id"] async for document in found]

    async def erased(self) -> list[str]:
        """See `people.PeopleStore`."""
        found = self._people.find({"erased_at": {"$exists": True}}, {"_id": 1}).sort("_id")
        return [document["_id"] async for document in found]

    async def note(self, accesses: Sequence[Document]) -> None:
        """See `people.PeopleStore`."""
        if accesses:
            await self._accesses.insert_many(list(accesses), ordered=False)

    async def accesses(self, query: Document, before: str | None, limit: int) -> list[Document]:
        """See `people.PeopleStore`."""
        asked = query if before is None else {**query, "_id": {"$lt": before}}
        return await self._accesses.find(asked).sort("_id", DESCENDING).limit(limit).to_list(None)

    def new_access_id(self) -> str:
        """See `people.PeopleStore`; begins with the second, so that ids sort by time."""
        return str(ObjectId())
