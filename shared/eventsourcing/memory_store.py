"""The event store in memory: for tests of services, and the contract suite's second subject."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.eventsourcing.commit import Commit
from shared.eventsourcing.errors import CommandAlreadyDoneError, VersionConflictError
from shared.eventsourcing.store import Snapshot


class MemoryEventStore:
    """An `EventStore` that is gone with the process."""

    def __init__(self) -> None:
        self._streams: dict[str, list[Commit]] = {}
        self._commands: dict[str, Commit] = {}
        self._snapshots: dict[str, Snapshot] = {}

    async def append(self, commit: Commit) -> None:
        """See `EventStore.append`."""
        if first := self._commands.get(commit.command_id):
            raise CommandAlreadyDoneError(first)
        stream = self._streams.setdefault(commit.stream, [])
        if commit.version != (stream[-1].last_version if stream else 0) + 1:
            raise VersionConflictError(commit.stream, commit.version)
        stream.append(commit)
        self._commands[commit.command_id] = commit

    async def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        """See `EventStore.read_stream`."""
        return [c for c in self._streams.get(stream, []) if c.version > after]

    async def read_category(self, category: str) -> AsyncIterator[Commit]:
        """See `EventStore.read_category`."""
        for stream, commits in sorted(self._streams.items()):
            if stream.startswith(f"{category}-"):
                for commit in tuple(commits):
                    yield commit

    async def count(self, category: str) -> int:
        """See `EventStore.count`."""
        return sum(len(c) for stream, c in self._streams.items() if stream.startswith(f"{category}-"))

    async def find_command(self, command_id: str) -> Commit | None:
        """See `EventStore.find_command`."""
        return self._commands.get(command_id)

    async def load_snapshot(self, stream: str) -> Snapshot | None:
        """See `EventStore.load_snapshot`."""
        return self._snapshots.get(stream)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """See `EventStore.save_snapshot`."""
        older = self._snapshots.get(snapshot.stream)
        if older is None or (older.state_version, older.version) < (snapshot.state_version, snapshot.version):
            self._snapshots[snapshot.stream] = snapshot
