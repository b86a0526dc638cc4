from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.platform import kafka
from shared.platform.kafka import Difference
from shared.platform.settings import Settings
from tests.log_tools import until


@pytest.fixture
async def admin(settings: Settings, service_name: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await client.start()
    yield client
    await client.delete_topics([topic.name for topic in kafka.topics(settings, [service_name])])
    await client.close()


async def configs(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}


async def test_missing_topics_are_listed_and_created(
    settings: Settings, service_name: str, admin: AIOKafkaAdminClient
) -> None:
    events, relay = f"hxs.{service_name}.events", f"hxs.{service_name}.relay"

    assert await kafka.check(settings, [service_name]) == [
        Difference(events, "topic", "present", None),
        Difference(relay, "topic", "present", None),
    ]
    assert await kafka.apply(settings, [service_name]) == []
    assert await kafka.check(settings, [service_name]) == []

    described = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics([events, relay])}
    assert described == {events: 12, relay: 1}
    assert (await configs(admin, events))["retention.ms"] == "-1"
    assert (await configs(admin, relay))["cleanup.policy"] == "compact"


async def test_a_topic_that_would_forget_events_is_put_right_and_keeps_what_an_operator_set(
    settings: Settings, service_name: str, admin: AIOKafkaAdminClient
) -> None:
    events = f"hxs.{service_name}.events"
    await kafka.apply(settings, [service_name])
    wrong = {"retention.ms": "1000", "segment.ms": "86400000"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, events, wrong)])

    async def seen() -> bool:
        """Whether the broker answers with what was just written to it."""
        wanted = Difference(events, "retention.ms", "-1", "1000")
        return wanted in await kafka.check(settings, [service_name])

    await until(seen)
    assert await kafka.apply(settings, [service_name]) == []

    found = await configs(admin, events)
    assert (found["retention.ms"], found["segment.ms"]) == ("-1", "86400000")


async def test_the_number_of_partitions_is_reported_and_never_changed(
    settings: Settings, service_name: str, admin: AIOKafkaAdminClient
) -> None:
    events = f"hxs.{service_name}.events"

    async def listed() -> bool:
        """Whether the broker has heard of the topic: its controller answers earlier."""
        return events in await admin.list_topics()

    await admin.create_topics([NewTopic(events, 3, 1)])
    await until(listed)

    left = await kafka.apply(settings, [service_name])

    assert [str(difference) for difference in left] == [f"{events}: partitions is 3, must be 12"]


def test_names_on_the_wire_are_as_published() -> None:
    assert kafka.events_topic("topics") == "hxs.topics.events"
    assert kafka.relay_topic("topics") == "hxs.topics.relay"
    assert kafka.transactional_id("topics") == "hxs.topics.relay"
    assert kafka.position_key("topics", 3, 2) == "topics-3@2"
