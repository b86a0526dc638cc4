"""Lists and lists of the past on the real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest

from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.eventsourcing.past import document_of, events_of, up_to_day
from shared.eventsourcing.past_lists import AT_MOST, INDEX, KEPT, PastLists
from shared.eventsourcing.strict_fold import create_indexes
from shared.platform.lists import Order
from shared.platform.mongo import Collection, Database, connect
from shared.platform.ngrams import grams
from shared.platform.settings import Settings
from tests.books import BOOKS, BookBought, BookRenamed, chain
from tests.documents import in_order, matches

MAY, JUNE, JULY = (datetime(2024, month, 6, 1, tzinfo=UTC) for month in (5, 6, 7))


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    await prepare(mongo.database("books"))
    yield mongo.database("books")
    mongo.close()


# order and conditions


def some_documents(random: Random, count: int) -> list[dict[str, Any]]:
    """Return documents whose sort values tie, or are None, or missing."""
    found = []
    for n in random.sample(range(10_000), count):
        document: dict[str, Any] = {"_id": f"{n:05}", "size": {}, "authors": random.sample("甲乙丙", 2)}
        match random.randrange(4):
            case 0:
                document["bought_on"] = None
            case 1 | 2:
                document["bought_on"] = f"2024-01-0{random.randint(1, 3)}"
        if random.random() < 0.7:
            document["size"] = {"pages": random.choice([None, 1, 2, 3])}
        document["grams"] = grams(random.choice(["民法典", "刑法", "路灯"]))
        document["division"] = random.choice(["371621001", "371621002", "371622001"])
        found.append(document)
    return found


async def all_pages(
    read: Callable[[dict[str, Any], Order, int], Any], query: dict[str, Any], order: Order, limit: int
) -> list[str]:
    found: list[str] = []
    behind = order.after(None)
    while True:
        page = await read({"$and": [query, behind]}, order, limit)
        found += [document["_id"] for document in page]
        if len(page) < limit:
            return found
        behind = order.after(order.keys_of(page[-1]))


async def test_all_pages_have_every_document_once_in_order_whatever_ties_or_is_missing(
    database: Database,
) -> None:
    documents = some_documents(Random(4), 300)
    await create_indexes(database["books"], BOOKS)
    await database["books"].insert_many(documents)

    async def read(query: dict[str, Any], order: Order, limit: int) -> list[dict[str, Any]]:
        return [d async for d in database["books"].find(query).sort(order.sort()).limit(limit)]

    for name, descending, limit in product(["bought_on", "size.pages", "_id"], [False, True], [1, 7, 300]):
        order = Order(name, descending)
        wanted = [d["_id"] for d in in_order(documents, order.sort())]
        assert await all_pages(read, {}, order, limit) == wanted, (order, limit)


async def test_conditions_in_memory_mean_what_they_mean_in_the_database(database: Database) -> None:
    documents = some_documents(Random(5), 200)
    await database["books"].insert_many(documents)
    queries: list[dict[str, Any]] = [
        {"division": {"$gte": "371621", "$lt": "371621:"}},
        {"bought_on": None},
        {"bought_on": {"$ne": None}},
        {"bought_on": {"$gt": "2024-01-01"}, "size.pages": {"$lte": 2}},
        {"bought_on": {"$gt": 1}},
        {"size.pages": {"$in": [1, None]}},
        {"size.pages": {"$nin": [1, 2]}},
        {"size.pages": {"$exists": True, "$ne": None}},
        {"size": {"pages": 2}},
        {"authors": "甲"},
        {"authors": {"$all": ["甲", "乙"]}},
        {"authors": {"$all": []}},
        {"authors": {"$not": {"$in": ["丙"]}}},
        {"$or": [{"authors": ["甲", "乙"]}, {"size.pages": 3}]},
        {"$nor": [{"size.pages": 3}, {"bought_on": None}]},
        {"grams": {"$all": grams("民法")}},
    ]
    for query in queries:
        wanted = {d["_id"] async for d in database["books"].find(query)}
        assert {d["_id"] for d in documents if matches(d, query)} == wanted, query


async def test_a_page_is_found_by_the_index_of_its_order(database: Database) -> None:
    await create_indexes(database["books"], BOOKS)
    await database["books"].insert_many(some_documents(Random(6), 2_000))
    town = {"division": {"$gte": "371621001", "$lt": "371621001:"}}

    for descending, last in product([False, True], [None, ("2024-01-02", "05000"), (None, "05000")]):
        order = Order("bought_on", descending)
        query = {"$and": [town, order.after(last)]}
        plan = await database["books"].find(query).sort(order.sort()).limit(50).explain()
        assert stages(plan["queryPlanner"]["winningPlan"]).isdisjoint({"SORT", "COLLSCAN"}), plan
        assert plan["executionStats"]["totalDocsExamined"] <= 100, "the town's own only, each at most twice"


def stages(plan: Any) -> set[str]:
    """Return the kinds of all steps of a query's plan."""
    if isinstance(plan, list):
        return {stage for part in plan for stage in stages(part)}
    if not isinstance(plan, dict):
        return set()
    inner = {stage for part in plan.values() for stage in stages(part)}
    return inner | ({plan["stage"]} if "stage" in plan else set())


