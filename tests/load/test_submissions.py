"""The load test runs, on as little as it can: nothing that was acknowledged is lost or there twice (T08)."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from shared.cli.bench.report import Machine
from shared.cli.bench.running import QUICK, Bench
from shared.cli.composition import PUBLISHERS
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.load.submissions import differences, measure, section


@pytest.fixture
async def bench(settings: Settings, create_topics: Callable[[str], Awaitable[None]]) -> AsyncIterator[Bench]:
    """What it works with, on the engines of the tests."""
    for service in PUBLISHERS:
        await create_topics(service)
    mongo = connect(settings, "bench")
    yield Bench(settings, mongo, QUICK)
    mongo.close()


def test_what_is_lost_twice_or_unheard_of_is_told() -> None:
    assert differences("log", {"a", "b"}, Counter("ab")) == []
    assert differences("log", {"a", "b", "c"}, Counter("abbx")) == [
        "log: 1 lost, such as c",
        "log: 1 twice, such as b",
        "log: 1 that nobody was told of, such as x",
    ]


@pytest.mark.slow
@pytest.mark.rule("T08")
async def test_every_acknowledged_submission_is_in_store_log_read_model_and_people_once(bench: Bench) -> None:
    tally, faults = await measure(bench, submissions=200, clients=16)

    assert faults == []
    assert len(tally.receipts) == 200
    assert len(tally.milliseconds) == 204  # every fiftieth twice
    text = section(200, 16, tally, Machine.this(0.0), datetime(2026, 11, 22, tzinfo=UTC))
    assert "| 200 |" in text
