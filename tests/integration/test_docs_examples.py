"""The programs in the documentation do what it says of them, as they stand there."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from shared.contracts.cases import ProblemReopened, ProblemSolved
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.mongo_store import prepare
from shared.eventsourcing.relay import Relay
from shared.eventsourcing.republish import republish
from shared.platform.kafka import events_topic
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.documentation import ROOT, blocks
from tests.log_tools import META, NOW, insert, until

SOLVED_ON = date(2024, 9, 2)


@pytest.fixture
async def database(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[Database]:
    await create_topics(service_name)
    mongo = connect(settings)
    database = mongo.database(service_name)
    await prepare(database)
    yield database
    mongo.close()


@pytest.fixture
def consumer(service_name: str) -> dict[str, Any]:
    """What the example in docs/events.md defines, reading this test's topic instead of that of cases."""
    [example] = blocks(ROOT / "docs" / "events.md", "python")
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example.text, str(example), "exec"), names)
    assert names["TOPIC"] == events_topic("cases")
    names["TOPIC"] = events_topic(service_name)
    return names


def solved(problem: str) -> Commit:
    """Return a commit in which a problem is solved; one event besides that the example does not read."""
    about = {"problem_id": problem, "topic_id": "a-topic", "entry_id": "an-entry", "division": META.division}
    reopened = ProblemReopened(**about, reason="再办", due_on=None, attempt=2)
    happened = ProblemSolved(**about, solved_on=SOLVED_ON)
    return new_commit(
        f"problem-{problem}",
        1,
        [reopened, happened],
        meta=META,
        command_id=uuid.uuid4().hex,
        command_digest="digest",
        now=NOW,
        previous_hash=GENESIS,
    )


def notes(kept: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return kept.execute("SELECT problem, day, division FROM solved ORDER BY problem").fetchall()


def counting(consumer: dict[str, Any]) -> list[str]:
    """Return the ids that the example will have taken, as often as they were delivered."""
    taken: list[str] = []
    take = consumer["take"]

    def take_and_count(kept: sqlite3.Connection, headers: dict[str, str], value: bytes) -> None:
        take(kept, headers, value)
        taken.append(headers["ce_id"])

    consumer["take"] = take_and_count
    return taken


@contextlib.asynccontextmanager
async def following(
    consumer: dict[str, Any], settings: Settings, kept: sqlite3.Connection
) -> AsyncIterator[None]:
    task = asyncio.create_task(consumer["follow"](settings.kafka_bootstrap, kept))
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_subscribers_example_notes_each_solved_problem_once(
    consumer: dict[str, Any], settings: Settings, service_name: str, database: Database
) -> None:
    """Also after it was stopped, and when the log is written again and every event comes a second time."""
    kept = sqlite3.connect(":memory:")
    relay = Relay(service_name, database, settings)
    taken = counting(consumer)

    async def has_taken(number: int) -> bool:
        return len(taken) >= number

    await insert(database, [solved("p-1"), solved("p-2")])
    await relay.drain()
    async with following(consumer, settings, kept):
        await until(lambda: has_taken(4))

    await republish(service_name, database, settings)
    await insert(database, [solved("p-3")])
    await relay.drain()
    async with following(consumer, settings, kept):
        await until(lambda: has_taken(4 + 4 + 2))

    expected = [(problem, "2024-09-02", META.division) for problem in ("p-1", "p-2", "p-3")]
    assert notes(kept) == expected
