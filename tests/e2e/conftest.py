from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pymongo
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from shared.platform import kafka
from shared.platform.settings import Settings
from tests.e2e.system import System


async def delete_topics(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    await admin.delete_topics([spec.name for spec in kafka.topics(settings)])
    await admin.close()


@pytest.fixture(scope="package")
def system(
    mongo_url: str, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """One system for all end-to-end tests: its topics have the names of the real ones."""
    prefix = f"e2e{secrets.token_hex(4)}"
    settings = Settings(mongo_url=mongo_url, kafka_bootstrap=kafka_bootstrap, mongo_prefix=prefix)
    logs: Path = tmp_path_factory.mktemp("logs")
    assert asyncio.run(kafka.apply(settings)) == []
    running = System(settings, logs)
    for name in running.ports:
        running.start(name)
    running.wait_until_ready()
    yield running
    running.stop()
    asyncio.run(delete_topics(settings))
    with pymongo.MongoClient[dict[str, object]](mongo_url) as client:
        for name in client.list_database_names():
            if name.startswith(f"{prefix}_"):
                client.drop_database(name)
