"""From the log to webhooks: every event that an endpoint asked for becomes a notice to it (N10).

A consumer of its own, beside the reactions, for who gets what is not in the event: it depends on which
webhooks there are at that moment. They are read from the store itself, not from a read model: an event
recorded after a registration was answered may arrive here before any read model knows of it, and would be
lost. Before each batch the commits about webhooks are counted, in an index: as long as there are none, that
is all that a batch costs; as long as there are not more, what was read before still holds.

A notice's id follows from event and endpoint, so whatever the log delivers again is told once (N03). What
was recorded before the registration is not told; a few seconds' grace covers clocks that differ. The body is
kept before the notice is posted: a kill in between leaves a body that nobody asks for.

What cannot be read is passed over and logged: the receivers of other events must not wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
from faststream.kafka import KafkaBroker
from pydantic import ValidationError

from services.notify.channels.webhook.attempts import MongoAttempts
from services.notify.channels.webhook.messages import (
    Messages,
    MongoMessages,
    Payload,
    body_of,
    of_event,
    of_notice,
)
from services.notify.deciders import NOTICE
from services.notify.domain import recipients
from services.notify.domain.notice import PostNotice
from services.notify.domain.webhook import SERVICES, Webhook
from services.notify.webhooks import Directory
from shared.contracts.base import ContractError, split_type
from shared.contracts.envelope import (
    MalformedEnvelopeError,
    Meta,
    RecordedHeaders,
    read_headers,
)
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted
from shared.contracts.titles import CHINESE
from shared.eventsourcing.errors import IdempotencyKeyReusedError
from shared.eventsourcing.incoming import LogRecord, event_id_of
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.reactions import Handler, command_id
from shared.eventsourcing.subscription import Lag, Subscription, kafka_broker
from shared.eventsourcing.workers import Workbench, Worker
from shared.platform.logs import logger
from shared.platform.metrics import Metrics

GRACE = timedelta(seconds=5)
"""By how much the clocks of two hosts may differ."""

GROUP = "hxs.notify.webhooks"
NAME = "webhook-feed"
AT_ONCE = 32
TICK_SECONDS = 0.25
TICKS_A_STEP = 80
"""A step lasts 20 seconds: after 90 without an end, a worker is taken for stuck."""

_NOTICE_POSTED = (NoticePosted.service, NoticePosted.name)
_log = logger(__name__)


@dataclass(frozen=True)
class _News:
    """An event that some webhook may want."""

    id: str
    name: str
    headers: RecordedHeaders
    payload: Callable[[], Payload]
    notice: NoticePosted | None = None

    def wanted_by(self, webhook: Webhook) -> bool:
        notice = self.notice
        happened_at = (notice.caused_at if notice else None) or self.headers.recorded_at
        if happened_at < webhook.begins_at - GRACE:
            return False
        if notice is not None:
            return webhook.gets_notice(notice.recipient, notice.notice_class, notice.division)
        return webhook.gets(self.name, self.headers.division)


class Feed:
    """Posts notices to webhooks; see `subscription.BatchConsumer`.

    Args:
        directory: which webhooks there are.
        notices: handler of the notices' commands.
        messages: bodies are kept there.
    """

    def __init__(self, directory: Directory, notices: Handler, messages: Messages) -> None:
        self._directory = directory
        self._notices = notices
        self._messages = messages

    async def accept(self, records: Sequence[LogRecord]) -> None:
        """Post what the webhooks asked for; returns when all is posted."""
        webhooks = await self._directory.webhooks()
        if not webhooks:
            return
        places = asyncio.Semaphore(AT_ONCE)

        async def in_turn(news: _News, wanting: Sequence[Webhook]) -> None:
            async with places:
                await self._post(news, wanting)

        async with asyncio.TaskGroup() as tasks:
            for record in records:
                news = _news_of(record)
                wanting = [w for w in webhooks if news.wanted_by(w)] if news else []
                if news and wanting:
                    tasks.create_task(in_turn(news, wanting))

    async def _post(self, news: _News, wanting: Sequence[Webhook]) -> None:
        try:
            body = body_of(news.payload())
        except (ValueError, TypeError) as error:
            _log.warning("not told to webhooks", event_id=news.id, error=type(error).__name__)
            return
        await self._messages.put(news.id, body)
        for webhook in wanting:
            await post(
                self._notices,
                webhook,
                cause=news.id,
                name=news.name,
                division=news.headers.division,
                at=news.headers.recorded_at,
                notice_class=news.notice.notice_class if news.notice else NoticeClass.TRANSACTIONAL,
                correlation_id=news.headers.correlation_id,
            )

    async def settle(self) -> None:
        """Return at once: nothing is left over when `accept` returns."""

    @property
    def idle(self) -> bool:
        """Whether nothing is under way between calls of `accept`: always."""
        return True

    def reset(self) -> None:
        """Do nothing: what is kept between batches is checked before each."""


def _news_of(record: LogRecord) -> _News | None:
    """Return an event that webhooks may get; None for others, and for what cannot be read."""
    type_ = next((value for name, value in record.headers if name == "ce_type"), b"")
    try:
        service, name, _ = split_type(type_.decode())
        if service in SERVICES:
            return _of_event(name, record)
        return _of_notice(record) if (service, name) == _NOTICE_POSTED else None
    except (ContractError, MalformedEnvelopeError, ValidationError, ValueError) as error:
        _log.warning("not told to webhooks", event_id=event_id_of(record), error=type(error).__name__)
        return None


def _of_event(name: str, record: LogRecord) -> _News:
    headers = read_headers(record.headers)
    id_ = f"{headers.stream}:{headers.version}"
    # As it was published, in its own version: its type says which, and the schemas of all are public.
    return _News(id_, name, headers, lambda: of_event(headers, orjson.loads(record.value or b"")))


def _of_notice(record: LogRecord) -> _News | None:
    notice = NoticePosted.model_validate_json(record.value or b"")
    if notice.channel is not NoticeChannel.INBOX:
        return None
    headers = read_headers(record.headers)
    recorded = headers.with_event(notice)
    return _News(recorded.id, NoticePosted.name, headers, lambda: of_notice(recorded, notice), notice)


async def post(
    notices: Handler,
    webhook: Webhook,
    *,
    cause: str,
    name: str,
    division: str,
    at: datetime,
    notice_class: NoticeClass = NoticeClass.TRANSACTIONAL,
    correlation_id: str,
) -> str:
    """Post a notice to a webhook, once for each cause; return its id, which is the delivery's, too.

    Args:
        notices: handler of the notices' commands.
        webhook: who is told.
        cause: under which the body is kept.
        name: of the event, or of what else is told.
        division: of what it is about.
        at: from when on it may go out, UTC.
        notice_class: of the notice that is passed on.
        correlation_id: of what it comes of.
    """
    command = PostNotice(
        division=division,
        recipient=recipients.webhook(webhook.webhook_id),
        cause=cause,
        title=CHINESE.get(name, name),
        channel=NoticeChannel.WEBHOOK,
        notice_class=notice_class,
        event_name=name,
        at=at,
    )
    meta = Meta(division, f"worker:{NAME}", correlation_id=correlation_id, causation_id=cause)
    try:
        await notices.execute(
            command,
            stream=NOTICE.stream(command.notice_id),
            meta=meta,
            command_id=command_id(cause, command.recipient, 0),
        )
    except IdempotencyKeyReusedError:
        _log.info("told by an earlier version, in other words", notice=command.notice_id)
    return command.notice_id


class _Running:
    """The feed of a process while it runs."""

    def __init__(self, broker: KafkaBroker, subscription: Subscription, metrics: Metrics) -> None:
        self._broker = broker
        self._subscription = subscription
        self._lag = ShownLag(metrics)

    async def tick(self) -> None:
        self._lag.show(await self._subscription.tick())

    async def stop(self) -> None:
        await self._subscription.stop()
        await self._broker.stop()


class ShownLag:
    """How far the feed is behind, among the metrics of projections: who watches these watches it, too."""

    def __init__(self, metrics: Metrics) -> None:
        self._events, self._seconds = metrics.projection_lag_events, metrics.projection_lag_seconds
        self._shown: Collection[str] = ()

    def show(self, lags: Mapping[str, Lag]) -> None:
        """Show the partitions that this process has; those that others have now are theirs to show."""
        now = datetime.now(UTC)
        for partition in set(self._shown) - lags.keys():
            self._events.remove(NoticePosted.service, NAME, partition)
            self._seconds.remove(NoticePosted.service, NAME, partition)
        for partition, lag in lags.items():
            self._events.labels(NoticePosted.service, NAME, partition).set(lag.behind)
            self._seconds.labels(NoticePosted.service, NAME, partition).set(lag.seconds(now))
        self._shown = lags.keys()


class FeedWorker:
    """Runs the feed in a process that has the part `workers`; several processes share the partitions.

    The consumer is started by the first step and goes on between steps. A step watches over it for a while:
    long enough that the end of the process nearly always falls into one, which then leaves the group in
    order. Where it does not, the partitions rest for some seconds, as after a kill.
    """

    def __init__(self) -> None:
        self._running: dict[int, _Running] = {}

    async def step(self, bench: Workbench) -> None:
        """See `Worker.step`."""
        if id(bench) not in self._running:
            self._running[id(bench)] = await _start(bench)
        try:
            for _ in range(TICKS_A_STEP):
                await self._running[id(bench)].tick()
                await asyncio.sleep(TICK_SECONDS)
        except asyncio.CancelledError:
            await asyncio.shield(self._running.pop(id(bench)).stop())
            raise


async def _start(bench: Workbench) -> _Running:
    messages = MongoMessages(bench.database)
    await messages.prepare()
    await MongoAttempts(bench.database).prepare()
    directory = Directory(MongoEventStore(bench.database))
    broker = kafka_broker(bench.settings)
    await broker.start()
    subscription = Subscription(
        broker,
        group=GROUP,
        services=(*sorted(SERVICES), NoticePosted.service),
        consumer=Feed(directory, bench.handlers[NOTICE.category], messages),
        patience=Patience(NAME),
    )
    try:
        await subscription.start()
    except BaseException:
        await broker.stop()  # it will be tried again, with a broker of its own
        raise
    return _Running(broker, subscription, bench.metrics)


WORKER = Worker(NAME, FeedWorker().step, every_seconds=0)
