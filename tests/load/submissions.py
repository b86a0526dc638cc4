"""A campaign's public submissions over HTTP through one topics process, and what became of each (T08).

    python -m tests.load.submissions --submissions 100000

One process of `topics` with all its parts, a real MongoDB and a real Kafka; so many clients at once, each
submission with a name, a telephone number and words of its own, and every fiftieth sent twice with the same
key. Afterwards each receipt that was given out must be in the store once, in the log once, in the read
models once, and its person among `people`. Exits with 1 where one is not. Figures go to docs/performance.md
unless told otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from shared.cli.bench.http_client import AnswerError, Connection, request_bytes
from shared.cli.bench.processes import Server, bearer, resident_mib, serving
from shared.cli.bench.report import Machine, write_section
from shared.cli.bench.rows import percentile
from shared.cli.bench.running import QUICK, Bench, opened
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.platform.divisions import load_divisions
from shared.platform.mongo import Collection, Database
from tests.log_tools import read_log, until

COUNTY = "371621"
REPEATED = 50
"""Every so many-th request is sent again."""
SAMPLE_SECONDS = 0.5
LOOKED_UP = 200
CATCH_UP_SECONDS = 600.0

_MATTERS = (
    "路灯不亮",
    "道路坑洼",
    "下水道堵塞",
    "垃圾清运不及时",
    "停车难",
    "自来水水压低",
    "噪音扰民",
    "河道污染",
    "电动车充电难",
)
_PLACES = ("东头", "西头", "南街", "北街", "中心路口", "老桥头", "小学门口", "集市旁", "新村", "后巷")


@dataclass(slots=True)
class Tally:
    """What was seen while it ran.

    Attributes:
        receipts: number → id of its topic, as they were given out.
        milliseconds: of each answer.
        mib: resident memory of the process, sampled.
        seconds: from the first request to the last answer.
    """

    receipts: dict[str, str] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    seconds: float = 0.0
    caught_up_seconds: float = 0.0
    duplicates_ms: list[float] = field(default_factory=list)


def submission(number: int) -> dict[str, str]:
    """Return what the resident with this number has to say."""
    towns = load_divisions().towns(COUNTY)
    town, name = towns[number % len(towns)]
    place, matter = _PLACES[number % len(_PLACES)], _MATTERS[number % len(_MATTERS)]
    phone = f"139{number:08}"
    return {
        "division": town,
        "title": f"{name}{number // 90 % 40 + 1}村{place}{matter}",
        "description": f"{place}{matter}已有多日，希望协商解决。联系人住户{number}，电话 {phone}。",
        "name": f"住户{number}",
        "phone": phone,
    }


def request(number: int) -> bytes:
    """Return the request of the resident with this number."""
    headers = {"Idempotency-Key": f"load-test-submission-{number:08}"}
    return request_bytes("POST", "/submissions", headers, submission(number))


async def _send(connection: Connection, number: int, tally: Tally) -> None:
    sent = request(number)
    for _ in range(2 if number % REPEATED == 0 else 1):
        began = time.perf_counter()
        answer = await connection.ask(sent)
        tally.milliseconds.append((time.perf_counter() - began) * 1000)
        if answer.status != 201:
            raise AnswerError(f"{answer.status}: {answer.body[:300]!r}")
        given = orjson.loads(answer.body)
        known = tally.receipts.setdefault(given["receipt"], given["topic_id"])
        if known != given["topic_id"]:
            raise AnswerError(f"{given['receipt']} was given out for two topics")


async def _submit_all(port: int, numbers: Iterator[int], clients: int, tally: Tally) -> None:
    connections = [await Connection.open(port) for _ in range(clients)]

    async def work(connection: Connection) -> None:
        for number in numbers:
            await _send(connection, number, tally)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for connection in connections:
            tasks.create_task(work(connection))
    tally.seconds = time.perf_counter() - began
    for connection in connections:
        connection.close()


@asynccontextmanager
async def _watched(server: Server, tally: Tally) -> AsyncIterator[None]:
    async def watch() -> None:
        while True:
            tally.mib.append(resident_mib(server.pid))
            await asyncio.sleep(SAMPLE_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        tally.mib.append(resident_mib(server.pid))


async def _serving_collection(database: Database, projection: str) -> Collection:
    pointer = await Pointers(database).get(projection)
    return database[collection_name(projection, pointer.build)]


async def _catch_up(database: Database, topics: int) -> None:
    async def all_there() -> bool:
        counts = [
            await (await _serving_collection(database, name)).count_documents({})
            for name in ("topics", "receipts")
        ]
        return min(counts) >= topics

    await until(all_there, CATCH_UP_SECONDS)


async def _likely_duplicates(server: Server, bench: Bench, tally: Tally) -> None:
    """Measure how long a clerk waits for the likely duplicates of one of so many topics."""
    connection = await Connection.open(server.port)
    headers = bearer(bench.settings)
    for topic_id in list(tally.receipts.values())[:: max(1, len(tally.receipts) // LOOKED_UP)]:
        began = time.perf_counter()
        answer = await connection.ask(request_bytes("GET", f"/topics/{topic_id}/likely-duplicates", headers))
        tally.duplicates_ms.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise AnswerError(f"{answer.status}: {answer.body[:300]!r}")
    connection.close()


def differences(place: str, wanted: set[str], found: Counter[str]) -> list[str]:
    """Return in words what of the wanted ids is not there exactly once, and what is there unasked."""
    lost, twice = wanted - found.keys(), [topic for topic, times in found.items() if times > 1]
    strange = found.keys() - wanted
    return [
        f"{place}: {len(topics)} {what}, such as {min(topics)}"
        for what, topics in (("lost", lost), ("twice", twice), ("that nobody was told of", strange))
        if topics
    ]


async def _faults(bench: Bench, tally: Tally, submissions: int) -> list[str]:
    """Return what is lost, there twice, or there without having been acknowledged."""
    database = bench.mongo.database("topics")
    wanted = set(tally.receipts.values())
    stored, proposers = Counter[str](), dict[str, str]()
    async for commit in database.commits.find({}, {"stream": 1, "events.data.proposer": 1}):
        topic = commit["stream"].removeprefix("topic-")
        stored[topic] += 1
        proposers[topic] = commit["events"][0]["data"]["proposer"]
    logged = Counter(
        record.envelope.stream.removeprefix("topic-") for record in await read_log(bench.settings, "topics")
    )
    topics = await _serving_collection(database, "topics")
    shown = Counter([document["_id"] async for document in topics.find({}, {"_id": 1})])
    receipts = await _serving_collection(database, "receipts")
    led_to = Counter([topic async for d in receipts.find({}) for topic in d["topics"]])
    named = database.people.find({"name": {"$exists": True}, "phone": {"$exists": True}}, {"_id": 1})
    people = Counter([person["_id"] async for person in named])
    found = differences("store", wanted, stored)
    found += differences("log", wanted, logged)
    found += differences("read model", wanted, shown)
    found += differences("receipts", wanted, led_to)
    found += differences("people", set(proposers.values()), people)
    if len(wanted) != submissions:
        found.append(f"{submissions} submissions, but {len(wanted)} topics")
    return found


def section(submissions: int, clients: int, tally: Tally, machine: Machine, on: datetime) -> str:
    """Return the figures as a section of docs/performance.md."""
    ms, memory = tally.milliseconds, tally.mib
    figures = (
        (
            "submissions acknowledged, and found in store, log, read models and people once",
            f"{submissions:,}",
        ),
        ("requests, those sent twice included", f"{len(ms):,}"),
        ("clients at once", f"{clients}"),
        ("throughput", f"{len(ms) / tally.seconds:,.0f} requests/s"),
        ("answer, p50", f"{statistics.median(ms):.1f} ms"),
        ("answer, p99", f"{percentile(ms, 99):.1f} ms"),
        ("answer, slowest", f"{max(ms):.0f} ms"),
        ("read models complete after the last answer", f"{tally.caught_up_seconds:.1f} s"),
        ("resident memory at the start", f"{memory[0]:.0f} MiB"),
        ("resident memory, peak", f"{max(memory):.0f} MiB"),
        (
            "likely duplicates of a topic among all of them, p50",
            f"{statistics.median(tally.duplicates_ms):.0f} ms",
        ),
        ("likely duplicates, p99", f"{percentile(tally.duplicates_ms, 99):.0f} ms"),
    )
    lines = "".join(f"| {name} | {value} |\n" for name, value in figures)
    return (
        "## A campaign of public submissions\n\n"
        "Written by `make load`: one process of `topics` with all its parts; clients, MongoDB and Kafka "
        "are on the same\nmachine. Each submission is masked, its person kept, committed, relayed and folded "
        "into the read models while\nothers arrive; every fiftieth is sent twice.\n\n"
        f"| {on.date().isoformat()} | |\n| --- | --- |\n{lines}\n{machine.described()}"
    )


async def measure(bench: Bench, submissions: int, clients: int) -> tuple[Tally, list[str]]:
    """Submit so many topics, and return what was seen and what is wrong."""
    tally = Tally()
    told = {"rate_limits": "false", "signing_secrets": "a secret of the load test of forty characters"}
    serve = ("shared.cli.main", "serve", "topics")
    async with serving(bench.settings, *serve, ready="/readyz", told=told) as server:
        async with _watched(server, tally):
            await _submit_all(server.port, iter(range(submissions)), clients, tally)
            ended = time.perf_counter()
            await _catch_up(bench.mongo.database("topics"), len(tally.receipts))
            tally.caught_up_seconds = time.perf_counter() - ended
        await _likely_duplicates(server, bench, tally)
    return tally, await _faults(bench, tally, submissions)


async def _run(submissions: int, clients: int) -> tuple[Tally, list[str]]:
    async with opened(QUICK) as bench:
        return await measure(bench, submissions, clients)


def main() -> int:
    """Run it as a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--submissions", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--no-report", action="store_true", help="leave docs/performance.md alone")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    tally, faults = asyncio.run(_run(asked.submissions, asked.clients))
    text = section(asked.submissions, asked.clients, tally, Machine.this(load), datetime.now(UTC))
    sys.stdout.write(text)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    if faults:
        return 1
    if not asked.no_report:
        write_section("submissions", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
