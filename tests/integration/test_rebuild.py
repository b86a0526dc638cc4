"""A new build beside the one that serves, on a real broker and a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.eventsourcing.pointer import Pointers, RebuildLostError
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.rebuild import RebuildBusyError, Rebuilt, rebuild
from shared.eventsourcing.repair import skip_parked
from shared.eventsourcing.republish import republish
from shared.eventsourcing.strict_fold import StrictFold, StrictFoldError
from shared.eventsourcing.verify import StoreNotReachableError, verify
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.log_tools import until
from tests.projection_tools import Brittle, World, boxes, shelves


@pytest.fixture
async def world(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[World]:
    await create_topics(service_name)
    mongo = connect(settings)
    yield await World(service_name, mongo.database(service_name), settings).prepare()
    mongo.close()


async def rebuilt(world: World, projection: Projection) -> Rebuilt:
    return await rebuild(projection, service=world.service, database=world.database, settings=world.settings)


async def test_a_rebuild_makes_the_same_documents_in_a_build_of_its_own(world: World) -> None:
    projection = shelves(world.service)
    await world.store_many([(f"box-{n % 7}", [world.put(n)]) for n in range(50)])
    await world.relay()
    async with world.running(projection):
        await world.until_equal(projection)

        done = await rebuilt(world, projection)

        assert done.pointer.build == 2
        assert await world.equals_the_store(projection)
        await world.record("box-1", world.put(1000))
        await world.until_equal(projection)


async def test_a_rebuild_under_traffic_switches_without_a_gap(world: World) -> None:
    """Events come in all the time, and readers always find a document that is complete as of some moment."""
    projection = shelves(world.service)
    model = ReadModel("shelves", world.database)
    stopped = asyncio.Event()
    written = 0

    async def traffic() -> None:
        nonlocal written
        while not stopped.is_set():
            await world.store_many([(f"box-{n}", [world.put(1)]) for n in range(10)])
            await world.relay()
            written += 10

    async def reader() -> list[int]:
        seen = []
        while not stopped.is_set():
            document = await model.get("a")
            seen.append(document["total"] if document else 0)
            await asyncio.sleep(0.005)
        return seen

    async with world.running(projection):
        await world.record("box-0", world.put(1))
        await world.until_equal(projection)
        writing, reading = asyncio.create_task(traffic()), asyncio.create_task(reader())
        await until(lambda: _at_least(lambda: written, 30))
        done = await rebuilt(world, replace(projection, version=1))
        before = written
        await until(lambda: _at_least(lambda: written, before + 20))
        stopped.set()
        await writing
        await world.until_equal(projection)

    assert done.pointer.build == 2
    seen = await reading
    assert min(seen) >= 1
    assert seen[-1] > seen[0]


async def _at_least(value: Callable[[], int], wanted: int) -> bool:
    return value() >= wanted


async def test_a_service_with_a_newer_fold_serves_the_old_build_until_the_new_one_is_complete(
    world: World,
) -> None:
    old, new = boxes(world.service), boxes(world.service, version=2)
    await world.record("box-1", world.put(3))
    async with world.running(old):
        await world.until_equal(old)

    async with world.running(new):
        assert (await world.documents(new))["1"]["fold"] in (1, 2)
        await world.until_equal(new)
        await world.record("box-1", world.put(4))
        await world.until_equal(new)

    pointer = await Pointers(world.database).get("boxes")
    assert (pointer.build, pointer.version) == (2, 2)
    old_documents = [d async for d in world.database["boxes__v1"].find()]
    assert [d["fold"] for d in old_documents] == [1]


async def test_a_process_with_an_older_fold_leaves_a_newer_build_alone(world: World) -> None:
    old, new = boxes(world.service), boxes(world.service, version=2)
    await world.record("box-1", world.put(3))
    async with world.running(new):
        await world.until_equal(new)

    async with world.running(old) as runner:
        await until(lambda: _doing(runner.runners[0], "waiting"))
        await world.record("box-1", world.put(4))
        async with world.running(new):
            await world.until_equal(new)


async def _doing(runner: object, what: str) -> bool:
    return runner.doing.startswith(what)  # type: ignore[attr-defined, no-any-return]  # object to keep it short


async def test_a_republished_log_rebuilds_what_was_made_of_the_old_one(world: World) -> None:
    """Offsets of the new generation begin elsewhere: nothing may be skipped or counted twice."""
    projection = shelves(world.service)
    await world.store_many([(f"box-{n % 7}", [world.put(n)]) for n in range(50)])
    await world.relay()
    async with world.running(projection):
        await world.until_equal(projection)

        await republish(world.service, world.database, world.settings, lease_seconds=1.0)
        await world.record("box-1", world.put(1000))
        await world.until_equal(projection)

    pointer = await Pointers(world.database).get("shelves")
    assert (pointer.build, pointer.generations) == (2, {world.service: 2})


async def test_an_event_that_cannot_be_folded_stops_the_rebuild_and_nothing_has_changed(world: World) -> None:
    projection = boxes(world.service)
    await world.record("box-1", world.put(3), world.shaken(hard=True), world.put(4))
    async with world.running(projection):
        await until(lambda: _parked(world, 1))

    with pytest.raises(StrictFoldError) as caught:
        await rebuilt(world, projection)

    assert (caught.value.event_id, caught.value.key) == ("box-1:2", "1")
    pointer = await Pointers(world.database).get("boxes")
    assert (pointer.build, pointer.building) == (1, None)
    assert "boxes__v2" not in await world.database.list_collection_names()


async def _parked(world: World, count: int) -> bool:
    return await world.database["_parked"].count_documents({"error": {"$ne": None}}) == count


async def test_an_event_that_an_operator_skipped_does_not_stop_the_rebuild(world: World) -> None:
    projection = boxes(world.service)
    await world.record("box-1", world.put(3), world.shaken(hard=True), world.put(4))
    async with world.running(projection):
        await until(lambda: _parked(world, 1))
        await skip_parked(projection, world.database, "1", "the box was not shaken")

    await rebuilt(world, projection)

    assert (await world.documents(projection))["1"]["total"] == 7


async def test_one_process_rebuilds_at_a_time(world: World) -> None:
    projection = boxes(world.service)
    pointers = Pointers(world.database)
    await pointers.begin(projection, {})

    assert await pointers.claim("boxes", "somebody") == 2
    with pytest.raises(RebuildBusyError):
        await rebuilt(world, projection)


async def test_the_work_of_a_process_that_died_rebuilding_is_taken_over(world: World) -> None:
    projection = boxes(world.service)
    pointers = Pointers(world.database)
    await world.record("box-1", world.put(3))
    await pointers.begin(projection, {})
    assert await pointers.claim("boxes", "dead", seconds=0) == 2
    await world.database["boxes__v2"].insert_one({"_id": "half", "total": 1})

    async def taken_over() -> bool:
        try:
            return (await rebuilt(world, projection)).pointer.build == 3
        except RebuildBusyError:
            return False

    await until(taken_over)

    assert await world.equals_the_store(projection)
    with pytest.raises(RebuildLostError):
        await pointers.switch(projection, 2, "dead", old=1, generations={})
    assert sorted(await pointers.drop_retired("boxes", grace=timedelta(0))) == [1, 2]
    assert {"boxes__v1", "boxes__v2"}.isdisjoint(await world.database.list_collection_names())


async def test_a_rebuild_keeps_few_documents_in_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents that were put out of memory are found again, and nothing is lost or counted twice."""
    projection = boxes(world.service)
    streams = [f"box-{n}" for n in range(60)]
    await world.store_many([(s, [world.put(1)]) for s in streams * 5])
    await world.relay()
    await Pointers(world.database).begin(projection, {})
    kept: list[int] = []
    add = StrictFold.add

    async def watched(self: StrictFold, steps: object) -> None:
        self._memory_documents = 10
        await add(self, steps)  # type: ignore[arg-type]  # handed on as it is
        kept.append(len(self._documents))

    monkeypatch.setattr(StrictFold, "add", watched)
    monkeypatch.setattr("shared.eventsourcing.rebuild.READ_RECORDS", 7)
    await rebuilt(world, projection)

    assert await world.equals_the_store(projection)
    assert max(kept) <= 10


