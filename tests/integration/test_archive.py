"""File numbers without gap or double, whatever runs at once, on a real MongoDB (C19)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from random import Random

import pytest

from services.cases.deciders import ARCHIVE, ENTRY
from services.cases.domain.archive import AssignNumber, Series, series_id
from services.cases.domain.entry import OpenEntry
from services.cases.reactions import ALL
from shared.contracts.cases import ArchiveNumberAssigned, EntryArchived
from shared.contracts.envelope import Meta
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.errors import VersionConflictError
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.eventsourcing.reactions import command_id
from shared.eventsourcing.testing import recorded
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings

TOWN = "371621001"
META = Meta(division=TOWN, actor="somebody", correlation_id="c", causation_id="request:c")
SERIES = ARCHIVE.stream(series_id(TOWN, 2024))
ENTRIES = 200

Handler = CommandHandler[AssignNumber, Series]


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    """The database of cases, prepared as the service does."""
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix), "cases")
    database = mongo.database("cases")
    await prepare(database)
    yield database
    mongo.close()


def process(database: Database) -> Handler:
    """Return the handler of one of several processes."""
    return CommandHandler(MongoEventStore(database), ARCHIVE, clock=lambda: datetime.now(UTC))


async def files(handler: Handler, entry: int) -> None:
    """File an entry as a client does: with one key, again where the service says that it is busy."""
    command = AssignNumber(f"entry-{entry}", "lamps", TOWN, date(2024, 5, 10), date(2024, 7, 1))
    while True:
        try:
            await handler.execute(command, stream=SERIES, meta=META, command_id=f"file-{entry}")
        except VersionConflictError:
            continue
        return


async def numbers(database: Database) -> dict[str, int]:
    """Return what stands in the series, by entry; each once."""
    commits = await MongoEventStore(database).read_stream(SERIES)
    events = [e.parse() for commit in commits for e in commit.events]
    given = [(e.entry_id, e.number) for e in events if isinstance(e, ArchiveNumberAssigned)]
    assert len(given) == len(events) == len(dict(given)), "an entry has two numbers"
    return dict(given)


@pytest.mark.rule("C19")
async def test_two_processes_that_file_200_entries_at_once_give_the_numbers_1_to_200(
    database: Database,
) -> None:
    """Each entry is asked for at both, as by a client that was not answered and tries elsewhere."""
    processes = [process(database), process(database)]

    await asyncio.gather(*(files(each, entry) for entry in range(ENTRIES) for each in processes))

    assert sorted((await numbers(database)).values()) == list(range(1, ENTRIES + 1))


@pytest.mark.rule("C19")
async def test_processes_that_die_in_between_leave_neither_gap_nor_double(database: Database) -> None:
    """A killed process's commands are cut off anywhere; another one is asked the same again."""
    random = Random(19)
    waiting = set(range(ENTRIES))
    while waiting:
        doomed = process(database)
        batch = [asyncio.create_task(files(doomed, entry)) for entry in sorted(waiting)[:40]]
        ended, killed = await asyncio.wait(batch, timeout=random.uniform(0.01, 0.08))
        for task in killed:
            task.cancel()
        await asyncio.gather(*batch, return_exceptions=True)
        answered = [entry for entry, task in zip(sorted(waiting)[:40], batch, strict=True) if task in ended]
        waiting -= set(answered)

    assert sorted((await numbers(database)).values()) == list(range(1, ENTRIES + 1))


@pytest.mark.rule("C19")
async def test_an_entry_hears_of_its_number_however_often_it_is_told(database: Database) -> None:
    """The process dies between the number and the entry: the event is delivered again."""
    entries = CommandHandler(MongoEventStore(database), ENTRY, clock=lambda: datetime.now(UTC))
    opening = OpenEntry("entry-1", "lamps", TOWN, date(2024, 5, 10))
    await entries.execute(opening, stream="entry-entry-1", meta=META, command_id="open")
    await files(process(database), 1)
    (commit,) = await MongoEventStore(database).read_stream(SERIES)
    told = recorded(commit.events[0].parse(), SERIES, 1)
    (reaction,) = (each for each in ALL if each.name == "archive_entry")

    for _ in range(3):
        for n, send in enumerate(reaction.to_commands(told)):
            id_ = command_id(told.id, reaction.name, n)
            await entries.execute(send.command, stream=send.stream, meta=META, command_id=id_)

    history = await MongoEventStore(database).read_stream("entry-entry-1")
    filed = [e.parse() for commit in history for e in commit.events][1:]
    assert [event.file_number for event in filed if isinstance(event, EntryArchived)] == [f"{TOWN}-2024-0001"]
