"""`hxs audit` on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.eventsourcing.audit import TamperedFault, audit
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.eventsourcing.store import Snapshot
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.log_tools import chain, insert


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    await prepare(mongo.database("counting"))
    yield mongo.database("counting")
    mongo.close()


async def test_an_untouched_record_is_intact(database: Database) -> None:
    for number in range(30):
        await insert(database, chain(f"counter-{number}", 50))
    told: list[tuple[int, int]] = []

    report = await audit(database, progress=lambda done, total: told.append((done, total)))

    assert report.intact
    assert (report.streams, report.commits) == (30, 1500)
    assert told == [(1000, 1500), (1500, 1500)]


async def test_a_commit_edited_by_hand_is_found_in_its_stream_and_in_all(database: Database) -> None:
    await insert(database, [*chain("counter-1", 3), *chain("counter-2", 3)])
    await database.commits.update_one({"_id": "counter-2:2"}, {"$set": {"events.0.data.by": 99}})
    fault = TamperedFault("counter-2:2", "content does not agree with its hash")

    assert (await audit(database)).faults == [fault]
    assert (await audit(database, "counter-2")).faults == [fault]
    assert (await audit(database, "counter-1")).intact


async def test_a_stream_cut_off_behind_a_snapshot_is_found(database: Database) -> None:
    commits = chain("counter-1", 5)
    await insert(database, [*commits, *chain("counter-2", 5)])
    store = MongoEventStore(database)
    await store.save_snapshot(Snapshot("counter-1", 4, commits[3].hash, state={}, state_version=1))
    assert (await audit(database)).intact

    await database.commits.delete_many({"stream": "counter-1", "version": {"$gt": 3}})

    fault = TamperedFault("counter-1:4", "a snapshot of this version exists, its commit does not")
    assert (await audit(database)).faults == [fault]
    assert (await audit(database, "counter-1")).faults == [fault]
    assert (await audit(database, "counter-2")).intact
