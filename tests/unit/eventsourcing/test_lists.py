"""What every list can do: order, pages, search, files."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from inspect import signature
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.eventsourcing import reading
from shared.platform.auth import Role
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, Order
from tests.books import BOOK_LIST, SERVICE, BookBought, Kind
from tests.documents import in_order, matches
from tests.http import Caller, Log, application, problem

TOWN = "371621001"


def book(title: str, **more: Any) -> BookBought:
    return BookBought(**{"division": TOWN, "title": title, **more})


def reader(*books: BookBought, division: str = "371621") -> Caller:
    log = Log()
    for n, bought in enumerate(books):
        log.hear(f"book-{n:03}", bought)
    return Caller(application(SERVICE, log), Role.RESIDENT, division)


async def walk(caller: Caller, query: str) -> list[str]:
    """Return the ids of all pages of a list."""
    page = await caller.get(f"/books?{query}")
    found = [item["book_id"] for item in page["items"]]
    while page["next"] is not None:
        assert page["items"], "a page with a next one is never empty"
        page = await caller.get(f"/books?{query}&cursor={page['next']}")
        found += [item["book_id"] for item in page["items"]]
    return found


# order and pages


@given(st.lists(st.none() | st.integers(0, 3), max_size=12), st.booleans())
def test_what_stands_behind_a_document_is_what_follows_it_in_the_order(
    values: list[int | None], descending: bool
) -> None:
    order = Order("a.b", descending)
    documents = [{"_id": str(n), **({} if v is None else {"a": {"b": v}})} for n, v in enumerate(values)]
    sorted_ = in_order(documents, order.sort())
    for place, document in enumerate(sorted_):
        behind = order.after(order.keys_of(document))
        assert in_order([d for d in documents if matches(d, behind)], order.sort()) == sorted_[place + 1 :]


@settings(max_examples=15, deadline=None)
@given(
    days=st.lists(st.none() | st.sampled_from([date(2024, 1, 1), date(2024, 1, 2)]), max_size=9),
    sort=st.sampled_from(["bought_on", "-bought_on", "id", "-id"]),
    limit=st.integers(1, 4),
)
def test_all_pages_together_have_every_item_once_in_order_whatever_ties_or_is_missing(
    days: Sequence[date | None], sort: str, limit: int
) -> None:
    caller = reader(*(book("书", bought_on=day) for day in days))

    found = asyncio.run(walk(caller, f"sort={sort}&limit={limit}"))

    keys = [(days[int(key)] or date.min if sort.endswith("bought_on") else date.min, key) for key in found]
    assert sorted(found) == [f"{n:03}" for n in range(len(days))]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


async def test_the_default_order_is_the_declared_one() -> None:
    caller = reader(book("旧", bought_on=date(2020, 1, 1)), book("新", bought_on=date(2024, 1, 1)))

    assert await walk(caller, "") == ["001", "000"]


@pytest.mark.parametrize("other", ["sort=bought_on", "sort=id&kind=law", "sort=id&q=法", "sort=-id"])
async def test_a_cursor_leads_on_in_its_own_list_only(other: str) -> None:
    caller = reader(*(book("法", kind=Kind.LAW) for _ in range(3)))
    cursor = (await caller.get("/books?sort=id&limit=1"))["next"]

    response = await caller.ask(f"/books?{other}&limit=1&cursor={cursor}")

    assert problem(response) == (400, "invalid-cursor", "query.cursor")


async def test_what_a_list_cannot_be_sorted_by_is_refused_in_chinese() -> None:
    response = await reader().ask("/books?sort=title")

    assert problem(response) == (422, "invalid-fields", "query.sort")
    assert "应为" in response.json()["errors"][0]["message"]


def test_the_documentation_lists_what_can_be_sorted_by_and_asked_for() -> None:
    operation = application(SERVICE, Log()).openapi()["paths"]["/books"]["get"]
    shown = {p["name"]: p["schema"] for p in operation["parameters"]}

    assert shown["sort"]["enum"] == ["bought_on", "-bought_on", "pages", "-pages", "id", "-id"]
    assert shown["sort"]["default"] == "-bought_on"
    assert {"limit", "cursor", "format", "q", "as_of", "kind"} <= shown.keys()
    assert {"application/json", "text/csv"} <= operation["responses"]["200"]["content"].keys()


def test_only_a_list_that_was_declared_so_can_be_searched_or_asked_for_as_of_a_day() -> None:
    plain = replace(BOOK_LIST, searchable=False, past=False)

    assert {"q", "as_of"} & signature(plain).parameters.keys() == set()
    assert {"q", "as_of"} <= signature(BOOK_LIST).parameters.keys()


def test_a_listing_notices_a_sort_and_a_column_that_are_not_there() -> None:
    class Thing(BaseModel):
        name: str

    def listing(path: str, default: str) -> Listing[Thing]:
        return Listing(
            "things", Text("物", "Things"), Thing, (Column(path, "名", "Name"),), {"id": "_id"}, default
        )

    with pytest.raises(ValueError, match="Thing has no nmae"):
        listing("nmae", "id")
    with pytest.raises(ValueError, match="sorted by -name"):
        listing("name", "-name")


def test_an_order_notices_a_value_that_a_cursor_would_change() -> None:
    with pytest.raises(TypeError, match="sorted by at, which is a datetime"):
        Order("at", descending=False).keys_of({"_id": "a", "at": datetime(2024, 1, 1, tzinfo=UTC)})


# search


async def test_a_search_finds_parts_of_chinese_words_and_keeps_to_the_filters() -> None:
    caller = reader(book("民法典释义", kind=Kind.LAW), book("民法故事"), book("刑法", kind=Kind.LAW))

    assert await walk(caller, "q=民法&sort=id") == ["000", "001"]
    assert await walk(caller, "q=法典") == ["000"]
    assert await walk(caller, "q=法&kind=law&sort=id&limit=1") == ["000", "002"]
    assert await walk(caller, "q=法民") == []
    assert await walk(caller, "q=%21%3F") == [], "nothing to search for finds nothing, not everything"


# files


def rows_of(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "Excel knows UTF-8 by it"
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


async def test_a_csv_file_has_the_whole_filtered_list_whatever_the_page_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "EXPORT_PAGE", 2)
    caller = reader(*(book(f"书{n}", kind=Kind.LAW if n % 2 else Kind.STORY) for n in range(9)))

    response = await caller.ask("/books?format=csv&kind=story&sort=id&limit=1")

    assert [row[0] for row in rows_of(response.content)] == ["书名", "书0", "书2", "书4", "书6", "书8"]
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["hxs-as-of"] == "2024-05-06T01:00:00+00:00"


async def test_cells_are_as_people_read_them_in_their_language() -> None:
    caller = reader(
        book(
            "法",
            kind=Kind.LAW,
            bought_on=date(2024, 2, 29),
            read_at=datetime(2024, 3, 1, 16, 30, tzinfo=UTC),
            lent=True,
            authors=("甲", "乙"),
        )
    )

    chinese = rows_of((await caller.ask("/books?format=csv")).content)
    english = rows_of((await caller.ask("/books?format=csv", accept_language="en")).content)

    assert chinese == [
        ["书名", "类别", "购入日期", "阅读时间", "借出", "作者"],
        ["法", "法律", "2024-02-29", "2024-03-02 00:30", "是", "甲、乙"],
    ]
    assert english == [
        ["Title", "Kind", "Bought on", "Read at", "Lent", "Authors"],
        ["法", "law", "2024-02-29", "2024-03-02 00:30", "yes", "甲; 乙"],
    ]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
async def test_no_text_of_a_csv_file_is_a_formula(begin: str) -> None:
    caller = reader(book(f'{begin}cmd|"/c calc",\n1'))

    content = (await caller.ask("/books?format=csv")).content

    assert rows_of(content)[1][0] == f'\'{begin}cmd|"/c calc",\n1'


async def test_a_workbook_has_days_as_days_and_texts_as_texts() -> None:
    caller = reader(
        book("=1+1", bought_on=date(2024, 2, 29)),
        book("控制\x0b字符", read_at=datetime(2024, 3, 1, 16, 30, tzinfo=UTC)),
    )

    response = await caller.ask("/books?format=xlsx&sort=id")
    sheet = openpyxl.load_workbook(BytesIO(response.content)).active

    assert sheet is not None
    assert sheet.title == "图书"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert sheet.column_dimensions["A"].width == 40
    assert [cell.value for cell in sheet[1]][:3] == ["书名", "类别", "购入日期"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")
    assert str(sheet["C2"].value) == "2024-02-29 00:00:00"
    assert (sheet["C2"].is_date, sheet["C2"].number_format) == (True, "yyyy-mm-dd")
    assert str(sheet["D3"].value) == "2024-03-02 00:30:00", "Asia/Shanghai"
    assert sheet["A3"].value == "控制字符"


async def test_a_file_is_saved_under_its_chinese_title_and_the_moment_of_its_figures() -> None:
    response = await reader().ask("/books?format=xlsx")

    plain, chinese = response.headers["content-disposition"].split("; filename*=UTF-8''")
    assert plain == 'attachment; filename="books-20240506-0900.xlsx"'
    assert unquote(chinese) == "图书-20240506-0900.xlsx"
    assert response.headers["content-language"] == "zh"


async def test_more_than_a_workbook_takes_is_said_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "XLSX_ITEMS", 2)
    caller = reader(book("一"), book("二"), book("三"))

    assert problem(await caller.ask("/books?format=xlsx")) == (422, "export-too-large", None)
    assert (await caller.ask("/books?format=xlsx&q=三")).status_code == 200
    assert (await caller.ask("/books?format=csv")).status_code == 200


async def test_a_file_holds_no_more_than_its_reader_may_see() -> None:
    caller = reader(book("本镇"), book("外县", division="371622001"), division=TOWN)

    assert [row[0] for row in rows_of((await caller.ask("/books?format=csv")).content)] == ["书名", "本镇"]
