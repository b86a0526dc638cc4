"""Where the board gets its figures: its own read models, read once for everybody who looks meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, TypeVar

from services.board.changes import BOARD, FOLLOWED, freshness_of, versions_of
from services.board.past import BoardPast
from services.board.progress import is_going_on
from services.board.projections import ACTIVITIES, DUTIES, HANDLINGS, PLANS, TIMELINE, VENUES
from services.board.queue import TownQueue, town_queues
from services.board.records import DepartmentRecord, records_of
from services.board.statistics import By, Row, statistics_of
from services.board.summary import Board, board_of
from shared.contracts.types import LoopItem
from shared.eventsourcing.past_lists import PastModel
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel
from shared.platform.divisions import Divisions, load_divisions, town_of
from shared.platform.lights import Calendar
from shared.platform.working_days import WorkCalendar, today

_SHOWN = (
    "topic_id",
    "title",
    "division",
    "year",
    "proposed_on",
    "status",
    *(f"loop.{item}.state" for item in LoopItem),  # not its evidence: half of what would be read
    "closed",
    "closed_on",
    "exempted",
    "solved",
    "next_due",
    "leads",
    "counted",
    "_stale",
)
_MOST_KEPT = 32
_MOST_DAYS = 4
"""Past days whose figures are in memory: a county's year takes some 15 MB."""

K = TypeVar("K")
T = TypeVar("T")


def _keep(kept: dict[K, T], key: K, value: T, *, most: int) -> T:
    """Keep a value; of too many the one that was kept first is let go of."""
    while len(kept) >= most:
        del kept[next(iter(kept))]
    kept[key] = value
    return value


def inside(division: str) -> dict[str, str]:
    """Return a database condition on a division field: this division and all inside it."""
    return {"$gte": division, "$lt": division + ":"}  # ":" follows "9": a range uses an index


@dataclass(frozen=True, slots=True)
class Around:
    """What is shown beside the activities.

    Attributes:
        queues: what waits for the offices of each town, in the official order.
        records: of the departments, in the order of their names.
        months: the activities counted by month.
    """

    queues: Sequence[TownQueue] = ()
    records: Sequence[DepartmentRecord] = ()
    months: Sequence[Row] = ()


