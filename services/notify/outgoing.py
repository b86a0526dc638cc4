"""What the workers `planning` and `deliveries` share: the channels of their process, and how they work."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import TypeVar

from services.notify.channels import Channel
from services.notify.channels.registry import ChannelMaker, make_channels
from services.notify.claims import Claims
from services.notify.deciders import NOTICE
from services.notify.domain.delivery import DeliveryCommand
from shared.contracts.envelope import Meta
from shared.contracts.notify import NoticeChannel
from shared.eventsourcing.errors import IdempotencyKeyReusedError
from shared.eventsourcing.workers import Workbench

AT_ONCE = 32
"""Notices that a process works on side by side: commits of many streams go to the database together."""

LEASE = timedelta(minutes=2)
"""Longer than a channel may take to send. What a killed process was at is taken up when its claim ends."""

_COMMAND_IDS = uuid.UUID("1d5f6a52-2b0f-5f2e-9c56-7c1f0c3e9a41")
"""Ids of the workers' commands are derived in it; it never changes."""

T = TypeVar("T")


class Desk:
    """What one process works with; made at the first step."""

    def __init__(
        self, bench: Workbench, makers: Mapping[NoticeChannel, ChannelMaker], lease: timedelta
    ) -> None:
        self.bench = bench
        self.channels: Mapping[NoticeChannel, Channel] = make_channels(bench, makers)
        self.claims = Claims(bench.database, lease)

    async def send_command(self, notice_id: str, division: str, command: DeliveryCommand, name: str) -> None:
        """Do a command on a notice, once for each name; done before in other words is done."""
        meta = Meta(
            division=division,
            actor="worker:deliveries",
            correlation_id=notice_id,
            causation_id=NOTICE.stream(notice_id),
        )
        try:
            await self.bench.handlers[NOTICE.category].execute(
                command,
                stream=NOTICE.stream(notice_id),
                meta=meta,
                command_id=str(uuid.uuid5(_COMMAND_IDS, f"{notice_id}/{name}")),
            )
        except IdempotencyKeyReusedError:
            return  # settled by another process, or before a restart


class Desks:
    """The desks by workbench: one a process, several in tests."""

    def __init__(self, makers: Mapping[NoticeChannel, ChannelMaker], lease: timedelta = LEASE) -> None:
        self._makers = makers
        self._lease = lease
        self._desks: dict[int, Desk] = {}

    def of(self, bench: Workbench) -> Desk:
        """Return the desk of a process."""
        if id(bench) not in self._desks:
            self._desks[id(bench)] = Desk(bench, self._makers, self._lease)
        return self._desks[id(bench)]


async def side_by_side(
    things: Iterable[T], work: Callable[[T], Awaitable[None]], *, seconds: float = math.inf
) -> list[T]:
    """Do the same with each of several things, a number at once.

    Called off, it begins nothing more and waits for what was begun: a mail that is being sent is not cut off
    before it is recorded.

    Args:
        things: with which.
        work: what.
        seconds: after which nothing more is begun.

    Returns:
        What was not begun for want of time.

    Raises:
        Exception: the first failure, after everything else was finished.
    """
    places, stopping, left = asyncio.Semaphore(AT_ONCE), asyncio.Event(), list[T]()
    deadline = time.monotonic() + seconds

    async def in_turn(thing: T) -> None:
        async with places:
            if stopping.is_set() or time.monotonic() > deadline:
                left.append(thing)
            else:
                await work(thing)

    tasks = [asyncio.create_task(in_turn(thing)) for thing in things]
    if not tasks:
        return left
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        stopping.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    failures = [error for task in tasks if (error := task.exception()) is not None]  # all are looked at
    if failures:
        raise failures[0]
    return left
