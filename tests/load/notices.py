"""Notices through two notify processes that are killed at random: none lost, none twice (N03, N09).

    python -m tests.load.notices --notices 10000 --kills 8

Two processes of `notify` with all their parts, a real MongoDB and a real Kafka. Problems are assigned to
departments; each notice is posted, folded, planned and mailed, the mail being a line in a file. At random
moments a process is killed (SIGKILL) and another one started. Afterwards each notice must be in the store
once and in the inbox once, and its mail written at least once; written twice only what a process had in hand
when it was killed, under the same id. Exits with 1 where that is not so. Figures go to docs/performance.md
unless told otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from services.notify.domain.notice import notice_id
from services.notify.domain.recipients import department, recipient_id
from services.notify.outgoing import AT_ONCE
from shared.cli.bench.processes import Server, resident_mib, serving
from shared.cli.bench.report import Machine, write_section
from shared.cli.bench.running import QUICK, Bench, opened
from shared.contracts.cases import ProblemAssigned
from shared.contracts.envelope import Meta
from shared.contracts.notify import NoticeChannel, NoticePosted
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.mongo_store import prepare
from shared.eventsourcing.parking import list_parked
from shared.eventsourcing.pointer import NotBuiltError, Pointers, collection_name
from shared.eventsourcing.relay import Relay
from shared.platform.mongo import Collection, Database
from tests.load.submissions import differences
from tests.log_tools import until

TOWN = "371621001"
DEPARTMENTS = tuple(f"县第{n}局" for n in range(1, 41))
TOLD_BY_ONE = 2  # the lead and a co-handler
PATIENCE_SECONDS = 300.0
PROCESSES = 2


@dataclass(slots=True)
class Tally:
    """What was seen.

    Attributes:
        notices: ids of those that have to be there.
        mails: ids of theirs.
        written: how often each mail was written.
        seconds: from the first event to the last mail recorded as delivered.
        mib: resident memory of the processes at the end.
    """

    notices: set[str] = field(default_factory=set)
    mails: set[str] = field(default_factory=set)
    written: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    seconds: float = 0.0
    mib: list[float] = field(default_factory=list)

    @property
    def twice(self) -> int:
        """How many mails were written more than once."""
        return sum(times > 1 for times in self.written.values())


def assignments(notices: int, tally: Tally) -> Iterator[Commit]:
    """Return problems that are assigned now, so many that departments get that many notices.

    Of what happened long ago nobody gets a mail.
    """
    now = datetime.now(UTC)
    meta = Meta(division=TOWN, actor="load", correlation_id="load", causation_id="load")
    for n in range(notices // TOLD_BY_ONE):
        lead, helper = DEPARTMENTS[n % len(DEPARTMENTS)], DEPARTMENTS[(n + 1) % len(DEPARTMENTS)]
        event = ProblemAssigned(
            problem_id=f"load-{n}",
            entry_id="load",
            topic_id="load",
            division=TOWN,
            text=f"第 {n} 处路灯不亮",
            lead=lead,
            co_handlers=(helper,),
            assigned_on=date(2024, 9, 5),
            due_on=date(2024, 12, 5),
        )
        cause = f"problem-load-{n}:1"
        for told in (lead, helper):
            tally.notices.add(notice_id(cause, department(told), NoticeChannel.INBOX))
            tally.mails.add(notice_id(cause, department(told), NoticeChannel.EMAIL))
        yield new_commit(
            f"problem-load-{n}",
            1,
            [event],
            meta=meta,
            command_id=uuid.uuid4().hex,
            command_digest="load",
            now=now,
            previous_hash=GENESIS,
        )


class Instances:
    """Processes of notify, of which one is killed now and then."""

    def __init__(self, bench: Bench, folder: Path, chance: random.Random) -> None:
        self._bench = bench
        self._folder = folder
        self._chance = chance
        self._running: list[tuple[Server, AsyncExitStack]] = []

    async def start(self) -> None:
        """Start one, and wait until it serves."""
        stack = AsyncExitStack()
        server = await stack.enter_async_context(
            serving(self._bench.settings, "tests.chaos.notify_process", str(self._folder), ready="/livez")
        )
        self._running.append((server, stack))

    async def kill_one(self) -> None:
        """Kill any of them, without a warning, and start another."""
        server, stack = self._running.pop(self._chance.randrange(len(self._running)))
        os.kill(server.pid, signal.SIGKILL)
        await stack.aclose()
        await self.start()

    async def stop(self) -> list[float]:
        """Stop all; return how much memory each had."""
        mib = [resident_mib(server.pid) for server, _ in self._running]
        for _, stack in self._running:
            await stack.aclose()
        return mib


def written(folder: Path) -> Counter[str]:
    """Return how often each mail was written; a killed process leaves no half lines."""
    lines = [line for path in folder.glob("*.sent") for line in path.read_text().splitlines()]
    return Counter(line.split()[0] for line in lines)


async def serving_collection(database: Database, projection: str) -> Collection:
    """Return the collection of a read model that serves now."""
    pointer = await Pointers(database).get(projection)
    return database[collection_name(projection, pointer.build)]


async def _delivered(database: Database) -> int:
    with suppress(NotBuiltError):
        deliveries = await serving_collection(database, "deliveries")
        return int(await deliveries.count_documents({"status": "delivered"}))
    return 0


async def _keep_addresses(database: Database) -> None:
    await database.people.insert_many(
        [
            {
                "_id": recipient_id(department(name), TOWN),
                "division": TOWN[:6],
                "email": f"department-{n}@example.gov.cn",
            }
            for n, name in enumerate(DEPARTMENTS)
        ]
    )


async def _faults(database: Database, tally: Tally) -> list[str]:
    """Return what is lost, there twice, or there unasked."""
    stored = Counter[str]()
    async for commit in database.commits.find({"events.type": NoticePosted.type}, {"stream": 1}):
        stored[commit["stream"].removeprefix("notice-")] += 1
    inbox = await serving_collection(database, "inbox")
    shown = Counter([document["_id"] async for document in inbox.find({}, {"_id": 1})])
    found = differences("store", tally.notices, stored) + differences("inbox", tally.notices, shown)
    once = Counter(dict.fromkeys(tally.written, 1))
    found += differences("mails", tally.mails, once)
    if tally.twice > tally.kills * AT_ONCE:
        found.append(f"mails: {tally.twice} written twice, with {tally.kills} kills")
    found += [f"parked: {entry}" for entry in (await list_parked(database))[:3]]
    return found


async def _kill_now_and_then(
    instances: Instances, folder: Path, tally: Tally, moments: Sequence[int]
) -> None:
    """Kill one whenever so many mails have been written."""
    for moment in moments:

        async def so_far(wanted: int = moment) -> bool:
            return len(written(folder)) >= wanted

        await until(so_far, PATIENCE_SECONDS)
        tally.kills += 1
        await instances.kill_one()


async def measure(bench: Bench, notices: int, kills: int, seed: int = 5) -> tuple[Tally, list[str]]:
    """Send so many notices through, and return what was seen and what is wrong."""
    tally, chance = Tally(), random.Random(seed)
    cases, notify = bench.mongo.database("cases"), bench.mongo.database("notify")
    await prepare(cases)
    await _keep_addresses(notify)
    commits = list(assignments(notices, tally))
    moments = sorted(chance.sample(range(notices // 20, notices * 9 // 10), kills))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        instances = Instances(bench, folder, chance)
        try:
            await asyncio.gather(*(instances.start() for _ in range(PROCESSES)))
            await cases.commits.insert_many([commit.to_document() for commit in commits])
            await Relay("cases", cases, bench.settings).drain()
            began = time.perf_counter()
            killing = asyncio.create_task(_kill_now_and_then(instances, folder, tally, moments))

            async def all_delivered() -> bool:
                return await _delivered(notify) >= len(tally.mails)

            await until(all_delivered, PATIENCE_SECONDS)
            tally.seconds = time.perf_counter() - began
            await killing
        finally:
            tally.mib = await instances.stop()
        tally.written = written(folder)
    return tally, await _faults(notify, tally)


def section(notices: int, tally: Tally, machine: Machine, on: datetime) -> str:
    """Return the figures as a section of docs/performance.md."""
    figures = (
        ("notices, each found in the store and in the inbox once", f"{notices:,}"),
        ("mails, each written", f"{len(tally.written):,}"),
        ("processes; killed and started again", f"{PROCESSES}; {tally.kills}"),
        ("mails in hand at a kill, and so written twice, under the same id", f"{tally.twice}"),
        ("from the first event to the last mail, kills included", f"{tally.seconds:.1f} s"),
        ("notices posted, planned, mailed and recorded", f"{notices / tally.seconds:,.0f} /s"),
        ("resident memory of a process", f"{max(tally.mib):.0f} MiB"),
    )
    lines = "".join(f"| {name} | {value} |\n" for name, value in figures)
    return (
        "## Notices, while processes are killed\n\n"
        "Written by `make chaos`: two processes of `notify` with all their parts; MongoDB and Kafka are on "
        "the same\nmachine. A killed process's partitions rest for six seconds, what it had claimed for "
        "three.\n\n"
        f"| {on.date().isoformat()} | |\n| --- | --- |\n{lines}\n{machine.described()}"
    )


async def _run(notices: int, kills: int) -> tuple[Tally, list[str]]:
    async with opened(QUICK) as bench:
        return await measure(bench, notices, kills)


def main() -> int:
    """Run it as a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--no-report", action="store_true", help="leave docs/performance.md alone")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    tally, faults = asyncio.run(_run(asked.notices, asked.kills))
    text = section(asked.notices, tally, Machine.this(load), datetime.now(UTC))
    sys.stdout.write(text)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        return 1
    if not asked.no_report:
        write_section("notices", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