async def test_verify_finds_a_document_edited_by_hand_one_missing_and_one_too_many(world: World) -> None:
    projection = boxes(world.service)
    await world.store_many([(f"box-{n}", [world.put(n)]) for n in range(5)])
    await world.relay()
    async with world.running(projection):
        await world.until_equal(projection)
    stores = {world.service: world.database}
    assert (await verify(projection, database=world.database, stores=stores)).ok

    collection = world.database["boxes__v1"]
    await collection.update_one({"_id": "1"}, {"$set": {"total": 99}})
    await collection.delete_one({"_id": "2"})
    await collection.insert_one({**(await collection.find_one({"_id": "3"}) or {}), "_id": "7"})
    found = await verify(projection, database=world.database, stores=stores, patience_seconds=0.2)

    assert [(d.key, d.problem, d.fields) for d in found.differing] == [
        ("1", "differs", ("total",)),
        ("2", "missing", ()),
        ("7", "surplus", ()),
    ]
    assert (found.events, found.documents) == (5, 5)
    assert not [n for n in await world.database.list_collection_names() if "verify" in n]


async def test_verify_needs_every_store_that_the_projection_reads(world: World) -> None:
    projection = boxes(world.service)
    await Pointers(world.database).begin(projection, {})

    with pytest.raises(StoreNotReachableError):
        await verify(projection, database=world.database, stores={})


async def test_a_mended_fold_is_taken_up_by_raising_its_version(world: World) -> None:
    brittle = Brittle()
    await world.record("box-1", world.put(3), world.shaken(hard=True), world.put(4))
    async with world.running(boxes(world.service)):
        await until(lambda: _parked(world, 1))

    brittle.mended = True
    mended = boxes(world.service, version=2, brittle=brittle)
    async with world.running(mended):
        await world.until_equal(mended)
