"""The log of who looked at personal data, over HTTP: a page of it, or a file for whoever audits it.

Everybody in it stands under an opaque id. To look at the log is no look at personal data, and not logged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from shared.contracts.types import Day, Id
from shared.platform.auth import Principal
from shared.platform.exports import XLSX_ITEMS, Rows, file_of
from shared.platform.language import Language, Text
from shared.platform.lists import Column, Format, Listing, in_words
from shared.platform.people import Access, People
from shared.platform.problems import InvalidRequestError
from shared.platform.working_days import SHANGHAI

EXPORT_PAGE = 500
ACTIONS = {
    "look-up": Text("查阅", "looked up"),
    "restrict": Text("登记限制信息", "restricted fact written"),
    "erase": Text("删除", "erased"),
}
ACCESS_LIST = Listing(
    name="people-accesses",
    title=Text("个人信息查阅日志", "Who looked at personal data"),
    view=Access,
    columns=(
        Column("at", "时间", "At", width=20),
        Column("reader", "查阅人", "Reader", width=38),
        Column("roles", "角色", "Roles", width=20),
        Column("action", "操作", "Action", in_words(ACTIONS), width=14),
        Column("person", "当事人", "Person", width=38),
        Column("why", "事由", "Why", width=40),
    ),
    sorts={"at": "at"},
    default="-at",
)


@dataclass(frozen=True, slots=True)
class AccessFilters:
    """Which lines of the log are asked for.

    Attributes:
        person: about whom.
        by: who looked.
        first: day, in Asia/Shanghai.
        last: likewise; part of it.
    """

    person: str | None
    by: str | None
    first: date | None
    last: date | None

    async def lines(
        self, people: People, reader: Principal, *, before: str | None, limit: int
    ) -> list[Access]:
        """Return these lines, the newest first; see `People.accesses`."""
        return await people.accesses(
            reader=reader,
            person=self.person,
            by=self.by,
            since=_begin(self.first) if self.first else None,
            until=_begin(self.last + timedelta(days=1)) if self.last else None,
            before=before,
            limit=limit,
        )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


async def _filters(
    person: Annotated[Id | None, Query(description="Only those about one person")] = None,
    reader: Annotated[Id | None, Query(description="Only what one person did")] = None,
    first: Annotated[Day | None, Query(description="Only from this day on, in Shanghai")] = None,
    last: Annotated[Day | None, Query(description="Only until this day, in Shanghai")] = None,
) -> AccessFilters:
    return AccessFilters(person, reader, first, last)


AccessFiltersAsked = Annotated[AccessFilters, Depends(_filters)]


async def accesses_file(
    read: Callable[[str | None, int], Awaitable[list[Access]]], form: Format, language: Language, stamp: str
) -> Response:
    """Return all lines as a file to save.

    Args:
        read: (id of the last line seen, how many) → the lines behind it.
        form: `csv` or `xlsx`.
        language: of the headings.
        stamp: tells one export from the next.

    Raises:
        InvalidRequestError: more than a workbook takes.
    """
    if form is Format.XLSX and len(await read(None, XLSX_ITEMS + 1)) > XLSX_ITEMS:
        detail = Text(
            f"工作簿最多 {XLSX_ITEMS} 条；请缩小筛选范围，或导出 CSV。",
            f"A workbook takes {XLSX_ITEMS} at most: narrow the filters, or export CSV.",
        )
        raise InvalidRequestError("invalid-request", detail, field="query.format")

    async def pages() -> Rows:
        found = await read(None, EXPORT_PAGE)
        while found:
            yield ACCESS_LIST.cells(found, language)
            found = await read(found[-1].id, EXPORT_PAGE) if len(found) == EXPORT_PAGE else []

    return await file_of(ACCESS_LIST, pages(), form, language, stamp, headers={})
