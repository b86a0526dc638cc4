"""A lease: which of several processes does a work that only one should do at a time.

It is a document whose time limit the server's clock sets and judges, so the processes' clocks do not
matter. A lease picks who waits; it does not protect what the work writes: a process that was paused may go
on for a moment after its lease ran out. The relay has Kafka's fencing for that.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

from shared.eventsourcing.errors import EventSourcingError
from shared.platform.mongo import Database, DuplicateKeyError, PyMongoError, ReturnDocument

LEASES = "leases"

T = TypeVar("T")

log = structlog.get_logger(__name__)


class LeaseLostError(EventSourcingError):
    """The lease could not be renewed in time, or another process took it; the work was stopped."""

    def __init__(self, name: str, owner: str) -> None:
        self.name = name
        self.owner = owner
        super().__init__(f"{owner} has lost the lease {name}; wait for it again")


def process_owner() -> str:
    """Return a name for this process that says where it runs and is never used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Lease:
    """One process's side of a lease.

    Args:
        database: the service's own.
        name: of the work.
        owner: of the lease, should it be granted; unique among processes.
        seconds: the lease holds without renewal; also how long the work of a killed process rests.
        heartbeat: called while waiting.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        owner: str,
        seconds: float = 5.0,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        self._leases = database[LEASES]
        self.name = name
        self.owner = owner
        self._seconds = seconds
        self._heartbeat = heartbeat
        self._held_until = 0.0
        """By this process's own clock, and somewhat before the server's limit."""

    async def try_acquire(self, *, by_force: bool = False) -> bool:
        """Take or renew the lease if it is free, expired or ours; return whether it is ours now.

        Args:
            by_force: take it from whoever holds it. He notices when he next renews.

        Raises:
            PyMongoError: the outcome is unknown.
        """
        asked_at = asyncio.get_running_loop().time()
        granted: dict[str, Any] = {
            "$or": [
                by_force,
                {"$eq": ["$owner", self.owner]},
                {"$lte": ["$expires_at", "$$NOW"]},  # a missing date is less than any
            ]
        }
        until = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        update = {
            "owner": {"$cond": [granted, self.owner, "$owner"]},
            "expires_at": {"$cond": [granted, until, "$expires_at"]},
        }
        try:
            lease = await self._leases.find_one_and_update(
                {"_id": self.name}, [{"$set": update}], upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            return False  # two processes created it in the same moment, the other one won
        if lease is None or lease["owner"] != self.owner:
            return False
        self._held_until = asked_at + self._seconds * 0.8
        return True

    async def release(self) -> None:
        """Let others have the lease at once. Where that fails, it expires."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._leases.delete_one({"_id": self.name, "owner": self.owner})
        except (PyMongoError, TimeoutError) as error:
            log.debug("lease_not_released", lease=self.name, error=str(error))

    async def _acquire(self, *, by_force: bool) -> None:
        while not await self.try_acquire(by_force=by_force):
            self._heartbeat()
            await asyncio.sleep(self._seconds / 10)

    async def _renew_until_lost(self) -> None:
        while True:
            await asyncio.sleep(self._seconds / 4)
            try:
                async with asyncio.timeout_at(self._held_until):
                    if not await self.try_acquire():
                        return
            except TimeoutError:
                return
            except PyMongoError as error:
                log.debug("lease_not_renewed", lease=self.name, error=str(error))

    async def while_held(self, work: Callable[[], Awaitable[T]], *, by_force: bool = False) -> T:
        """Wait for the lease, do `work` for as long as it is held, and release it.

        Args:
            work: cancelled when the lease is lost.
            by_force: see `try_acquire`.

        Returns:
            What `work` returned.

        Raises:
            LeaseLostError: it was lost before the work was done.
            PyMongoError: the lease could not be asked for.
        """
        await self._acquire(by_force=by_force)
        working = asyncio.ensure_future(work())
        renewing = asyncio.create_task(self._renew_until_lost())
        try:
            await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LeaseLostError(self.name, self.owner)
            return working.result()
        finally:
            for task in (working, renewing):
                task.cancel()
            await asyncio.gather(working, renewing, return_exceptions=True)
            await self.release()
