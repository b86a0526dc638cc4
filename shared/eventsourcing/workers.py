"""What a service does by the clock, without being asked: deliveries, reminders, digests.

A worker runs in every process that has the part `workers`; of two that run at once both look for something
to do. What must be done once is therefore settled by what it writes, a command with an id that follows from
what is due, or a claim in the database, and never by there being one worker only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.read_model import ReadModel
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database
from shared.platform.people import People
from shared.platform.settings import Settings


@dataclass(frozen=True)
class Workbench:
    """What a worker has at hand.

    Attributes:
        handlers: of the service's own commands, by category of stream.
        metrics: of the process.
        clock: returns the present moment, aware.
    """

    database: Database
    settings: Settings
    handlers: Mapping[str, CommandHandler[Any, Any]]
    read_models: Mapping[str, ReadModel]
    people: People
    metrics: Metrics
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Worker:
    """One kind of work.

    Attributes:
        name: for the log and for `/readyz`.
        step: does what is due and returns; safe to be called off anywhere, and to be called again.
        every_seconds: between the end of a step and the next.
    """

    name: str
    step: Callable[[Workbench], Awaitable[None]]
    every_seconds: float


async def work(worker: Worker, bench: Workbench, beat: Callable[[], None]) -> None:
    """Do a worker's steps for ever; what fails is tried again, later and later.

    Args:
        worker: whose steps.
        bench: what they get.
        beat: called whenever a step ended or failed: the loop is alive.
    """
    patience = Patience(worker.name, beat)
    while True:
        await patience.run(lambda: worker.step(bench))
        beat()
        await asyncio.sleep(worker.every_seconds)
