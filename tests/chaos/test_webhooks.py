"""From an event of another service to another system, through a notify that may be killed (N10)."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.cli.composition import PUBLISHERS
from shared.cli.demo.webhook_receiver import Answer, Received, WebhookReceiver
from shared.contracts.envelope import Meta
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.commit import GENESIS, new_commit
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.eventsourcing.relay import Relay
from shared.platform.auth import Role, issue_dev_token
from shared.platform.mongo import Mongo, connect
from shared.platform.settings import Settings, load_settings
from tests.log_tools import until
from tests.unit.notify.examples import COUNTY, PROPOSED, TOWN

pytestmark = [pytest.mark.slow, pytest.mark.rule("N10")]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Topics:
    """The service that publishes: its store and its relay."""

    def __init__(self, mongo: Mongo, settings: Settings) -> None:
        self._database = mongo.database("topics")
        self._store = MongoEventStore(self._database)
        self._relay = Relay("topics", self._database, settings, lease_seconds=1.0)

    async def propose(self, topic: str) -> str:
        """Publish that a topic is proposed; return the event's id."""
        proposed: TopicProposed = PROPOSED.model_copy(update={"topic_id": topic})
        stream = f"topic-{topic}"
        commit = new_commit(
            stream,
            1,
            [proposed],
            meta=Meta(TOWN, "p-1", "correlation", "request"),
            command_id=stream,
            command_digest="",
            now=datetime.now(UTC),
            previous_hash=GENESIS,
        )
        await self._store.append(commit)
        self._relay.wake()
        return f"{stream}:1"

    async def run(self) -> None:
        await self._relay.run()

    async def prepare(self) -> None:
        await prepare(self._database)


class Notify:
    """Notify as somebody who runs and calls it."""

    def __init__(self, settings: Settings) -> None:
        self.port = free_port()
        self.settings = load_settings(
            mongo_url=settings.mongo_url,
            kafka_bootstrap=settings.kafka_bootstrap,
            mongo_prefix=settings.mongo_prefix,
            dev_token_secret="d" * 40,
        )
        self._environment = {
            **os.environ,
            "HXS_MONGO_URL": settings.mongo_url,
            "HXS_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "HXS_MONGO_PREFIX": settings.mongo_prefix,
            "HXS_HTTP_PORT": str(self.port),
            "HXS_DEV_TOKEN_SECRET": "d" * 40,
            "HXS_SIGNING_SECRETS": "s" * 40,
            "HXS_WEBHOOK_ALLOW": "127.0.0.1",
            "HXS_LOG_LEVEL": "warning",
        }
        token = issue_dev_token(self.settings, [Role.OFFICE], COUNTY, "p-1")
        self.office = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {token}"}
        )
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start a process, and wait until it is ready."""
        self._spawn()
        await until(self._ready, 60)

    def _spawn(self) -> None:
        command = [sys.executable, "-m", "tests.chaos.webhook_process"]
        self.process = subprocess.Popen(command, env=self._environment)

    async def _ready(self) -> bool:
        try:
            return (await self.office.get("/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """Kill the process at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def register(self, url: str) -> tuple[str, str]:
        """Register a webhook; return its id and its key."""
        body = {"url": url, "description": "县政务协同平台", "event_names": ["TopicProposed"]}
        answer = await self.office.post("/webhooks", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], answer.json()["secret"]

    async def deliveries(self, webhook_id: str) -> list[dict[str, Any]]:
        answer = await self.office.get(f"/webhooks/{webhook_id}/deliveries?limit=200")
        items: list[dict[str, Any]] = answer.json().get("items", [])
        return items

    async def until_delivered(self, webhook_id: str, many: int) -> list[dict[str, Any]]:
        """Wait until all of a webhook's deliveries are delivered; return them."""

        async def delivered() -> bool:
            found = await self.deliveries(webhook_id)
            return len(found) == many and all(each["status"] == "delivered" for each in found)

        await until(delivered, 60)
        return await self.deliveries(webhook_id)


