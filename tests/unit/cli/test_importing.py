"""`hxs import-ledger`, with services that are made up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import openpyxl
import pytest

from shared.cli import importing
from shared.platform.local.process import free_port
from tests.unit.cli.running import Hxs
from tests.unit.ledger.workbooks import EXAMPLE

AS_OF = ("--as-of", "2024-09-05")


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """Return the example with a town that does not exist in one row."""
    book = openpyxl.load_workbook(EXAMPLE)
    sheet = book["协商活动台账"]
    header, column = next(
        (row, column)
        for row, cells in enumerate(sheet.iter_rows(values_only=True), start=1)
        for column, value in enumerate(cells, start=1)
        if str(value).startswith("镇")
    )
    sheet.cell(header + 3, column, "亚特兰蒂斯镇")
    path = tmp_path / "spoilt.xlsx"
    book.save(path)
    return path


@pytest.fixture
def _nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    services = ", ".join(f'"{name}": "{address}"' for name in ("topics", "meetings", "cases"))
    monkeypatch.setenv("HXS_SERVICE_URLS", f"{{{services}}}")


Answer = Callable[[httpx.Request], httpx.Response]
Answering = Callable[[Answer], None]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Return what says how all services answer."""

    def set_up(answer: Answer) -> None:
        @asynccontextmanager
        async def clients(*_: object) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
            transport = httpx.MockTransport(answer)
            yield {
                name: httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
                for name in ("topics", "meetings", "cases")
            }

        monkeypatch.setattr(importing, "clients", clients)

    return set_up


def problem(status: int, code: str, detail: str) -> httpx.Response:
    return httpx.Response(
        status,
        json={"code": code, "detail": detail},
        headers={"content-type": "application/problem+json"},
    )


def test_a_token_that_is_not_accepted_ends_the_import_with_one_line(hxs: Hxs, answering: Answering) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return problem(401, "not-signed-in", "登录已失效,请重新登录。")

    answering(answer)
    done = hxs("import-ledger", EXAMPLE, *AS_OF, "--token", "of-yesterday")

    assert done.code == 1
    assert (len(asked), done.out) == (1, "")
    assert "HXS_TOKEN" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_row_that_was_changed_after_it_was_entered_is_told_so(hxs: Hxs, answering: Answering) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "/adoption" in request.url.path:
            return problem(422, "idempotency-key-reused", "幂等键已用于另一请求")
        return httpx.Response(200, json={"id": "x", "version": 1, "repeated": False})

    answering(answer)
    done = hxs("import-ledger", EXAMPLE, *AS_OF, "--token", "x")

    assert done.code == 1
    assert "!3: 此行以前录入过，表中内容后来有改动，未录入；请在系统中修改" in done.out
    assert "幂等键" not in done.out


def test_a_ledger_of_another_county_enters_nothing_not_even_its_plan(
    hxs: Hxs, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    answering(answer)
    monkeypatch.setenv("HXS_COUNTY", "371622")
    done = hxs("import-ledger", EXAMPLE, *AS_OF, "--token", "x")

    assert done.code == 1
    assert "HXS_COUNTY=371622" in done.out


def test_an_import_that_is_stopped_says_that_it_can_go_on(hxs: Hxs, answering: Answering) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    answering(answer)
    done = hxs("import-ledger", EXAMPLE, *AS_OF, "--token", "x")

    assert (done.code, done.out) == (130, "")
    assert done.err == "已停止；已录入的保留，重新导入会接着录，不会重复\n"


def test_a_dry_run_reads_and_enters_nothing(hxs: Hxs) -> None:
    done = hxs("import-ledger", EXAMPLE, *AS_OF, "--dry-run", "--json")

    assert done.code == 0
    report = done.json
    assert (report["accepted"], report["refused"], report["entered"]) == (83, 0, None)
    assert [d["title"] for d in report["differences"]] == ["姜楼镇 村级养老互助点"]
    assert report["as_of"] == "2024-09-05"


def test_what_has_not_happened_as_of_the_day_is_refused(hxs: Hxs) -> None:
    done = hxs("import-ledger", EXAMPLE, "--as-of", "2024-03-01", "--dry-run", "--json")

    assert done.code == 1
    assert done.json["refused"] > 0


def test_the_report_is_a_table_in_the_readers_language(hxs: Hxs, monkeypatch: pytest.MonkeyPatch) -> None:
    chinese = hxs("import-ledger", EXAMPLE, *AS_OF, "--dry-run")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    english = hxs("import-ledger", EXAMPLE, *AS_OF, "--dry-run")

    assert "状态与规则不一致" in chinese.out
    assert "Status and rules disagree" in english.out


@pytest.mark.usefixtures("_nobody_there")
def test_strict_enters_nothing_where_a_row_is_wrong(hxs: Hxs, spoilt: Path) -> None:
    """It does not even ask the services, which are away."""
    done = hxs("import-ledger", spoilt, *AS_OF, "--strict", "--json")

    assert done.code == 1
    assert (done.json["refused"], done.json["entered"]) == (1, None)


def test_a_row_that_is_wrong_shows_in_the_exit_code_of_a_dry_run(hxs: Hxs, spoilt: Path) -> None:
    done = hxs("import-ledger", spoilt, *AS_OF, "--dry-run")

    assert done.code == 1
    assert "亚特兰蒂斯镇" in done.out


@pytest.mark.usefixtures("_nobody_there")
def test_services_that_are_away_are_one_line(hxs: Hxs) -> None:
    done = hxs("import-ledger", EXAMPLE, *AS_OF, "--token", "x")

    assert done.code == 3
    assert "没有应答" in done.err
    assert "重新导入即可，已录入的不会重复" in done.err
    assert len(done.err.splitlines()) == 1


def test_without_a_token_it_says_where_to_get_one(hxs: Hxs) -> None:
    done = hxs("import-ledger", EXAMPLE, *AS_OF)

    assert done.code == 1
    assert "HXS_TOKEN" in done.err


def test_a_file_that_is_no_workbook_is_one_line(hxs: Hxs, tmp_path: Path) -> None:
    file = tmp_path / "ledger.xlsx"
    file.write_text("序号,镇街")

    done = hxs("import-ledger", file, *AS_OF)

    assert done.code == 1
    assert done.err.startswith("hxs: 文件“ledger.xlsx”不是 Excel 工作簿")
    assert len(done.err.splitlines()) == 1


def test_a_county_that_is_not_known_is_named(hxs: Hxs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_COUNTY", "110101")

    done = hxs("import-ledger", EXAMPLE, *AS_OF, "--dry-run")

    assert done.code == 2
    assert "HXS_COUNTY=110101" in done.err
