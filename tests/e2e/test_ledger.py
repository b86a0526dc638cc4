"""The ledger out of one system, into the same and into an empty one (C20): real processes, HTTP, database."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pymongo
import pytest

from shared.cli.demo.command import EXAMPLE
from shared.cli.ledger.entering import Entered, Importer
from shared.ledger import Divisions, LedgerReading, read_ledger
from shared.ledger.marks import MARKS_SHEET
from shared.platform.auth import Role
from shared.platform.divisions import TABLE
from shared.platform.local.mock_kafka import MockKafka
from shared.platform.local.process import free_port
from shared.platform.settings import Settings
from tests.e2e.system import Person, System, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

COUNTY, TOWN = "371621", "371621101"
SERVICES = ("topics", "meetings", "cases")
Sheets = dict[str, list[tuple[Any, ...]]]


@contextmanager
def an_empty_system(mongo_url: str, logs: Path) -> Iterator[System]:
    """Run topics, meetings and cases with a broker and databases of their own."""
    prefix = f"e2e{secrets.token_hex(4)}"
    logs.mkdir()
    with ExitStack() as stack:
        broker = stack.enter_context(MockKafka())
        settings = Settings(mongo_url=mongo_url, kafka_bootstrap=broker.bootstrap, mongo_prefix=prefix)
        system = System(settings, logs, ports={name: free_port() for name in SERVICES})
        stack.callback(_drop, mongo_url, prefix)
        stack.callback(system.stop)
        for name in SERVICES:
            system.start(name)
        system.wait_until_ready()
        yield system


def _drop(mongo_url: str, prefix: str) -> None:
    with pymongo.MongoClient[dict[str, object]](mongo_url) as client:
        for name in client.list_database_names():
            if name.startswith(f"{prefix}_"):
                client.drop_database(name)


def read(path: Path) -> LedgerReading:
    return read_ledger(path, Divisions.load(TABLE, COUNTY))


@asynccontextmanager
async def clients(system: System, office: Person) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    headers = {"Authorization": f"Bearer {office.token}"}
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                httpx.AsyncClient(base_url=system.url(name), headers=headers, timeout=30)
            )
            for name in SERVICES
        }


def enter(system: System, office: Person, reading: LedgerReading) -> Entered:
    async def entering() -> Entered:
        async with clients(system, office) as by_service:
            return await Importer(by_service).enter(reading)

    return asyncio.run(entering())


def exported(system: System, office: Person, division: str = COUNTY) -> bytes:
    response = office.ask("GET", "cases", f"/ledger.xlsx?year=2024&division={division}")
    assert response.status_code == 200, response.text
    return response.content


def sheets(content: bytes) -> Sheets:
    """Return every cell that people see."""
    book = openpyxl.load_workbook(BytesIO(content))
    return {
        sheet.title: list(sheet.iter_rows(values_only=True))
        for sheet in book.worksheets
        if sheet.title != MARKS_SHEET
    }


def without(sheets: Sheets, *headings: str) -> Sheets:
    """Return sheets with some columns emptied."""
    emptied = {}
    for name, (title, header, *rows) in sheets.items():
        left_out = {n for n, heading in enumerate(header) if heading in headings}
        kept = [tuple(None if n in left_out else cell for n, cell in enumerate(row)) for row in rows]
        emptied[name] = [title, header, *kept]
    return emptied


def said(content: bytes) -> Sheets:
    """Return what an import of a paper ledger enters, without what follows from it or was only intended.

    A place and a form belong to a consultation, an item of the plan to an adoption: without these they are
    intentions, which no event tells.
    """
    found = without(sheets(content), "资料来源", "状态")
    title, header, *rows = found["协商活动台账"]
    at = {heading: n for n, heading in enumerate(header)}
    needs = {"协商阵地": "协商日期", "协商形式": "协商日期", "计划编号": "确定日期"}
    entered = []
    for row in rows:
        empty = {at[field] for field, needed in needs.items() if row[at[needed]] is None}
        entered.append(tuple(None if n in empty else cell for n, cell in enumerate(row)))
    return {**found, "协商活动台账": [title, header, *entered]}


def activities(content: bytes) -> list[dict[str, Any]]:
    _, header, *rows = sheets(content)["协商活动台账"]
    return [dict(zip(header, row, strict=True)) for row in rows]


def live(office: Person) -> None:
    """Let happen what no line of a paper ledger says in one: several meetings and problems, and odd words."""

    def topic(title: str, division: str = TOWN) -> str:
        said = {"division": division, "title": title, "origin": "residents", "proposed_on": "2024-05-06"}
        made: str = office.does("topics", "/topics", **said)["id"]
        office.does("topics", f"/topics/{made}/adoption", adopted_on="2024-05-10")
        return made

    def meeting(topic: str, day: str, *opinions: str, division: str = TOWN) -> str:
        office.sees("topics", f"/topics/{topic}")
        body = {"topic_id": topic, "division": division, "form": "on-site", "day": day, "back_entry": True}
        made: str = office.does_once_heard("meetings", "/meetings", **body)["id"]
        agreed = [{"text": text} for text in opinions]
        office.does("meetings", f"/meetings/{made}/holding", opinions=agreed, attendance={}, back_entry=True)
        office.sees("cases", f"/entries/{made}", version=1)
        return made

    def problem(entry: str, text: str, **reply: Any) -> str:
        said = {"entry_id": entry, "text": text, "lead": "县水利局/石庙镇", "assigned_on": "2024-06-03"}
        made: str = office.does("cases", "/problems", **said, back_entry=True)["id"]
        if reply:
            office.does(
                "cases", f"/problems/{made}/replies", replied_on="2024-07-01", **reply, back_entry=True
            )
        return made

    first = topic("=1+1 村道;积水")
    morning = meeting(first, "2024-05-20", "1、清淤;疏浚", "划定责任段")
    problem(morning, "雨后积水", result="B", follow_up_on="2024-09-02")
    unrated = problem(morning, "@排水口堵塞", result="A")
    office.does("cases", f"/problems/{unrated}/confirmation", reason="外出务工", confirmed_on="2024-08-01")
    bad = problem(meeting(first, "2024-05-28"), "路面破损", result="A")
    rating = {"rating": "dissatisfied", "due_on": "2024-10-08", "reason": "没修", "back_entry": True}
    office.does("cases", f"/problems/{bad}/rating", **rating)
    office.does("cases", f"/entries/{morning}/case", title="-积水不再", results="多行\n成效", back_entry=True)
    exemption = {"item": "report", "reason": "(不宜;宣传)", "approver": "主席会议"}
    office.does("cases", f"/entries/{morning}/exemptions", **exemption, back_entry=True)

    meeting(topic("全县停车规划", COUNTY), "2024-06-11", division=COUNTY)
    merged, withdrawn = topic("村道积水两处"), topic("无")
    office.does("topics", f"/topics/{merged}/merger", into=first, reason="同一处")
    office.does("topics", f"/topics/{withdrawn}/withdrawal", reason="已自行解决")
    office.does(
        "topics", "/topics", division=TOWN, title="只是提出", origin="residents", proposed_on="2024-05-06"
    )


COLUMNS = ("序号", "议题名称", "协商意见", "问题事项", "满意度", "典型案例", "不适用项", "状态", "备注")
_NOTHING = (None,) * 5
LIVE: list[tuple[Any, ...]] = [
    (
        *(37, "=1+1 村道;积水", "清淤,疏浚;划定责任段", "@排水口堵塞", None, "-积水不再"),
        *("媒体宣传:,不宜,宣传,(批准:主席会议)", "已闭环", "未评价确认:外出务工"),
    ),
    (38, "全县停车规划", *_NOTHING, "已协商", None),
    (39, "村道积水两处", *_NOTHING, "已并入", "并入:石庙镇 =1+1 村道,积水;同一处"),
    (40, "“无”", *_NOTHING, "已撤回", "已自行解决"),
    (41, "=1+1 村道;积水", None, "雨后积水", None, None, None, "已答复", "续第37号;回头看日期:2024-09-02"),
    (
        *(42, "=1+1 村道;积水", None, "路面破损", "不满意", None, None),
        *("重新办理", "续第37号;重新办理时限:2024-10-08"),
    ),
]
"""What `live` lets happen, in lines; a title of `无` is quoted, for a cell that says it says nothing."""


def of_live(content: bytes) -> list[tuple[Any, ...]]:
    """Return what the lines say that no paper ledger said."""
    return [tuple(row[column] for column in COLUMNS) for row in activities(content) if row["序号"] > 36]


@pytest.mark.rule("C20")
def test_the_exported_ledger_changes_nothing_where_it_comes_from_and_is_the_same_where_it_goes(
    mongo_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "台账.xlsx"
    with an_empty_system(mongo_url, tmp_path / "a") as system:
        office = system.person(Role.OFFICE, COUNTY)
        entered = enter(system, office, read(EXAMPLE))
        assert (entered.refusals, entered.repeated) == ([], 0)

        # What the paper ledger said is what is exported.
        paper = said(EXAMPLE.read_bytes())
        eventually("all is heard of", lambda: said(exported(system, office)) == paper)

        live(office)
        eventually("what happened is heard of", lambda: of_live(exported(system, office)) == LIVE)
        file.write_bytes(before := exported(system, office))

        # Into the system it comes from: nothing at all is entered.
        reading = read(file)
        assert [str(error) for error in reading.errors] == []
        again = enter(system, office, reading)
        assert (again.commands, again.refusals, again.edited) == (0, [], [])
        assert again.own == len(reading.activities) + len(reading.plan_items) + len(reading.venues)
        assert sheets(exported(system, office)) == sheets(before)

        # A town's file has the numbers of the whole.
        of_town = activities(exported(system, office, TOWN))
        assert of_town == [row for row in activities(before) if row["镇街"] == "石庙镇"]

    with an_empty_system(mongo_url, tmp_path / "b") as system:
        office = system.person(Role.OFFICE, COUNTY)
        entered = enter(system, office, read(file))
        assert (entered.refusals, entered.own) == ([], 0)
        eventually("it is the same ledger", lambda: sheets(exported(system, office)) == sheets(before))
        assert enter(system, office, read(file)).changed == 0
