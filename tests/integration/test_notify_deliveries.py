"""Notices on their way out, on a real database: sent once, tried again, given up, and never to the erased."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.notify.addresses import keep_address
from services.notify.app import SERVICE
from services.notify.channels import Channel, Delivery, KeptError, NotYetError, SendError, UndeliverableError
from services.notify.claims import CLAIMS, prepare_claims
from services.notify.deciders import NOTICE, RECIPIENT
from services.notify.domain.delivery import RecordDelivered, RequestDelivery
from services.notify.domain.notice import STALE_AFTER, PostNotice, ReadNotice, notice_id
from services.notify.domain.preferences import ChoosePreferences, MuteMail
from services.notify.domain.recipients import person, recipient_id
from services.notify.projections.deliveries import DELIVERIES
from services.notify.projections.inbox import INBOX
from services.notify.projections.preferences import PREFERENCES
from services.notify.projections.subjects import SUBJECTS
from services.notify.workers import outgoing
from shared.contracts.envelope import Meta
from shared.contracts.notify import DigestMode, NoticeChannel, NoticeClass
from shared.eventsourcing import mongo_store
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.testing import fold_all
from shared.eventsourcing.workers import Workbench
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database, ReplaceOne, connect
from shared.platform.settings import Settings

MORNING = datetime(2024, 9, 5, 1, 0, tzinfo=UTC)
TOWN = "371621001"
ME, ADDRESS = person("person-1"), "wang.dashan@example.org"
LEASE = timedelta(minutes=2)
READ_MODELS = (INBOX, DELIVERIES, PREFERENCES, SUBJECTS)
META = Meta(TOWN, "test", "c", "c")
READ_IT = ReadNotice(frozenset({ME}), MORNING)


@dataclass
class Outside:
    """The world out there, which the processes' channels lead to.

    Attributes:
        sent: what reached it.
        says: what it answers next, one after the other; then it takes everything.
    """

    sent: list[Delivery] = field(default_factory=list)
    says: list[Exception] = field(default_factory=list)

    async def send(self, delivery: Delivery) -> str:
        """See `Channel.send`."""
        self.sent.append(delivery)
        if self.says:
            raise self.says.pop(0)
        return f"250 OK for <{delivery.address}>"

    @property
    def ids(self) -> list[str]:
        """Return the ids of what reached it, in order."""
        return [delivery.delivery_id for delivery in self.sent]


class Process:
    """One process of notify, whose workers take steps when told."""

    def __init__(self, bench: Workbench, channel: Channel | None) -> None:
        self.bench = bench
        self._workers = outgoing({NoticeChannel.EMAIL: lambda _: channel}, LEASE)

    async def step(self) -> None:
        """Plan, then deliver, of what the read models show."""
        for worker in self._workers:
            await worker.step(self.bench)


class Town:
    """A service's database, and processes that share it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.now = MORNING
        self.outside = Outside()
        self.metrics = Metrics(of_process=False)
        self._settings = settings
        self._commands = 0
        self.process = self.started()

    def started(self, channel: Channel | None = None, *, mail: bool = True) -> Process:
        """Return a further process."""
        store = MongoEventStore(self.database)
        bench = Workbench(
            database=self.database,
            settings=self._settings,
            handlers={d.category: CommandHandler(store, d, clock=self.clock) for d in (NOTICE, RECIPIENT)},
            read_models={p.name: ReadModel(p.name, self.database) for p in READ_MODELS},
            people=SERVICE.people(self.database),
            clock=self.clock,
            metrics=self.metrics,
        )
        return Process(bench, (channel or self.outside) if mail else None)

    def clock(self) -> datetime:
        """Return the present moment."""
        return self.now

    async def do(self, category: str, id_: str, command: Any) -> None:
        """Do a command."""
        self._commands += 1
        await self.process.bench.handlers[category].execute(
            command, stream=f"{category}-{id_}", meta=META, command_id=f"command-{self._commands}"
        )
        await self.catch_up()

    async def tell(
        self,
        cause: str = "topic-lamps:2",
        kind: NoticeClass = NoticeClass.TRANSACTIONAL,
        to: str = ME,
        about: str | None = None,
    ) -> str:
        """Post a notice, of an event where `about` names it; return the id of its mail."""
        post = PostNotice(TOWN, to, cause, "您提出的议题未予受理", notice_class=kind, event_name=about)
        await self.do("notice", post.notice_id, post)
        return notice_id(cause, to, NoticeChannel.EMAIL)

    async def catch_up(self) -> None:
        """Have the read models show all that happened."""
        commits = [Commit.from_document(d) async for d in self.database[mongo_store.COMMITS].find()]
        events = [event for commit in commits for event in commit.recorded()]
        for projection in READ_MODELS:
            await Pointers(self.database).begin(projection, {})
            writes = [
                ReplaceOne({"_id": key}, {**document, "_id": key}, upsert=True)
                for key, document in fold_all(projection, events).items()
            ]
            if writes:
                await self.database[collection_name(projection.name, 1)].bulk_write(writes)

    async def is_fresh(self) -> None:
        """Have the inbox show all that was posted up to now, and say so."""
        place = {"position": 1, "behind": 0, "as_of": self.now, "at": datetime.now(UTC)}
        progress = {"$set": {"progress": {"notify-0": place}}}
        await self.database["projections"].update_one({"_id": INBOX.name}, progress)

    async def step(self, *processes: Process) -> None:
        """Let processes take a step at once, twice, as after planning there is something to deliver."""
        for _ in range(2):
            await asyncio.gather(*(process.step() for process in processes or (self.process,)))
            await self.catch_up()

    async def shown(self, mail: str) -> Any:
        """Return what the read model says of a mail."""
        return await self.process.bench.read_models[DELIVERIES.name].get(mail)


