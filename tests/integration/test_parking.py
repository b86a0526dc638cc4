"""What cannot be folded is put aside, and everything else goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.eventsourcing import parking
from shared.eventsourcing.parking import NotParkedError, Parking, Scope, list_parked
from shared.eventsourcing.pointer import Pointers
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.repair import retry_parked, skip_parked
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.projection_tools import BoxEvents, Brittle, Log, box_events, boxes, projector, shelves

HARD = {"hard": True}


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str, service_name: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    await parking.prepare(mongo.database(service_name))
    yield mongo.database(service_name)
    mongo.close()


@pytest.fixture
def brittle() -> Brittle:
    return Brittle()


@pytest.fixture
async def projection(service_name: str, brittle: Brittle, database: Database) -> Projection:
    made = boxes(service_name, brittle=brittle)
    await Pointers(database).begin(made, {})
    return made


@pytest.fixture
def events(service_name: str) -> BoxEvents:
    return box_events(service_name)


@pytest.fixture
def log(service_name: str) -> Log:
    return Log(service_name)


async def document(database: Database, key: str) -> dict[str, Any]:
    found = await database["boxes__v1"].find_one({"_id": key})
    assert found is not None
    return found


async def test_a_poison_event_parks_its_document_and_what_follows_while_others_go_on(
    database: Database, projection: Projection, events: BoxEvents, log: Log
) -> None:
    one = projector(projection, database)

    await one.accept([log.record("box-1", events.Put(amount=1)), log.record("box-2", events.Put(amount=2))])
    await one.accept([log.record("box-1", events.Shaken(**HARD)), log.record("box-1", events.Put(amount=10))])
    await one.accept(
        [log.record("box-1", events.Put(amount=100)), log.record("box-2", events.Put(amount=20))]
    )
    await one.settle()

    assert (await document(database, "1"))["total"] == 1
    assert (await document(database, "1"))["_stale"] == ["1"]
    assert (await document(database, "2"))["total"] == 22
    [parked] = await list_parked(database)
    assert (parked.key, parked.scope, parked.entries, parked.event_id) == ("1", Scope.DOCUMENT, 3, "box-1:2")
    assert parked.error["type"] == "ValueError"


async def test_a_retry_after_the_mistake_is_mended_heals_the_document(
    database: Database, projection: Projection, brittle: Brittle, events: BoxEvents, log: Log
) -> None:
    one = projector(projection, database)
    await one.accept([log.record("box-1", events.Put(amount=1)), log.record("box-1", events.Shaken(**HARD))])
    await one.accept([log.record("box-1", events.Put(amount=10))])
    await one.settle()

    assert (await retry_parked(projection, database, "1")).still is not None
    brittle.mended = True
    assert (await retry_parked(projection, database, "1")).still is None

    healed = await document(database, "1")
    assert (healed["total"], healed["shaken"], healed["seen"]) == (11, 1, [1, 2, 3])
    assert "_stale" not in healed
    assert await list_parked(database) == []
    await one.accept([log.record("box-1", events.Put(amount=100))])
    await one.settle()
    assert (await document(database, "1"))["total"] == 111


async def test_a_skipped_event_is_left_out_and_the_rest_is_folded(
    database: Database, projection: Projection, events: BoxEvents, log: Log
) -> None:
    poison = log.record("box-1", events.Shaken(**HARD))
    one = projector(projection, database)
    await one.accept([poison, log.record("box-1", events.Put(amount=10))])
    await one.settle()

    assert (await skip_parked(projection, database, "1", "entered twice by mistake")).still is None

    assert (await document(database, "1"))["total"] == 10
    kept = await database["_parked"].find_one({"state": "skipped"})
    assert kept is not None
    assert kept["reason"] == "entered twice by mistake"
    again = projector(projection, database)
    await again.accept([poison])
    await again.settle()
    assert await list_parked(database) == []


async def test_parking_the_same_twice_changes_nothing(
    database: Database, projection: Projection, events: BoxEvents, log: Log
) -> None:
    batch = [log.record("box-1", events.Shaken(**HARD)), log.record("box-1", events.Put(amount=10))]

    for _ in range(2):
        one = projector(projection, database)
        await one.accept(batch)
        await one.settle()

    [parked] = await list_parked(database)
    assert parked.entries == 2


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"value": b"{not json"}, id="no JSON"),
        pytest.param({"value": b'{"amount": "much"}'}, id="does not fit its type"),
        pytest.param({"ce_streamversion": "x"}, id="malformed envelope"),
        pytest.param({"ce_type": "newer"}, id="newer version than this process knows"),
    ],
)
async def test_an_unreadable_record_parks_its_stream_but_not_others_of_the_document(
    database: Database,
    service_name: str,
    events: BoxEvents,
    log: Log,
    broken: dict[str, Any],
) -> None:
    if "ce_type" in broken:
        broken = {"ce_type": f"hxs.{service_name}.Put.v2"}
    projection = shelves(service_name)
    one = projector(projection, database)

    await one.accept([log.record("box-1", events.Put(amount=1)), log.record("box-2", events.Put(amount=2))])
    await one.accept([log.record("box-1", events.Put(amount=10), **broken)])
    await one.accept(
        [log.record("box-1", events.Put(amount=100)), log.record("box-2", events.Put(amount=20))]
    )
    await one.settle()

    shelf = await database["shelves__v1"].find_one({"_id": "a"})
    assert shelf is not None
    assert (shelf["total"], shelf["_stale"]) == (23, ["stream:box-1"])
    [parked] = await list_parked(database)
    assert (parked.key, parked.scope, parked.entries) == ("stream:box-1", Scope.STREAM, 2)


async def test_a_mended_stream_is_not_counted_twice_when_its_records_come_again(
    database: Database, service_name: str, events: BoxEvents, log: Log
) -> None:
    """The retry was killed after it wrote the document; and what was read is read again."""
    projection = shelves(service_name)
    await Pointers(database).begin(projection, {})
    one = projector(projection, database)
    broken = log.record("box-1", events.Put(amount=1), value=b"?")
    batch = [broken, log.record("box-1", events.Put(amount=10)), log.record("box-2", events.Put(amount=2))]
    await one.accept(batch)
    await one.settle()
    readable = events.Put(amount=1).model_dump_json().encode()
    await database["_parked"].update_one({"value": b"?"}, {"$set": {"value": readable}})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Parking, "remove", _killed)
        with pytest.raises(ConnectionError):
            await retry_parked(projection, database, "stream:box-1")
    await one.accept([log.record("box-2", events.Put(amount=20))])
    await one.settle()
    assert (await retry_parked(projection, database, "stream:box-1")).still is None
    await one.accept([replace(broken, value=readable), *batch[1:]])
    await one.settle()

    shelf = await database["shelves__v1"].find_one({"_id": "a"})
    assert shelf is not None
    assert (shelf["total"], shelf["events"]) == (33, 4)


async def _killed(*_: object) -> None:
    raise ConnectionError


async def test_a_stream_is_healed_when_its_record_can_be_read(
    database: Database, service_name: str, events: BoxEvents, log: Log
) -> None:
    projection = shelves(service_name)
    await Pointers(database).begin(projection, {})
    one = projector(projection, database)
    await one.accept([log.record("box-1", events.Put(amount=1), value=b"?")])
    await one.accept([log.record("box-1", events.Put(amount=10)), log.record("box-2", events.Put(amount=2))])
    await one.settle()

    assert (await retry_parked(projection, database, "stream:box-1")).still is not None
    readable = events.Put(amount=1).model_dump_json().encode()
    await database["_parked"].update_one({"value": b"?"}, {"$set": {"value": readable}})
    assert (await retry_parked(projection, database, "stream:box-1")).still is None

    shelf = await database["shelves__v1"].find_one({"_id": "a"})
    assert shelf is not None
    assert (shelf["total"], "_stale" in shelf) == (13, False)


async def test_an_unreadable_record_that_was_skipped_lets_its_stream_go_on(
    database: Database, service_name: str, events: BoxEvents, log: Log
) -> None:
    projection = shelves(service_name)
    await Pointers(database).begin(projection, {})
    broken = log.record("box-1", events.Put(amount=1), value=b"?")
    one = projector(projection, database)
    await one.accept([broken])
    await one.settle()

    await skip_parked(projection, database, "stream:box-1", "damaged on the way")
    await one.accept([broken, log.record("box-1", events.Put(amount=10))])
    await one.settle()

    shelf = await database["shelves__v1"].find_one({"_id": "a"})
    assert shelf is not None
    assert shelf["total"] == 10


async def test_what_is_parked_behind_a_fault_that_was_just_healed_does_not_stay(
    database: Database, projection: Projection, brittle: Brittle, events: BoxEvents, log: Log
) -> None:
    """A batch finds the key parked, the operator's retry ends, only then the batch parks its event."""
    one = projector(projection, database)
    await one.accept([log.record("box-1", events.Shaken(**HARD))])
    await one.settle()
    brittle.mended = True
    put = Parking.put

    async def retried_first(self: Parking, items: Any) -> None:
        if items and items[0].error is None:
            assert (await retry_parked(projection, database, "1")).still is None
        await put(self, items)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Parking, "put", retried_first)
        await one.accept([log.record("box-1", events.Put(amount=10))])
        await one.settle()

    healed = await document(database, "1")
    assert (healed["total"], healed["shaken"], "_stale" in healed) == (10, 1, False)
    assert await list_parked(database) == []


async def test_a_key_that_is_not_parked_cannot_be_skipped(database: Database, projection: Projection) -> None:
    with pytest.raises(NotParkedError):
        await skip_parked(projection, database, "1", "why not")
