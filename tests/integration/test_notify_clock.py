"""What notify does by the clock, on a real database: two processes at the same moment tell everybody once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest

from services.notify import digesting
from services.notify.app import SERVICE
from services.notify.reminding import Reminding
from services.notify.spreading import Spreading
from shared.cli.failures import CliError
from shared.cli.notify import moment_of, once
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.notify import NewsSpread, NoticeClass, NoticePosted
from shared.eventsourcing import mongo_store
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.strict_fold import create_indexes
from shared.eventsourcing.testing import fold_all, stream_of
from shared.eventsourcing.workers import Workbench
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database, ReplaceOne, connect
from shared.platform.settings import Settings
from tests.unit.cli.running import Hxs
from tests.unit.notify.clockwork import NEW_YEAR
from tests.unit.notify.examples import ASSIGNED, LAMPS, POSTED, TOWN
from tests.unit.notify.test_digests import MORNING, chosen, kept_for_digest
from tests.unit.notify.test_news import ADOPTED, CONCLUDED, OWN, SUPPORTED, WRITTEN, wants_newsletters

PROBLEMS, PEOPLE = 150, 120
OVERDUE = datetime(2024, 9, 4, 1, 0, tzinfo=UTC)
"""Nine o'clock in Shanghai, on the working day after the problems were due."""


