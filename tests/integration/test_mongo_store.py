"""The event store on a real MongoDB: the contract, and what only a database can get wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.eventsourcing.errors import VersionConflictError
from shared.eventsourcing.mongo_store import COMMITS, UNRELAYED_INDEX, MongoEventStore, prepare
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.store_contract import StoreContract, commit


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    database = mongo.database("counting")
    await prepare(database)
    yield database
    mongo.close()


@pytest.fixture
def store(database: Database) -> MongoEventStore:
    return MongoEventStore(database)


class TestMongoStore(StoreContract):
    pass


async def test_the_document_is_the_one_that_the_design_names(
    database: Database, store: MongoEventStore
) -> None:
    await store.append(commit(stream="counter-1", version=1, command_id="c1", count=2))

    document = await database[COMMITS].find_one({})

    assert document is not None
    assert document["_id"] == "counter-1:1"
    assert (document["stream"], document["version"], document["count"]) == ("counter-1", 1, 2)
    assert document["relayed"] is False
    assert document["at"].time > 0, "the server fills in the time"
    assert [e["type"] for e in document["events"]] == ["hxs.counting.Counted.v1"] * 2


async def test_concurrent_appends_travel_in_few_writes(database: Database, store: MongoEventStore) -> None:
    writes: list[int] = []
    collection = store._writer._collection

    class Counting:
        async def insert_one(self, document: dict[str, Any]) -> object:
            writes.append(1)
            return await collection.insert_one(document)

        async def insert_many(self, documents: list[dict[str, Any]], ordered: bool) -> object:
            writes.append(len(documents))
            return await collection.insert_many(documents, ordered=ordered)

    store._writer._collection = Counting()  # type: ignore[assignment]  # all that the writer uses
    await asyncio.gather(*(store.append(commit(f"counter-{n}", command_id=f"c{n}")) for n in range(100)))

    assert sum(writes) == 100
    assert len(writes) <= 3, "the first alone, the rest together"
    assert await database[COMMITS].count_documents({}) == 100


async def test_a_caller_that_goes_away_takes_no_other_commit_with_it(
    database: Database, store: MongoEventStore
) -> None:
    appends = [
        asyncio.create_task(store.append(commit(f"counter-{n}", command_id=f"c{n}"))) for n in range(10)
    ]
    await asyncio.sleep(0)
    appends[3].cancel()

    outcomes = await asyncio.gather(*appends, return_exceptions=True)

    assert [n for n, o in enumerate(outcomes) if isinstance(o, asyncio.CancelledError)] == [3]
    assert await database[COMMITS].count_documents({}) == 10, "its own commit is written, too"


async def test_order_of_time_is_order_of_versions(database: Database, store: MongoEventStore) -> None:
    previous = commit(version=1, command_id="c1")
    await store.append(previous)
    for version in range(2, 30):
        previous = commit(version=version, command_id=f"c{version}", previous_hash=previous.hash)
        await store.append(previous)

    found = database[COMMITS].find({"relayed": False}).sort("at", 1).hint(UNRELAYED_INDEX)

    assert [d["version"] async for d in found] == list(range(1, 30))


async def test_a_write_that_nobody_could_make_is_told_to_every_caller(mongo_prefix: str) -> None:
    mongo = connect(
        Settings(mongo_url="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200", mongo_prefix=mongo_prefix)
    )
    store = MongoEventStore(mongo.database("counting"))

    outcomes = await asyncio.gather(
        *(store.append(commit(f"counter-{n}", command_id=f"c{n}")) for n in range(5)), return_exceptions=True
    )

    assert all(isinstance(o, Exception) and not isinstance(o, VersionConflictError) for o in outcomes)
    mongo.close()


async def test_the_relay_is_woken_only_after_the_commit_is_durable(database: Database) -> None:
    woken: list[int] = []

    def wake() -> None:
        woken.append(1)

    store = MongoEventStore(database, on_commit=wake)
    await store.append(commit(command_id="c1"))
    with pytest.raises(VersionConflictError):
        await store.append(commit(command_id="c2"))

    assert woken == [1]
