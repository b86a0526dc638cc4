"""Python's garbage collector, set for processes that take in commands and events by the thousand.

Every one is a handful of small objects that live for one request or batch. By default the collector looks at
the youngest after each 700 of them, and in the end at everything that was ever imported: a fifth of the time
that folding takes.
"""

from __future__ import annotations

import gc

_YOUNGEST = 20_000


def spare_the_collector() -> None:
    """Look seldom, and not at what is there for good; harmless when called again."""
    if gc.get_threshold()[0] < _YOUNGEST:
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNGEST, 20, 50)
