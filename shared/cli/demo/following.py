"""Waiting for the consumers of all services: until they listen, and until they have heard everything."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from shared.cli import composition
from shared.cli.composition import PUBLISHERS, ServiceName
from shared.eventsourcing.parking import REACTIONS
from shared.eventsourcing.progress import BehindError, Follower, caught_up, partitions_of
from shared.eventsourcing.reactions import services_of
from shared.platform.kafka import event_consumer, events_topic
from shared.platform.mongo import Mongo
from shared.platform.settings import Settings

WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.1


def _followers(mongo: Mongo) -> list[Follower]:
    """Return every consumer of every service."""
    found = []
    for name in ServiceName:
        service, database = composition.load(name), mongo.database(name)
        found += [Follower(name, database, p.name, p.services) for p in service.projections]
        if service.reactions:
            found.append(Follower(name, database, REACTIONS, services_of(service.reactions)))
    return found


async def _partitions(settings: Settings) -> dict[str, set[str]]:
    """Return the partitions of each service's log, as progress names them."""
    async with event_consumer(settings) as consumer:
        numbers = {service: await partitions_of(consumer, events_topic(service)) for service in PUBLISHERS}
    return {service: {f"{service}-{number}" for number in found} for service, found in numbers.items()}


async def _listens(follower: Follower, partitions: dict[str, set[str]], since: datetime) -> bool:
    document = await follower.database["projections"].find_one({"_id": follower.name}, {"progress": 1})
    progress = (document or {}).get("progress", {})
    heard = {name for name, place in progress.items() if place["at"] >= since}
    return all(partitions[service] <= heard for service in follower.reads)


async def wait_until_listening(settings: Settings, mongo: Mongo) -> None:
    """Wait until every consumer has its partitions, so that what happens now arrives at once.

    A service is ready before that: it answers from what it knows. But a command that needs to have heard of
    another service's event waits two seconds at most, and to join a group may take longer.

    Raises:
        BehindError: not within a minute.
    """
    since, deadline = datetime.now(UTC), time.monotonic() + WAIT_SECONDS
    partitions, waiting = await _partitions(settings), _followers(mongo)
    while True:
        waiting = [follower for follower in waiting if not await _listens(follower, partitions, since)]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise BehindError([follower.label for follower in waiting])
        await asyncio.sleep(_POLL_SECONDS)


async def wait_until_caught_up(settings: Settings, mongo: Mongo) -> None:
    """Wait until every event is relayed, reacted to, and in every read model.

    Raises:
        BehindError: not within a minute.
    """
    stores = {name.value: mongo.database(name) for name in PUBLISHERS}
    await caught_up(settings, _followers(mongo), databases=stores, within_seconds=WAIT_SECONDS)
