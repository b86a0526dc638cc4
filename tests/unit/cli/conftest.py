"""Commands run in this process; each test has an environment of its own."""

from __future__ import annotations

import os

import pytest

from tests.unit.cli.running import Hxs


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HXS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def hxs() -> Hxs:
    """Return the command."""
    return Hxs()
