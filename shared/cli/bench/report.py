"""docs/performance.md: the figures of the last complete run, and the machine they were made on.

Other programs keep a section of their own in it, between marks: each writes its own and leaves the others'.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

from shared.cli.bench.rows import Row

PAGE = Path(__file__).resolve().parents[3] / "docs" / "performance.md"
_PACKAGES = ("aiokafka", "fastapi", "faststream", "motor", "orjson", "pydantic", "pymongo", "uvicorn")

_INTRODUCTION = """\
# Performance

What the core costs against the bare drivers. Written by `make bench`, which starts a real Kafka and a real
MongoDB, measures each floor and each figure of ours in turn in the same run, and keeps the medians. On
another machine the figures are others; what is to be compared is the ratio.

A floor is what one would write with the drivers alone: the same I/O with the same durability (a majority,
journaled; transactions on Kafka), messages of the same size and the settings that are best for it, but no
idempotent commands, no version check, no recovery, no positions. `hxs bench --quick` gives an impression of
the same within 50 seconds.
"""

_EXPLANATION = """\
## What is measured

- **append**: commits of one event through the store, by so many writers of which each waits for its own;
  floor: `insert_one` of the same documents into a collection without further indexes.
- **command**: on a stream of 10,000 events against one of 10: decided, hashed, appended. After a restart
  nothing is in memory, and the last snapshot is 50 events old.
- **relay**: commits to Kafka, by a relay that is at work; floor: find 1,000, send them in a transaction,
  mark them.
- **live projection**: a FastStream subscription that has something to catch up with; floor: `getmany` of
  1,000, `orjson`, find the documents, fold, replace them in one bulk write.
- **rebuild**: all of a log into a new build, in a process of its own; floor: the same loop. Memory counts as
  flat if the second part of the log needs no more of it than the first.
- **command → read model**: one process of `topics` with all its parts, in which 50 topics are proposed each
  second; from when a proposal was due until `GET` with `HXS-Min-Version` returns it. For 10 seconds, after 10
  that are not counted, in which the broker, a fresh JVM, gets up to its pace.
- **HTTP command**: proposals by 64 clients in a process of their own (`hxs serve topics --only api`), each
  validated, authorised, decided and committed; floor: a FastAPI endpoint that validates the same body and
  inserts it, with no authorisation.
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures were made on; nothing that names it.

    Attributes:
        memory_gib: in all.
        load: processes that wanted to run when the run began, on average over a minute: where there were
            any, they took their share.
        packages: the versions that matter.
    """

    processor: str
    cores: int
    memory_gib: int
    load: float
    system: str
    packages: str

    @staticmethod
    def this(load: float) -> Machine:
        """Return this one; on Linux."""
        cpu = Path("/proc/cpuinfo").read_text()
        model = re.search(r"^model name\s*:\s*(.+)$", cpu, re.MULTILINE)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return Machine(
            processor=model[1] if model else platform.machine(),
            cores=os.cpu_count() or 1,
            memory_gib=round(memory / 2**30),
            load=load,
            system=f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
            packages=", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        )

    def described(self) -> str:
        """Return it as a list in Markdown."""
        about = (
            f"{self.processor}, {self.cores} cores, {self.memory_gib} GiB",
            f"other work when the run began: {self.load:.1f} processes on average",
            self.system,
            self.packages,
        )
        return "".join(f"- {line}\n" for line in about)


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "**no**"
        case float():
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"
    return str(value)


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def table(rows: Sequence[Row]) -> str:
    """Return the table of the figures."""
    lines = [_line(["measure", "floor", "own", "unit", "ratio", "goal", "met"]), _line(["---"] * 7)]
    for row in rows:
        figures = (row["floor"], row["own"], row["unit"], row["ratio"], row["goal"], row["met"])
        lines.append(_line([row["measure"], *figures]))
    return "\n".join(lines)


def page(rows: Sequence[Row], machine: Machine, on: date) -> str:
    """Return the page.

    Args:
        rows: of a complete run.
        machine: it ran on.
        on: the day of the run, UTC.
    """
    parts = [
        _INTRODUCTION,
        f"## Figures of {on.isoformat()}\n",
        table(rows) + "\n",
        machine.described(),
        _EXPLANATION,
    ]
    return "\n".join(parts)


_SECTION = re.compile(r"\n<!-- (?P<name>[a-z]+) -->\n.*?<!-- end of (?P=name) -->\n", re.DOTALL)


def sections(text: str) -> dict[str, str]:
    """Return the sections that others keep in the page, by name, in order."""
    return {found["name"]: found[0] for found in _SECTION.finditer(text)}


def with_section(text: str, name: str, content: str) -> str:
    """Return the page with a section put in place of the one of that name, or at its end.

    Args:
        text: of the page.
        name: lower-case letters.
        content: Markdown, ending with a line break.
    """
    said = f"\n<!-- {name} -->\n{content}<!-- end of {name} -->\n"
    present = sections(text).get(name)
    return text.replace(present, said) if present else text + said


def write_section(name: str, content: str, page_path: Path = PAGE) -> None:
    """Write one section of the page, in a checkout of the repository; see `with_section`."""
    page_path.write_text(with_section(page_path.read_text(encoding="utf-8"), name, content), encoding="utf-8")


def write(rows: Sequence[Row], load: float, page_path: Path = PAGE) -> None:
    """Write the page but for the sections of others, in a checkout; `load` as in `Machine`."""
    kept = sections(page_path.read_text(encoding="utf-8")) if page_path.exists() else {}
    text = page(rows, Machine.this(load), datetime.now(UTC).date())
    page_path.write_text(text + "".join(kept.values()), encoding="utf-8")
