"""A live projection that has something to catch up with, against a bare loop on the same log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import count

from faststream.kafka import KafkaBroker

from shared.cli.bench import bare
from shared.cli.bench.rows import Goal, Row, alternate, compared
from shared.cli.bench.running import FLOOR, LOG, Bench
from shared.cli.bench.sample import LEDGERS, SERVICE
from shared.eventsourcing import parking
from shared.eventsourcing.collector import spare_the_collector
from shared.eventsourcing.incoming import LogRecord
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.pointer import group_name
from shared.eventsourcing.projector import Projector
from shared.eventsourcing.runner import WATCH_SECONDS
from shared.eventsourcing.subscription import Subscription, kafka_broker
from shared.platform.kafka import events_topic
from shared.platform.mongo import Database


class _Timed:
    """A projector with a stop-watch: from the first batch's arrival until all events are written."""

    def __init__(self, projector: Projector, events: int) -> None:
        self._projector = projector
        self._left = events
        self._started = 0.0
        self.seconds: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def accept(self, records: Sequence[LogRecord]) -> None:
        self._started = self._started or time.perf_counter()
        await self._projector.accept(records)
        self._left -= len(records)
        if self._left <= 0 and not self.seconds.done():
            await self._projector.settle()
            self.seconds.set_result(time.perf_counter() - self._started)

    async def settle(self) -> None:
        await self._projector.settle()

    @property
    def idle(self) -> bool:
        return self._projector.idle

    def reset(self) -> None:
        self._projector.reset()


async def _project(broker: KafkaBroker, database: Database, build: int, events: int) -> float:
    patience = Patience(LEDGERS.name)
    projector = Projector(LEDGERS, database, build=build, generations={}, patience=patience)
    timed = _Timed(projector, events)
    subscription = Subscription(
        broker,
        group=group_name(SERVICE, LEDGERS.name, build),
        services=LEDGERS.services,
        consumer=timed,
        patience=patience,
    )
    await subscription.start()
    try:
        while not timed.seconds.done():
            await subscription.tick()  # as the runner does beside the batches
            await asyncio.wait([timed.seconds], timeout=WATCH_SECONDS)
        return await timed.seconds
    finally:
        await subscription.stop()


async def measure(bench: Bench) -> list[Row]:
    """Return the row of a live projection: events a second while it catches up, without joining the group."""
    spare_the_collector()  # for the floor, too; a service's processes do it when they start
    events = bench.sizes.live_events
    await bench.have_log(events)
    database = bench.mongo.database(LOG)
    await parking.prepare(database)
    builds = count(1)
    broker = kafka_broker(bench.settings)
    await broker.start()

    async def floor() -> float:
        name = f"bare{next(builds)}"
        collection = bench.mongo.database(FLOOR)[name]
        seconds = await bare.project(bench.settings, events_topic(SERVICE), name, collection, events)
        return events / seconds

    async def own() -> float:
        return events / await _project(broker, database, next(builds), events)

    try:
        figures = await alternate(bench.sizes.repetitions, floor, own)
    finally:
        await broker.stop()
    return [compared("live projection, in batches", figures, "events/s", Goal(at_least=1))]
