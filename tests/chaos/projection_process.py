"""A process that runs the projections and reactions of a throw-away service, until it is stopped.

    python -m tests.chaos.projection_process SERVICE

Engines and database prefix come from the environment, as for any service.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.reactions import ReactionsRunner, Send, reaction
from shared.eventsourcing.runner import ProjectionsRunner
from shared.eventsourcing.subscription import kafka_broker
from shared.platform.metrics import Metrics
from shared.platform.mongo import connect
from shared.platform.settings import load_settings
from tests.counter import COUNTER, Count
from tests.projection_tools import box_events, boxes, shelves


async def main(service: str) -> None:
    settings = load_settings()
    mongo = connect(settings)
    broker = kafka_broker(settings)
    await broker.start()
    metrics = Metrics(of_process=False)

    @reaction(box_events(service).Put)
    def count(event: Any) -> list[Send]:
        return [Send(COUNTER.stream(event.shelf), Count(by=event.amount))]

    counting = mongo.database("counting")
    handler = CommandHandler(MongoEventStore(counting), COUNTER, clock=lambda: datetime.now(UTC))
    shared: dict[str, Any] = {"settings": settings, "broker": broker, "metrics": metrics}
    database = mongo.database(service)
    projections = ProjectionsRunner(
        [boxes(service), shelves(service)], service=service, database=database, **shared
    )
    reactions = ReactionsRunner(
        [count], {"counter": handler}, service=f"{service}x", database=counting, **shared
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(projections.run())
        tasks.create_task(reactions.run())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