@pytest.fixture
async def town(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Town]:
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    mongo = connect(settings, "notify")
    database = mongo.database("notify")
    await mongo_store.prepare(database)
    found = Town(database, settings)
    await found.process.bench.people.prepare()
    await keep_address(found.process.bench.people, ME, TOWN, ADDRESS)
    await found.catch_up()
    yield found
    mongo.close()


@pytest.mark.rule("N02", "N03")
async def test_a_notice_is_mailed_once_however_often_the_workers_look(town: Town) -> None:
    mail = await town.tell()

    for _ in range(3):
        await town.step()

    (sent,) = town.outside.sent
    assert (sent.delivery_id, sent.address, sent.attempt) == (mail, ADDRESS, 1)
    assert (sent.title, sent.recipient) == ("您提出的议题未予受理", ME)
    shown = await town.shown(mail)
    assert (shown["status"], shown["log"][0]["said"]) == ("delivered", "250 OK for <***>")


@pytest.mark.rule("N03")
async def test_two_processes_share_the_work_and_send_nothing_twice(town: Town) -> None:
    mails = [await town.tell(f"topic-lamps:{n}") for n in range(2, 42)]

    await town.step(town.process, town.started(), town.started())

    assert sorted(town.outside.ids) == sorted(mails)


@pytest.mark.rule("N03")
async def test_a_read_model_that_lags_behind_makes_nobody_send_again(town: Town) -> None:
    await town.tell()
    await town.process.step()
    await town.catch_up()

    for process in (town.process, town.started(), town.process):
        await process.step()  # the read model still shows the mail as waiting
        town.now += LEASE * 2

    assert len(town.outside.sent) == 1


@pytest.mark.rule("N03", "N09")
async def test_a_kill_between_sending_and_recording_sends_again_under_the_same_id(town: Town) -> None:
    class KilledError(BaseException):
        """Nothing more is done: nothing recorded, no claim given back."""

    class Dying(Outside):
        async def send(self, delivery: Delivery) -> str:
            await town.outside.send(delivery)
            raise KilledError

    mail = await town.tell()
    with pytest.raises(KilledError):
        await town.step(town.started(Dying()))
    await town.catch_up()

    await town.step()
    assert town.outside.ids == [mail]  # still claimed

    town.now += LEASE + timedelta(seconds=1)
    await town.step()
    assert town.outside.ids == [mail, mail]
    assert (await town.shown(mail))["status"] == "delivered"


@pytest.mark.rule("N03")
async def test_a_database_that_is_away_for_a_moment_has_nothing_sent_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices = town.process.bench.handlers[NOTICE.category]
    execute, failures = notices.execute, [ConnectionError("no primary"), ConnectionError("no primary")]

    async def failing_at_first(command: Any, **about: Any) -> Any:
        if isinstance(command, RecordDelivered) and failures:
            raise failures.pop()
        return await execute(command, **about)

    monkeypatch.setattr(notices, "execute", failing_at_first)
    mail = await town.tell()
    await town.step()

    assert (town.outside.ids, failures) == ([mail], [])
    assert (await town.shown(mail))["status"] == "delivered"


