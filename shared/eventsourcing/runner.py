"""The projections of one service in one process: each follows its pointer.

Whatever the pointer says decides what a process does with a projection:

    there is none                        build 1 begins, live, from the beginning of the logs
    the build is of this fold            join its group and fold what comes
    the build is of an older fold        rebuild in the background; the old build serves on, as it is
    the build is of a newer fold         wait: a newer process looks after it
    a record is of a newer log           rebuild; nothing is folded into the old build any more
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from faststream.kafka import KafkaBroker

from shared.eventsourcing import parking
from shared.eventsourcing.collector import spare_the_collector
from shared.eventsourcing.document_cache import DocumentCache
from shared.eventsourcing.lease import process_owner
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.pointer import Pointer, Pointers, collection_name, group_name
from shared.eventsourcing.progress import ProgressLog, end_offsets
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.projector import Projector
from shared.eventsourcing.published import publish
from shared.eventsourcing.rebuild import (
    LostLogError,
    RebuildBusyError,
    assign_all,
    commit_offsets,
    newest_generations,
    rebuild,
)
from shared.eventsourcing.strict_fold import create_indexes
from shared.eventsourcing.subscription import Lag, Subscription
from shared.eventsourcing.wakeups import Wakeups
from shared.platform.kafka import event_consumer
from shared.platform.logs import logger
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database, PyMongoError
from shared.platform.settings import Settings

WATCH_SECONDS = 0.25
"""Between looks at the pointers, and at the lag."""

REBUILD_RETRY_SECONDS = 15.0
BUSY_RETRY_SECONDS = 0.5

_log = logger(__name__)


class PointerWatch:
    """Keeps the pointers of a service as of a moment ago, with one query for all of them."""

    def __init__(self, database: Database) -> None:
        self._pointers = Pointers(database)
        self._known: dict[str, Pointer] = {}
        self._looked = asyncio.Condition()

    async def run(self, beat: Callable[[], None]) -> None:
        """Look again and again, until cancelled."""
        patience = Patience("pointers", beat)
        while True:
            pointers = await patience.run(self._pointers.all)
            self._known = {pointer.name: pointer for pointer in pointers}
            beat()
            async with self._looked:
                self._looked.notify_all()
            await asyncio.sleep(WATCH_SECONDS)

    def see(self, pointer: Pointer) -> None:
        """Take a pointer that this process just read or wrote."""
        self._known[pointer.name] = pointer

    async def next_look(self) -> None:
        """Return after the next look."""
        async with self._looked:
            await self._looked.wait()

    def __getitem__(self, name: str) -> Pointer:
        return self._known[name]


class ProjectionRunner:
    """Runs one projection in one process; several processes share its partitions.

    Attributes:
        lags: of the partitions that this process has, by `<service>-<partition>`.
        doing: what it is doing, in a word or two, for `/readyz` and `hxs projections list`.
    """

    def __init__(
        self,
        projection: Projection,
        *,
        service: str,
        database: Database,
        settings: Settings,
        broker: KafkaBroker,
        metrics: Metrics,
        watch: PointerWatch,
        cache: DocumentCache,
        wakeups: Wakeups,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.projection = projection
        self.lags: dict[str, Lag] = {}
        self.doing = "starting"
        self._service = service
        self._database = database
        self._settings = settings
        self._broker = broker
        self._metrics = metrics
        self._watch = watch
        self._cache = cache
        self._wakeups = wakeups
        self._pointers = Pointers(database)
        self._patience = Patience(projection.name, beat)
        self._owner = process_owner()

    @property
    def fault(self) -> str | None:
        """Return what is wrong outside at present, None if nothing is."""
        return self._patience.fault

    async def run(self) -> None:
        """Follow the pointer until cancelled."""
        self._watch.see(await self._patience.run(self._begin))
        while True:
            pointer = self._watch[self.projection.name]
            if pointer.version == self.projection.version:
                if await self._serve(pointer):
                    await self._rebuild(pointer)
            elif pointer.version < self.projection.version:
                await self._rebuild(pointer)
            else:
                self.doing = f"waiting: build {pointer.build} is of a newer fold than this process"
                await self._watch.next_look()

    async def _begin(self) -> Pointer:
        name = self.projection.name
        if (pointer := await self._pointers.find(name)) is None:
            generations = await newest_generations(self._settings, self.projection)
            await self._begin_at_the_beginning(group_name(self._service, name, 1))
            pointer = await self._pointers.begin(self.projection, generations)
        await create_indexes(self._database[collection_name(name, pointer.build)], self.projection)
        await self._pointers.drop_retired(name)
        return pointer

    async def _begin_at_the_beginning(self, group: str) -> None:
        """Have build 1 read everything, also where a dropped database's group left offsets behind."""
        async with event_consumer(self._settings) as consumer:
            partitions = await assign_all(consumer, self.projection.services)
            if not await end_offsets(consumer, self.projection.services):
                return
            beginning = await consumer.beginning_offsets(partitions)
        await commit_offsets(self._settings, group, beginning)

    def trouble(self, max_lag_seconds: float) -> str | None:
        """Return why this projection makes the process not ready; None if it does not."""
        if self.fault is not None:
            return f"{self.projection.name}: {self.fault}"
        if self.doing == "starting":
            return f"{self.projection.name}: starting"
        now = datetime.now(UTC)
        seconds = max((lag.seconds(now) for lag in self.lags.values()), default=0.0)
        if seconds > max_lag_seconds:
            return f"{self.projection.name}: {seconds:.0f} s behind"
        return None

    # -- serving ---------------------------------------------------------------------------------------

    async def _serve(self, pointer: Pointer) -> bool:
        """Keep a build up to date until another one serves; tell whether it has to be made anew."""
        self._patience.renew()
        projector = Projector(
            self.projection,
            self._database,
            build=pointer.build,
            generations=pointer.generations,
            patience=self._patience,
            cache=self._cache,
            on_written=lambda keys: self._wakeups.written(pointer.name, keys),
        )
        subscription = Subscription(
            self._broker,
            group=group_name(self._service, pointer.name, pointer.build),
            services=self.projection.services,
            consumer=projector,
            patience=self._patience,
        )
        progress = ProgressLog(self._database, {"_id": pointer.name, "build": pointer.build})
        await self._patience.run(lambda: publish(self._database, self.projection, pointer))
        await self._patience.run(subscription.start)
        self.doing = "live"
        try:
            while self._watch[pointer.name].build == pointer.build:
                if subscription.newer_log.done():
                    _log.warning(
                        "must be rebuilt",
                        projection=pointer.name,
                        reason=str(subscription.newer_log.result()),
                    )
                    return True
                await self._note_progress(subscription, projector, progress)
                await self._watch.next_look()
            return False
        finally:
            await asyncio.shield(subscription.stop())
            projector.reset()
            self._show({})

    async def _note_progress(
        self, subscription: Subscription, projector: Projector, progress: ProgressLog
    ) -> None:
        self._show(await subscription.tick())
        try:
            await progress.write(self.lags)
            parked = await projector.parked_keys()
        except PyMongoError as error:
            # Told to nobody: who would read it asks the same database.
            _log.info("progress not written", projection=self.projection.name, error=repr(error))
        else:
            self._metrics.parked_keys.labels(self._service, self.projection.name).set(parked)

    def _show(self, lags: dict[str, Lag]) -> None:
        now = datetime.now(UTC)
        events, seconds = self._metrics.projection_lag_events, self._metrics.projection_lag_seconds
        for partition in self.lags.keys() - lags.keys():
            for gauge in (events, seconds):
                with contextlib.suppress(KeyError):
                    gauge.remove(self._service, self.projection.name, partition)
        for partition, lag in lags.items():
            events.labels(self._service, self.projection.name, partition).set(lag.behind)
            seconds.labels(self._service, self.projection.name, partition).set(lag.seconds(now))
        self.lags = lags

    # -- rebuilding ------------------------------------------------------------------------------------

    async def _rebuild(self, pointer: Pointer) -> None:
        self.doing = f"rebuilding: build {pointer.build} still serves"
        try:
            rebuilt = await rebuild(
                self.projection,
                service=self._service,
                database=self._database,
                settings=self._settings,
                owner=self._owner,
            )
        except (RebuildBusyError, LostLogError) as error:
            # Another process is at it: rebuilding the projection, or writing a lost log again.
            self.doing = f"waiting, build {pointer.build} still serves: {error}"
            await asyncio.sleep(BUSY_RETRY_SECONDS)
        except Exception as error:
            # The old build goes on serving; an event that cannot be folded waits for an operator.
            self.doing = f"rebuild failed, build {pointer.build} still serves: {error}"
            _log.exception("rebuild failed", projection=pointer.name)
            await asyncio.sleep(REBUILD_RETRY_SECONDS)
        else:
            self._watch.see(rebuilt.pointer)


