"""What a demo comes to: figures taken from the read models, once everything has arrived in them."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx

from shared.cli import composition
from shared.cli.composition import PUBLISHERS, ServiceName
from shared.cli.parked import find_parked
from shared.eventsourcing.mongo_store import COMMITS
from shared.eventsourcing.parking import REACTIONS
from shared.eventsourcing.progress import Follower, caught_up
from shared.eventsourcing.reactions import services_of
from shared.platform.mongo import Mongo, aggregate
from shared.platform.settings import Settings

CATCH_UP_SECONDS = 60.0
_COUNTS = ("activities", "plan_items", "venues", "loops_closed", "loops_exempted", "problems_solved")


def followers(mongo: Mongo) -> list[Follower]:
    """Return every consumer of every service."""
    found = []
    for name in ServiceName:
        service, database = composition.load(name), mongo.database(name)
        found += [Follower(name, database, p.name, p.services) for p in service.projections]
        if service.reactions:
            found.append(Follower(name, database, REACTIONS, services_of(service.reactions)))
    return found


async def wait_until_caught_up(settings: Settings, mongo: Mongo) -> None:
    """Wait until every event is relayed, reacted to, and in every read model.

    Raises:
        BehindError: not within a minute.
    """
    stores = {name.value: mongo.database(name) for name in PUBLISHERS}
    await caught_up(settings, followers(mongo), databases=stores, within_seconds=CATCH_UP_SECONDS)


async def _events(mongo: Mongo) -> int:
    total = 0
    for name in PUBLISHERS:
        commits = mongo.database(name)[COMMITS]
        async for counted in aggregate(commits, [{"$group": {"_id": None, "events": {"$sum": "$count"}}}]):
            total += counted["events"]
    return total


async def figures(settings: Settings, mongo: Mongo, as_of: date) -> dict[str, Any]:
    """Return the board's figures as of a day, with the number of events and of parked keys.

    Raises:
        HTTPStatusError: the board does not answer as it should.
    """
    async with httpx.AsyncClient(trust_env=False, base_url=settings.service_urls["board"]) as client:
        answer = await client.get("/board", params={"as_of": as_of.isoformat()})
        board = answer.raise_for_status().json()
    return {
        **{name: board[name] for name in _COUNTS},
        "red": [activity["title"] for activity in board["red"]],
        "yellow": [activity["title"] for activity in board["yellow"]],
        "events": await _events(mongo),
        "parked": len(await find_parked(mongo)),
    }
