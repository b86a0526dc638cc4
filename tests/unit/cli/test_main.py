"""The command as a whole: it starts at once, helps, and knows the names that others know."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from shared.cli.access import RoleName
from shared.cli.composition import PUBLISHERS, ServiceName, load
from shared.cli.main import app
from shared.platform import kafka
from shared.platform.auth import Role
from shared.platform.settings import PORTS
from tests.unit.cli.running import Hxs

HEAVY = ("aiokafka", "fastapi", "faststream", "httpx", "motor", "openpyxl", "pydantic", "pymongo", "uvicorn")
PRINTS_NO_FACTS = {"serve", "accounts password", "accounts disable", "readers revoke"}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command with its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path), command
    for name, each in (inner or {}).items():
        yield from commands(each, (*path, name))


COMMANDS = dict(commands(get_command(app)))


def test_importing_the_command_imports_nothing_heavy() -> None:
    script = f"import sys, shared.cli.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_command_of_the_design_is_there() -> None:
    assert {name.partition(" ")[0] for name in COMMANDS} >= {
        *("demo", "serve", "import-ledger", "kafka", "projections", "parked", "events", "republish", "audit"),
        *("contracts", "bench", "doctor", "backup", "restore", "token", "accounts"),
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_is_for(hxs: Hxs, name: str) -> None:
    done = hxs(*name.split(), "--help")

    assert done.code == 0
    assert COMMANDS[name].help


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - PRINTS_NO_FACTS))
def test_a_command_that_prints_facts_prints_them_as_json_on_demand(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}

    assert "--json" in options


def test_without_arguments_it_helps(hxs: Hxs) -> None:
    assert "import-ledger" in hxs().out


def test_the_services_are_those_that_have_a_port() -> None:
    assert {str(name) for name in ServiceName} == set(PORTS)


def test_the_publishers_are_those_that_have_a_topic() -> None:
    assert tuple(map(str, PUBLISHERS)) == kafka.PUBLISHERS


def test_the_roles_are_those_that_tokens_know() -> None:
    assert {str(name) for name in RoleName} == {str(role) for role in Role}


@pytest.mark.parametrize("name", ServiceName)
def test_every_service_can_be_composed(name: ServiceName) -> None:
    assert load(name).name == name