@pytest.fixture
async def notify(
    settings: Settings, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[Notify]:
    for service in PUBLISHERS:
        await create_topics(service)
    made = Notify(settings)
    await made.start()
    yield made
    made.kill()
    await made.office.aclose()


@pytest.fixture
async def topics(settings: Settings, notify: Notify) -> AsyncIterator[Topics]:
    mongo = connect(settings)
    found = Topics(mongo, settings)
    await found.prepare()
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()
    await asyncio.wait([running])
    mongo.close()


@contextmanager
def receiver_process(port: int, secret: str) -> Iterator[subprocess.Popen[str]]:
    """Run a subscriber of its own, which says in lines of JSON what it verified."""
    command = [sys.executable, "-m", "shared.cli.demo.webhook_receiver", secret, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_an_event_reaches_a_process_that_verifies_it(notify: Notify, topics: Topics) -> None:
    port = free_port()
    webhook_id, secret = await notify.register(f"http://127.0.0.1:{port}/hxs")
    with receiver_process(port, secret) as receiver:
        assert receiver.stdout is not None
        await asyncio.to_thread(receiver.stdout.readline)  # where it listens: it is up
        event = await topics.propose("street-lamp")
        told = json.loads(await asyncio.to_thread(receiver.stdout.readline))
        [delivery] = await notify.until_delivered(webhook_id, 1)
    assert (told["type"], told["data"]["id"]) == ("hxs.topics.TopicProposed.v1", event)
    assert (told["id"], delivery["event_name"], delivery["cause"]) == (
        delivery["delivery_id"],
        "TopicProposed",
        event,
    )
    one = (await notify.office.get(f"/webhooks/{webhook_id}/deliveries/{told['id']}")).json()
    assert [answer["status"] for answer in one["answers"]] == [204]
    assert one["body"] == told["body"]
    lag = 'hxs_projection_lag_events{partition="topics-'
    shown = (await notify.office.get("/metrics")).text.splitlines()
    assert any(line.startswith(lag) and 'projection="webhook-feed"' in line for line in shown)


async def test_killed_between_sending_and_recording_it_sends_again_under_the_same_id(
    notify: Notify, topics: Topics
) -> None:
    kills = 0

    def kill_first(received: Received | None) -> Answer:
        nonlocal kills
        if received is not None and kills == 0:
            kills += 1
            notify.kill()
        return Answer()

    with WebhookReceiver(answer=kill_first) as receiver:
        webhook_id, secret = await notify.register(receiver.url)
        receiver.trust(secret)
        await topics.propose("street-lamp")
        await until(_answered(receiver, 1))
        await notify.start()
        [delivery] = await notify.until_delivered(webhook_id, 1)
    assert [(received.id, received.again) for received in receiver.received] == [
        (delivery["delivery_id"], False),
        (delivery["delivery_id"], True),
    ]
    assert receiver.received[0].body == receiver.received[1].body
    assert receiver.refused == []


async def test_of_many_events_none_is_lost_and_none_told_twice_when_the_feed_is_killed(
    notify: Notify, topics: Topics
) -> None:
    with WebhookReceiver() as receiver:
        webhook_id, secret = await notify.register(receiver.url)
        receiver.trust(secret)
        events = {await topics.propose(f"lamp-{n}") for n in range(40)}
        await until(_answered(receiver, 3))
        notify.kill()
        events |= {await topics.propose(f"lamp-{n}") for n in range(40, 60)}
        await notify.start()
        deliveries = await notify.until_delivered(webhook_id, 60)
    assert {delivery["cause"] for delivery in deliveries} == events
    told = {received.id: received.data["id"] for received in receiver.received}
    assert sorted(told.values()) == sorted(events), "one id for each event"


def _answered(receiver: WebhookReceiver, many: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        return len(receiver.received) >= many

    return enough
