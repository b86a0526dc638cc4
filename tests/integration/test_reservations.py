"""One meeting at a time for a venue, a host and a recorder, on a real MongoDB (M04)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from services.meetings.deciders import MEETING
from services.meetings.domain.meeting import (
    CancelMeeting,
    Circumstances,
    Meeting,
    MeetingCommand,
    RescheduleMeeting,
    Scheduled,
    ScheduleMeeting,
)
from services.meetings.reservations import Claim, MongoSlots, Reservations, Slot, claim_of
from shared.contracts.envelope import Meta
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.platform.mongo import Database, connect
from shared.platform.problems import UnavailableError
from shared.platform.settings import Settings
from tests.unit.meetings.examples import MAY_10, QUIET, SCHEDULE, TOWN
from tests.unit.meetings.memory_slots import MemorySlots

META = Meta(division=TOWN, actor="somebody", correlation_id="c", causation_id="request:c")
STARTS_AT = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
"""By the clock of the database, which drops slots of the past."""

SHORT = timedelta(milliseconds=300)
"""A lease that a test can wait for."""


class KilledError(Exception):
    """The process is gone at this instruction."""


@dataclass
class Process:
    """One of several processes of meetings: a handler and reservations of its own on one database."""

    handler: CommandHandler[MeetingCommand, Meeting]
    reservations: Reservations

    async def does(self, command: ScheduleMeeting | RescheduleMeeting, id_: str, claim: Claim | None) -> None:
        """Do a command as the endpoint does."""
        async with self.reservations.holding(claim) as taken:
            command = replace(command, at=replace(command.at, taken=taken))
            await self.executes(command, id_)

    async def executes(self, command: MeetingCommand, id_: str) -> None:
        """Do a command that needs nothing for itself."""
        stream = MEETING.stream(id_)
        await self.handler.execute(command, stream=stream, meta=META, command_id=f"{id_}:{command!r}"[:900])

    async def schedules(self, command: ScheduleMeeting) -> None:
        """Schedule a meeting."""
        await self.does(command, command.meeting_id, claim(command))


def claim(command: MeetingCommand, before: Meeting = MEETING.initial) -> Claim | None:
    """Return what a meeting claims for a command."""
    after = MEETING.fold(MEETING.decide(command, before), before)
    assert isinstance(after, Scheduled)
    return claim_of(after.plan, after.sequence)


def process(
    database: Database, *, lease: timedelta = timedelta(seconds=30), in_read_model: tuple[str, ...] = ()
) -> Process:
    """Return a process on a database, with these meetings in its read model."""
    handler = CommandHandler(MongoEventStore(database), MEETING, clock=lambda: datetime.now(UTC))

    async def meeting(id_: str) -> Meeting:
        return (await handler.load(MEETING.stream(id_))).state

    async def others(claim: Claim) -> Iterable[str]:
        return in_read_model

    slots = MongoSlots(database)
    patience = timedelta(seconds=5) if lease > SHORT else SHORT * 3
    return Process(handler, Reservations(slots, meeting, others, lease=lease, patience=patience))


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    database = mongo.database("meetings")
    await prepare(database)
    yield database
    mongo.close()


def meeting(number: int, **changed: object) -> ScheduleMeeting:
    """Return a meeting in the one venue at the one hour, with people of its own."""
    hours = {"starts_at": STARTS_AT, "ends_at": STARTS_AT + timedelta(hours=2)}
    people = {"host_id": f"host-{number}", "recorder_id": f"recorder-{number}"}
    said = {**hours, **people, **changed}
    return replace(SCHEDULE, meeting_id=f"meeting-{number}", **said)  # type: ignore[arg-type]


def slot(token: str, starts_at: datetime, meeting_id: str = "meeting-1") -> Slot:
    """Return an hour of a meeting."""
    return Slot(meeting_id, 0, starts_at, starts_at + timedelta(hours=1), token)


async def outcomes(work: Iterable[Awaitable[None]]) -> list[str]:
    """Return what became of each, at once."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, RefusedError):
            raise result
    return [result.code if isinstance(result, RefusedError) else "done" for result in results]


async def streams(database: Database) -> int:
    """Return how many meetings the record has."""
    return len(await database["commits"].distinct("stream"))


@pytest.mark.rule("M04")
async def test_of_fifty_meetings_at_once_in_two_processes_one_gets_the_venue(database: Database) -> None:
    processes = (process(database), process(database))

    found = await outcomes([processes[n % 2].schedules(meeting(n)) for n in range(50)])

    assert sorted(found) == ["done"] + ["venue-taken"] * 49
    assert await streams(database) == 1


@pytest.mark.rule("M04")
async def test_of_many_meetings_at_once_in_as_many_venues_one_gets_the_host(database: Database) -> None:
    processes = (process(database), process(database))
    people = {"venue_id": None, "link": "https://meet.example/1"}
    host_or_recorder = ({"host_id": "busy-person"}, {"recorder_id": "busy-person"})

    found = await outcomes(
        [processes[n % 2].schedules(meeting(n, **people, **host_or_recorder[n % 3 % 2])) for n in range(20)]
    )

    assert sorted(found) == ["done"] + ["person-taken"] * 19


@pytest.mark.rule("M04")
async def test_meetings_that_follow_one_another_all_get_the_venue(database: Database) -> None:
    processes = (process(database), process(database))
    hours = [
        {
            "starts_at": STARTS_AT + timedelta(hours=n),
            "ends_at": STARTS_AT + timedelta(hours=n + 1),
        }
        for n in range(8)
    ]

    found = await outcomes([processes[n % 2].schedules(meeting(n, **hours[n])) for n in range(8)])

    assert found == ["done"] * 8


