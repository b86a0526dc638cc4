"""The event store as everyone else sees it; `mongo_store.py` and `memory_store.py` implement it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from shared.eventsourcing.commit import Commit


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state kept so that a long stream loads as fast as a short one.

    Attributes:
        version: the stream's version that `state` stands for, the last of a commit.
        hash: of that commit, which the next one is chained to.
        state: JSON values, as `Decider.dump` gives them.
        state_version: the decider's; a snapshot of another one is not used.
    """

    stream: str
    version: int
    hash: str
    state: Any
    state_version: int


class EventStore(Protocol):
    """One service's streams."""

    async def append(self, commit: Commit) -> None:
        """Write a commit: all of its events, or none; durable on a majority when it returns.

        Raises:
            VersionConflictError: its version is taken.
            CommandAlreadyDoneError: its command id is taken; carries the first commit.
        """
        ...

    async def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        """Return the commits of a stream whose versions follow `after`, in order."""
        ...

    def read_category(self, category: str) -> AsyncIterator[Commit]:
        """Yield the commits of all streams of a category, stream by stream, each in order."""
        ...

    async def count(self, category: str) -> int:
        """Return how many commits there are in a category; they never become fewer."""
        ...

    async def find_command(self, command_id: str) -> Commit | None:
        """Return what a command did, if it was done."""
        ...

    async def load_snapshot(self, stream: str) -> Snapshot | None:
        """Return the newest snapshot of a stream."""
        ...

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of an older one; an older one never replaces a newer."""
        ...
