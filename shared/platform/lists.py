"""What a list over HTTP is: how it can be sorted, searched, paged and exported.

A `Listing` is declared once for each list, and is itself the endpoint's dependency:

    TOPIC_LIST = Listing(
        name="topics",
        title=Text("议题", "Topics"),
        view=TopicView,
        columns=(Column("title", "议题", "Topic"), Column("origin", "来源", "Origin", in_words(ORIGINS))),
        sorts={"proposed_on": "proposed_on"},
        default="-proposed_on",
        searchable=True,
    )

    async def list_topics(asked: Annotated[ListRequest, Depends(TOPIC_LIST)], …): …

**Paging is by key**: a page begins behind the last item of the one before, in the order of (sort field, id).
Nothing is skipped or shown twice while others write, however far somebody pages, and no page costs more than
the first. What has no value in the sort field comes first, or last in descending order.

**Indexes.** Sort only by what has an index: for each sort `((field, 1), ("_id", 1), ("division", 1))`, which
serves both directions and every division; for a search `(("grams", 1),)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from inspect import Parameter, Signature
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel

from shared.contracts.types import Day
from shared.platform.http import DEFAULT_PAGE, LARGEST_PAGE, CursorKey, decode_cursor, encode_cursor, language
from shared.platform.language import Language, Text
from shared.platform.ngrams import grams

LONGEST_SEARCH = 100

Cell: TypeAlias = str | int | float | bool | date | datetime | None
Show = Callable[[Any, Language], Cell]
"""(value, language) → what stands in a cell."""
V = TypeVar("V", bound=BaseModel)


def plain(value: Any, language: Language) -> Cell:  # noqa: ANN401 - any value of a view
    """Return a value as people read it: 是 / 否, the members of a list one after the other, nothing for None.

    Raises:
        TypeError: it has parts; name one of them in the column's path, or give the column a `show`.
    """
    match value:
        case bool():
            return Text("是" if value else "否", "yes" if value else "no").in_(language)
        case Enum():
            return str(value.value)
        case None | str() | int() | float() | date():  # a datetime is a date
            return value
        case list() | tuple():
            said = (str(plain(member, language)) for member in value if member is not None)
            return Text("、", "; ").in_(language).join(said)
    raise TypeError(f"{type(value).__name__} fits into no cell; name one of its fields")


def in_words(words: Mapping[Any, Text]) -> Show:
    """Return how a column shows values that have words; one that has none stands as it is."""

    def show(value: Any, language: Language) -> Cell:  # noqa: ANN401 - any value of a view
        if isinstance(value, list | tuple):
            return plain([show(v, language) for v in value], language)
        return words[value].in_(language) if value in words else plain(value, language)

    return show


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export.

    Attributes:
        path: dotted, into the view (or into what `Listing.rows` makes of it); through a list, of each member.
        zh, en: heading.
        show: what stands in the cells.
        width: in characters, two for a Chinese one; by the heading unless given.
    """

    path: str
    zh: str
    en: str
    show: Show = plain
    width: int | None = None

    def cell(self, row: Any, language: Language) -> Cell:  # noqa: ANN401 - a view, or a part of one
        """Return what stands in this column."""
        return self.show(_at(row, self.path.split(".")), language)


