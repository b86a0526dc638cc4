"""The workers of notify without database and broker: what they tell, as of any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from services.notify.app import SERVICE
from services.notify.deciders import NOTICE
from services.notify.domain.delivery import Plan, PlanDeliveries
from shared.contracts.envelope import Meta
from shared.contracts.notify import DropReason, NoticeChannel, NoticeClass, NoticePosted
from shared.eventsourcing import http
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.projection import Document
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.workers import Workbench
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database
from shared.platform.people import People
from tests.http import SETTINGS, Log, Shelf
from tests.stores import MemoryPeopleStore

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
"""When the events of tests are recorded, give or take minutes."""

Told = tuple[str, str, NoticeClass]
"""Recipient, title, class."""


class CountingShelf(Shelf):
    """A read model that counts what is asked of it, and can be said to lag behind."""

    asked = 0
    seen = 0
    fresh: Freshness | None = None

    async def find(
        self,
        query: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
        skip: int = 0,
    ) -> list[Document]:
        """See `ReadModel.find`."""
        found = await super().find(query, sort=sort, limit=limit, skip=skip)
        self.asked += 1
        self.seen += len(found)
        return found

    async def freshness(self) -> Freshness:
        """See `ReadModel.freshness`: all is known by now, unless said otherwise."""
        return self.fresh or Freshness(
            as_of=NEW_YEAR + timedelta(days=365), behind_events=0, behind_seconds=0
        )


class Killed(Exception):
    """The process is gone."""


class Mortal(CommandHandler[Any, Any]):
    """A command handler whose process is killed after some commands."""

    left: int | None = None

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        """See `CommandHandler.execute`."""
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1
        return await super().execute(*args, **kwargs)


class Clockwork:
    """What a process of notify has at hand, on a log of its own or another's."""

    def __init__(self, now: datetime, log: Log | None = None) -> None:
        self.log = log or Log()
        self.shelves = {p.name: CountingShelf(p, self.log) for p in SERVICE.projections}
        self.handlers = {d.category: Mortal(self.log, d, clock=lambda: self.now) for d in SERVICE.deciders}
        self.now = now
        self.bench = Workbench(
            database=cast(Database, None),
            settings=SETTINGS,
            handlers=self.handlers,
            read_models=cast(Mapping[str, ReadModel], self.shelves),
            people=People(MemoryPeopleStore(), identify=http.person_id, clock=lambda: self.now),
            clock=lambda: self.now,
            metrics=Metrics(of_process=False),
        )

    def another(self) -> Clockwork:
        """Return a second process on the same log."""
        return Clockwork(self.now, self.log)

    def kill_after(self, commands: int) -> None:
        """Have the process killed once it has given so many more notices."""
        self.handlers[NOTICE.category].left = commands

    def posted(self) -> list[NoticePosted]:
        """Return all notices, in order."""
        return [r.event for r in self.log.events if isinstance(r.event, NoticePosted)]

    def told(self) -> list[Told]:
        """Return who was told what, in order."""
        return [(n.recipient, n.title, n.notice_class) for n in self.posted()]

    async def keep_for_digests(self) -> None:
        """Do what the worker `planning` does for people who want digests of what they follow."""
        plan = Plan(NoticeChannel.EMAIL, why=DropReason.IN_DIGEST)
        for recorded in list(self.log.events):
            event = recorded.event
            if isinstance(event, NoticePosted) and event.notice_class is NoticeClass.FOLLOW:
                await self.handlers[NOTICE.category].execute(
                    PlanDeliveries((replace(plan),), self.now),
                    stream=recorded.stream,
                    meta=Meta(event.division, "worker:planning", "c", recorded.id),
                    command_id=f"planned-{event.notice_id}",
                )
