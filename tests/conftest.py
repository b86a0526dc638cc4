"""Engines for the tests: one broker and one database a process, started when the first test asks for them.

`HXS_MONGO_URL` and `HXS_KAFKA_BOOTSTRAP` name running ones, which then are used instead. Tests share
them without meeting: each has databases of its own (`settings`) and a service of its own
(`service_name`), for the names on the wire follow from the service's.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import string
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pymongo
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from xdist.remote import Producer
from xdist.scheduler import Scheduling

from shared.platform import kafka
from shared.platform.local.kafka import Kafka
from shared.platform.local.mongod import Mongod
from shared.platform.local.process import EngineNotAvailableError
from shared.platform.settings import Settings
from tests.rules.plugin import RulesPlugin
from tests.sharing import SharingOfTests

TopicMaker = Callable[[str], Awaitable[None]]

QUICK_JAVA = "-XX:TieredStopAtLevel=1"
"""A broker that lives for minutes takes half the processor's time when its code is compiled lightly."""


def pytest_configure(config: pytest.Config) -> None:
    """Follow which rules of the domain are proven, and let processes start fast: tests start many."""
    config.pluginmanager.register(RulesPlugin(), "rules")
    os.environ.setdefault("JAVA_TOOL_OPTIONS", QUICK_JAVA)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # they would compile what they import, each anew


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Share the tests between processes, where `-n` asks for several."""
    return SharingOfTests(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that reaches the broker, however many fixtures away."""
    for item in items:
        if "kafka_bootstrap" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """Connection string of a replica set."""
    if running := os.environ.get("HXS_MONGO_URL"):
        yield running
        return
    with Mongod() as mongod:
        yield mongod.url


@pytest.fixture(scope="session")
def _own_broker() -> Iterator[Kafka | None]:
    if os.environ.get("HXS_KAFKA_BOOTSTRAP"):
        yield None
        return
    try:
        broker = Kafka().start()
    except EngineNotAvailableError as error:
        if os.environ.get("HXS_REQUIRE_KAFKA") == "1":
            pytest.fail(f"HXS_REQUIRE_KAFKA=1, but {error}")
        pytest.skip(str(error))
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def kafka_bootstrap(_own_broker: Kafka | None) -> str:
    """Address of a real broker."""
    return _own_broker.bootstrap if _own_broker else os.environ["HXS_KAFKA_BOOTSTRAP"]


@pytest.fixture
def kafka_broker(_own_broker: Kafka | None, kafka_bootstrap: str) -> Iterator[Kafka]:
    """The broker as something to kill and restart; running again for the next test."""
    if _own_broker is None:
        pytest.skip("the broker named by HXS_KAFKA_BOOTSTRAP is not ours to restart")
    yield _own_broker
    if _own_broker.pid is None:
        _own_broker.start()


@pytest.fixture
def mongo_prefix(mongo_url: str) -> Iterator[str]:
    """Prefix of this test's databases, which are dropped after it."""
    prefix = f"hxs{secrets.token_hex(4)}"
    yield prefix
    with pymongo.MongoClient[dict[str, object]](mongo_url) as client:
        for name in client.list_database_names():
            if name.startswith(f"{prefix}_"):
                client.drop_database(name)


@pytest.fixture
def settings(mongo_url: str, kafka_bootstrap: str, mongo_prefix: str) -> Settings:
    """Settings of a service on the engines of this run, with databases of this test."""
    return Settings(mongo_url=mongo_url, kafka_bootstrap=kafka_bootstrap, mongo_prefix=mongo_prefix)


@pytest.fixture
def service_name() -> str:
    """A service that no other test has; its topics and databases are this test's alone."""
    return "t" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(10))


@pytest.fixture
async def create_topics(kafka_bootstrap: str) -> AsyncIterator[TopicMaker]:
    """Make a service's topics as `hxs kafka apply` does; they are deleted after the test."""
    settings = Settings(kafka_bootstrap=kafka_bootstrap)
    services: list[str] = []

    async def create(service: str) -> None:
        services.append(service)
        await kafka.apply(settings, [service])
        async with asyncio.timeout(20):  # the broker hears of a new topic from its controller a little later
            while await kafka.check(settings, [service]):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)

    yield create
    if services:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        await admin.delete_topics([topic.name for topic in kafka.topics(settings, services)])
        await admin.close()
