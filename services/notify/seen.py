"""Whether read models show what has happened by now, so that nobody is told what is over (N07)."""

from __future__ import annotations

from datetime import datetime

from shared.eventsourcing.pointer import NotBuiltError
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.workers import Workbench

LATE_SECONDS = 60.0
"""How old what a worker goes by may be. After a standstill read models catch up first, then workers work."""


async def seen_until(bench: Workbench, *projections: Projection) -> datetime | None:
    """Return the moment up to which all of these read models show what was recorded.

    None where one of them lags behind the log, or nothing is known of it: then is not the time to tell.
    """
    moments = []
    for projection in projections:
        try:
            fresh = await bench.read_models[projection.name].freshness()
        except NotBuiltError:
            return None  # the service starts for the first time
        if fresh.as_of is None or fresh.behind_seconds > LATE_SECONDS:
            return None
        moments.append(fresh.as_of)
    return min(moments)
