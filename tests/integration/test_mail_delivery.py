"""From what happened to the mail in somebody's box: real database, real mail server, the real workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from services.notify import addresses, reactions, workers
from services.notify.app import SERVICE
from services.notify.channels.registry import MAKERS
from services.notify.domain.recipients import person
from shared.contracts.envelope import Meta, Recorded
from shared.contracts.notify import (
    DeliveryDropped,
    DeliveryFailed,
    DropReason,
    NoticeChannel,
    NoticeDelivered,
)
from shared.eventsourcing import mongo_store
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.http import person_id
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.testing import fold_all
from shared.eventsourcing.workers import Workbench
from shared.platform.metrics import Metrics
from shared.platform.mongo import ReplaceOne, connect
from shared.platform.people import People
from shared.platform.people_store import MongoPeopleStore
from shared.platform.settings import Settings, load_settings
from tests.mail_server import MailServer, read
from tests.unit.notify.mails import SENDER, part
from tests.unit.notify.meetings_known import (
    EVENING,
    HALL_STREAM,
    MEETING_STREAM,
    RESIDENT,
    TOWN,
    VENUE_STREAM,
)

READER = person(RESIDENT)
ADDRESS = "planted-7391@example.org"


class Process:
    """Notify without a broker: it hears events, folds them into the real database, and works by the clock."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.now = now
        self.mongo = connect(settings, "notify")
        self.database = self.mongo.database("notify")
        store = MongoEventStore(self.database)
        handlers = {d.category: CommandHandler(store, d, clock=lambda: self.now) for d in SERVICE.deciders}
        self.bench = Workbench(
            database=self.database,
            settings=settings,
            handlers=handlers,
            read_models={p.name: ReadModel(p.name, self.database) for p in SERVICE.projections},
            people=People(MongoPeopleStore(self.database), identify=person_id, clock=lambda: self.now),
            metrics=Metrics(of_process=False),
            clock=lambda: self.now,
        )
        self._workers = workers.outgoing({NoticeChannel.EMAIL: MAKERS[NoticeChannel.EMAIL]})
        self._heard: list[Recorded] = []

    async def prepare(self) -> None:
        """Make the collections."""
        await mongo_store.prepare(self.database)
        await self.bench.people.prepare()
        await addresses.keep_address(self.bench.people, READER, TOWN, ADDRESS)
        await self.hear(*VENUE_STREAM, *HALL_STREAM)

    async def hear(self, *events: Recorded) -> None:
        """Hear of what happened elsewhere, tell of it, and deliver what is due."""
        self._heard += events
        for event in events:
            if isinstance(event.event, reactions.TOLD):
                for send in reactions.post_notices(event):
                    meta = Meta(event.division, "reaction:post_notices", "c", event.id)
                    await self.bench.handlers["notice"].execute(
                        send.command, stream=send.stream, meta=meta, command_id=f"{send.stream}-posted"
                    )
        await self.work()

    async def work(self) -> None:
        """Let each worker do what is due, and fold what comes of it."""
        await self._fold()
        for worker in self._workers:
            await worker.step(self.bench)
            await self._fold()

    async def recorded(self) -> list[Recorded]:
        """Return all that notify has recorded, in order."""
        found = self.database[mongo_store.COMMITS].find().sort([("at", 1)])
        commits = [Commit.from_document(document) async for document in found]
        return [event for commit in commits for event in commit.recorded()]

    async def events(self, kind: type[Any]) -> list[Any]:
        """Return the events of a class."""
        return [each.event for each in await self.recorded() if isinstance(each.event, kind)]

    async def _fold(self) -> None:
        events = [*self._heard, *await self.recorded()]
        versions = {event.stream: event.version for event in events}
        for projection in SERVICE.projections:
            await Pointers(self.database).begin(projection, {})
            collection = self.database[collection_name(projection.name, 1)]
            writes = [
                ReplaceOne(
                    {"_id": key},
                    {
                        **document,
                        "_id": key,
                        "_version": versions.get(f"{projection.main_category}-{key}", 0),
                    },
                    upsert=True,
                )
                for key, document in fold_all(projection, events).items()
            ]
            if writes:
                await collection.bulk_write(writes)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server on the same machine."""
    found = MailServer(tmp_path / "taken", tls="none").start()
    yield found
    found.kill()


@pytest.fixture
async def process(mongo_url: str, mongo_prefix: str, server: MailServer) -> AsyncIterator[Process]:
    """The service, which knows the venues and a resident's address."""
    settings = load_settings(
        mongo_url=mongo_url,
        mongo_prefix=mongo_prefix,
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        smtp_tls="none",
        smtp_from=SENDER,
        smtp_timeout_seconds=2,
    )
    found = Process(settings, MEETING_STREAM[-1].recorded_at)
    await found.prepare()
    yield found
    found.mongo.close()


