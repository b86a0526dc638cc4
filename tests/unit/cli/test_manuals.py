"""The two books for those outside, operators and subscribers, leave nothing out."""

from __future__ import annotations

import pytest

from shared.cli import composition
from shared.cli.composition import PUBLISHERS, ServiceName
from shared.cli.main import _OPERATE, app
from tests.documentation import ROOT


def test_every_command_for_operators_is_in_their_book() -> None:
    book = (ROOT / "docs" / "operations.md").read_text("utf-8")
    panels = {
        c.name or getattr(c.callback, "__name__", ""): c.rich_help_panel for c in app.registered_commands
    }
    panels |= {str(group.name): group.rich_help_panel for group in app.registered_groups}
    operate = [name for name, panel in panels.items() if panel == _OPERATE]

    assert len(operate) >= 13
    assert [name for name in operate if f"hxs {name}" not in book] == []


@pytest.mark.parametrize("service", PUBLISHERS, ids=str)
def test_subscribers_are_told_of_every_kind_of_stream(service: ServiceName) -> None:
    page = (ROOT / "docs" / "events.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| `hxs.{service}.events` |"))

    assert [d.category for d in composition.load(service).deciders if f"`{d.category}-…`" not in row] == []
