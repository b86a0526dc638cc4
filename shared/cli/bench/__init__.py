"""What the core costs against the bare drivers, in one run on one machine: `hxs bench`.

Each measure is a module with `measure(bench) -> rows`. Its floor is what somebody would write with the
drivers alone, doing the same I/O with the same durability on messages of the same size, and nothing else:
no idempotence, no versions, no recovery, no positions. Floor and own figure alternate, and a figure is the
median of its repetitions, so that what else the machine does meets both alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.cli.bench.rows import Row

MEASURES = ("append", "command", "relay", "live", "rebuild", "service", "http")
"""In the order in which they are made; the modules are called after them."""

Progress = Callable[[int, int], None]
"""Told the measures made so far, and how many there are."""


def run(
    quick: bool = False,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    *,
    with_year: bool = False,
) -> list[Row]:
    """Measure against engines started for it, or against those that the environment names.

    A complete run without `quick` writes `docs/performance.md`; with a year, a section of its own in it.

    Args:
        quick: smaller, within 50 seconds.
        only: names of measures; all unless given.
        progress: told how far it is; a bar on a terminal unless given.
        with_year: enter a made-up year of a whole county first.

    Raises:
        BenchError: an unknown measure, or a broker that holds somebody's events.
        LocalEngineError: MongoDB or Kafka did not start.
    """
    from shared.cli.bench.running import run_all  # not before it is needed: it imports all of the core

    return run_all(MEASURES, quick=quick, only=only, progress=progress, with_year=with_year)


__all__ = ["MEASURES", "Progress", "run"]