def entries(server: MailServer) -> list[tuple[str, str, int]]:
    """Return method, UID and sequence of each mail's invitation, in order."""
    found = []
    for mail in server.mails():
        parsed = Calendar.from_ical(part(mail, "text/calendar"))
        assert isinstance(parsed, Calendar)
        (event,) = parsed.events
        found.append((str(parsed["method"]), str(event["uid"]), event.sequence))
    return found


@pytest.mark.rule("N02", "N11")
async def test_who_is_invited_gets_one_entry_for_the_calendar_which_follows_the_meeting(
    process: Process, server: MailServer
) -> None:
    for event in MEETING_STREAM:
        await process.hear(event)
    uid = f"meeting-{EVENING}@371621"
    assert entries(server) == [
        ("REQUEST", uid, 0),  # invited
        ("REQUEST", uid, 0),  # registered
        ("REQUEST", uid, 1),  # moved
        ("REQUEST", uid, 1),  # promoted
        ("CANCEL", uid, 2),
    ]
    assert len(await process.events(NoticeDelivered)) == 5


@pytest.mark.rule("N03")
async def test_working_again_mails_nothing_again(process: Process, server: MailServer) -> None:
    await process.hear(*MEETING_STREAM[:2])
    await process.work()
    await process.hear(*MEETING_STREAM[:2])
    assert len(server.mails()) == 1


@pytest.mark.rule("N09")
async def test_a_server_killed_in_the_middle_gets_the_mail_once_it_is_back_under_the_same_id(
    process: Process, server: MailServer
) -> None:
    await addresses.keep_address(process.bench.people, READER, TOWN, "hang@example.org")
    hanging = server.folder / "hanging"
    working = asyncio.create_task(process.hear(*MEETING_STREAM[:2]))
    async with asyncio.timeout(20):
        while not hanging.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)
    server.kill()
    await working
    (failure,) = await process.events(DeliveryFailed)
    assert failure.next_at is not None
    server.start()
    await addresses.keep_address(process.bench.people, READER, TOWN, ADDRESS)
    await process.work()
    assert server.mails() == [], "not before its time"
    process.now = failure.next_at + timedelta(seconds=1)
    await process.work()
    (taken,) = server.mails()
    assert str(taken["Message-ID"]) == str(read(hanging)["Message-ID"])
    assert failure.delivery_id in str(taken["Message-ID"])


@pytest.mark.rule("N12")
async def test_an_erased_person_gets_nothing_more_and_leaves_no_address_behind(
    process: Process, server: MailServer
) -> None:
    await addresses.keep_address(process.bench.people, READER, TOWN, f"busy+{ADDRESS}")
    await process.hear(*MEETING_STREAM[:2])
    (failure,) = await process.events(DeliveryFailed)
    assert "451" in failure.reason
    await process.bench.people.erase(RESIDENT, by="office", why="本人要求")
    process.now = failure.next_at + timedelta(seconds=1)
    await process.hear(*MEETING_STREAM[2:])
    assert server.mails() == []
    assert [dropped.why for dropped in await process.events(DeliveryDropped)] == [DropReason.NO_ADDRESS] * 5
    for name in await process.database.list_collection_names():
        async for document in process.database[name].find():
            assert "planted-7391" not in str(document), name
