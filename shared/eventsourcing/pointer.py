"""Which build of each projection serves: one pointer document a projection, in `projections`.

A build is a collection `<name>__v<build>` and a consumer group `hxs.<service>.<name>.v<build>`, made by
one fold version from one generation of each log. Builds are numbered and never used twice. Fields:

    _id           the projection's name
    build         the one that serves
    version       of the fold that made it
    generations   {service: generation of its log that the build was made from}
    switched_at   when it began to serve
    last_build    the highest number given out
    building      {build, owner, expires}: a rebuild under way; a lease, so that one process does it
    retired       [{build, at}]: no longer serving, not dropped yet
    progress      {"<service>-<partition>": {position, behind, at}}: see `progress.py`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.projection import Projection
from shared.platform.mongo import Collection, Database, Document, DuplicateKeyError, ReturnDocument

LEASE_SECONDS = 15.0
RETIRED_GRACE = timedelta(hours=1)
"""How long a build that no longer serves is kept for queries that began on it."""


_ABANDONED = {"build": "$building.build", "at": "$$NOW"}
# Whoever takes over from a process that died while rebuilding leaves its half-made build to be dropped.


class NotBuiltError(EventSourcingError):
    """A read model was asked for before its service ever started."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name}: not built yet; start its service (`hxs serve`) first")


class RebuildLostError(EventSourcingError):
    """Another process took over a rebuild whose lease had run out, or switched to another build."""

    def __init__(self, name: str, build: int) -> None:
        self.name = name
        self.build = build
        super().__init__(f"{name}: build {build} is no longer ours; another process has taken over")


@dataclass(frozen=True, slots=True)
class Pointer:
    """One pointer document; see the module's docstring."""

    name: str
    build: int
    version: int
    generations: Mapping[str, int]
    switched_at: datetime
    building: Mapping[str, Any] | None = None
    retired: Sequence[Mapping[str, Any]] = ()
    progress: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @staticmethod
    def of(document: Document) -> Pointer:
        """Return the pointer that a document holds."""
        return Pointer(
            name=document["_id"],
            build=document["build"],
            version=document["version"],
            generations=document["generations"],
            switched_at=document["switched_at"],
            building=document.get("building"),
            retired=document.get("retired", ()),
            progress=document.get("progress", {}),
        )


def collection_name(name: str, build: int) -> str:
    """Return the name of a build's collection."""
    return f"{name}__v{build}"


def group_name(service: str, name: str, build: int) -> str:
    """Return the consumer group of a build; `service` is the one that owns the projection."""
    return f"hxs.{service}.{name}.v{build}"


class Pointers:
    """The pointer documents of one service."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pointers: Collection = database["projections"]

    async def find(self, name: str) -> Pointer | None:
        """Return a projection's pointer, None before its first start."""
        found = await self._pointers.find_one({"_id": name, "build": {"$exists": True}})
        return Pointer.of(found) if found else None

    async def get(self, name: str) -> Pointer:
        """Return a projection's pointer.

        Raises:
            NotBuiltError: it never started.
        """
        if (pointer := await self.find(name)) is None:
            raise NotBuiltError(name)
        return pointer

    async def all(self) -> list[Pointer]:
        """Return every pointer, by name."""
        found = self._pointers.find({"build": {"$exists": True}}).sort("_id", 1)
        return [Pointer.of(document) async for document in found]

    async def begin(self, projection: Projection, generations: Mapping[str, int]) -> Pointer:
        """Return the pointer, having build 1 serve where there is none yet."""
        document = {
            "_id": projection.name,
            "build": 1,
            "version": projection.version,
            "generations": dict(generations),
            "switched_at": datetime.now(UTC),
            "last_build": 1,
        }
        try:
            await self._pointers.insert_one(document)
        except DuplicateKeyError:
            return await self.get(projection.name)
        return Pointer.of(document)

    async def claim(self, name: str, owner: str, *, seconds: float = LEASE_SECONDS) -> int | None:
        """Take the right to rebuild, and with it a new build number.

        Returns:
            The number; None while another process holds the right.
        """
        expires = {"$add": ["$$NOW", int(seconds * 1000)]}
        number = {"$add": ["$last_build", 1]}
        abandoned = {"$cond": [{"$ifNull": ["$building", False]}, [_ABANDONED], []]}
        claimed = await self._pointers.find_one_and_update(
            {"_id": name, "$or": [{"building": {"$exists": False}}, _expired()]},
            [
                {
                    "$set": {
                        "last_build": number,
                        "retired": {"$concatArrays": [{"$ifNull": ["$retired", []]}, abandoned]},
                    }
                },
                {"$set": {"building": {"build": "$last_build", "owner": owner, "expires": expires}}},
            ],
            return_document=ReturnDocument.AFTER,
        )
        return int(claimed["building"]["build"]) if claimed else None

    async def renew(self, name: str, build: int, owner: str, *, seconds: float = LEASE_SECONDS) -> None:
        """Keep the right for another while.

        Raises:
            RebuildLostError: somebody else has it.
        """
        renewed = await self._pointers.update_one(
            _ours(name, build, owner),
            [{"$set": {"building.expires": {"$add": ["$$NOW", int(seconds * 1000)]}}}],
        )
        if not renewed.matched_count:
            raise RebuildLostError(name, build)

    async def release(self, name: str, build: int, owner: str) -> None:
        """Give the right back without switching, and drop what was built."""
        await self._pointers.update_one(_ours(name, build, owner), {"$unset": {"building": ""}})
        await self._database[collection_name(name, build)].drop()

    async def switch(
        self, projection: Projection, build: int, owner: str, *, old: int, generations: Mapping[str, int]
    ) -> Pointer:
        """Have a finished build serve, in one atomic step; the old one is retired.

        Raises:
            RebuildLostError: another build has taken its turn.
        """
        now = datetime.now(UTC)
        switched = await self._pointers.find_one_and_update(
            {**_ours(projection.name, build, owner), "build": old},
            {
                "$set": {
                    "build": build,
                    "version": projection.version,
                    "generations": dict(generations),
                    "switched_at": now,
                    "progress": {},
                },
                "$push": {"retired": {"build": old, "at": now}},
                "$unset": {"building": ""},
            },
            return_document=ReturnDocument.AFTER,
        )
        if switched is None:
            raise RebuildLostError(projection.name, build)
        return Pointer.of(switched)

    async def drop_retired(self, name: str, *, grace: timedelta = RETIRED_GRACE) -> list[int]:
        """Drop the builds that stopped serving longer than `grace` ago; return their numbers."""
        pointer = await self.get(name)
        limit = datetime.now(UTC) - grace
        dropped = []
        for retired in pointer.retired:
            if retired["at"] > limit:
                continue
            build = retired["build"]
            await self._database[collection_name(name, build)].drop()
            await self._database["_parked"].delete_many({"consumer": f"{name}.v{build}", "state": "parked"})
            await self._pointers.update_one({"_id": name}, {"$pull": {"retired": {"build": build}}})
            dropped.append(build)
        return dropped


def _ours(name: str, build: int, owner: str) -> Document:
    return {"_id": name, "building.build": build, "building.owner": owner}


def _expired() -> Document:
    return {"$expr": {"$lt": ["$building.expires", "$$NOW"]}}
