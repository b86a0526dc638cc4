"""What a service does when an event arrives: commands to itself, each once.

A command's id follows from the event, the reaction and its place among the commands, so an event that is
delivered again finds the command done and gets the first answer. There is one consumer group a service,
`hxs.<service>.reactions`; its offsets say where to begin, and a new reaction begins there too.

A command that a rule refuses is parked with that rule and not tried again: the same question gets the same
answer. So is an event that a reaction cannot handle. Others go on, also of the same stream. What is wrong
outside is waited out.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from opentelemetry.trace import SpanKind

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, Recorded
from shared.eventsourcing import parking
from shared.eventsourcing.errors import IdempotencyKeyReusedError, VersionConflictError
from shared.eventsourcing.incoming import Interest, LogRecord, Want, event_id_of, stream_of
from shared.eventsourcing.parking import REACTIONS, NotParkedError, Parking, Scope, ToPark
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.progress import ProgressLog
from shared.eventsourcing.subscription import Lag, Subscription
from shared.platform.logs import logger
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database, PyMongoError
from shared.platform.settings import Settings
from shared.platform.tracing import current_traceparent, span

TICK_SECONDS = 0.25
CONCURRENT_STREAMS = 32

_COMMAND_IDS = uuid.UUID("6f1c4f0e-6a4e-5d38-9f43-0c1b1a3f2f5d")
_OUTSIDE = (PyMongoError, KafkaError, OSError, TimeoutError, VersionConflictError)
"""Faults that trying again may outlive; a version conflict only means that others were faster four times."""

E = TypeVar("E", bound=DomainEvent)
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Send:
    """A command to the own service.

    Attributes:
        stream: its id, whose category says who handles the command.
        division: of the stream, where the event's is not it.
    """

    stream: str
    command: Any
    division: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from some events.

    Attributes:
        name: part of every command id, so it never changes.
        to_commands: pure.
    """

    name: str
    events: tuple[type[DomainEvent], ...]
    to_commands: Callable[[Recorded], Iterable[Send]]


def reaction(
    *events: type[E], name: str | None = None
) -> Callable[[Callable[[E], Iterable[Send]]], Reaction]:
    """Declare a function of an event as a reaction; it has the function's name unless `name` is given."""

    def declare(function: Callable[[E], Iterable[Send]]) -> Reaction:
        def to_commands(recorded: Recorded) -> Iterable[Send]:
            return function(recorded.event)  # type: ignore[arg-type]  # it is one of `events`

        return Reaction(name or function.__name__, events, to_commands)

    return declare


class Handler(Protocol):
    """What carries out commands: `application.CommandHandler`."""

    async def execute(self, command: Any, *, stream: str, meta: Meta, command_id: str) -> object:  # noqa: ANN401 - any command of its decider
        """Do a command once.

        Raises:
            RefusedError: a rule forbids it.
        """
        ...


def command_id(event_id: str, reaction_name: str, index: int) -> str:
    """Return the id of a reaction's command: the same whenever the event is delivered."""
    return str(uuid.uuid5(_COMMAND_IDS, f"{event_id}/{reaction_name}/{index}"))