class Town:
    """Notify's database, which has heard of others' events, and processes of the service that share it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self._settings = settings
        self._heard: list[Recorded] = []

    async def events(self) -> list[Recorded]:
        """Return what the service has written."""
        commits = [Commit.from_document(d) async for d in self.database[mongo_store.COMMITS].find()]
        return [event for commit in commits for event in commit.recorded()]

    def receive(self, stream: str, *events: DomainEvent) -> None:
        """Have another stream to fold."""
        self._heard += stream_of(stream, *events)

    async def catch_up(self) -> None:
        """Put into the database what the projections make of all that happened, as of now."""
        everything = [*self._heard, *await self.events()]
        now = datetime.now(UTC)
        for projection in SERVICE.projections:
            await Pointers(self.database).begin(projection, {})
            collection = self.database[collection_name(projection.name, 1)]
            await create_indexes(collection, projection)
            folded = fold_all(projection, everything).items()
            writes = [ReplaceOne({"_id": key}, {**doc, "_id": key}, upsert=True) for key, doc in folded]
            if writes:
                await collection.bulk_write(writes)
            place = {"position": 1, "behind": 0, "as_of": now, "at": now}
            await self.database["projections"].update_one(
                {"_id": projection.name}, {"$set": {"progress": {"cases-0": place}}}
            )

    def process(self, now: datetime) -> Workbench:
        """Return what a process of the service has at hand at a moment."""
        store = MongoEventStore(self.database)
        return Workbench(
            database=self.database,
            settings=self._settings,
            handlers={d.category: CommandHandler(store, d, clock=lambda: now) for d in SERVICE.deciders},
            read_models={p.name: ReadModel(p.name, self.database) for p in SERVICE.projections},
            people=SERVICE.people(self.database),
            metrics=Metrics(of_process=False),
            clock=lambda: now,
        )

    async def told(self) -> Counter[tuple[str, str]]:
        """Return how often each cause was told to each."""
        posted = [event.event for event in await self.events() if isinstance(event.event, NoticePosted)]
        return Counter((notice.cause, notice.recipient) for notice in posted)


@pytest.fixture
async def town(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Town]:
    """A town whose departments have not replied."""
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    mongo = connect(settings, "notify")
    database = mongo.database("notify")
    await mongo_store.prepare(database)
    town = Town(database, settings)
    await town.catch_up()
    yield town
    mongo.close()


async def assign(town: Town) -> None:
    """Assign problems that are due on 3 September."""
    for n in range(PROBLEMS):
        town.receive(f"problem-number-{n}", ASSIGNED)
    await town.catch_up()


async def at_once(steps: Iterable[Callable[[Workbench], Awaitable[None]]], town: Town, now: datetime) -> None:
    """Let processes do their steps at the same moment."""
    await asyncio.gather(*(step(town.process(now)) for step in steps))


@pytest.mark.rule("N03")
@pytest.mark.rule("N06")
async def test_of_two_processes_that_remind_at_once_each_reminder_comes_once(town: Town) -> None:
    await assign(town)

    await at_once([Reminding().step, Reminding().step], town, OVERDUE)
    told = await town.told()
    await at_once([Reminding().step], town, OVERDUE + timedelta(hours=3))  # one that was started anew

    assert await town.told() == told
    assert len(told) == 2 * PROBLEMS  # the lead department, and the office in charge
    assert set(told.values()) == {1}


@pytest.mark.rule("N03")
@pytest.mark.rule("N08")
async def test_of_two_processes_that_tell_news_at_once_everybody_hears_once(town: Town) -> None:
    supporters = [SUPPORTED.model_copy(update={"person": f"person-{n}"}) for n in range(PEOPLE)]
    town.receive(f"topic-{LAMPS}", OWN, *supporters, ADOPTED, CONCLUDED)
    town.receive("newsletter-letter-1", WRITTEN)
    for n in range(PEOPLE):
        town.receive(f"recipient-person-{n}", wants_newsletters(f"person:person-{n}", TOWN))
    await town.catch_up()

    now = NEW_YEAR + timedelta(hours=6)
    await at_once([Spreading().step, Spreading().step, Spreading().step], town, now)

    told = await town.told()
    assert len(told) == 2 * (PEOPLE + 1) + PEOPLE
    assert set(told.values()) == {1}
    noted = [event.event for event in await town.events() if isinstance(event.event, NewsSpread)]
    assert sorted(news.told for news in noted) == [PEOPLE, PEOPLE + 1, PEOPLE + 1]


@pytest.mark.rule("N03")
@pytest.mark.rule("N05")
async def test_of_two_processes_that_send_digests_at_once_one_comes_for_each(town: Town) -> None:
    everybody = [f"person-{n}" for n in range(20)]
    for who in everybody:
        kept = kept_for_digest(1, f"person:{who}")
        posted = POSTED.model_copy(update={"notice_id": kept.notice_id, "recipient": f"person:{who}"})
        town.receive(f"recipient-{who}", chosen(who))
        town.receive(f"notice-{kept.notice_id}", posted, kept)
    await town.catch_up()

    await at_once([digesting.step, digesting.step], town, MORNING)
    await town.catch_up()
    await at_once([digesting.step], town, MORNING + timedelta(days=1))

    told = await town.told()
    assert sorted(told) == sorted((f"digest:{who}:2024-01-02", f"person:{who}") for who in everybody)
    assert set(told.values()) == {1}
    classes = {e.event.notice_class for e in await town.events() if isinstance(e.event, NoticePosted)}
    assert classes == {NoticeClass.DIGEST}


@pytest.mark.rule("N06")
async def test_a_tick_by_hand_reminds_of_a_moment_once_and_counts(
    town: Town, mongo_url: str, mongo_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await assign(town)
    monkeypatch.setenv("HXS_MONGO_URL", mongo_url)
    monkeypatch.setenv("HXS_MONGO_PREFIX", mongo_prefix)
    tick = ("notify", "tick", "--at", OVERDUE.isoformat())

    done = await asyncio.to_thread(Hxs(), *tick, "--json")
    assert done.json == {
        "at": OVERDUE.isoformat(),
        "posted": {"reminders": 2 * PROBLEMS, "digests": 0},
    }
    again = await asyncio.to_thread(Hxs(), *tick)
    assert again.out.strip() == "reminders: 0 told, digests: 0 told"


async def test_a_tick_tells_nobody_anything_while_it_is_not_known_what_is_over(
    town: Town, mongo_url: str, mongo_prefix: str
) -> None:
    await assign(town)
    long_ago = {"position": 1, "behind": 9, "as_of": NEW_YEAR, "at": datetime.now(UTC)}
    await town.database["projections"].update_one(
        {"_id": "duties"}, {"$set": {"progress": {"cases-0": long_ago}}}
    )

    with pytest.raises(CliError, match="notify/duties lags behind"):
        await once(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix), OVERDUE)
    assert await town.told() == {}


def test_a_tick_wants_a_moment_with_its_time_zone() -> None:
    for moment in ("yesterday", "2024-09-05T09:00"):
        done = Hxs()("notify", "tick", "--at", moment)
        assert done.code == 2
        assert "2024-09-05T09:00+08:00" in done.err


def test_a_tick_of_another_moment_is_refused_where_people_would_be_told() -> None:
    with pytest.raises(CliError, match="HXS_ENV=dev"):
        moment_of(OVERDUE.isoformat(), Settings().model_copy(update={"env": "prod"}))