def _at(value: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - any value of a view
    if not path or value is None:
        return value
    if isinstance(value, list | tuple):
        return [_at(member, path) for member in value]
    inner = value.get(path[0]) if isinstance(value, Mapping) else getattr(value, path[0])
    return _at(inner, path[1:])


class Format(StrEnum):
    """What a list is answered as."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of documents in which no two stand at one place: by a field, then by id.

    The field holds values of one kind, or nothing; no lists.
    """

    field: str
    descending: bool

    def sort(self) -> list[tuple[str, int]]:
        """Return it as the database takes it."""
        direction = -1 if self.descending else 1
        by_field = [] if self.field == "_id" else [(self.field, direction)]
        return [*by_field, ("_id", direction)]

    def keys_of(self, document: Mapping[str, Any]) -> tuple[CursorKey, ...]:
        """Return where a document stands.

        Raises:
            TypeError: its value is none that a cursor can carry.
        """
        value: Any = document
        for name in self.field.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if not isinstance(value, str | int | None):
            raise TypeError(f"sorted by {self.field}, which is a {type(value).__name__}; keep it as text")
        return value, document["_id"]

    def after(self, keys: tuple[CursorKey, ...] | None) -> dict[str, Any]:
        """Return a database condition: what stands behind the document with these keys; all, without keys.

        All is said in so many words, for a condition on the field lets the database use the index of the
        order for the division, too, instead of looking at every document on the way.
        """
        if self.field == "_id":
            return {"_id": {"$lt" if self.descending else "$gt": keys[1]}} if keys else {}
        if keys is None:
            return {"$or": [{self.field: {"$ne": None}}, {self.field: None}]}
        value, key = keys
        beyond = "$lt" if self.descending else "$gt"
        # A comparison with a value never meets what has none, so that is said apart.
        ties = {self.field: value, "_id": {beyond: key}}
        if value is None:
            return ties if self.descending else {"$or": [ties, {self.field: {"$ne": None}}]}
        further: list[dict[str, Any]] = [ties, {self.field: {beyond: value}}]
        return {"$or": [*further, {self.field: None}] if self.descending else further}


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What is asked of a list, but for its filters.

    Attributes:
        limit: items on a page; an export has all.
        order: of the items.
        q: what is searched for.
        as_of: the list as it stood on that day, in Asia/Shanghai.
    """

    limit: int
    cursor: str | None
    order: Order
    format: Format
    language: Language
    q: str | None = None
    as_of: date | None = None

    def condition(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return the list's filters and the search as one database condition."""
        return {"$and": [query, {"grams": {"$all": grams(self.q)}}]} if self.q is not None else dict(query)

    def after(self, listing: str, query: Mapping[str, Any]) -> tuple[CursorKey, ...] | None:
        """Return the keys that the cursor stands for, None for the first page.

        Raises:
            InvalidRequestError: it comes of another list, order, search or filter.
        """
        return None if self.cursor is None else decode_cursor(self._binding(listing, query), self.cursor)

    def next_cursor(self, listing: str, query: Mapping[str, Any], document: Mapping[str, Any]) -> str:
        """Return a cursor for what stands behind a document."""
        return encode_cursor(self._binding(listing, query), *self.order.keys_of(document))

    def _binding(self, listing: str, query: Mapping[str, Any]) -> str:
        bound = [listing, self.order.sort(), self.q, self.as_of, query]
        return hashlib.blake2s(orjson.dumps(bound, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, eq=False)  # itself only, and so hashable, as the framework wants dependencies
class Listing(Generic[V]):
    """A list; see the module's docstring. Called by the framework it is a dependency: what is asked of it.

    Attributes:
        name: lower case, e.g. `topics`; names exported files where no Chinese is understood.
        title: names exported files and sheets.
        view: of one item.
        columns: of an export.
        sorts: what it can be sorted by → the document's field, dotted where it lies deeper.
        default: one of `sorts`, with `-` before it for descending.
        searchable: its documents have `grams`.
        past: it can be asked for as of a day; see `shared/eventsourcing/past.py`.
        rows: the rows of an item in an export, where it has not exactly one.
    """

    name: str
    title: Text
    view: type[V]
    columns: tuple[Column, ...]
    sorts: Mapping[str, str]
    default: str
    searchable: bool = False
    past: bool = False
    rows: Callable[[V], Iterable[Any]] | None = None

    def __post_init__(self) -> None:
        if self.default.removeprefix("-") not in self.sorts:
            raise ValueError(f"{self.name}: sorted by {self.default}, which is none of {sorted(self.sorts)}")
        first = {column.path.partition(".")[0] for column in self.columns}
        if self.rows is None and (unknown := first - set(self.view.model_fields)):
            raise ValueError(f"{self.name}: {self.view.__name__} has no {', '.join(sorted(unknown))}")
        # Read by the framework instead of `__call__`'s own, so that the documentation lists the choices.
        object.__setattr__(self, "__signature__", Signature(self._parameters()))

    def _parameters(self) -> list[Parameter]:
        choices: Any = Literal.__getitem__(tuple(sign + name for name in self.sorts for sign in ("", "-")))
        order = Query(description="Sorted by; with `-` before it descending")
        page = Query(ge=1, le=LARGEST_PAGE, description="Items on a page")
        cursor = Query(max_length=1024, description="`next` of the page before; all else as for that page")
        file = Query(description="`csv` and `xlsx` have the whole list, not a page of it")
        search = Query(min_length=1, max_length=LONGEST_SEARCH, description="Only what has these words")
        day = Query(description="As it stood on that day, in Shanghai")
        parameters = [
            _parameter("language", Annotated[Language, Depends(language)]),
            _parameter("sort", Annotated[choices, order], self.default),
            _parameter("limit", Annotated[int, page], DEFAULT_PAGE),
            _parameter("cursor", Annotated[str | None, cursor], None),
            _parameter("format", Annotated[Format, file], Format.JSON),
        ]
        if self.searchable:
            parameters.append(_parameter("q", Annotated[str | None, search], None))
        if self.past:
            parameters.append(_parameter("as_of", Annotated[Day | None, day], None))
        return parameters

    async def __call__(
        self,
        *,
        language: Language = "zh",
        sort: str = "",
        limit: int = DEFAULT_PAGE,
        cursor: str | None = None,
        format: Format = Format.JSON,
        q: str | None = None,
        as_of: date | None = None,
    ) -> ListRequest:
        """Return what is asked."""
        name = sort or self.default
        order = Order(self.sorts[name.removeprefix("-")], name.startswith("-"))
        return ListRequest(limit, cursor, order, format, language, q, as_of)

    def headings(self, language: Language) -> list[str]:
        """Return what stands above the columns."""
        return [Text(column.zh, column.en).in_(language) for column in self.columns]

    def cells(self, views: Iterable[V], language: Language) -> list[list[Cell]]:
        """Return the rows of some items."""
        rows = (row for view in views for row in (self.rows(view) if self.rows else (view,)))
        return [[column.cell(row, language) for column in self.columns] for row in rows]


_REQUIRED: Any = Parameter.empty


def _parameter(name: str, annotation: Any, default: Any = _REQUIRED) -> Parameter:  # noqa: ANN401 - any
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
