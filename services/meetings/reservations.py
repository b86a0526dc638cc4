"""What keeps two meetings out of one venue, and one person out of two meetings at once (M04).

The record cannot say it: each meeting is a stream of its own, and two that are scheduled in the same instant
do not see each other. So before a meeting is scheduled or moved, each thing that it needs for itself (the
venue, the host, the recorder) is reserved: a document for each, in which a slot is entered by one conditional
update, which fails where another meeting's slot overlaps. Of any number of requests, in any number of
processes, one gets it.

**The stream stays the truth.** A slot is only a claim. Whoever is kept out by one asks the stream of its
meeting, and takes the slot away where the claim came to nothing:

- the meeting is held or cancelled, or has moved elsewhere since;
- its command was never committed, and has had `LEASE` for it: its process was killed. A slot younger than
  that may still be committed: it is waited for, `PATIENCE` at most, and then the client asked to try again.

Therefore nothing has to be freed after a cancellation or a move, and a kill at any moment leaves nothing
blocked for longer than `LEASE`. Meetings that have no slot (scheduled before there were any, or restored from
a backup without them) are found in the read model. What is not covered: a process that stands still for
longer than `LEASE` between its claim and its commit, and then goes on.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from services.meetings.domain.meeting import Cancelled, Held, Meeting, Open, Scheduled, needs_of
from shared.contracts.meetings import MeetingScheduled
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.errors import (
    IdempotencyKeyReusedError,
    VersionConflictError,
    VersionMismatchError,
)
from shared.platform.language import Text
from shared.platform.mongo import Collection, Database, DuplicateKeyError
from shared.platform.problems import NotFoundError, UnavailableError

RESERVATIONS = "reservations"
"""The collection: `{_id: <resource>, slots: [{meeting_id, sequence, starts_at, ends_at, token, until}]}`."""

LEASE = timedelta(seconds=30)
"""How long a command may take from its claim to its commit; it takes milliseconds."""

PATIENCE = timedelta(seconds=2)
"""How long a claim that is not decided yet is waited for."""

RETRY_AFTER_SECONDS = 5
"""When a client is asked to come again: most claims are decided by then, those of a killed process soon."""

LOOK_AGAIN = timedelta(milliseconds=20)

KEPT = timedelta(days=1)
"""A slot is dropped this long after its end."""

NOTHING_DONE = (
    RefusedError,
    NotFoundError,
    VersionMismatchError,
    VersionConflictError,
    IdempotencyKeyReusedError,
)
"""After these a command has certainly left nothing in the record; after any other error it may have."""


@dataclass(frozen=True)
class Claim:
    """What a meeting needs for itself once it is as planned.

    Attributes:
        sequence: the meeting's, once the command that claims is done: its stream tells from it whether the
            command can still come.
        resources: the field of the command that names each, by resource.
        token: of this claim alone.
    """

    meeting_id: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    resources: Mapping[str, str]
    token: str

    def slot(self) -> Slot:
        """Return the slot that it wants of each resource."""
        return Slot(self.meeting_id, self.sequence, self.starts_at, self.ends_at, self.token)


@dataclass(frozen=True)
class Slot:
    """A resource's time that a meeting claims."""

    meeting_id: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    token: str

    def keeps_out(self, other: Slot) -> bool:
        """Tell whether another meeting's slot overlaps; one that begins when the other ends does not."""
        overlaps = self.starts_at < other.ends_at and other.starts_at < self.ends_at
        return overlaps and self.meeting_id != other.meeting_id


class Slots(Protocol):
    """Where slots are kept, by resource."""

    async def add(self, resource: str, slot: Slot, lease: timedelta) -> bool:
        """Add a slot, unless another meeting's keeps it out; tell whether it is there."""

    async def keeping_out(self, resource: str, slot: Slot) -> list[Slot]:
        """Return what keeps a slot out."""

    async def remove(self, resource: str, token: str) -> None:
        """Remove a slot."""

    async def remove_lapsed(self, resource: str, token: str) -> bool:
        """Remove a slot whose lease is over, by the clock of the store; tell whether it is gone."""


def claim_of(plan: MeetingScheduled, sequence: int) -> Claim | None:
    """Return what a meeting claims; None without hours, and for a back-entry, which is a fact."""
    if plan.back_entry or plan.starts_at is None or plan.ends_at is None:
        return None
    token = uuid.uuid4().hex
    return Claim(plan.meeting_id, sequence, plan.starts_at, plan.ends_at, needs_of(plan), token)