@pytest.mark.rule("N09")
async def test_what_fails_is_tried_again_later_and_later_and_parked_in_the_end(town: Town) -> None:
    town.outside.says = [SendError(f"451 {ADDRESS}: try later")] * 8
    mail = await town.tell()
    moments = [town.now]

    while (await _stepped(town, mail))["status"] == "waiting":
        town.now = datetime.fromisoformat((await town.shown(mail))["due_at"])
        moments.append(town.now)

    shown = await town.shown(mail)
    pauses = [b - a for a, b in pairwise(moments)]
    assert pauses == sorted(pauses)
    assert town.outside.ids == [mail] * 8
    assert [delivery.attempt for delivery in town.outside.sent] == list(range(1, 9))
    assert (shown["status"], shown["reason"]) == ("parked", "451 ***: try later")

    await town.do("notice", shown["notice_id"], RequestDelivery(mail, town.now))
    assert (await _stepped(town, mail))["status"] == "delivered"
    assert town.outside.ids == [mail] * 9


async def _stepped(town: Town, mail: str) -> Any:
    await town.step()
    return await town.shown(mail)


@pytest.mark.rule("N09")
@pytest.mark.parametrize(
    ("said", "status"),
    [
        (SendError("550 no such user", permanent=True), "parked"),
        (UndeliverableError(), "dropped"),
        (RuntimeError("a mistake of ours"), "waiting"),
        (TimeoutError(), "waiting"),
    ],
    ids=["for-good", "gone", "mistake", "timeout"],
)
async def test_what_the_other_side_says_decides_what_becomes_of_it(
    town: Town, said: Exception, status: str
) -> None:
    town.outside.says = [said]
    mail = await town.tell()

    assert (await _stepped(town, mail))["status"] == status
    assert len(town.outside.sent) == 1


async def test_one_that_fails_does_not_keep_the_others_from_going_out(town: Town) -> None:
    town.outside.says = [RuntimeError("a mistake of ours")]
    mails = [await town.tell(f"topic-lamps:{n}") for n in range(2, 7)]

    await town.step()

    assert sorted([(await town.shown(mail))["status"] for mail in mails]) == ["delivered"] * 4 + ["waiting"]


async def test_what_cannot_be_written_yet_waits_without_a_line_in_the_record(town: Town) -> None:
    town.outside.says = [NotYetError()]
    mail = await town.tell()

    before, after = await _stepped(town, mail), await _stepped(town, mail)

    assert (before["status"], before["attempts"], before["log"]) == ("waiting", 0, [])
    assert (after["status"], after["attempts"], len(town.outside.sent)) == ("delivered", 1, 2)


@pytest.mark.rule("N04")
async def test_quiet_hours_delay_all_but_what_has_to_be_done(town: Town) -> None:
    quiet = ChoosePreferences(ME, TOWN, MORNING, quiet_from="08:00", quiet_to="12:00")
    await town.do("recipient", recipient_id(ME, TOWN), quiet)
    news, duty = await town.tell("topic-lamps:3", NoticeClass.FOLLOW), await town.tell("topic-lamps:4")

    await town.step()
    assert town.outside.ids == [duty]

    town.now += timedelta(hours=3)
    await town.step()
    assert town.outside.ids == [duty, news]


@pytest.mark.rule("N04")
async def test_a_further_attempt_waits_for_the_end_of_quiet_hours_too(town: Town) -> None:
    quiet = ChoosePreferences(ME, TOWN, MORNING, quiet_from="09:05", quiet_to="12:00")
    await town.do("recipient", recipient_id(ME, TOWN), quiet)
    town.outside.says = [SendError("451 greylisted", retry_after=timedelta(minutes=10))]
    news = await town.tell("topic-lamps:3", NoticeClass.FOLLOW)
    await town.step()

    town.now += timedelta(minutes=30)
    await town.step()
    shown = await town.shown(news)
    assert (shown["status"], shown["attempts"], len(shown["log"])) == ("waiting", 1, 1)
    assert shown["due_at"] == "2024-09-05T04:00:00.000000Z"
    assert town.outside.ids == [news]

    town.now = MORNING + timedelta(hours=3)
    await town.step()
    assert town.outside.ids == [news, news]


@pytest.mark.rule("N02")
async def test_who_mutes_a_class_gets_none_of_its_mails_that_were_on_their_way(town: Town) -> None:
    town.outside.says = [SendError("451 greylisted")]
    news = await town.tell("topic-lamps:3", NoticeClass.FOLLOW)
    await town.step()

    await town.do("recipient", recipient_id(ME, TOWN), MuteMail(ME, TOWN, NoticeClass.FOLLOW, town.now))
    town.now += timedelta(hours=1)
    await town.step()

    assert town.outside.ids == [news]
    assert (await town.shown(news))["why"] == "muted"


