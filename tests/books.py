"""A throw-away service with a list of books, for tests of what every service's lists can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, Recorded
from shared.contracts.types import Id
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, ReadingOf
from shared.eventsourcing.service import Service
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require, visible_divisions
from shared.platform.http import MinVersion, Page
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, ListRequest, in_words
from shared.platform.ngrams import grams


class BookEvent(DomainEvent, service="books"):
    """An event of books."""


class Kind(StrEnum):
    LAW = "law"
    STORY = "story"


KINDS = {Kind.LAW: Text("法律", "law"), Kind.STORY: Text("小说", "story")}


class BookBought(BookEvent):
    """A book was put on the shelf."""

    division: str
    title: str
    kind: Kind = Kind.STORY
    bought_on: date | None = None
    read_at: AwareDatetime | None = None
    pages: int | None = None
    lent: bool = False
    authors: tuple[str, ...] = ()


class BookRenamed(BookEvent):
    """A book has another title; the day is known, or the one on which that was recorded counts."""

    title: str
    renamed_on: date | None = None


class BookTorn(BookEvent):
    """A mistake in the fold: it cannot be folded."""


def fold_book(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a book."""
    event = recorded.event
    if isinstance(event, BookTorn):
        raise TypeError("a torn book has no shelf")
    if isinstance(event, BookRenamed):
        return {**(document or {}), "title": event.title, "grams": grams(event.title)}
    said = event.model_dump(mode="json")
    return {**said, "book_id": key, "grams": grams(said["title"]), "size": {"pages": said["pages"]}}


def book_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the book."""
    return (recorded.stream.removeprefix("book-"),)


BOOKS = Projection(
    "books",
    1,
    (BookBought, BookRenamed, BookTorn),
    book_key,
    fold_book,
    main_category="book",
    indexes=(
        (("bought_on", 1), ("_id", 1), ("division", 1)),
        (("size.pages", 1), ("_id", 1), ("division", 1)),
        (("grams", 1),),
    ),
)


class BookView(BaseModel):
    """A book as it stands."""

    book_id: str
    division: str
    title: str
    kind: Kind
    bought_on: date | None
    read_at: AwareDatetime | None
    lent: bool
    authors: tuple[str, ...]


BOOK_LIST = Listing(
    name="books",
    title=Text("图书", "Books"),
    view=BookView,
    columns=(
        Column("title", "书名", "Title", width=40),
        Column(
            "kind",
            "类别",
            "Kind",
            in_words({Kind.LAW: Text("法律", "law"), Kind.STORY: Text("小说", "story")}),
        ),
        Column("bought_on", "购入日期", "Bought on"),
        Column("read_at", "阅读时间", "Read at"),
        Column("lent", "借出", "Lent"),
        Column("authors", "作者", "Authors"),
    ),
    sorts={"bought_on": "bought_on", "pages": "size.pages", "id": "_id"},
    default="-bought_on",
    searchable=True,
    past=True,
)

router = APIRouter()
Reader = Annotated[Principal, Depends(require(Role.RESIDENT, access=Access.READ))]


@router.get("/books", response_model=Page[BookView], responses=EXPORTS)
async def list_books(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(BOOK_LIST)],
    kind: Annotated[Kind | None, Query()] = None,
) -> Page[BookView] | Response:
    """List books."""
    query: dict[str, Any] = {"division": visible_divisions(caller)} | ({"kind": kind.value} if kind else {})
    return await reading.listed(BOOKS, BOOK_LIST, query, asked)


@router.get("/books/{book_id}")
async def get_book(
    book_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion, as_of: AsOfAsked
) -> BookView:
    """Return a book."""
    return await reading.one(BOOKS, book_id, BookView, caller=caller, minimum=minimum, as_of=as_of)


@router.get("/books/{book_id}/history")
async def get_history(
    book_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return what happened to a book."""
    return await reading.history(BOOKS, book_id, asked, caller=caller)


def chain(
    stream: str, *parts: tuple[datetime, Sequence[BookEvent]], source: str | None = None
) -> list[Commit]:
    """Return a stream as its commits: when each was recorded, and its events."""
    commits: list[Commit] = []
    for recorded_at, events in parts:
        last = commits[-1] if commits else None
        version = last.last_version + 1 if last else 1
        commits.append(
            new_commit(
                stream,
                version,
                events,
                meta=Meta("371621001", "u-1", "c-1", "request:c-1"),
                command_id=f"{stream}:{version}",
                command_digest="digest",
                now=recorded_at,
                previous_hash=last.hash if last else GENESIS,
            )
        )
    return commits


SERVICE = Service("books", "图书", projections=(BOOKS,), routers=(router,))