# lists of the past


@dataclass
class Clock:
    now: datetime = field(default=JULY)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Library:
    """A store of books and its past."""

    database: Database
    clock: Clock

    def __post_init__(self) -> None:
        self.store = MongoEventStore(self.database)
        self.past = self.another_process()

    def another_process(self) -> PastLists:
        return PastLists(MongoEventStore(self.database), self.database, self.clock)

    async def keep(self, *streams: Sequence[Any]) -> None:
        for commits in streams:
            for commit in commits:
                await self.store.append(commit)

    async def collections(self) -> list[str]:
        names = await self.database.list_collection_names()
        return [name for name in names if name.startswith("books__past_")]


@pytest.fixture
async def library(database: Database) -> Library:
    library = Library(database, Clock())
    first = BookBought(division="371621001", title="初版")
    await library.keep(
        chain("book-old", (MAY, [first]), (JULY, [BookRenamed(title="再版")])),
        chain("book-new", (JUNE, [BookBought(division="371621001", title="新书")])),
        chain("bookshelf-x", (MAY, [first])),
    )
    return library


async def titles(past: PastLists, day: date) -> list[str]:
    found = await (await past.as_of(BOOKS, day)).find({}, sort=[("title", 1)])
    return [document["title"] for document in found]


async def test_a_list_as_of_a_day_has_what_had_happened_and_nothing_of_other_categories(
    library: Library,
) -> None:
    assert await titles(library.past, date(2024, 5, 5)) == []
    assert await titles(library.past, date(2024, 5, 6)) == ["初版"]
    assert await titles(library.past, date(2024, 6, 30)) == ["初版", "新书"]
    assert await titles(library.past, date(2024, 7, 6)) == ["再版", "新书"]


async def test_it_is_made_once_and_shared_by_all_who_ask_at_once_and_by_other_processes(
    library: Library,
) -> None:
    day = date(2024, 6, 30)

    await asyncio.gather(*(titles(library.past, day) for _ in range(20)))
    await titles(library.another_process(), day)

    assert len(await library.collections()) == 1


async def test_what_is_entered_later_about_an_earlier_day_is_in_it(library: Library) -> None:
    day = date(2024, 6, 30)
    await titles(library.past, day)
    late = BookBought(division="371621001", title="补录", bought_on=date(2024, 6, 1), back_entry=True)
    await library.keep(chain("book-late", (JULY, [late])))

    assert await titles(library.past, day) == ["初版", "新书", "补录"]


async def test_what_nobody_reads_any_more_is_dropped_with_the_next_also_where_its_making_was_killed(
    library: Library,
) -> None:
    await titles(library.past, date(2024, 6, 1))
    await library.database[INDEX].insert_one({"_id": "books__past_killed", "used_at": library.clock()})
    await library.database["books__past_killed"].insert_one({"_id": "half"})
    library.clock.now += KEPT / 2
    await titles(library.past, date(2024, 6, 2))
    assert len(await library.collections()) == 3

    library.clock.now += KEPT / 2 + timedelta(seconds=1)
    await titles(library.past, date(2024, 6, 2))
    await titles(library.past, date(2024, 6, 3))

    assert len(await library.collections()) == 2, "the second was read meanwhile"
    assert await library.database[INDEX].count_documents({}) == 2


async def test_no_more_are_kept_than_there_is_room_for_and_the_one_longest_unread_goes(
    library: Library,
) -> None:
    days = [date(2024, 6, 1) + timedelta(days=n) for n in range(AT_MOST)]
    for day in days:
        library.clock.now += timedelta(seconds=1)
        await titles(library.past, day)
    (kept,) = await library.database[INDEX].find({"key": {"$regex": "2024-06-02"}}).to_list(None)
    library.clock.now += timedelta(seconds=1)
    await titles(library.past, days[0])

    assert await titles(library.past, date(2024, 7, 6)) == ["再版", "新书"]

    assert len(await library.collections()) == AT_MOST
    assert kept["_id"] not in await library.collections()
    assert await titles(library.past, days[1]) == ["初版"], "it is made again for who comes back"


async def test_a_collection_of_the_past_has_the_documents_that_folding_gives_and_the_indexes(
    library: Library,
) -> None:
    day = date(2024, 6, 30)
    kept = await library.past.as_of(BOOKS, day)
    stream = await library.store.read_stream("book-old")

    assert await kept.find({"_id": "old"}) == [document_of(BOOKS, up_to_day(events_of(stream), day))]
    assert await kept.count({}) == 2
    assert await kept.count({}, limit=1) == 1
    (name,) = await library.collections()
    assert len(await indexes(library.database[name])) == 1 + len(BOOKS.indexes)


async def indexes(collection: Collection) -> list[str]:
    return list(await collection.index_information())
