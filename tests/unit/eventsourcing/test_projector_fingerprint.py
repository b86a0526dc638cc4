"""A fold that changed without a new version is noticed; layout and comments are not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.eventsourcing.fingerprint import changed_without_version, fingerprint, read_lock, write_lock
from shared.eventsourcing.projection import Projection
from tests.projection_tools import box_events

SOURCE = """
from shed.tools import double

STEP = 1

class Unrelated:
    pass

def keys(recorded):
    return [recorded.stream]

def fold(document, recorded, key):
    return {"n": _more(document)}

def _more(document):
    return double((document or {"n": 0})["n"] + STEP)
"""
TOOLS = "def double(n):\n    return 2 * n\n"

Make = Callable[..., Projection]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Return a maker of projections whose fold is in a module of this source."""
    package = tmp_path / "shed"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def made(source: str = SOURCE, tools: str = TOOLS, *, version: int = 1) -> Projection:
        for name in [name for name in sys.modules if name.partition(".")[0] == "shed"]:
            del sys.modules[name]
        (package / "folds.py").write_text(source)
        (package / "tools.py").write_text(tools)
        importlib.invalidate_caches()
        sys.dont_write_bytecode = True
        module = importlib.import_module("shed.folds")
        events = (box_events("shed").Put,)
        return Projection("sheds", version, events, module.keys, module.fold)

    dont = sys.dont_write_bytecode
    yield made
    sys.dont_write_bytecode = dont
    for name in [name for name in sys.modules if name.partition(".")[0] == "shed"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("source", "tools"),
    [
        pytest.param(SOURCE.replace('{"n": _more', '{"m": _more'), TOOLS, id="the fold"),
        pytest.param(SOURCE.replace("[recorded.stream]", "[]"), TOOLS, id="the keys"),
        pytest.param(SOURCE.replace("STEP = 1", "STEP = 2"), TOOLS, id="a constant it uses"),
        pytest.param(SOURCE, TOOLS.replace("2 * n", "3 * n"), id="a function of another module"),
    ],
)
def test_a_change_of_what_a_projection_does_changes_its_fingerprint(
    make: Make, source: str, tools: str
) -> None:
    before = fingerprint(make())

    assert fingerprint(make(source, tools)).digest != before.digest


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            SOURCE.replace("class Unrelated:\n    pass", "class Other:\n    x = 1"), id="unrelated code"
        ),
        pytest.param(SOURCE.replace("STEP = 1", "STEP   =  1  # one"), id="layout and comments"),
        pytest.param(
            SOURCE.replace("    return [recorded", '    """Say whom it concerns."""\n    return [recorded'),
            id="a docstring",
        ),
    ],
)
def test_what_does_not_matter_does_not_count(make: Make, source: str) -> None:
    before = fingerprint(make())

    assert fingerprint(make(source)) == before


def test_a_change_needs_a_new_version_before_it_can_be_locked(make: Make, tmp_path: Path) -> None:
    lock = tmp_path / "projections.lock.json"
    assert changed_without_version({"sheds": [make()]}, lock) == [
        "sheds.sheds: not in projections.lock.json yet; write it anew"
    ]
    write_lock({"sheds": [make()]}, lock)
    assert changed_without_version({"sheds": [make()]}, lock) == []

    changed = make(SOURCE.replace("STEP = 1", "STEP = 2"))
    assert changed_without_version({"sheds": [changed]}, lock) == [
        "sheds.sheds: changed, but is still version 1; raise `version`"
    ]
    with pytest.raises(ValueError, match="raise `version`"):
        write_lock({"sheds": [changed]}, lock)

    write_lock({"sheds": [replace(changed, version=2)]}, lock)
    assert read_lock(lock)["sheds.sheds"].version == 2


def test_a_projection_that_is_gone_is_noticed(make: Make, tmp_path: Path) -> None:
    lock = tmp_path / "projections.lock.json"
    write_lock({"sheds": [make()]}, lock)

    assert changed_without_version({}, lock) == ["sheds.sheds: gone; write projections.lock.json anew"]
