"""What operators do with `hxs`, on a real database and a real broker."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from services.topics.projections import ALL
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, headers_of
from shared.contracts.topics import TopicMerged, TopicProposed, TopicWithdrawn
from shared.contracts.types import Channel, Origin
from shared.eventsourcing import mongo_store
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.incoming import StoredRecord
from shared.eventsourcing.lease import Lease
from shared.eventsourcing.parking import REACTIONS, Parking, Scope, ToPark
from shared.eventsourcing.pointer import Pointers
from shared.eventsourcing.relay import Relay
from shared.platform.mongo import Database, Document, connect
from shared.platform.settings import Settings
from tests.conftest import TopicMaker
from tests.log_tools import insert
from tests.unit.cli.running import Hxs

T = TypeVar("T")
TOPICS = next(projection for projection in ALL if projection.name == "topics")
META = Meta(
    division="371621102", actor="u-1", correlation_id="c", causation_id="r", source="ledger.xlsx#台账!3"
)
NOW = datetime(2024, 9, 5, 8, 0, tzinfo=UTC)
SECRET = "a secret of at least thirty-two characters"


def stream_of(stream: str, *events: DomainEvent) -> list[Commit]:
    """Return the commits of a stream, one an event."""
    commits: list[Commit] = []
    for version, event in enumerate(events, start=1):
        commits.append(
            new_commit(
                stream,
                version,
                [event],
                meta=META,
                command_id=uuid.uuid4().hex,
                command_digest="digest",
                now=NOW,
                previous_hash=commits[-1].hash if commits else GENESIS,
            )
        )
    return commits


def topic_of_two_events(topic_id: str) -> list[Commit]:
    """Return a topic that was proposed and withdrawn."""
    proposed = TopicProposed(
        topic_id=topic_id,
        division=META.division,
        title="路灯补亮",
        origin=Origin.RESIDENTS,
        channel=Channel.QR,
        proposed_on=date(2024, 3, 1),
    )
    withdrawn = TopicWithdrawn(topic_id=topic_id, reason="已由村里解决", withdrawn_on=date(2024, 3, 20))
    return stream_of(f"topic-{topic_id}", proposed, withdrawn)


def record_of(commit: Commit) -> StoredRecord:
    """Return the record of a commit's one event, far down the log."""
    [(envelope, event)] = commit.envelopes(generation=1)
    value, headers = json.dumps(event.data).encode(), headers_of(envelope, "topics")
    return StoredRecord("hxs.topics.events", 0, 10_000, commit.stream.encode(), value, headers)


class Store:
    """The database of topics, from a test that is no coroutine."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def do(self, work: Callable[[Database], Awaitable[T]]) -> T:
        async def run() -> T:
            mongo = connect(self.settings)
            try:
                return await work(mongo.database("topics"))
            finally:
                mongo.close()

        return asyncio.run(run())

    def fill(self, *topic_ids: str) -> None:
        async def work(database: Database) -> None:
            await mongo_store.prepare(database)
            for topic_id in topic_ids:
                await insert(database, topic_of_two_events(topic_id))

        self.do(work)

    def documents(self, collection: str) -> list[Document]:
        async def work(database: Database) -> list[Document]:
            return [document async for document in database[collection].find().sort("_id", 1)]

        return self.do(work)

    def edit(self, collection: str, id_: str, **fields: Any) -> None:
        async def work(database: Database) -> None:
            done = await database[collection].update_one({"_id": id_}, {"$set": fields})
            assert done.modified_count == 1

        self.do(work)

    def relay(self) -> int:
        return self.do(lambda database: Relay("topics", database, self.settings).drain())


@pytest.fixture
def without_broker(mongo_url: str, mongo_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a test that needs the database only, in the environment too."""
    monkeypatch.setenv("HXS_MONGO_URL", mongo_url)
    monkeypatch.setenv("HXS_MONGO_PREFIX", mongo_prefix)
    monkeypatch.setenv("HXS_DEV_TOKEN_SECRET", SECRET)
    return Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)


@pytest.fixture
def store(without_broker: Settings) -> Store:
    """A record of two topics."""
    store = Store(without_broker)
    store.fill("lamps", "roads")
    return store


