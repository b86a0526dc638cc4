"""A rush on a meeting's seats: a thousand people at once, two processes, one database (M08).

What is claimed: exactly as many are seated as there are seats, the others wait in the order of the record,
nobody is there twice, and nobody is lost whose request was answered. Clients that are told to come again
later do so with the same key, as they should.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest

from services.meetings.deciders import MEETING
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta
from shared.contracts.meetings import (
    ParticipantRegistered,
    ParticipantWaitlisted,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.http import person_id
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.platform.auth import Role, issue_dev_token
from shared.platform.local.process import Child, free_port
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.e2e.system import HTTP, SECRET, System, eventually
from tests.unit.meetings.examples import EVENING, SCHEDULE, TOWN

PEOPLE, SEATS, LEAVERS = 1000, 100, 50
STREAM = MEETING.stream(EVENING)
META = Meta(division=TOWN, actor="test", correlation_id="test", causation_id="test")
IMPATIENT = 10  # each tenth client does not wait for the answer before it asks again

SUBJECTS = [f"subject-{n}" for n in range(PEOPLE)]
PERSONS = {person_id(subject): subject for subject in SUBJECTS}


@dataclass(frozen=True)
class Answer:
    """What a client was told in the end."""

    subject: str
    version: int


class Store:
    """The record, as it is in the database."""

    def __init__(self, store: MongoEventStore) -> None:
        self._store = store
        self.handler = CommandHandler(store, MEETING, clock=lambda: datetime.now(UTC))

    async def commits(self) -> list[Commit]:
        return await self._store.read_stream(STREAM)

    async def events(self) -> list[DomainEvent]:
        """Return the stream; an event's version is its place, from 1."""
        return [event.parse() for commit in await self.commits() for event in commit.events]


@asynccontextmanager
async def _record(settings: Settings) -> AsyncIterator[Store]:
    mongo = connect(settings)
    database = mongo.database("meetings")
    await prepare(database)
    yield Store(MongoEventStore(database))
    mongo.close()


@pytest.fixture
def settings(mongo_url: str, mongo_prefix: str) -> Settings:
    """Settings of processes that serve HTTP alone, and need no broker."""
    return Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)


@pytest.fixture
def servers(settings: Settings, tmp_path: Path) -> Iterator[list[str]]:
    """Addresses of two processes of the meetings service."""
    system = System(settings, tmp_path)
    ports = [free_port(), free_port()]
    children = [
        Child(f"meetings-{n}", system.command("meetings", port, only="api"), tmp_path / f"meetings-{n}.log")
        for n, port in enumerate(ports)
    ]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for url in urls:
            eventually(f"{url} is ready", partial(_is_ready, url))
        yield urls
    finally:
        for child in children:
            child.stop()


def _is_ready(url: str) -> bool:
    try:
        return HTTP.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


class Crowd:
    """Everybody, each with their own token, half of them at each process."""

    def __init__(self, clients: list[httpx.AsyncClient]) -> None:
        self._clients = clients
        issuer = Settings(dev_token_secret=SECRET)
        self._tokens = {s: issue_dev_token(issuer, [Role.RESIDENT], TOWN, s) for s in SUBJECTS}
        self.asked_again = 0

    async def does(self, act: str, subjects: list[str]) -> list[Answer]:
        """Let all of them do something at once; each tenth asks twice at the same moment."""
        twice = [subject for n, subject in enumerate(subjects) if n % IMPATIENT == 0]
        return await asyncio.gather(*(self._until_done(act, subject) for subject in [*subjects, *twice]))

    async def _until_done(self, act: str, subject: str) -> Answer:
        client = self._clients[SUBJECTS.index(subject) % len(self._clients)]
        headers = {"Authorization": f"Bearer {self._tokens[subject]}", "Idempotency-Key": f"{act}-{subject}"}
        while True:
            try:
                response = await client.post(f"/my/meetings/{EVENING}/{act}", headers=headers)
            except httpx.TransportError:  # the answer is lost: was it done? The same key will tell
                self.asked_again += 1
                continue
            if response.status_code != 503:
                assert response.status_code == 200, response.text
                return Answer(subject, response.json()["version"])
            self.asked_again += 1
            await asyncio.sleep(float(response.headers["Retry-After"]))


@asynccontextmanager
async def _crowd(urls: list[str]) -> AsyncIterator[Crowd]:
    limits = httpx.Limits(max_connections=PEOPLE)
    clients = [httpx.AsyncClient(base_url=url, timeout=60, limits=limits) for url in urls]
    try:
        yield Crowd(clients)
    finally:
        for client in clients:
            await client.aclose()


def _require_answers_to_be_in_the_record(answers: list[Answer], events: list[DomainEvent]) -> None:
    for answer in answers:
        event = events[answer.version - 1]
        assert isinstance(event, ParticipantRegistered | ParticipantWaitlisted)
        assert PERSONS[event.person] == answer.subject


@pytest.mark.slow
@pytest.mark.rule("M08")
async def test_a_thousand_people_want_a_hundred_seats_at_once(settings: Settings, servers: list[str]) -> None:
    async with _record(settings) as record, _crowd(servers) as crowd, asyncio.timeout(100):
        schedule = replace(SCHEDULE, capacity=SEATS)
        await record.handler.execute(schedule, stream=STREAM, meta=META, command_id="schedule")

        answers = await crowd.does("registration", SUBJECTS)

        events = await record.events()
        seated = [event for event in events if isinstance(event, ParticipantRegistered)]
        waiting = [event for event in events if isinstance(event, ParticipantWaitlisted)]
        assert [event.number for event in seated] == list(range(1, SEATS + 1))
        assert [event.number for event in waiting] == list(range(SEATS + 1, PEOPLE + 1))
        assert [event.position for event in waiting] == list(range(1, PEOPLE - SEATS + 1))
        persons = [event.person for event in seated] + [event.person for event in waiting]
        assert set(persons) == set(PERSONS), "nobody is lost"
        _require_answers_to_be_in_the_record(answers, events)

        leavers = [PERSONS[event.person] for event in seated[::2]][:LEAVERS]
        await crowd.does("withdrawal", leavers)

        after = (await record.events())[len(events) :]
        promoted = [event.person for event in after if isinstance(event, SeatPromoted)]
        assert promoted == [event.person for event in waiting[:LEAVERS]], (
            "the first of those waiting, in order"
        )
        gone = {PERSONS[e.person] for e in after if isinstance(e, RegistrationWithdrawn)}
        assert gone == set(leavers)
        assert len(after) == 2 * LEAVERS
        in_one_commit = [[e.parse().name for e in c.events] for c in (await record.commits())[-LEAVERS:]]
        assert in_one_commit == [["RegistrationWithdrawn", "SeatPromoted"]] * LEAVERS
