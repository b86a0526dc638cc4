"""`hxs import-ledger`, up to where it needs services."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

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
    assert "Import again afterwards: nothing is entered twice" in done.err
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

    assert done.code == 1
    assert "110101" in done.err
