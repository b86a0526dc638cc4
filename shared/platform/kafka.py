"""The way into Kafka: names, topics, and clients whose defaults are safe.

The libraries' defaults would lose or repeat events: `acks=1`, no idempotence, reading what was never
committed, starting at the end, committing offsets by the clock. The factories here override them, and
leave nothing of it to the caller.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from shared.platform.settings import Settings

PUBLISHERS = ("topics", "meetings", "cases", "notify")
"""The services that publish events."""

MAX_BATCH_BYTES = 1024 * 1024
"""Of a record batch; a single event may be larger, up to `max.message.bytes` of the topic."""

_MAX_MESSAGE_BYTES = 24 * 1024 * 1024
"""More than any event can take: a commit is at most a MongoDB document of 16 MiB."""

SETTLING_SECONDS = 15.0
"""Given to a change until every broker shows it."""

_TOPIC_OVERRIDE = 1
"""`config_source` of a value set on the topic itself, in the protocol's DescribeConfigs."""


def events_topic(service: str) -> str:
    """Return the topic of a service's events."""
    return f"hxs.{service}.events"


def relay_topic(service: str) -> str:
    """Return the topic of a service's relay checkpoints."""
    return f"hxs.{service}.relay"


def transactional_id(service: str) -> str:
    """Return the id that makes a service's relay the only writer of its log."""
    return f"hxs.{service}.relay"


def position_key(service: str, partition: int, generation: int) -> str:
    """Return the name under which a read model keeps how far it has read: `topics-3@1`."""
    return f"{service}-{partition}@{generation}"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it has to be."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a topic is not what it has to be.

    Attributes:
        what: `topic` (it is missing), `partitions`, or the name of a configuration.
        actual: None where there is nothing.
    """

    topic: str
    what: str
    wanted: str
    actual: str | None

    def __str__(self) -> str:
        if self.what == "topic":
            return f"{self.topic}: missing"
        return f"{self.topic}: {self.what} is {self.actual}, must be {self.wanted}"


class TopicRefusedError(Exception):
    """The broker refused to create or change a topic.

    Attributes:
        refusals: topic name to the broker's reason.
    """

    def __init__(self, refusals: Mapping[str, str]) -> None:
        self.refusals = dict(refusals)
        listed = "; ".join(f"{topic}: {reason}" for topic, reason in self.refusals.items())
        super().__init__(f"{listed}; see the broker's log and its rights for this client")


def topics(settings: Settings, services: Sequence[str] = PUBLISHERS) -> list[TopicSpec]:
    """Return the topics of `services`: events kept for ever, checkpoints compacted."""
    common = {
        "min.insync.replicas": str(max(1, settings.kafka_replication - 1)),
        "unclean.leader.election.enable": "false",
        "max.message.bytes": str(_MAX_MESSAGE_BYTES),
    }
    events = common | {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
    # Small segments, because only closed ones are compacted, and a relay reads from the end.
    relay = common | {"cleanup.policy": "compact", "segment.bytes": str(32 * 1024 * 1024)}
    found = []
    for service in services:
        found.append(
            TopicSpec(events_topic(service), settings.kafka_partitions, settings.kafka_replication, events)
        )
        found.append(TopicSpec(relay_topic(service), 1, settings.kafka_replication, relay))
    return found


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> dict[str, int]:
    present = set(await admin.list_topics()) & {spec.name for spec in specs}
    if not present:
        return {}  # asked for no topic by name, the broker describes all
    described = await admin.describe_topics(sorted(present))
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


async def _configs(
    admin: AIOKafkaAdminClient, names: Sequence[str]
) -> dict[str, dict[str, tuple[str, bool]]]:
    """Return each topic's configuration: value, and whether it is set on the topic itself."""
    if not names:
        return {}
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, n) for n in names])
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for answer in answers:
        for code, _, _, name, entries in answer.resources:
            if code:
                raise TopicRefusedError({name: for_code(code).__name__})
            found[name] = {entry[0]: (entry[1], entry[3] == _TOPIC_OVERRIDE) for entry in entries}
    return found


def _differences(
    spec: TopicSpec, partitions: int | None, configs: Mapping[str, tuple[str, bool]]
) -> list[Difference]:
    if partitions is None:
        return [Difference(spec.name, "topic", "present", None)]
    found = []
    if partitions != spec.partitions:
        found.append(Difference(spec.name, "partitions", str(spec.partitions), str(partitions)))
    for name, wanted in spec.configs.items():
        actual = configs[name][0] if name in configs else None
        if actual != wanted:
            found.append(Difference(spec.name, name, wanted, actual))
    return found


