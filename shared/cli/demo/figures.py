"""What a demo comes to: figures taken from the read models."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx

from shared.cli.composition import PUBLISHERS
from shared.cli.parked import find_parked
from shared.eventsourcing.mongo_store import COMMITS
from shared.platform.mongo import Mongo, aggregate
from shared.platform.settings import Settings

_COUNTS = ("activities", "plan_items", "venues", "loops_closed", "loops_exempted", "problems_solved")


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
