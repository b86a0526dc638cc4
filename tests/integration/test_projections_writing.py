"""Batches of records into documents, with a real database and no broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest

from shared.eventsourcing import parking
from shared.eventsourcing.document_cache import DocumentCache
from shared.eventsourcing.folding import NewerLogError
from shared.eventsourcing.incoming import StoredRecord
from shared.eventsourcing.parking import list_parked
from shared.eventsourcing.patience import CalledOffError, Patience
from shared.eventsourcing.projector import Projector
from shared.platform.local.mongod import Mongod
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.log_tools import until
from tests.projection_tools import BoxEvents, Log, box_events, boxes, projector, shelves

T = TypeVar("T")


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str, service_name: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    await parking.prepare(mongo.database(service_name))
    yield mongo.database(service_name)
    mongo.close()


@pytest.fixture
def events(service_name: str) -> BoxEvents:
    return box_events(service_name)


@pytest.fixture
def log(service_name: str) -> Log:
    return Log(service_name)


async def feed(one: Projector, *batches: list[StoredRecord]) -> None:
    """Give batches one after the other, then wait for all to be written."""
    for batch in batches:
        await one.accept(batch)
    await one.settle()


async def documents(database: Database, name: str = "boxes") -> dict[str, Any]:
    return {document["_id"]: document async for document in database[f"{name}__v1"].find()}


async def test_a_record_delivered_again_counts_once(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    batch = [log.record("box-1", events.Put(amount=n)) for n in (1, 2, 3)]

    await feed(projector(boxes(service_name), database), batch, batch)
    await feed(projector(boxes(service_name), database), batch[1:])

    assert (await documents(database))["1"]["total"] == 6
    assert (await documents(database))["1"]["_pos"] == {f"{service_name}-0@1": 2}


async def test_who_loses_a_race_reads_again_and_folds_again(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    """Two instances have the same document in their caches, and write it in turn."""
    one, other = (projector(shelves(service_name), database) for _ in range(2))
    mine = [log.record("box-1", events.Put(amount=1), partition=0) for _ in range(4)]
    theirs = [log.record("box-2", events.Put(amount=10), partition=1) for _ in range(3)]

    await feed(one, mine[:1])
    await feed(other, theirs[:1])
    await feed(one, mine[1:2])
    await feed(other, theirs[1:2])

    assert (await documents(database, "shelves"))["a"]["total"] == 22


async def test_a_batch_folded_on_a_write_that_lost_is_folded_again(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    one, other = (projector(shelves(service_name), database) for _ in range(2))
    mine = [log.record("box-1", events.Put(amount=1), partition=0) for _ in range(4)]
    theirs = log.record("box-2", events.Put(amount=10), partition=1)
    await feed(one, mine[:1])
    await feed(other, [theirs])

    await feed(one, mine[1:2], mine[2:3], mine[3:])

    shelf = (await documents(database, "shelves"))["a"]
    assert (shelf["total"], shelf["events"]) == (14, 5)


async def test_a_revision_that_another_instance_wrote_is_not_taken_for_our_own(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    """Both write revision 2; ours loses with nothing left to write, and the next batch was folded on it."""
    one, other = (projector(shelves(service_name), database) for _ in range(2))
    mine = [log.record("box-1", events.Put(amount=1), partition=0) for _ in range(3)]
    theirs = log.record("box-2", events.Put(amount=10), partition=1)
    await feed(one, mine[:1])
    await feed(other, [mine[1], theirs])

    await feed(one, mine[1:2], mine[2:3])

    shelf = (await documents(database, "shelves"))["a"]
    assert (shelf["total"], shelf["events"]) == (13, 4)


async def test_a_batch_of_more_documents_than_are_kept_at_hand_loses_nothing(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    """The version that an event brings is for documents that are there: one forgotten would not get it."""
    keys = [str(n) for n in range(5)]
    await feed(
        projector(boxes(service_name), database), [log.record(f"box-{k}", events.Put(amount=1)) for k in keys]
    )
    one = projector(boxes(service_name), database, cache=DocumentCache(most_bytes=0))

    await feed(one, [log.record(f"box-{key}", events.Sealed()) for key in keys])

    assert {key: d["_version"] for key, d in (await documents(database)).items()} == dict.fromkeys(keys, 2)


class Gate(Patience):
    """Lets what is to be written wait until it is opened."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.opened = asyncio.Event()

    async def run(self, operation: Callable[[], Awaitable[T]], *endings: type[Exception]) -> T:
        await self.opened.wait()
        return await super().run(operation, *endings)


