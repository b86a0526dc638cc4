"""The relay: sends what the store has and Kafka has not, for as long as the service runs.

    wait for the lease ─► open the log ─► relay what is pending ─► wait for a commit, or poll ─┐
          ▲                                        ▲                                           │
          │                                        └───────────────────────────────────────────┘
          └── any error: fenced, lease lost, broker or database away (with back-off)

`log_writer.py` says why nothing is lost or sent twice, whichever of these arrows a process dies on.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiokafka.errors import KafkaError, ProducerFenced

from shared.eventsourcing.lease import Lease, LeaseLostError, process_owner
from shared.eventsourcing.log_writer import (
    LogLostError,
    LogWriter,
    Probe,
    TopicMissingError,
    Written,
    open_log,
)
from shared.eventsourcing.mongo_store import COMMITS, UNRELAYED_INDEX
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database, PyMongoError
from shared.platform.settings import Settings

LEASE = "relay"
LEASE_SECONDS = 5.0

POLL_SECONDS = 0.25
"""For commits of other processes, whose wake-ups do not reach this one."""

MEASURE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 5.0

OUTSIDE_FAULTS = (KafkaError, PyMongoError, OSError, TimeoutError)
"""What is wrong with the broker, the database or the way there, and passes."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is stored and not yet marked as relayed.

    Attributes:
        oldest: when the first of these commits was recorded, UTC; None where there is none.
    """

    commits: int
    oldest: datetime | None

    def age_seconds(self, now: datetime) -> float:
        """Return the age of the oldest commit, 0 where there is none."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


async def backlog(database: Database) -> Backlog:
    """Return a service's backlog, whether or not a relay is running."""
    commits = database[COMMITS]
    count = await commits.count_documents({"relayed": False}, hint=UNRELAYED_INDEX)
    oldest = await commits.find_one({"relayed": False}, sort=[("at", 1)], hint=UNRELAYED_INDEX)
    return Backlog(count, oldest["recorded_at"] if oldest else None)


class Relay:
    """A service's relay; of all processes that run one, the holder of the lease works.

    Args:
        service: whose log.
        database: the service's own, prepared.
        settings: says where the broker is.
        metrics: shows the backlog and counts what was sent.
        heartbeat: called at least every minute, unless the loop is stuck.
        poll_seconds: between looks at the store when nobody calls `wake`.
        lease_seconds: how long the work rests after the process that did it was killed.
        probe: told each step; for tests.
    """

    def __init__(
        self,
        service: str,
        database: Database,
        settings: Settings,
        *,
        metrics: Metrics | None = None,
        heartbeat: Callable[[], None] = lambda: None,
        poll_seconds: float = POLL_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        probe: Probe = lambda step: None,
    ) -> None:
        self._service = service
        self._database = database
        self._settings = settings
        self._metrics = metrics
        self._heartbeat = heartbeat
        self._poll_seconds = poll_seconds
        self._probe = probe
        self._lease = Lease(
            database, LEASE, owner=process_owner(), seconds=lease_seconds, heartbeat=heartbeat
        )
        self._woken = asyncio.Event()
        self._failures = 0

    def wake(self) -> None:
        """Say that a commit was appended: it is sent at once."""
        self._woken.set()

    async def run(self) -> None:
        """Relay until cancelled; faults from outside are waited out, and nobody has to restart it."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure_for_ever())
            tasks.create_task(self._relay_for_ever())

    async def drain(self) -> int:
        """Relay everything that is pending, once, and return the number of commits.

        Raises:
            LogLostError, TopicMissingError: see there.
            LeaseLostError, ProducerFenced: another process took over, or may have: this one was held up for
                longer than its lease.
            KafkaError, PyMongoError, TimeoutError: something is still pending.
        """
        written = await self._lease.while_held(self._drain)
        return written.commits

    async def _drain(self) -> Written:
        total = Written()
        async with open_log(self._service, self._database, self._settings, probe=self._probe) as writer:
            while written := await self._relay_pending(writer):
                total += written
        return total

    async def _relay_for_ever(self) -> None:
        while True:
            try:
                await self._lease.while_held(self._relay_until_error)
            except LeaseLostError:
                log.warning("relay_lease_lost", service=self._service)
            except ProducerFenced:
                log.warning("relay_fenced", service=self._service, because="another writer opened the log")
            except (LogLostError, TopicMissingError) as error:
                log.error("relay_cannot_write", service=self._service, error=str(error))
            except OUTSIDE_FAULTS as error:
                log.warning("relay_interrupted", service=self._service, error=repr(error))
            self._failures += 1
            await self._pause()

    async def _pause(self) -> None:
        longest = min(LONGEST_PAUSE_SECONDS, 0.1 * 2 ** min(self._failures, 10))
        self._heartbeat()
        # Spread out, so that relays thrown out together do not come back together.
        await asyncio.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - no secret

    async def _relay_until_error(self) -> None:
        async with open_log(self._service, self._database, self._settings, probe=self._probe) as writer:
            log.info("relay_started", service=self._service, generation=writer.generation)
            while True:
                # Cleared before looking: a commit that comes while we look wakes us again.
                self._woken.clear()
                if not await self._relay_pending(writer):
                    await self._wait_for_commit()
                self._failures = 0

    async def _wait_for_commit(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._woken.wait()
        except TimeoutError:
            return  # time to look for what other processes have appended

    async def _relay_pending(self, writer: LogWriter) -> Written | None:
        written = await writer.relay_pending(self._count)
        self._heartbeat()
        return written if written.commits else None

    def _count(self, written: Written) -> None:
        self._heartbeat()
        if self._metrics is not None:
            self._metrics.relayed.labels(self._service).inc(written.events)

    async def _measure_for_ever(self) -> None:
        while self._metrics is not None:
            try:
                found = await backlog(self._database)
            except PyMongoError as error:
                log.debug("backlog_not_measured", service=self._service, error=repr(error))
            else:
                age = found.age_seconds(datetime.now(UTC))
                self._metrics.unrelayed_commits.labels(self._service).set(found.commits)
                self._metrics.unrelayed_age_seconds.labels(self._service).set(age)
            await asyncio.sleep(MEASURE_SECONDS)
