"""Notify killed at random while notices flow: none is lost, none is there twice (N03, N09).

`make chaos` does the same with 10,000.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from shared.cli.bench.report import Machine
from shared.cli.bench.running import QUICK, Bench
from shared.cli.composition import PUBLISHERS
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.load.notices import measure, section

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
async def bench(settings: Settings, create_topics: Callable[[str], Awaitable[None]]) -> AsyncIterator[Bench]:
    """What it works with, on the engines of the tests."""
    for service in PUBLISHERS:
        await create_topics(service)
    mongo = connect(settings, "bench")
    yield Bench(settings, mongo, QUICK)
    mongo.close()


@pytest.mark.rule("N03", "N09")
async def test_every_notice_is_in_the_inbox_once_and_mailed_whoever_is_killed(bench: Bench) -> None:
    tally, faults = await measure(bench, notices=500, kills=2)

    assert faults == []
    assert (len(tally.notices), tally.kills) == (500, 2)
    assert "| 500 |" in section(500, tally, Machine.this(0.0), datetime(2026, 11, 22, tzinfo=UTC))
