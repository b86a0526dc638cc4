"""The page says what was measured, on which machine, and nothing that names it."""

from __future__ import annotations

import getpass
import socket
from datetime import date
from pathlib import Path

from shared.cli.bench.report import Machine, page
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