@pytest.mark.rule("N01", "N05")
@pytest.mark.parametrize("mail", [True, False], ids=["with-mail", "without-mail"])
async def test_what_waits_for_a_digest_is_noted_also_where_there_is_no_mail(town: Town, mail: bool) -> None:
    daily = ChoosePreferences(ME, TOWN, MORNING, digest=DigestMode.DAILY)
    await town.do("recipient", recipient_id(ME, TOWN), daily)
    news = await town.tell("topic-lamps:3", NoticeClass.FOLLOW)
    others = await town.tell("topic-lamps:3", NoticeClass.FOLLOW, to=person("person-2"))

    await town.step(town.started(mail=mail))

    assert (await town.shown(news))["why"] == "in-digest"
    assert ((await town.shown(others)) is None) is not mail


async def test_a_mail_server_that_is_configured_after_a_year_sends_no_year_s_mails(town: Town) -> None:
    await town.tell()
    town.now += timedelta(days=365)

    await town.step()

    assert town.outside.sent == []


@pytest.mark.rule("N01")
async def test_after_a_standstill_what_has_to_be_done_and_nobody_has_read_is_mailed_and_the_rest_counted(
    town: Town,
) -> None:
    to_do = [await town.tell(f"problem-corner:{n}", about="ProblemAssigned") for n in (1, 2)]
    await town.do("notice", notice_id("problem-corner:2", ME, NoticeChannel.INBOX), READ_IT)
    await town.tell("topic-lamps:3", NoticeClass.FOLLOW)
    await town.tell("reminder:corner:daily")
    town.now += timedelta(days=5)

    await town.step()
    assert town.outside.ids == [], "the inbox may not show all yet"

    await town.is_fresh()
    await town.step()
    assert town.outside.ids == to_do[:1]
    too_old = {"channel": "email", "outcome": "too-old"}
    assert town.metrics.registry.get_sample_value("hxs_deliveries_total", too_old) == 3

    town.now += STALE_AFTER
    await town.step(town.started())
    assert town.outside.ids == to_do[:1]


@pytest.mark.rule("N12")
async def test_an_erased_person_gets_nothing_more_and_leaves_no_address_anywhere(town: Town) -> None:
    town.outside.says = [SendError(f"450 greylisted {ADDRESS}")]
    waiting = await town.tell()
    await town.step()
    assert len(town.outside.sent) == 1

    await town.process.bench.people.erase("person-1", by="operator", why="本人要求")
    later = await town.tell("topic-lamps:3")
    town.now += timedelta(hours=1)
    await town.step()

    assert len(town.outside.sent) == 1
    assert (await town.shown(waiting))["why"] == "no-address"
    assert (await town.shown(later))["why"] == "no-address"
    assert await _places_with(town.database, ADDRESS) == []


async def _places_with(database: Database, text: str) -> Sequence[str]:
    names = await database.list_collection_names()
    return [n for n in names if any([text in repr(d) async for d in database[n].find()])]


@pytest.mark.rule("N12")
async def test_an_address_is_in_people_only(town: Town) -> None:
    town.outside.says = [SendError(f"450 greylisted {ADDRESS}")]
    await town.tell()
    await town.step()

    assert await _places_with(town.database, ADDRESS) == ["people"]


async def test_outcomes_are_counted(town: Town) -> None:
    town.outside.says = [SendError("451 busy")]
    for n in (2, 3):
        await town.tell(f"topic-lamps:{n}")
    await town.step()

    for outcome in ("delivered", "failed"):
        labels = {"channel": "email", "outcome": outcome}
        assert town.metrics.registry.get_sample_value("hxs_deliveries_total", labels) == 1


async def test_what_is_kept_on_purpose_is_parked_and_no_failure(town: Town) -> None:
    town.outside.says = [KeptError("the webhook is disabled")]
    mail = await town.tell()
    with capture_logs() as logged:
        await town.step()

    assert ((await town.shown(mail))["status"], logged) == ("parked", [])
    for outcome, count in (("kept", 1), ("failed", None)):
        labels = {"channel": "email", "outcome": outcome}
        assert town.metrics.registry.get_sample_value("hxs_deliveries_total", labels) == count


async def test_claims_end_and_are_removed_by_the_database(town: Town) -> None:
    await town.tell()
    await town.step()

    await prepare_claims(town.database)
    indexes = await town.database[CLAIMS].index_information()
    assert any("expireAfterSeconds" in index for index in indexes.values())


@pytest.mark.rule("N09")
async def test_what_is_sent_again_by_hand_goes_at_once_also_just_after_it_was_delivered(town: Town) -> None:
    notice = await town.tell("topic-lamps:3")
    await town.step()
    mail = town.outside.ids[0]
    shown = await town.shown(notice)

    town.now += timedelta(seconds=5)
    await town.do("notice", shown["notice_id"], RequestDelivery(mail, town.now, again=True))
    await town.step()

    assert town.outside.ids == [mail, mail]