class ProjectionsRunner:
    """Runs all projections of a service in one process.

    Args:
        service: that owns them, with its database.
        broker: started; see `subscription.kafka_broker`.
        wakeups: told what is written, for readers in this process.
        beat: called while the loops make progress, for `/livez`.
    """

    def __init__(
        self,
        projections: Sequence[Projection],
        *,
        service: str,
        database: Database,
        settings: Settings,
        broker: KafkaBroker,
        metrics: Metrics,
        wakeups: Wakeups | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._beat = beat
        self._watch = PointerWatch(database)
        cache = DocumentCache()
        self.runners = [
            ProjectionRunner(
                projection,
                service=service,
                database=database,
                settings=settings,
                broker=broker,
                metrics=metrics,
                watch=self._watch,
                cache=cache,
                wakeups=wakeups or Wakeups(),
                beat=beat,
            )
            for projection in projections
        ]

    async def run(self) -> None:
        """Run until cancelled; then finish what is in hand."""
        spare_the_collector()
        await Patience("parking", self._beat).run(lambda: parking.prepare(self._database))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch.run(self._beat))
            for runner in self.runners:
                tasks.create_task(runner.run())

    def troubles(self, max_lag_seconds: float) -> list[str]:
        """Return why the projections make the process not ready; empty if they do not."""
        return [why for runner in self.runners if (why := runner.trouble(max_lag_seconds)) is not None]
