"""`hxs serve` runs a service, or some parts of it."""

from __future__ import annotations

import socket

import pytest

from shared.eventsourcing import service
from shared.eventsourcing.service import Part, Service
from shared.platform.settings import Settings
from tests.unit.cli.running import Hxs

Served = list[tuple[str, frozenset[Part]]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """Return what was served."""
    found: Served = []

    def serve(what: Service, settings: Settings, parts: frozenset[Part]) -> None:
        found.append((what.name, parts))

    monkeypatch.setattr(service, "serve", serve)
    monkeypatch.setenv("HXS_HTTP_PORT", "0")  # whatever runs on this machine
    return found


def test_all_parts_run_in_one_process_unless_some_are_chosen(hxs: Hxs, served: Served) -> None:
    assert hxs("serve", "topics").code == 0

    assert served == [("topics", frozenset(Part))]


def test_chosen_parts_run_alone(hxs: Hxs, served: Served) -> None:
    assert hxs("serve", "topics", "--only", "relay, reactions").code == 0

    assert served == [("topics", frozenset({Part.RELAY, Part.REACTIONS}))]


def test_a_port_that_is_taken_is_one_line_with_what_to_do(
    hxs: Hxs, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("HXS_HTTP_PORT", str(port))
        done = hxs("serve", "topics")

    assert (done.code, served) == (2, [])
    assert f"127.0.0.1:{port} cannot be listened on" in done.err
    assert "HXS_HTTP_PORT" in done.err
    assert len(done.err.splitlines()) == 1
