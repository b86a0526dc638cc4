"""Things and lists as they stood, and their histories."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.eventsourcing.past import days_of, document_of, events_of, up_to_day, up_to_version
from shared.platform.auth import Role
from tests.books import BOOKS, SERVICE, BookBought, BookEvent, BookRenamed, BookTorn, chain
from tests.http import Caller, Log, application, problem

TOWN = "371621001"
MAY, JUNE, JULY = (datetime(2024, month, 6, 1, tzinfo=UTC) for month in (5, 6, 7))


def bought(title: str = "初版", day: date | None = None, **more: Any) -> BookBought:
    return BookBought(**{"division": TOWN, "title": title, "bought_on": day, **more})


def days(*parts: tuple[datetime, list[BookEvent]]) -> list[date]:
    return days_of(events_of(chain("book-abc", *parts)))


# the day that counts


def test_an_event_happened_when_it_says_so_else_when_it_was_recorded_in_shanghai() -> None:
    late = datetime(2024, 5, 6, 16, 30, tzinfo=UTC)
    said = bought(day=date(2024, 5, 1))

    assert days((late, [said, BookRenamed(title="再版")])) == [date(2024, 5, 1), date(2024, 5, 7)]


def test_nothing_happens_before_what_stands_ahead_of_it() -> None:
    first, early = bought(day=date(2024, 5, 3)), BookRenamed(title="再版", renamed_on=date(2024, 5, 1))

    assert days((JULY, [first, early])) == [date(2024, 5, 3)] * 2


def test_what_was_entered_afterwards_without_a_day_happened_with_what_stands_ahead_of_it() -> None:
    first = bought(day=date(2020, 5, 3), back_entry=True)
    unknown = BookRenamed(title="再版", back_entry=True)

    assert days((JULY, [first, unknown])) == [date(2020, 5, 3)] * 2


def test_where_that_is_the_first_it_happened_with_the_next_that_says_its_day() -> None:
    unknown = bought(back_entry=True)
    known = BookRenamed(title="再版", renamed_on=date(2020, 5, 3), back_entry=True)

    assert days((JULY, [unknown, known])) == [date(2020, 5, 3)] * 2
    assert days((JULY, [unknown])) == [date(2024, 7, 6)]
    assert days((JULY, [])) == []


somewhen = st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 9))
renamings = st.lists(st.tuples(somewhen, st.booleans()), max_size=8)


@given(renamings, st.dates(date(2019, 12, 31), date(2020, 1, 10)))
def test_a_stream_is_cut_once_and_a_later_day_never_shows_less(
    said: list[tuple[date | None, bool]], day: date
) -> None:
    events = events_of(
        chain(
            "book-abc",
            *(
                (
                    datetime(2020, 1, n + 1, tzinfo=UTC),
                    [BookRenamed(title="书", renamed_on=on, back_entry=old)],
                )
                for n, (on, old) in enumerate(said)
            ),
        )
    )
    assert days_of(events) == sorted(days_of(events))
    cut = up_to_day(events, day)
    assert cut == events[: len(cut)]
    assert len(cut) <= len(up_to_day(events, day + timedelta(days=1)))
    assert up_to_day(events, date(2020, 1, 31)) == events


@given(renamings)
def test_all_of_a_stream_makes_the_live_document(said: list[tuple[date | None, bool]]) -> None:
    events = events_of(
        chain("book-abc", (MAY, [bought()]), *((MAY, [BookRenamed(title=f"书{on}")]) for on, _ in said))
    )
    live: Any = None
    for event in events:
        live = BOOKS.fold(live, event, "abc")

    assert document_of(BOOKS, up_to_version(events, len(events))) == {
        **live,
        "_id": "abc",
        "_version": len(events),
    }


def test_what_cannot_be_folded_leaves_the_document_as_it_stood_and_says_so() -> None:
    events = events_of(chain("book-abc", (MAY, [bought(), BookTorn(), BookRenamed(title="再版")])))

    document = document_of(BOOKS, events)

    assert document is not None
    assert (document["title"], document["_stale"]) == ("初版", ["abc"])
    assert document_of(BOOKS, events[1:]) is None


# over HTTP


@pytest.fixture
async def log() -> Log:
    log = Log()
    old = chain("book-old", (MAY, [bought()]), (JULY, [BookRenamed(title="再版"), BookRenamed(title="三版")]))
    new = chain("book-new", (JUNE, [bought("新书", day=date(2024, 6, 1))]))
    for commit in [*old, *new]:
        await log.append(commit)
    return log


def office(log: Log, role: Role = Role.OFFICE, division: str = "371621") -> Caller:
    return Caller(application(SERVICE, log), role, division)


async def test_a_thing_is_shown_as_it_stood_on_a_day(log: Log) -> None:
    response = await office(log).ask("/books/old?as_of=2024-06-30")

    assert response.json()["title"] == "初版"
    assert response.headers["hxs-as-of"] == "2024-06-30"
    assert response.headers["etag"].startswith('"c-'), "no change can be based on the past"


async def test_a_thing_is_shown_as_it_stood_at_a_version(log: Log) -> None:
    caller = office(log)

    assert [(await caller.get(f"/books/old?version={n}"))["title"] for n in (1, 2, 3)] == [
        "初版",
        "再版",
        "三版",
    ]
    assert (await caller.ask("/books/old?version=2")).headers["hxs-as-of"] == "2024-07-06T01:00:00+00:00"


@pytest.mark.parametrize("before", ["as_of=2024-05-05", "version=4", "version=9999999"])
async def test_before_it_began_and_beyond_what_happened_there_is_nothing(log: Log, before: str) -> None:
    assert problem(await office(log).ask(f"/books/old?{before}")) == (404, "not-found", None)


async def test_a_day_and_a_version_at_once_are_refused(log: Log) -> None:
    response = await office(log).ask("/books/old?version=1&as_of=2024-06-30")
    assert problem(response) == (400, "invalid-request", "query.version")


@pytest.mark.parametrize(
    "path", ["/books/old?version=1", "/books/old?as_of=2024-06-30", "/books/old/history"]
)
async def test_the_past_of_another_division_is_not_there_either(log: Log, path: str) -> None:
    assert await office(log, Role.LIAISON, "371621002").status_of(path) == 404
    assert await office(log, Role.LIAISON, TOWN).status_of(path) == 200


async def test_now_is_shown_with_its_version_and_how_fresh_it_is(log: Log) -> None:
    response = await office(log).ask("/books/old")
    assert (response.json()["title"], response.headers["etag"]) == ("三版", '"3"')


async def test_a_list_is_shown_as_it_stood_on_a_day_with_order_search_pages_and_files(log: Log) -> None:
    caller = office(log)

    async def titles(query: str) -> list[str]:
        return [item["title"] for item in (await caller.get(f"/books?{query}"))["items"]]

    assert await titles("as_of=2024-05-05") == []
    assert await titles("as_of=2024-05-06") == ["初版"]
    assert await titles("as_of=2024-06-01&sort=id") == ["新书", "初版"]
    assert await titles("as_of=2024-06-01&q=初") == ["初版"]
    assert await titles("as_of=2024-07-06&q=初") == []
    page = await caller.get("/books?as_of=2024-06-01&sort=id&limit=1")
    assert await titles(f"as_of=2024-06-01&sort=id&limit=1&cursor={page['next']}") == ["初版"]
    today = await caller.ask(f"/books?sort=id&limit=1&cursor={page['next']}")
    assert problem(today) == (400, "invalid-cursor", "query.cursor")


async def test_a_file_of_the_past_says_of_which_day_it_is(log: Log) -> None:
    response = await office(log).ask("/books?as_of=2024-06-30&format=csv")

    assert "books-20240630.csv" in response.headers["content-disposition"]
    assert response.headers["hxs-as-of"] == "2024-06-30"
    assert "初版" in response.text
    assert (await office(log).ask("/books?as_of=2024-06-30&format=xlsx")).status_code == 200


# histories


async def test_a_history_shows_who_did_what_when_with_the_events(log: Log) -> None:
    first, second, _ = (await office(log).get("/books/old/history"))["items"]

    assert first == {
        "version": 1,
        "recorded_at": "2024-05-06T01:00:00Z",
        "happened_on": "2024-05-06",
        "title": "Book bought",
        "event": "BookBought",
        "type": "hxs.books.BookBought.v1",
        "data": bought().model_dump(mode="json"),
        "back_entry": False,
        "actor": "u-1",
        "source": None,
        "correlation_id": "c-1",
        "causation_id": "request:c-1",
    }
    assert (second["version"], second["event"]) == (2, "BookRenamed")


async def test_a_history_is_paged_also_within_a_commit(log: Log) -> None:
    caller = office(log)
    page = await caller.get("/books/old/history?limit=2")
    rest = await caller.get(f"/books/old/history?limit=2&cursor={page['next']}")

    assert [e["version"] for e in page["items"] + rest["items"]] == [1, 2, 3]
    assert rest["next"] is None
    other = await caller.ask(f"/books/new/history?cursor={page['next']}")
    assert problem(other) == (400, "invalid-cursor", "query.cursor")


@pytest.mark.parametrize("role", Role)
async def test_a_history_is_for_those_who_answer_for_the_record(log: Log, role: Role) -> None:
    let_in = {Role.CONVENER, Role.LIAISON, Role.OFFICE, Role.AUDITOR}
    assert await office(log, role).status_of("/books/old/history") == (200 if role in let_in else 403)
