"""The page says what was measured, on which machine, and nothing that names it."""

from __future__ import annotations

import getpass
import socket
from datetime import date
from pathlib import Path

from shared.cli.bench.report import Machine, page, sections, with_section, write, write_section
from shared.cli.bench.rows import Figures, Goal, alone, compared

ROWS = [
    compared("append, 64 at once", Figures(1752.0, 15_700.0), "commits/s", Goal(at_least=4)),
    alone("one service, start to ready", 2.75, "s", Goal(at_most=2.5, unit="s")),
]


def test_each_row_becomes_a_line_and_what_is_missed_stands_out() -> None:
    text = page(ROWS, Machine.this(load=0.4), date(2026, 1, 31))

    assert "| append, 64 at once | 1,752 | 15,700 | commits/s | 8.96 | ≥ 4 × | yes |" in text
    assert "| one service, start to ready | – | 2.75 | s | – | ≤ 2.5 s | **no** |" in text
    assert "2026-01-31" in text


def test_the_machine_is_described_but_not_named() -> None:
    text = page(ROWS, Machine.this(load=0.4), date(2026, 1, 31))

    assert " cores, " in text
    assert "0.4 processes" in text
    assert "pymongo " in text
    for name in (socket.gethostname(), str(Path.home()), str(Path.cwd()), f"/{getpass.getuser()}/"):
        assert name not in text


def test_a_section_takes_the_place_of_the_one_before_it_and_leaves_the_others() -> None:
    text = with_section("# Performance\n", "one", "first\n")
    text = with_section(text, "two", "second\n")
    text = with_section(text, "one", "third\n")

    assert list(sections(text)) == ["one", "two"]
    assert text == (
        "# Performance\n"
        "\n<!-- one -->\nthird\n<!-- end of one -->\n"
        "\n<!-- two -->\nsecond\n<!-- end of two -->\n"
    )


def test_the_bench_keeps_the_sections_of_others(tmp_path: Path) -> None:
    path = tmp_path / "performance.md"
    write(ROWS, 0.4, path)
    write_section("load", "100,000 submissions\n", path)
    write(ROWS, 0.4, path)

    text = path.read_text()
    assert text.count("## What is measured") == 1
    assert sections(text) == {"load": "\n<!-- load -->\n100,000 submissions\n<!-- end of load -->\n"}
