"""The demo as a newcomer starts it: processes, an embedded database and Kafka, a county's year."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from shared.cli.demo.command import EXAMPLE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

AS_OF = ("--as-of", "2024-09-05")
START_SECONDS = 90
RUN_SECONDS = 200
"""For a whole tour, on a machine that does other things, too."""
MARK = "MARK_OF_A_TEST"
FIGURES = {
    "activities": 36,
    "plan_items": 16,
    "venues": 31,
    "loops_closed": 9,
    "loops_exempted": 1,
    "problems_solved": 19,
    "red": ["农田机井维修", "重大项目与高端人才引进"],
    "yellow": ["农村生活污水治理"],
    "differences": 1,
    "parked": 0,
}


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition of other processes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class Machine:
    """Runs commands on an empty environment, and knows every process that comes of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mark = uuid.uuid4().hex
        self._environment = {name: v for name, v in os.environ.items() if not name.startswith("HXS_")}
        self._environment |= {MARK: self._mark, "LANG": "C.UTF-8", "TMPDIR": str(folder)}

    def start(self, *arguments: str, errors: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "shared.cli.main", *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Run a command to its end; return its exit code and what it printed as JSON."""
        process = self.start(*arguments, errors=subprocess.DEVNULL)
        out, _ = process.communicate(timeout=RUN_SECONDS)
        return process.returncode, json.loads(out)

    def is_well(self) -> bool:
        """Tell whether the doctor finds nothing; what was just entered is known everywhere a little later."""
        return self.run("doctor", "--json")[0] == 0

    def demo(self) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        """Start a demo on the machine's folder; return it once it is up, with what it printed."""
        data = self.folder / "data"
        process = self.start("demo", "--json", "--data", str(data), *AS_OF)
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())  # pytest's timeout ends it, should nothing come
        for line in (data / "env").read_text().splitlines():
            [assignment] = shlex.split(line)
            name, _, value = assignment.partition("=")
            self._environment[name] = value
        return process, said

    def forget_the_demo(self) -> None:
        """Start the next demo as from another terminal, which knows nothing of this one."""
        self._environment = {n: v for n, v in self._environment.items() if not n.startswith("HXS_")}

    def processes(self) -> dict[int, str]:
        """Return the command lines of what is running, by process id."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self._mark}" in (process / "environ").read_text(errors="replace"):
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # it has ended meanwhile, or is another user's
        return found

    def pid_of(self, service: str) -> int:
        return next(pid for pid, command in self.processes().items() if f"serve {service}" in command)

    def nothing_runs(self) -> bool:
        return not self.processes()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which nothing runs afterwards, whatever became of the test."""
    machine = Machine(tmp_path)
    yield machine
    for pid in machine.processes():
        os.kill(pid, signal.SIGKILL)


def board(said: dict[str, Any]) -> dict[str, Any]:
    """Return the figures that a running demo's board shows."""
    answer = httpx.get(f"{said['services']['board']}/board", params={"as_of": "2024-09-05"}, trust_env=False)
    found = answer.raise_for_status().json()
    found |= {light: [activity["title"] for activity in found[light]] for light in ("red", "yellow")}
    return {name: found[name] for name in FIGURES.keys() & found.keys()}


SHOWN = {name: value for name, value in FIGURES.items() if name not in ("differences", "parked")}


def test_a_demo_goes_on_where_it_stopped_and_leaves_nothing_running(machine: Machine) -> None:
    process, said = machine.demo()
    until(lambda: board(said) == SHOWN, 30)

    # The same year, imported twice, changes nothing the second time.
    events = machine.run("audit", "--json")[1]
    code, report = machine.run("import-ledger", str(EXAMPLE), "--json", *AS_OF)
    assert (code, report["entered"]["changed"], report["entered"]["refusals"]) == (0, 0, [])
    assert report["entered"]["repeated"] == report["entered"]["commands"] > 200
    assert machine.run("audit", "--json") == (0, events)
    until(machine.is_well, 30)

    # A power cut.
    process.kill()
    process.wait()
    until(machine.nothing_runs, 10)

    # The next start finds what was there: the logs are written anew, the read models follow.
    machine.forget_the_demo()
    process, said = machine.demo()
    until(lambda: board(said) == SHOWN, 30)
    assert machine.run("audit", "--json") == (0, events)

    # A service that ends takes the rest with it, and is named.
    os.kill(machine.pid_of("board"), signal.SIGKILL)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "board 意外退出" in errors
    until(machine.nothing_runs, 20)


def test_a_demo_that_is_stopped_while_it_starts_leaves_nothing_running(machine: Machine) -> None:
    process = machine.start("demo", "--once", "--json")
    until(lambda: any("serve cases" in command for command in machine.processes().values()), START_SECONDS)

    process.terminate()
    out, _ = process.communicate(timeout=40)

    assert (process.returncode, out) == (130, "")
    until(machine.nothing_runs, 20)
    assert list(machine.folder.glob("hxs-*")) == []
