"""A service's process: what it answers while something is away, how it stops, and its parts apart."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from shared.platform.auth import Role, issue_dev_token
from shared.platform.local.process import Child, free_port
from shared.platform.settings import load_settings
from tests.e2e.system import HTTP, SECRET, Person, System, eventually

TOWN = "371621001"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def lonely(port: int, tmp_path: Path) -> Iterator[Child]:
    """Topics without a database and without a broker."""
    variables = [
        "HXS_MONGO_URL=mongodb://127.0.0.1:1",
        "HXS_KAFKA_BOOTSTRAP=127.0.0.1:1",
        f"HXS_DEV_TOKEN_SECRET={SECRET}",
        f"HXS_HTTP_PORT={port}",
        "HXS_SHUTDOWN_SECONDS=2",
    ]
    command = ["env", *variables, sys.executable, "-m", "shared.cli.main", "serve", "topics"]
    child = Child("topics", command, tmp_path / "topics.log")
    yield child
    child.kill()


def answer(port: int, path: str) -> httpx.Response | None:
    try:
        return HTTP.get(f"http://127.0.0.1:{port}{path}")
    except httpx.TransportError:
        return None


def is_ready(port: int) -> bool:
    found = answer(port, "/readyz")
    return found is not None and found.status_code == 200


def test_without_a_database_it_says_what_it_waits_for(lonely: Child, port: int) -> None:
    ready: httpx.Response = eventually("an answer", lambda: answer(port, "/readyz"))

    assert ready.status_code == 503
    assert ready.json()["checks"]["started"]["reason"] == "waiting for the database"
    alive = answer(port, "/livez")
    assert alive is not None
    assert alive.status_code == 200, "restarting would not help"


def test_without_a_database_a_command_is_told_to_come_back(lonely: Child, port: int, tmp_path: Path) -> None:
    eventually("an answer", lambda: answer(port, "/livez"))
    body = {"division": TOWN, "title": "路灯", "origin": "residents", "proposed_on": "2026-11-01"}

    token = issue_dev_token(load_settings(dev_token_secret=SECRET), [Role.RESIDENT], TOWN, "p-1")
    signed_in = {"Authorization": f"Bearer {token}"}

    refused = HTTP.post(f"http://127.0.0.1:{port}/topics", json=body, headers=signed_in)

    assert refused.status_code == 503
    assert refused.json()["code"] == "unavailable"
    assert int(refused.headers["Retry-After"]) > 0


def test_it_stops_in_bounded_time_whatever_is_away(lonely: Child, port: int) -> None:
    eventually("an answer", lambda: answer(port, "/livez"))

    subprocess.run(["kill", f"-{signal.SIGTERM.value}", str(lonely.pid)], check=True)

    eventually("the process ends", lambda: not lonely.running, seconds=15)


@pytest.mark.slow
def test_the_parts_of_a_service_may_run_apart(system: System, tmp_path: Path) -> None:
    """What an `api` process commits, a `relay` process sends and a `projections` process folds."""
    system.stop_service("topics")
    parts = {"api": free_port(), "relay": free_port(), "projections,reactions": free_port()}
    children = [
        Child("topics", system.command("topics", port, only=part), tmp_path / "part.log")
        for part, port in parts.items()
    ]
    try:
        for port in parts.values():
            eventually("ready", partial(is_ready, port))
        system.ports["topics"], usual = parts["api"], system.ports["topics"]
        person: Person = system.person(Role.LIAISON, TOWN)
        body = {"division": TOWN, "title": "路灯", "origin": "residents", "proposed_on": "2026-11-01"}
        topic = person.does("topics", "/topics", **body)["id"]

        assert person.sees("topics", f"/topics/{topic}", version=1)["title"] == "路灯"
        no_api = HTTP.get(f"http://127.0.0.1:{parts['relay']}/topics")
        assert no_api.status_code == 404
        system.ports["topics"] = usual
    finally:
        for child in children:
            child.stop()
        system.start("topics")
        system.wait_until_ready("topics")
