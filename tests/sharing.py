"""How `pytest -n 2` shares the tests: whole files, what starts processes of its own all in one, and the
longest ones each for itself, for both processes to end at the same time.
"""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

STARTING_PROCESSES: Final = ("tests/chaos/", "tests/e2e/", "tests/load/")
LONG: Final = ("tests/unit/openapi/",)


class SharingOfTests(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives each process files to run, in the order in which they were collected.

    What one file keeps for its tests is made once. Tests that start, kill and measure processes run one
    after the other, beside those of the other process at most.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith(STARTING_PROCESSES):
            return "processes"
        return nodeid if file.startswith(LONG) else file
