"""The measures run, on as little as they can: what they say of speed is for `hxs bench`, not for a test."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shared.cli.bench.running import FLOOR, LOG, RELAY, Bench, Sizes
from shared.platform.mongo import connect
from shared.platform.settings import Settings

SMALLEST = Sizes(
    repetitions=1,
    starts=1,
    appends=(2, 32, 128),
    commands=3,
    cold_commands=1,
    backlog=1_200,
    live_events=1_500,
    rebuilt_events=2_500,
    paced_seconds=0.5,
    requests=128,
)


@pytest.fixture
async def bench(settings: Settings, create_topics: Callable[[str], Awaitable[None]]) -> AsyncIterator[Bench]:
    """What measures work with, on the engines of the tests."""
    for service in (LOG, RELAY, FLOOR):
        await create_topics(service)
    mongo = connect(settings, "bench")
    yield Bench(settings, mongo, SMALLEST)
    mongo.close()


@pytest.mark.slow
async def test_the_measures_of_the_core_compare_it_with_its_floors(bench: Bench) -> None:
    rows = []
    for name in ("append", "command", "relay", "live", "rebuild", "http"):
        rows += await importlib.import_module(f"shared.cli.bench.measure_{name}").measure(bench)

    assert len(rows) == 10
    assert all(row["own"] > 0 for row in rows)
    assert all(row["ratio"] for row in rows if row["floor"] is not None)