async def test_documents_that_lost_a_race_are_folded_again_though_they_are_not_kept_at_hand(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    """Each makes revision 1 of both shelves; ours loses, and the next batch was folded on it."""
    gate = Gate("shelves")
    one = Projector(
        shelves(service_name),
        database,
        build=1,
        generations={},
        patience=gate,
        cache=DocumentCache(most_bytes=0),
    )
    first, second = (
        [log.record("box-1", events.Put(amount=1, shelf=shelf), partition=0) for shelf in "ab"]
        for _ in range(2)
    )
    theirs = [log.record("box-2", events.Put(amount=10, shelf=shelf), partition=1) for shelf in "ab"]

    await one.accept(first)
    await feed(projector(shelves(service_name), database), first + theirs)
    folding = asyncio.create_task(one.accept(second))
    await asyncio.sleep(0)  # folded, and waiting for the write before
    gate.opened.set()
    await folding
    await one.settle()

    found = await documents(database, "shelves")
    assert {shelf: (d["total"], d["events"]) for shelf, d in found.items()} == {"a": (12, 3), "b": (12, 3)}


async def test_many_instances_at_once_lose_nothing(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    async def instance(partition: int) -> None:
        one = projector(shelves(service_name), database)
        for n in range(20):
            record = log.record(
                f"box-{partition}", events.Put(amount=1, shelf=f"s{n % 3}"), partition=partition
            )
            await one.accept([record])
        await one.settle()

    await asyncio.gather(*(instance(n) for n in range(6)))

    assert sum(d["total"] for d in (await documents(database, "shelves")).values()) == 120


async def test_the_version_follows_events_that_are_not_read(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    """Who waits for the version of a write must see it, whatever the write was about."""
    records = [
        log.record("box-1", events.Put(amount=1)),
        log.record("box-1", events.Sealed()),
        log.record("box-2", events.Sealed()),
    ]

    await feed(projector(boxes(service_name), database), records)

    assert (await documents(database))["1"]["_version"] == 2
    assert "2" not in await documents(database)


async def test_an_older_log_is_passed_over_and_a_newer_one_refused(
    database: Database, events: BoxEvents, service_name: str
) -> None:
    one = Projector(
        boxes(service_name), database, build=1, generations={service_name: 2}, patience=Patience("boxes")
    )
    logs = {generation: Log(service_name, generation=generation) for generation in (1, 2, 3)}
    old, ours, new = (log.record("box-1", events.Put(amount=g)) for g, log in logs.items())

    await feed(one, [old, ours])
    with pytest.raises(NewerLogError):
        await one.accept([new])

    assert (await documents(database))["1"]["total"] == 2


async def test_a_document_that_cannot_be_stored_parks_its_key_and_no_other(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    """MongoDB has no integer of nine bytes."""
    records = [
        log.record("box-1", events.Put(amount=1)),
        log.record("box-2", events.Put(amount=2**70)),
        log.record("box-3", events.Put(amount=3)),
    ]

    await feed(projector(boxes(service_name), database), records)

    assert {key: d["total"] for key, d in (await documents(database)).items()} == {"1": 1, "3": 3}
    assert [(p.key, p.entries) for p in await list_parked(database)] == [("2", 1)]


async def test_a_document_against_a_unique_index_parks_its_key(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    await database["boxes__v1"].create_index("total", unique=True)
    one = projector(boxes(service_name), database)

    await feed(one, [log.record(f"box-{n}", events.Put(amount=5)) for n in (1, 2)])

    assert len(await documents(database)) == 1
    assert len(await list_parked(database)) == 1


async def test_events_nobody_knows_are_passed_over(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    unknown = log.record("box-1", events.Sealed(), ce_type=f"hxs.{service_name}.Painted.v1")

    await feed(projector(shelves(service_name), database), [unknown])

    assert await list_parked(database) == []


async def _has_fault(patience: Patience) -> bool:
    return patience.fault is not None


async def test_a_database_that_is_away_for_a_while_costs_nothing(
    events: BoxEvents, log: Log, service_name: str, mongo_prefix: str
) -> None:
    """The database is killed while batches come in, and started again."""
    with Mongod(cache_gb=0.25) as own:
        mongo = connect(Settings(mongo_url=own.url, mongo_prefix=mongo_prefix))
        database = mongo.database(service_name)
        patience = Patience("boxes")
        one = Projector(boxes(service_name), database, build=1, generations={}, patience=patience)
        await feed(one, [log.record("box-1", events.Put(amount=1))])

        await asyncio.to_thread(own.kill)
        await one.accept([log.record("box-1", events.Put(amount=10))])
        waiting = asyncio.create_task(one.settle())
        await until(lambda: _has_fault(patience))
        assert not waiting.done()
        await asyncio.to_thread(own.start)
        await asyncio.wait_for(waiting, 30)

        assert (await documents(database))["1"]["total"] == 11
        assert patience.fault is None
        mongo.close()


async def test_what_is_called_off_is_left_to_the_next_owner(
    events: BoxEvents, log: Log, service_name: str, mongo_prefix: str
) -> None:
    nobody = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"
    mongo = connect(Settings(mongo_url=nobody, mongo_prefix=mongo_prefix))
    patience = Patience("boxes")

    async def fails() -> None:
        await mongo.ping()

    waiting = asyncio.create_task(patience.run(fails))
    await until(lambda: _has_fault(patience))
    patience.call_off()

    with pytest.raises(CalledOffError):
        await waiting
    mongo.close()


async def test_who_waits_is_told_of_a_document_once_it_is_written(
    database: Database, events: BoxEvents, log: Log, service_name: str
) -> None:
    told: list[str] = []
    one = projector(boxes(service_name), database, on_written=told.extend)

    await feed(one, [log.record("box-1", events.Put(amount=1)), log.record("box-2", events.Put(amount=2))])

    assert sorted(told) == sorted(await documents(database)) == ["1", "2"]
