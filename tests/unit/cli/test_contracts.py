"""Contracts exported and checked."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.running import Hxs


def test_what_was_exported_is_current(hxs: Hxs, tmp_path: Path) -> None:
    written = hxs("contracts", "export", "--folder", tmp_path, "--json")
    checked = hxs("contracts", "check", "--folder", tmp_path, "--json")

    assert str(tmp_path / "asyncapi.json") in written.json["changed"]
    assert (checked.code, checked.json) == (0, {"ok": True, "faults": []})


def test_what_was_never_exported_is_missing(hxs: Hxs, tmp_path: Path) -> None:
    done = hxs("contracts", "check", "--folder", tmp_path)

    assert done.code == 1
    assert "asyncapi.json: not there yet; run `hxs contracts export`" in done.out


def test_what_readers_could_not_bear_is_not_exported(hxs: Hxs, tmp_path: Path) -> None:
    hxs("contracts", "export", "--folder", tmp_path)
    schema = tmp_path / "topics" / "TopicProposed.v1.json"
    published = json.loads(schema.read_text())
    published["properties"]["colour"] = {"type": "string"}
    schema.write_text(json.dumps(published))

    done = hxs("contracts", "export", "--folder", tmp_path)

    assert done.code == 1
    assert "colour" in done.err
    assert "colour" in schema.read_text()