async def _check(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> list[Difference]:
    partitions = await _partitions(admin, specs)
    configs = await _configs(admin, list(partitions))
    return [
        difference
        for spec in specs
        for difference in _differences(spec, partitions.get(spec.name), configs.get(spec.name, {}))
    ]


async def check(settings: Settings, services: Sequence[str] = PUBLISHERS) -> list[Difference]:
    """Return where the broker's topics are not what they have to be; changes nothing.

    Raises:
        KafkaError: the broker cannot be reached.
    """
    async with _admin(settings) as admin:
        return await _check(admin, topics(settings, services))


async def _create(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    answer = await admin.create_topics(
        [
            NewTopic(spec.name, spec.partitions, spec.replication, topic_configs=dict(spec.configs))
            for spec in specs
        ]
    )
    refusals = {error[0]: for_code(error[1]).__name__ for error in answer.topic_errors if error[1]}
    # Another process may have created it meanwhile, which is just as well: where it is not as it has to be,
    # `apply` says so, and sets it right when it is called again.
    refusals = {topic: why for topic, why in refusals.items() if why != "TopicAlreadyExistsError"}
    if refusals:
        raise TopicRefusedError(refusals)


async def _configure(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    present = await _configs(admin, [spec.name for spec in specs])
    changes = []
    for spec in specs:
        # The request replaces everything set on the topic, so an operator's own settings go with it.
        kept = {name: value for name, (value, ours) in present[spec.name].items() if ours}
        changes.append(ConfigResource(ConfigResourceType.TOPIC, spec.name, kept | dict(spec.configs)))
    refusals = {
        name: message or for_code(code).__name__
        for answer in await admin.alter_configs(changes)
        for code, message, _, name in answer.resources
        if code
    }
    if refusals:
        raise TopicRefusedError(refusals)


async def _check_settled(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> list[Difference]:
    # The controller's answer comes before the broker that is asked has heard of the change.
    started = time.monotonic()
    while True:
        differences = await _check(admin, specs)
        settled = all(difference.what == "partitions" for difference in differences)
        if settled or time.monotonic() - started > SETTLING_SECONDS:
            return differences
        await asyncio.sleep(0.05)


async def apply(settings: Settings, services: Sequence[str] = PUBLISHERS) -> list[Difference]:
    """Create the topics that are missing, and configure those that differ.

    The number of partitions of a topic that exists is never changed: its keys would move, and with them
    the order within a stream.

    Returns:
        What still differs: partitions, if anything; and what no broker showed within 15 seconds.

    Raises:
        TopicRefusedError: the broker refused.
        KafkaError: the broker cannot be reached.
    """
    specs = topics(settings, services)
    async with _admin(settings) as admin:
        differences = await _check(admin, specs)
        missing = {d.topic for d in differences if d.what == "topic"}
        unlike = {d.topic for d in differences if d.what not in ("topic", "partitions")}
        if missing:
            await _create(admin, [spec for spec in specs if spec.name in missing])
        if unlike:
            await _configure(admin, [spec for spec in specs if spec.name in unlike])
        return await _check_settled(admin, specs) if missing or unlike else differences


def transactional_producer(
    settings: Settings, service: str, *, transaction_seconds: float = 60.0
) -> AIOKafkaProducer:
    """Return the producer of a service's log, not yet started: its start fences the one before it.

    Args:
        settings: says where the broker is.
        service: whose log.
        transaction_seconds: after which the broker aborts a transaction and fences its producer; at most
            the broker's `transaction.max.timeout.ms` (15 minutes).
    """
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap,
        client_id=transactional_id(service),
        transactional_id=transactional_id(service),
        transaction_timeout_ms=int(transaction_seconds * 1000),
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=MAX_BATCH_BYTES,
        max_request_size=_MAX_MESSAGE_BYTES,
    )


def event_consumer(
    settings: Settings,
    *topics: str,
    group: str | None = None,
    **options: Any,  # noqa: ANN401 - aiokafka's own options
) -> AIOKafkaConsumer:
    """Return a consumer, not yet started, that reads what was committed, from the beginning.

    Args:
        settings: says where the broker is.
        topics: to subscribe to; none, to `assign` partitions.
        group: its offsets are committed by the caller, never by the clock. None reads on its own.
        options: aiokafka's, for all that is not about safety.
    """
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=group,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        **options,
    )


async def written_ends(settings: Settings, topic: str) -> dict[TopicPartition, int]:
    """Return where each partition ends, counting transactions whose outcome readers do not see yet.

    The broker tells a producer that its transaction is committed before it tells the readers, and one
    partition before the other. So the end as a reader of committed events is told it may lie before events
    that are committed. Who must have everything that was written up to now reads until its position
    is here.

    Raises:
        KafkaError: the broker cannot be reached, or there is no such topic.
    """
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=settings.kafka_bootstrap,
        isolation_level="read_uncommitted",
        enable_auto_commit=False,
    )
    async with consumer:
        partitions = consumer.assignment()
        consumer.pause(*partitions)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(list(partitions))
        return ends