@pytest.mark.rule("M04")
async def test_a_process_killed_before_its_commit_leaves_the_venue_to_the_next(database: Database) -> None:
    one, other = process(database, lease=SHORT), process(database, lease=SHORT)
    command = meeting(1)

    with pytest.raises(KilledError):
        async with one.reservations.holding(claim(command)):
            raise KilledError

    assert await outcomes([other.schedules(meeting(2))]) == ["done"]


@pytest.mark.rule("M04")
async def test_a_claim_that_may_still_be_committed_keeps_others_out_and_tells_them_to_come_again(
    database: Database,
) -> None:
    one, other = process(database), process(database, lease=SHORT)

    async with one.reservations.holding(claim(meeting(1))) as taken:
        with pytest.raises(UnavailableError):
            await other.schedules(meeting(2))
        assert taken == ()
        await one.executes(meeting(1), "meeting-1")

    assert await outcomes([other.schedules(meeting(2))]) == ["venue-taken"]


@pytest.mark.rule("M04")
async def test_a_process_killed_after_its_commit_keeps_what_it_reserved_beyond_the_lease(
    database: Database,
) -> None:
    one, other = process(database, lease=timedelta()), process(database, lease=SHORT)

    async def killed() -> None:
        async with one.reservations.holding(claim(meeting(1))):
            await one.executes(meeting(1), "meeting-1")
            raise KilledError

    with pytest.raises(KilledError):
        await killed()
    assert await outcomes([other.schedules(meeting(2))]) == ["venue-taken"]


@pytest.mark.rule("M04")
@pytest.mark.parametrize("lost", [False, True], ids=["slot", "only-in-the-read-model"])
async def test_where_one_thing_is_taken_nothing_else_is_held(database: Database, lost: bool) -> None:
    one, other = process(database), process(database, in_read_model=("meeting-1",))
    await one.schedules(meeting(1))
    if lost:
        await database["reservations"].delete_many({})

    async with other.reservations.holding(claim(meeting(2))) as taken:
        assert taken == ("venue_id",)
        assert await database["reservations"].find_one({"slots.meeting_id": "meeting-2"}) is None


@pytest.mark.rule("M04")
async def test_what_a_refused_command_reserved_is_free_at_once(database: Database) -> None:
    one = process(database)

    async def refused() -> None:
        async with one.reservations.holding(claim(meeting(1))):
            raise RefusedError("no", zh="否", en="no")

    assert await outcomes([refused()]) == ["no"]
    assert await outcomes([one.schedules(meeting(2))]) == ["done"]


@pytest.mark.rule("M04")
@pytest.mark.rule("M17")
async def test_a_cancelled_meeting_leaves_venue_and_people_to_others_at_once(database: Database) -> None:
    one, other = process(database), process(database)
    await one.schedules(meeting(1))
    await one.executes(CancelMeeting("暴雨", MAY_10), "meeting-1")

    assert await outcomes([other.schedules(meeting(2, host_id="host-1"))]) == ["done"]


@pytest.mark.rule("M04")
@pytest.mark.rule("M17")
async def test_a_meeting_that_moves_takes_its_new_hour_and_leaves_the_old_one(database: Database) -> None:
    one, other = process(database), process(database)
    await one.schedules(meeting(1))
    later = STARTS_AT + timedelta(hours=5)
    at = Circumstances(now=QUIET.now, venue=QUIET.venue, notice=3, sequence=0)
    move = RescheduleMeeting("主持人出差", at, starts_at=later)
    state = MEETING.fold(MEETING.decide(meeting(1), MEETING.initial))
    await one.does(move, "meeting-1", claim(move, state))

    at_the_old_hour = meeting(2)
    at_the_new_hour = meeting(3, starts_at=later, ends_at=later + timedelta(hours=1))
    assert await outcomes([other.schedules(at_the_old_hour)]) == ["done"]
    assert await outcomes([other.schedules(at_the_new_hour)]) == ["venue-taken"]


@pytest.mark.rule("M04")
async def test_slots_of_long_ago_are_dropped(database: Database) -> None:
    slots = MongoSlots(database)
    coming = slot("coming", STARTS_AT)

    await slots.add("venue:one", slot("long-ago", datetime(2024, 5, 10, tzinfo=UTC)), SHORT)
    await slots.add("venue:one", coming, SHORT)

    found = await database["reservations"].find_one({"_id": "venue:one"})
    assert found is not None
    assert [entered["token"] for entered in found["slots"]] == ["coming"]


@pytest.mark.parametrize("kind", ["memory", "mongo"])
async def test_slots_in_memory_and_in_the_database_say_the_same(database: Database, kind: str) -> None:
    slots = MongoSlots(database) if kind == "mongo" else MemorySlots()
    first, again = slot("first", STARTS_AT), slot("again", STARTS_AT)
    inside = slot("inside", STARTS_AT + timedelta(minutes=59), meeting_id="meeting-2")
    after = slot("after", STARTS_AT + timedelta(hours=1), meeting_id="meeting-2")

    assert await slots.add("venue:one", first, timedelta(seconds=30))
    assert not await slots.add("venue:one", inside, SHORT)
    assert await slots.keeping_out("venue:one", inside) == [first]
    assert await slots.add("venue:two", inside, SHORT)
    assert await slots.add("venue:one", after, timedelta())
    assert await slots.add("venue:one", again, SHORT), "a meeting does not keep itself out"
    assert not await slots.remove_lapsed("venue:one", "first")
    await asyncio.sleep(0.01)  # a lease of nothing is over
    assert await slots.remove_lapsed("venue:one", "after")
    await slots.remove("venue:one", "first")
    assert await slots.keeping_out("venue:one", inside) == [again]