@pytest.fixture
def log(
    kafka_bootstrap: str,
    create_topics: TopicMaker,
    without_broker: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Store:
    """A record of two topics, with a broker whose topics are empty."""
    monkeypatch.setenv("HXS_KAFKA_BOOTSTRAP", kafka_bootstrap)
    asyncio.run(_create(create_topics))
    store = Store(without_broker.model_copy(update={"kafka_bootstrap": kafka_bootstrap}))
    store.fill("lamps", "roads")
    return store


async def _create(create_topics: TopicMaker) -> None:
    await create_topics("topics")


@pytest.fixture
def hxs() -> Hxs:
    """The command."""
    return Hxs()


# the record


def test_an_untouched_record_passes_the_audit(hxs: Hxs, store: Store) -> None:
    done = hxs("audit", "--json")

    assert (done.code, done.json["intact"]) == (0, True)
    topics = done.json["services"][0]
    assert (topics["service"], topics["streams"], topics["commits"]) == ("topics", 2, 4)


def test_a_commit_edited_by_hand_fails_the_audit(hxs: Hxs, store: Store) -> None:
    store.edit("commits", "topic-lamps:1", **{"events.0.data.title": "路灯补亮(一期)"})

    everything, one, other = (
        hxs("audit", "--json", *chosen)
        for chosen in ((), ("--stream", "topic-lamps"), ("--stream", "topic-roads"))
    )

    assert (everything.code, one.code, other.code) == (1, 1, 0)
    fault = {"commit_id": "topic-lamps:1", "reason": "content does not agree with its hash"}
    assert everything.json["services"][0]["faults"] == [fault]
    assert "!! topics" in hxs("audit", "topics").out


def test_a_stream_that_is_not_there_is_not_called_intact(hxs: Hxs, store: Store) -> None:
    done = hxs("audit", "--stream", "topic-sandwich")

    assert done.code == 1
    assert "no such stream" in done.err


def test_a_stream_is_shown_with_who_recorded_it_and_from_where(hxs: Hxs, store: Store) -> None:
    done = hxs("events", "show", "topic-lamps", "--json")

    first, second = done.json
    assert (first["id"], first["type"], first["data"]["title"]) == (
        "topic-lamps:1",
        "hxs.topics.TopicProposed.v1",
        "路灯补亮",
    )
    assert (second["id"], second["actor"], second["source"]) == ("topic-lamps:2", "u-1", "ledger.xlsx#台账!3")
    assert "copied from ledger.xlsx#台账!3" in hxs("events", "show", "topic-lamps").out


# backups


@pytest.fixture
def backup(hxs: Hxs, store: Store, tmp_path: Path) -> Path:
    """A backup of the record, with read models in the database that are not in it."""

    async def derived(database: Database) -> None:
        await database["topics__v1"].insert_one({"_id": "lamps"})
        await database["projections"].insert_one({"_id": "topics", "build": 1})
        await database["people"].insert_one({"_id": "p-1", "name": "王某"})

    store.do(derived)
    add = ("accounts", "add", "clerk", "--role", "office", "--division", "371621", "--password-stdin")
    assert hxs(*add, stdin="correct horse battery\n").code == 0
    folder = tmp_path / "backup"
    assert hxs("backup", folder).code == 0
    return folder


def test_a_restore_brings_back_the_record_and_nothing_derived(hxs: Hxs, store: Store, backup: Path) -> None:
    commits = store.documents("commits")
    store.edit("commits", "topic-lamps:1", version=7)

    done = hxs("restore", backup, "--force", "--json")

    assert (done.code, done.json["intact"]) == (0, True)
    assert done.json["documents"]["topics"] == {"commits": 4, "people": 1}
    assert done.json["documents"]["platform"] == {"accounts": 1}
    assert store.documents("commits") == commits
    assert store.documents("people") == [{"_id": "p-1", "name": "王某"}]
    assert store.documents("topics__v1") == []
    assert store.documents("projections") == []
    assert hxs("audit").code == 0


def test_a_restored_store_still_refuses_a_version_twice(hxs: Hxs, store: Store, backup: Path) -> None:
    hxs("restore", backup, "--force")

    async def indexes(database: Database) -> set[str]:
        return set(await database["commits"].index_information())

    assert {"stream_version", "command_id", "unrelayed"} <= store.do(indexes)


def test_what_is_there_is_not_overwritten_unasked(hxs: Hxs, store: Store, backup: Path) -> None:
    commits = store.documents("commits")

    done = hxs("restore", backup)

    assert done.code == 1
    assert "--force" in done.err
    assert store.documents("commits") == commits


def test_nothing_is_restored_under_a_running_service(hxs: Hxs, store: Store, backup: Path) -> None:
    async def hold(database: Database) -> bool:
        return await Lease(database, "relay", owner="somebody", seconds=30).try_acquire()

    assert store.do(hold)

    done = hxs("restore", backup, "--force")

    assert done.code == 1
    assert "topics is running" in done.err
    assert len(store.documents("commits")) == 4


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(file.read_bytes()[:-1]), Path.unlink])
def test_a_backup_that_was_spoilt_is_not_restored(
    hxs: Hxs, store: Store, backup: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(backup / "topics" / "commits.bson.gz")

    done = hxs("restore", backup, "--force")

    assert done.code == 1
    assert "use another backup" in done.err
    assert len(store.documents("commits")) == 4


def test_a_backup_that_was_interrupted_is_not_restored(hxs: Hxs, store: Store, backup: Path) -> None:
    (backup / "manifest.json").unlink()

    done = hxs("restore", backup, "--force")

    assert done.code == 1
    assert "no complete backup" in done.err


def test_a_record_that_was_altered_before_its_backup_is_told_after_the_restore(
    hxs: Hxs, store: Store, tmp_path: Path
) -> None:
    store.edit("commits", "topic-roads:2", **{"events.0.data.reason": "另有安排"})
    hxs("backup", tmp_path / "backup")

    done = hxs("restore", tmp_path / "backup", "--force")

    assert done.code == 1
    assert "topic-roads:2: content does not agree with its hash" in done.out


def test_a_backup_goes_into_a_new_folder_only(hxs: Hxs, store: Store, backup: Path) -> None:
    done = hxs("backup", backup)

    assert done.code == 1
    assert "is not empty" in done.err


# accounts


def test_an_account_may_be_added_once_and_disabled(hxs: Hxs, store: Store) -> None:
    add = ("accounts", "add", "clerk", "--role", "office", "--division", "371621", "--password-stdin")
    secret = "correct horse battery\n"

    first, again = hxs(*add, "--json", stdin=secret), hxs(*add, stdin=secret)

    assert (first.code, first.json["username"], again.code) == (0, "clerk", 1)
    assert secret.strip() not in first.out
    assert hxs("accounts", "disable", "clerk").code == 0
    assert hxs("accounts", "disable", "nobody").code == 1


# the log


def test_topics_that_are_missing_are_listed(hxs: Hxs, log: Store) -> None:
    done = hxs("kafka", "check", "--json")

    missing = {each["topic"] for each in done.json["differences"] if each["what"] == "topic"}
    assert (done.code, done.json["ok"]) == (1, False)
    assert "hxs.cases.events" in missing
    assert "hxs.topics.events" not in missing


def tailed(hxs: Hxs, *, generation: int) -> list[str]:
    """Return the ids of a generation's events, by stream in order."""
    done = hxs("events", "tail", "topics", "--last", 100, "--no-follow", "--json")
    assert done.code == 0
    events = [json.loads(line) for line in done.out.splitlines()]
    return sorted(event["id"] for event in events if event["generation"] == generation)


IDS = ["topic-lamps:1", "topic-lamps:2", "topic-roads:1", "topic-roads:2"]


def test_the_log_is_written_again_with_the_same_ids(hxs: Hxs, log: Store) -> None:
    log.relay()

    done = hxs("republish", "topics", "--json")

    [written] = done.json
    assert (done.code, written["events"], written["generation"]) == (0, 4, 2)
    assert tailed(hxs, generation=1) == tailed(hxs, generation=2) == IDS


# read models


@pytest.fixture
def built(hxs: Hxs, log: Store) -> Store:
    """The read model of topics, made from the log."""
    log.relay()
    log.do(lambda database: Pointers(database).begin(TOPICS, {"topics": 1}))
    done = hxs("projections", "rebuild", "topics", "--service", "topics", "--json")
    assert (done.code, done.json["build"], done.json["records"]) == (0, 2, 4)
    return log


VERIFY = ("projections", "verify", "topics", "--service", "topics")


def test_a_read_model_agrees_with_the_record(hxs: Hxs, built: Store) -> None:
    done = hxs(*VERIFY, "--json")

    [verified] = done.json["projections"]
    assert (done.code, verified["ok"], verified["documents"], verified["events"]) == (0, True, 2, 4)


def test_a_document_edited_by_hand_is_found_and_mended_by_a_rebuild(hxs: Hxs, built: Store) -> None:
    built.edit("topics__v2", "lamps", title="路灯补亮(一期)")

    done = hxs(*VERIFY, "--json")

    assert (done.code, done.json["ok"]) == (1, False)
    [differing] = done.json["projections"][0]["differing"]
    assert (differing["key"], differing["problem"], differing["fields"]) == ("lamps", "differs", ["title"])
    assert "hxs projections rebuild topics --service topics" in hxs(*VERIFY).err
    assert hxs("projections", "rebuild", "topics", "--service", "topics").code == 0
    assert hxs(*VERIFY).code == 0


def test_with_a_record_that_cannot_be_read_verifying_refers_to_the_audit(hxs: Hxs, built: Store) -> None:
    built.edit("commits", "topic-lamps:1", **{"events.0.data.origin": "nobody"})

    done = hxs(*VERIFY)

    assert done.code == 1
    assert "topic-lamps:1 in the store cannot be read" in done.err
    assert "hxs audit" in done.err


def test_a_projection_that_never_started_cannot_be_rebuilt(hxs: Hxs, log: Store) -> None:
    done = hxs("projections", "rebuild", "plans", "--service", "topics")

    assert done.code == 1
    assert "not built yet" in done.err


def test_projections_are_listed_with_how_they_are_doing(hxs: Hxs, built: Store) -> None:
    done = hxs("projections", "list", "--json")

    mine = {each["name"]: each for each in done.json if each["service"] == "topics"}
    assert (mine["topics"]["build"], mine["topics"]["state"]) == (2, "live")
    assert mine["plans"]["state"] == "not built"


# parking


@pytest.fixture
def parked(built: Store) -> Store:
    """A topic put aside, as if its fold had failed; nothing is wrong with it now."""
    record = record_of(topic_of_two_events("parks")[0])

    async def work(database: Database) -> None:
        await Parking(database, "topics.v2").put([ToPark("parks", Scope.DOCUMENT, record, KeyError("lamp"))])

    built.do(work)
    return built


def test_what_is_parked_is_listed_with_the_reason(hxs: Hxs, parked: Store) -> None:
    done = hxs("parked", "list", "--service", "topics", "--json")

    [entry] = done.json
    assert done.code == 1
    assert (entry["service"], entry["consumer"], entry["key"]) == ("topics", "topics.v2", "parks")
    assert entry["error"]["type"] == "KeyError"
    assert "KeyError" in hxs("parked", "list", "--service", "topics").out


def test_a_retry_heals_what_is_mended(hxs: Hxs, parked: Store) -> None:
    done = hxs("parked", "retry", "parks", "--service", "topics", "--json")

    assert (done.code, done.json["still"]) == (0, None)
    assert [d["title"] for d in parked.documents("topics__v2") if d["_id"] == "parks"] == ["路灯补亮"]
    assert hxs("parked", "list", "--service", "topics").code == 0


def test_a_skip_leaves_the_event_out_and_keeps_the_reason(hxs: Hxs, parked: Store) -> None:
    done = hxs("parked", "skip", "parks", "--service", "topics", "--reason", "重复录入")

    assert done.code == 0
    assert [d["_id"] for d in parked.documents("topics__v2")] == ["lamps", "roads"]
    assert [d["reason"] for d in parked.documents("_parked")] == ["重复录入"]


def test_what_is_not_parked_cannot_be_retried(hxs: Hxs, parked: Store) -> None:
    done = hxs("parked", "retry", "lamps", "--service", "topics")

    assert done.code == 1
    assert "lamps is not parked" in done.err


# parked reactions: those of topics to the merger of parks into another topic


def park_merger(store: Store, into: str) -> str:
    merged = TopicMerged(topic_id="parks", into=into, merged_on=date(2024, 4, 1))
    record = record_of(stream_of("topic-parks", merged)[0])
    key = "absorb:topic-parks:1"

    async def work(database: Database) -> None:
        await Parking(database, REACTIONS).put([ToPark(key, Scope.EVENT, record, KeyError("lamp"))])

    store.do(work)
    return key


def test_a_parked_reaction_is_done_when_it_is_retried(hxs: Hxs, store: Store) -> None:
    async def propose(database: Database) -> None:
        await insert(database, topic_of_two_events("squares")[:1])

    store.do(propose)
    key = park_merger(store, into="squares")

    done = hxs("parked", "retry", key, "--service", "topics")

    assert done.code == 0
    [absorbed] = [c for c in store.documents("commits") if c["meta"]["actor"] == "reaction:absorb"]
    assert absorbed["_id"] == "topic-squares:2"


def test_a_reaction_that_a_rule_still_refuses_stays_parked_with_the_rule(hxs: Hxs, store: Store) -> None:
    key = park_merger(store, into="nowhere")

    done = hxs("parked", "retry", key, "--service", "topics", "--json")

    assert done.code == 1
    assert done.json["still"]["error"]["type"] != "KeyError"
    assert [c for c in store.documents("commits") if c["meta"]["actor"] == "reaction:absorb"] == []
    assert hxs("parked", "skip", key, "--service", "topics", "--reason", "并入的议题不存在").code == 0
    assert hxs("parked", "list", "--service", "topics").code == 0


def test_a_key_that_several_consumers_have_parked_is_not_guessed_at(hxs: Hxs, store: Store) -> None:
    record = record_of(topic_of_two_events("parks")[0])

    async def work(database: Database) -> None:
        for consumer in ("topics.v1", "plans.v1"):
            await Parking(database, consumer).put([ToPark("parks", Scope.DOCUMENT, record, KeyError("lamp"))])

    store.do(work)

    done = hxs("parked", "retry", "parks")

    assert done.code == 2
    assert "--service topics --consumer plans" in done.err
