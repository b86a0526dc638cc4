"""What an operator does about parked keys: `hxs parked list|retry|skip` for projections.

(`Reactor.retry` and `Reactor.skip` are the same for reactions.)
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.eventsourcing.build import Build
from shared.eventsourcing.parking import ParkedKey, list_parked
from shared.eventsourcing.pointer import Pointers
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.retrying import retry, skip
from shared.platform.mongo import Database


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of a retry: `still` says what is parked under the key yet, None if it is healed."""

    key: str
    still: ParkedKey | None


async def parked_keys(database: Database) -> list[ParkedKey]:
    """Return what is parked in a service, less what belongs to builds that no longer serve."""
    retired = {f"{p.name}.v{r['build']}" for p in await Pointers(database).all() for r in p.retired}
    return [parked for parked in await list_parked(database) if parked.consumer not in retired]


async def retry_parked(projection: Projection, database: Database, key: str) -> Retried:
    """Fold again what is parked under a key of the serving build, in order, up to the first that fails."""
    await retry(await _serving(projection, database), key)
    return await _outcome(projection, database, key)


async def skip_parked(projection: Projection, database: Database, key: str, reason: str) -> Retried:
    """Decide not to fold the event at fault, keep the decision, and fold what waits behind it.

    Raises:
        NotParkedError: nothing is parked under the key.
    """
    await skip(await _serving(projection, database), key, reason)
    return await _outcome(projection, database, key)


async def _serving(projection: Projection, database: Database) -> Build:
    pointer = await Pointers(database).get(projection.name)
    return Build(projection, database, pointer.build, pointer.generations)


async def _outcome(projection: Projection, database: Database, key: str) -> Retried:
    build = (await Pointers(database).get(projection.name)).build
    still = await list_parked(database, [f"{projection.name}.v{build}"])
    return Retried(key, next((parked for parked in still if parked.key == key), None))
