"""What every event store must do; run on memory and on the real database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from shared.contracts.envelope import Meta
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.errors import CommandAlreadyDoneError, VersionConflictError
from shared.eventsourcing.store import EventStore, Snapshot
from tests.counter import Counted

META = Meta(division="371621001", actor="tester", correlation_id="c", causation_id="c")
NOW = datetime(2024, 9, 5, 8, 0, 0, 123456, tzinfo=UTC)


def commit(
    stream: str = "counter-1",
    version: int = 1,
    command_id: str = "command-1",
    previous_hash: str = GENESIS,
    count: int = 1,
) -> Commit:
    return new_commit(
        stream,
        version,
        [Counted(by=n + 1) for n in range(count)],
        meta=META,
        command_id=command_id,
        command_digest="digest",
        now=NOW,
        previous_hash=previous_hash,
    )


class StoreContract:
    """Subclasses give a `store` fixture."""

    async def test_a_commit_is_read_back_as_it_was_written(self, store: EventStore) -> None:
        written = commit(count=3)
        await store.append(written)

        assert [written] == await store.read_stream("counter-1")

    async def test_commits_come_in_the_order_of_versions(self, store: EventStore) -> None:
        chain = [commit(version=1, command_id="c1")]
        for version in range(2, 13):
            chain.append(commit(version=version, command_id=f"c{version}", previous_hash=chain[-1].hash))
        for c in chain:
            await store.append(c)

        assert chain == await store.read_stream("counter-1")

    async def test_a_category_is_read_stream_by_stream_and_others_are_left_out(
        self, store: EventStore
    ) -> None:
        first = commit("counter-2", command_id="c1")
        second = commit("counter-2", 2, command_id="c2", previous_hash=first.hash)
        other = commit("counter-1", command_id="c3")
        for c in (first, other, second, commit("counters-1", command_id="c4")):
            await store.append(c)

        assert [c async for c in store.read_category("counter")] == [other, first, second]
        assert await store.count("counter") == 3
        assert await store.count("count") == 0

    async def test_reading_after_a_version_leaves_out_what_comes_before(self, store: EventStore) -> None:
        first = commit(version=1, command_id="c1", count=2)
        second = commit(version=3, command_id="c2", previous_hash=first.hash)
        await store.append(first)
        await store.append(second)

        assert [second] == await store.read_stream("counter-1", after=2)

    async def test_a_taken_version_is_a_conflict(self, store: EventStore) -> None:
        await store.append(commit(command_id="c1"))

        with pytest.raises(VersionConflictError):
            await store.append(commit(command_id="c2"))

        assert len(await store.read_stream("counter-1")) == 1

    async def test_a_taken_command_id_answers_with_the_first_commit(self, store: EventStore) -> None:
        first = commit(stream="counter-1", command_id="c1")
        await store.append(first)

        with pytest.raises(CommandAlreadyDoneError) as caught:
            await store.append(commit(stream="counter-2", command_id="c1"))

        assert first == caught.value.commit
        assert await store.read_stream("counter-2") == []

    async def test_of_many_writers_of_one_version_exactly_one_wins(self, store: EventStore) -> None:
        attempts = [store.append(commit(command_id=f"c{n}")) for n in range(50)]

        outcomes = await asyncio.gather(*attempts, return_exceptions=True)

        assert sum(o is None for o in outcomes) == 1
        assert sum(isinstance(o, VersionConflictError) for o in outcomes) == 49

    async def test_a_failure_concerns_its_own_commit_only(self, store: EventStore) -> None:
        await store.append(commit(stream="counter-7", command_id="taken"))
        attempts = [store.append(commit(stream=f"counter-{n}", command_id=f"c{n}")) for n in range(20)]

        outcomes = await asyncio.gather(*attempts, return_exceptions=True)

        assert [n for n, o in enumerate(outcomes) if o is not None] == [7]

    async def test_a_command_is_found_by_its_id(self, store: EventStore) -> None:
        written = commit(command_id="c1")
        await store.append(written)

        assert written == await store.find_command("c1")
        assert await store.find_command("c2") is None

    async def test_an_older_snapshot_never_replaces_a_newer_one(self, store: EventStore) -> None:
        newer = Snapshot("counter-1", 20, "hash", state={"total": 20}, state_version=1)
        await store.save_snapshot(newer)
        await store.save_snapshot(Snapshot("counter-1", 10, "hash", state={"total": 10}, state_version=1))

        assert newer == await store.load_snapshot("counter-1")

    async def test_a_snapshot_of_a_newer_state_version_replaces_one_of_an_older(
        self, store: EventStore
    ) -> None:
        await store.save_snapshot(Snapshot("counter-1", 20, "hash", state={"total": 20}, state_version=1))
        rewritten = Snapshot("counter-1", 10, "hash", state={"sum": 10}, state_version=2)
        await store.save_snapshot(rewritten)

        assert rewritten == await store.load_snapshot("counter-1")
