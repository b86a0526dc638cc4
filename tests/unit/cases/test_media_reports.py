"""Media reports: what they say, where they can be looked up, and the files that show them (C16)."""

from __future__ import annotations

from typing import Any

import pytest

from services.cases.domain.media_report import is_link
from shared.contracts.types import FileRef, MediaLevel
from shared.platform.auth import Role
from tests import http
from tests.http import Log, done, problem
from tests.unit.cases.casework import EVENING, Editor, happened

pytestmark = pytest.mark.rule("C16")

ENTRY = f"/entries/{EVENING}"
REPORT: dict[str, Any] = {
    "outlet": "惠民融媒",
    "level": "county",
    "title": "灯亮了",
    "link": "https://www.example.cn/a/1.html",
    "reported_on": "2024-07-01",
}
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


@pytest.fixture
async def log() -> Log:
    return Log()


@pytest.fixture
async def town(log: Log) -> Editor:
    editor = Editor(log)
    await happened(log, editor)
    return editor


def without(*fields: str, **instead: Any) -> dict[str, Any]:
    return {name: value for name, value in REPORT.items() if name not in fields} | instead


@pytest.mark.parametrize("level", MediaLevel)
async def test_a_report_has_outlet_level_title_place_and_day(town: Editor, level: MediaLevel) -> None:
    done(await town.post(f"{ENTRY}/reports", {**REPORT, "level": level}))
    shown = await town.get(ENTRY)
    (report,) = shown["reports"]
    assert {name: report[name] for name in REPORT} == {**REPORT, "level": level}
    assert shown["items"]["report"]["status"] == "done"


async def test_a_report_in_print_says_on_which_page_it_stands(town: Editor) -> None:
    done(await town.post(f"{ENTRY}/reports", without("link", page="3 版")))
    assert [report["page"] for report in (await town.get(ENTRY))["reports"]] == ["3 版"]


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        (without("title"), "report-without-title", "title"),
        (without("link"), "report-without-place", "link"),
        (without("reported_on"), "report-without-day", "reported_on"),
        (without(reported_on="2024-07-02"), "report-in-the-future", "reported_on"),
        (without(link="www.example.cn"), "report-link-wrong", "link"),
    ],
)
async def test_what_of_a_report_is_missing_or_cannot_be_is_named(
    log: Log, town: Editor, said: dict[str, Any], code: str, field: str
) -> None:
    refused = await town.post(f"{ENTRY}/reports", said)
    assert problem(refused) == (422, code, field)
    assert "MediaReported" not in log.names(f"entry-{EVENING}")


@pytest.mark.parametrize(
    "text",
    [
        "ftp://example.cn/a",
        "javascript:alert(1)",
        "https://",
        "http://[::1",
        "https://user@example.cn/",
        "https://example.cn/a b",
        "3 版",
    ],
)
def test_a_link_is_the_address_of_a_page_on_the_web(text: str) -> None:
    assert not is_link(text)
    assert is_link("http://example.cn:8080/新闻?id=1#top")


async def test_an_old_record_may_lack_what_it_lacks(town: Editor) -> None:
    old = {"outlet": "惠民融媒", "level": "county", "back_entry": True}
    done(await town.post(f"{ENTRY}/reports", old))
    (report,) = (await town.get(ENTRY))["reports"]
    assert (report["title"], report["reported_on"]) == (None, None)


@pytest.mark.parametrize(
    ("path", "said", "code", "field"),
    [
        ("reports", without(reported_on="2024-07-02"), "report-in-the-future", "reported_on"),
        ("reports", without(link="javascript:alert(1)"), "report-link-wrong", "link"),
        pytest.param(
            "case",
            {"title": "灯亮了", "written_on": "2024-07-02"},
            "day-in-future",
            "written_on",
            marks=pytest.mark.rule("C13"),
        ),
        pytest.param(
            "exemptions",
            {"item": "report", "reason": "不宜宣传", "approver": "主席会议", "exempted_on": "2024-07-02"},
            "day-in-future",
            "exempted_on",
            marks=pytest.mark.rule("C17"),
        ),
    ],
)
async def test_an_old_record_says_nothing_that_cannot_be(
    town: Editor, path: str, said: dict[str, Any], code: str, field: str
) -> None:
    refused = await town.post(f"{ENTRY}/{path}", {**said, "back_entry": True})
    assert problem(refused) == (422, code, field)


async def test_phones_in_a_title_are_masked_before_they_are_kept_for_ever(log: Log, town: Editor) -> None:
    done(await town.post(f"{ENTRY}/reports", {**REPORT, "title": "请拨 13977770001"}))
    assert "13977770001" not in log.events[-1].event.model_dump_json()


async def uploaded(caller: http.Caller) -> FileRef:
    client = caller._client
    response = await client.post("/files", files={"file": ("版面.pdf", PDF, "application/pdf")})
    return FileRef.model_validate(done(response))


async def test_a_report_is_shown_by_files_which_those_of_the_division_may_read(town: Editor) -> None:
    page, other = await uploaded(town), await uploaded(town)
    done(await town.post(f"{ENTRY}/reports", {**REPORT, "files": [page.file_id]}))
    (report,) = (await town.get(ENTRY))["reports"]
    assert report["files"] == [page.model_dump()]
    path = f"{ENTRY}/files/{page.file_id}"
    response = await town.beside(Role.MEMBER).ask(path)
    assert (response.status_code, response.content) == (200, PDF)
    assert (await town.beside(Role.LIAISON, "371621002").ask(path)).status_code == 404
    assert (await town.beside(None).ask(path)).status_code == 401
    assert (await town.ask(f"{ENTRY}/files/{other.file_id}")).status_code == 404, "of no report"


async def test_a_file_that_is_not_there_is_named(town: Editor) -> None:
    refused = await town.post(f"{ENTRY}/reports", {**REPORT, "files": ["no-such-file"]})
    assert problem(refused)[0] == 404


async def test_a_neighbouring_town_reports_nothing_here(town: Editor) -> None:
    neighbour = town.beside(Role.LIAISON, "371621002")
    assert (await neighbour.post(f"{ENTRY}/reports", REPORT)).status_code == 404
    assert (await town.post("/entries/no-such-entry/reports", REPORT)).status_code == 404
