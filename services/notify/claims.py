"""Who works on what: a claim in the database keeps two processes from doing the same thing at once.

A claim says nothing about what was done; that is in the record, and looked up there before anything is sent.
It ends by itself, so that what a killed process had claimed is taken up by another.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable
from collections.abc import Collection as Ids
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from shared.platform.mongo import ASCENDING, BulkWriteError, Database

CLAIMS = "claims"
DUPLICATE_KEY = 11000
_KEPT_AFTERWARDS_SECONDS = 3600


async def prepare_claims(database: Database) -> None:
    """Make the index by which the database removes what has ended long ago."""
    await database[CLAIMS].create_index([("until", ASCENDING)], expireAfterSeconds=_KEPT_AFTERWARDS_SECONDS)


class Claims:
    """Claims in the collection `claims`: `{_id, by, until}`.

    Args:
        database: of the service.
        lasting: how long a claim holds unless it is given back; longer than what is done under it.
    """

    def __init__(self, database: Database, lasting: timedelta) -> None:
        self._claims = database[CLAIMS]
        self._by = uuid.uuid4().hex
        self.lasting = lasting

    async def take(self, ids: Ids[str], now: datetime) -> frozenset[str]:
        """Claim what nobody holds, and return it."""
        if not ids:
            return frozenset()
        await self._claims.delete_many({"_id": {"$in": list(ids)}, "until": {"$lte": now}})
        until = now + self.lasting
        wanted = [{"_id": each, "by": self._by, "until": until} for each in dict.fromkeys(ids)]
        try:
            await self._claims.insert_many(wanted, ordered=False)
        except BulkWriteError as error:
            failures = (error.details or {}).get("writeErrors", [])
            if any(failure["code"] != DUPLICATE_KEY for failure in failures):
                raise
            held = {failure["op"]["_id"] for failure in failures}
            return frozenset(ids) - held
        return frozenset(ids)

    async def give_back(self, ids: Ids[str]) -> None:
        """End claims of one's own before their time; those that ended and are others' by now stay theirs."""
        if ids:
            await self._claims.delete_many({"_id": {"$in": list(ids)}, "by": self._by})

    @asynccontextmanager
    async def given_back_on_failure(self, ids: Iterable[str]) -> AsyncIterator[None]:
        """Give claims back where the work under them fails or is called off, so that others can go on.

        Of what was done already it changes nothing: the record says so.
        """
        claimed = list(ids)
        try:
            yield
        except (Exception, asyncio.CancelledError):
            await self.give_back(claimed)
            raise