@dataclass(frozen=True)
class Figures:
    """What the board is computed from, and what was computed of it: kept as long as nothing changes.

    Attributes:
        activities: documents of `activities`, those without a topic left out.
        plans: {year, items: how many are going on}.
        venue_divisions: of the open venues.
        version: of the board, see `changes.versions_of`; of a past day, what is known of it.
    """

    version: str
    activities: Sequence[Document]
    plans: Sequence[Mapping[str, int]]
    venue_divisions: Sequence[str]
    _kept: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what is computed of these figures, the same for everybody who asks with this key."""
        if key not in self._kept:
            _keep(self._kept, key, compute(), most=_MOST_KEPT)
        found: T = self._kept[key]
        return found

    @cached_property
    def years(self) -> list[int]:
        """The years that have activities, newest first."""
        return sorted({activity["year"] for activity in self.activities}, reverse=True)

    @property
    def newest_year(self) -> int | None:
        """The year that is shown unless one is asked for; None where there is nothing to show yet."""
        return next(iter(self.years), None)

    def towns(self, divisions: Divisions) -> list[tuple[str, str]]:
        """Return code and name of the towns that have activities, in the official order."""
        codes = sorted({town_of(activity["division"]) for activity in self.activities})
        return [(code, divisions.name(code)) for code in codes]

    @cached_property
    def stale(self) -> int:
        """How many activities wait for a record that an operator has to look at."""
        return sum("_stale" in activity for activity in self.activities)


class BoardSource:
    """The figures of one county.

    Args:
        models: the board's read models by name.
        county: six digits; what lies elsewhere is not shown.
        past: the board as it stood.

    Attributes:
        calendar: counts working days.
        divisions: names the towns.
        clock: returns the present moment, aware.
    """

    def __init__(self, models: Mapping[str, ReadModel], county: str, *, past: BoardPast) -> None:
        self._models = models
        self._past = past
        self.county = county
        self.calendar: Calendar = WorkCalendar()
        self.divisions = load_divisions()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._reading = asyncio.Lock()
        self._reading_past = asyncio.Lock()  # which takes seconds, and nobody waits for it who looks at now
        self._kept: Figures | None = None
        self._of_past: dict[date, Figures] = {}
        self._around: dict[tuple[str, date, str | None, int | None], Around] = {}

    def today(self) -> date:
        """Return the present day in Asia/Shanghai."""
        return today(self.clock())

    async def version(self) -> str:
        """Return what changes when the board may have."""
        return (await self.versions((BOARD,)))[BOARD]

    async def versions(self, keys: Collection[str]) -> dict[str, str]:
        """Return what changes when that which is followed may have; see `changes.versions_of`."""
        return await versions_of(self._models[TIMELINE.name], keys, self.clock())

    async def figures(self, past: date | None = None) -> Figures:
        """Return the figures as they are now, or as they stood on a day.

        Raises:
            NotBuiltError: the board's projections never started.
        """
        if past is not None:
            async with self._reading_past:
                return await self._past_figures(past)
        # A change makes every open page ask at once: one of them reads, the others wait for it.
        async with self._reading:
            version = await self.version()
            if self._kept is None or self._kept.version != version:
                # The version is from before the reading: what comes in between is read again next time.
                self._kept = await self._read(version)
            return self._kept

    async def _past_figures(self, past: date) -> Figures:
        version = await self._past.version(ACTIVITIES, past)
        found = self._of_past.pop(past, None)
        if found is None or found.version != version:
            found = await self._read(version, past)
        return _keep(self._of_past, past, found, most=_MOST_DAYS)

    async def _model(self, projection: Projection, past: date | None) -> ReadModel | PastModel:
        return await self._past.as_of(projection, past) if past else self._models[projection.name]

    async def _read(self, version: str, past: date | None = None) -> Figures:
        mine = {"division": inside(self.county)}
        activities = await (await self._model(ACTIVITIES, past)).collection()
        found = activities.find({**mine, "status": {"$ne": None}}, dict.fromkeys(_SHOWN, 1))
        plans = await (await self._model(PLANS, past)).find(mine)
        venues = await (await self._model(VENUES, past)).find({**mine, "open": True})
        return Figures(
            version=version,
            activities=[document async for document in found],
            plans=[{"year": plan["year"], "items": sum(map(is_going_on, plan["items"]))} for plan in plans],
            venue_divisions=[venue["division"] for venue in venues],
        )

    async def surroundings(
        self, figures: Figures, *, as_of: date, past: date | None, town: str | None, year: int | None
    ) -> Around:
        """Return what is shown beside the activities, counted once for everybody who looks meanwhile.

        Args:
            figures: says of which version it is.
            as_of: the day of the lights, in Asia/Shanghai.
            past: the day that the figures are of, unless they are of now.
            town: code of a division of the county.
            year: of the department records.
        """
        key = (figures.version, as_of, town, year)
        async with self._reading_past if past else self._reading:
            if key in self._around:
                return self._around[key]
            within = inside(town or self.county)
            duties, handlings = await self._model(DUTIES, past), await self._model(HANDLINGS, past)
            found = Around(
                queues=await town_queues(duties, within, as_of, self.calendar),
                records=await records_of(handlings, within, as_of=as_of, year=year),
                months=statistics_of(self.activities(figures, town=town, year=year), By.MONTH),
            )
            return _keep(self._around, key, found, most=_MOST_KEPT)

    async def freshness(self) -> Freshness:
        """Return how fresh that read model of the board is that is furthest behind."""
        return await freshness_of(self._models[TIMELINE.name], FOLLOWED[BOARD], self.clock())

    def activities(self, figures: Figures, *, town: str | None, year: int | None) -> list[Document]:
        """Return the activities of a town or of all, of a year's ledger or of all."""
        within = town or self.county
        return [
            activity
            for activity in figures.activities
            if activity["division"].startswith(within) and year in (None, activity["year"])
        ]

    def board(self, figures: Figures, *, as_of: date, town: str | None, year: int | None) -> Board:
        """Return the board of a town or of all, of a year or of all.

        Args:
            figures: to be counted.
            as_of: the day of the lights, in Asia/Shanghai.
            town: code of a division of the county.
            year: the ledger's; plans count in the same.
        """
        within = town or self.county
        return figures.once(
            ("board", as_of, town, year),
            lambda: board_of(
                self.activities(figures, town=town, year=year),
                as_of=as_of,
                calendar=self.calendar,
                divisions=self.divisions,
                plan_items=sum(p["items"] for p in figures.plans if year in (None, p["year"])),
                venues=sum(division.startswith(within) for division in figures.venue_divisions),
            ),
        )