class Reservations:
    """Claims, held while their command is decided.

    Args:
        slots: where they are kept.
        meeting: returns a meeting as its stream has it now.
        others: returns the ids of meetings that the read model has at a claim's time, with one of its
            resources.
    """

    def __init__(
        self,
        slots: Slots,
        meeting: Callable[[str], Awaitable[Meeting]],
        others: Callable[[Claim], Awaitable[Iterable[str]]],
        *,
        lease: timedelta = LEASE,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._slots = slots
        self._meeting = meeting
        self._others = others
        self._lease = lease
        self._patience = patience

    @asynccontextmanager
    async def holding(self, claim: Claim | None) -> AsyncIterator[tuple[str, ...]]:
        """Hold what a meeting needs for itself while its command is decided inside.

        Yields:
            The fields of the command that name what another meeting has at that time: where there are any,
            nothing is held, and the decider refuses.

        Raises:
            UnavailableError: another claim was not decided in time.
        """
        if claim is None:
            yield ()
            return
        taken = await self._take(claim)
        try:
            yield taken
        except NOTHING_DONE:
            await self._release(claim)
            raise

    async def _take(self, claim: Claim) -> tuple[str, ...]:
        # In one order for everybody, so that nobody waits for somebody who waits for them.
        for resource in sorted(claim.resources):
            try:
                free = await self._take_one(resource, claim.slot())
            except UnavailableError:
                await self._release(claim)
                raise
            if not free:
                await self._release(claim)
                return (claim.resources[resource],)
        if taken := await self._without_slot(claim):
            await self._release(claim)
        return taken

    async def _without_slot(self, claim: Claim) -> tuple[str, ...]:
        """Return what meetings have that are in the record without a slot."""
        for meeting_id in await self._others(claim):
            meeting = await self._meeting(meeting_id)
            if not isinstance(meeting, Scheduled | Open) or meeting_id == claim.meeting_id:
                continue
            other = claim_of(meeting.plan, meeting.sequence)
            if other and claim.slot().keeps_out(other.slot()):
                shared = claim.resources.keys() & other.resources.keys()
                if shared:
                    return tuple(claim.resources[resource] for resource in sorted(shared))
        return ()

    async def _take_one(self, resource: str, slot: Slot) -> bool:
        """Reserve a resource, False where another meeting has it."""
        deadline = asyncio.get_running_loop().time() + self._patience.total_seconds()
        while not await self._slots.add(resource, slot, self._lease):
            undecided = False
            for other in await self._slots.keeping_out(resource, slot):
                holds = await self._holds(resource, other)
                if holds:
                    return False
                undecided |= holds is None
            if not undecided:
                continue  # what kept it out is gone
            if asyncio.get_running_loop().time() > deadline:
                raise UnavailableError(
                    Text(
                        "该时段正在被另一次安排占用，请稍后重试。",
                        "Somebody else is scheduling for the same time; try again in a moment.",
                    ),
                    retry_after_seconds=RETRY_AFTER_SECONDS,
                )
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
        return True

    async def _holds(self, resource: str, slot: Slot) -> bool | None:
        """Tell whether a slot's meeting has the resource at that time; None while that is not decided.

        A slot that came to nothing is removed.
        """
        meeting = await self._meeting(slot.meeting_id)
        if _stands(meeting, resource, slot):
            return True
        if _may_come(meeting, slot):
            # Killed before its commit? Then its lease runs out.
            return False if await self._slots.remove_lapsed(resource, slot.token) else None
        await self._slots.remove(resource, slot.token)
        return False

    async def _release(self, claim: Claim) -> None:
        for resource in claim.resources:
            await self._slots.remove(resource, claim.token)


def _stands(meeting: Meeting, resource: str, slot: Slot) -> bool:
    """Tell whether the record has a meeting in a slot."""
    if not isinstance(meeting, Scheduled | Open):
        return False
    plan = meeting.plan
    return (plan.starts_at, plan.ends_at) == (slot.starts_at, slot.ends_at) and resource in needs_of(plan)


def _may_come(meeting: Meeting, slot: Slot) -> bool:
    """Tell whether a slot's command can still be committed: it is the next change of its meeting."""
    match meeting:
        case Held() | Cancelled() | Open():
            return False
        case Scheduled():
            return slot.sequence == meeting.sequence + 1
    return slot.sequence == 0


class MongoSlots:
    """See `Slots`. Times are the server's, so that clocks of processes do not matter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def _collection(self) -> Collection:
        return self._database[RESERVATIONS]

    async def add(self, resource: str, slot: Slot, lease: timedelta) -> bool:
        """See `Slots`."""
        overlapping = {
            "meeting_id": {"$ne": slot.meeting_id},
            "starts_at": {"$lt": slot.ends_at},
            "ends_at": {"$gt": slot.starts_at},
        }
        current = {"$gt": ["$$this.ends_at", {"$subtract": ["$$NOW", _milliseconds(KEPT)]}]}
        kept = {"$filter": {"input": {"$ifNull": ["$slots", []]}, "cond": current}}
        new = {**vars(slot), "until": {"$add": ["$$NOW", _milliseconds(lease)]}}
        try:
            await self._collection.update_one(
                {"_id": resource, "slots": {"$not": {"$elemMatch": overlapping}}},
                [{"$set": {"slots": {"$concatArrays": [kept, [new]]}}}],
                upsert=True,
            )
        except DuplicateKeyError:
            return False  # The document is there, but not without an overlap.
        return True

    async def keeping_out(self, resource: str, slot: Slot) -> list[Slot]:
        """See `Slots`."""
        found = await self._collection.find_one({"_id": resource})
        slots = [_slot(entered) for entered in found["slots"]] if found else []
        return [other for other in slots if slot.keeps_out(other)]

    async def remove(self, resource: str, token: str) -> None:
        """See `Slots`."""
        await self._collection.update_one({"_id": resource}, {"$pull": {"slots": {"token": token}}})

    async def remove_lapsed(self, resource: str, token: str) -> bool:
        """See `Slots`."""
        lapsed = {"$and": [{"$eq": ["$$this.token", token]}, {"$lt": ["$$this.until", "$$NOW"]}]}
        kept = {"$filter": {"input": "$slots", "cond": {"$not": [lapsed]}}}
        done = await self._collection.update_one({"_id": resource}, [{"$set": {"slots": kept}}])
        return bool(done.modified_count)


def _milliseconds(time: timedelta) -> int:
    return int(time.total_seconds() * 1000)


def _slot(entered: Mapping[str, Any]) -> Slot:
    return Slot(**{name: entered[name] for name in Slot.__dataclass_fields__})


async def slots_of(request: Request) -> Slots:
    """Return where this service keeps its slots."""
    return MongoSlots(request.app.state.process.database)


SlotsOf = Annotated[Slots, Depends(slots_of)]
"""Dependency: where this service keeps its slots."""