class Reactor:
    """Handles batches of events: those of one stream in order, streams side by side.

    Args:
        handlers: by the category of the streams whose commands they take.
    """

    def __init__(
        self,
        reactions: Sequence[Reaction],
        handlers: Mapping[str, Handler],
        database: Database,
        patience: Patience,
    ) -> None:
        self._reactions = {reaction.name: reaction for reaction in reactions}
        self._handlers = handlers
        self._patience = patience
        self._parking = Parking(database, REACTIONS)
        self._interests = {reaction.name: Interest(reaction.events) for reaction in reactions}
        self._places = asyncio.Semaphore(CONCURRENT_STREAMS)

    async def accept(self, records: Sequence[LogRecord]) -> None:
        """React to a batch; returns when all is done or parked."""
        by_stream: dict[str, list[LogRecord]] = {}
        for record in records:
            if self._concerned(record):
                by_stream.setdefault(stream_of(record), []).append(record)
        async with asyncio.TaskGroup() as tasks:
            for of_stream in by_stream.values():
                tasks.create_task(self._stream(of_stream))

    async def settle(self) -> None:
        """Return at once: nothing is left over when `accept` returns."""

    @property
    def idle(self) -> bool:
        """Whether nothing is under way between calls of `accept`: always."""
        return True

    def reset(self) -> None:
        """Do nothing: nothing is kept between batches."""

    def _concerned(self, record: LogRecord) -> list[str]:
        return [name for name, interest in self._interests.items() if interest.wants(record) is Want.READ]

    async def _stream(self, records: Sequence[LogRecord]) -> None:
        async with self._places:
            for record in records:
                for key, error in await self._react(record, self._concerned(record)):
                    await self._park(record, key, error)

    async def _react(self, record: LogRecord, names: Sequence[str]) -> list[tuple[str, Exception]]:
        """Carry out reactions to an event; return what could not be, by parked key."""
        event_id = event_id_of(record)
        failed: list[tuple[str, Exception]] = []
        for name in names:
            try:
                await self._carry_out(self._reactions[name], self._interests[name].parse(record))
            except _OUTSIDE:
                raise
            except Exception as error:  # a refusal, or a mistake: an operator's business, the others go on
                failed.append((_key(name, event_id), error))
        return failed

    async def _carry_out(self, reaction: Reaction, recorded: Recorded) -> None:
        with span(
            f"reaction {reaction.name}", recorded.traceparent, kind=SpanKind.CONSUMER, event=recorded.id
        ):
            await self._send_all(reaction, recorded)

    async def _send_all(self, reaction: Reaction, recorded: Recorded) -> None:
        for index, send in enumerate(reaction.to_commands(recorded)):
            meta = Meta(
                division=send.division or recorded.division,
                actor=f"reaction:{reaction.name}",
                correlation_id=recorded.correlation_id,
                causation_id=recorded.id,
                traceparent=current_traceparent(),
            )
            try:
                await self._handlers[send.stream.partition("-")[0]].execute(
                    send.command,
                    stream=send.stream,
                    meta=meta,
                    command_id=command_id(recorded.id, reaction.name, index),
                )
            except IdempotencyKeyReusedError as done:
                # The id follows from the event: an earlier version of the reaction did it, with other words.
                _log.info("done by an earlier version", reaction=reaction.name, command_id=done.command_id)

    async def _park(self, record: LogRecord, key: str, error: Exception) -> None:
        if not await self._parking.is_skipped(key, event_id_of(record)):
            await self._parking.put([ToPark(key, Scope.EVENT, record, error)])

    async def parked_keys(self) -> int:
        """Return how many events are parked, each once for each reaction."""
        return await self._parking.count_keys()

    async def retry(self, key: str) -> bool:
        """React again to a parked event; tell whether it could be done now.

        Raises:
            NotParkedError: nothing is parked under the key.
        """
        entries = await self._parking.entries(key)
        if not entries:
            raise NotParkedError(REACTIONS, key)
        name = key.partition(":")[0]
        failed = await self._react(entries[0].record, [name])
        if failed:
            await self._parking.fail(entries[0], failed[0][1])
            return False
        await self._parking.remove(entries)
        return True

    async def skip(self, key: str, reason: str) -> None:
        """Decide that a parked event is not to be reacted to.

        Raises:
            NotParkedError: nothing is parked under the key.
        """
        entries = await self._parking.entries(key)
        if not entries:
            raise NotParkedError(REACTIONS, key)
        await self._parking.skip(entries[0], reason)


def _key(reaction_name: str, event_id: str) -> str:
    return f"{reaction_name}:{event_id}"


class ReactionsRunner:
    """Runs the reactions of a service in one process.

    Args:
        service: whose they are, with its database.
        handlers: by the category of the streams whose commands they take.
        broker: started; see `subscription.kafka_broker`.
        beat: called while the loop makes progress, for `/livez`.
    """

    def __init__(
        self,
        reactions: Sequence[Reaction],
        handlers: Mapping[str, Handler],
        *,
        service: str,
        database: Database,
        settings: Settings,
        broker: KafkaBroker,
        metrics: Metrics,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.lags: dict[str, Lag] = {}
        self._service = service
        self._database = database
        self._broker = broker
        self._metrics = metrics
        self._beat = beat
        self._patience = Patience(REACTIONS, beat)
        self._reactor = Reactor(reactions, handlers, database, self._patience)
        self._services = services_of(reactions)
        self._progress = ProgressLog(database, {"_id": REACTIONS}, upsert=True)

    @property
    def fault(self) -> str | None:
        """Return what is wrong outside at present, None if nothing is."""
        return self._patience.fault

    async def run(self) -> None:
        """Run until cancelled; then finish what is in hand."""
        await self._patience.run(lambda: parking.prepare(self._database))
        subscription = Subscription(
            self._broker,
            group=f"hxs.{self._service}.reactions",
            services=self._services,
            consumer=self._reactor,
            patience=self._patience,
        )
        await self._patience.run(subscription.start)
        try:
            while True:
                await self._tick(subscription)
                self._beat()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            await asyncio.shield(subscription.stop())

    async def _tick(self, subscription: Subscription) -> None:
        self.lags = await subscription.tick()
        try:
            await self._progress.write(self.lags)
            parked = await self._reactor.parked_keys()
        except PyMongoError as error:
            _log.info("progress not written", consumer=REACTIONS, error=repr(error))
        else:
            self._metrics.parked_keys.labels(self._service, REACTIONS).set(parked)


def services_of(reactions: Iterable[Reaction]) -> tuple[str, ...]:
    """Return the services whose events some reactions read, sorted."""
    return tuple(sorted({event.service for reaction in reactions for event in reaction.events}))
