"""Where the board gets its figures: its own read models, read once for everybody who looks meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from services.board.changes import BOARD, versions_of
from services.board.past import BoardPast
from services.board.progress import is_going_on
from services.board.projections import ACTIVITIES, ALL, DUTIES, HANDLINGS, PLANS, TIMELINE, VENUES
from services.board.queue import TownQueue, town_queues
from services.board.records import DepartmentRecord, records_of
from services.board.summary import Board, board_of
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
    "loop",
    "closed",
    "closed_on",
    "exempted",
    "solved",
    "next_due",
    "leads",
    "counted",
    "_stale",
)


def inside(division: str) -> dict[str, str]:
    """Return a database condition on a division field: this division and all inside it."""
    return {"$gte": division, "$lt": division + ":"}  # ":" follows "9": a range uses an index


@dataclass(frozen=True, slots=True)
class Figures:
    """What the board is computed from.

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

    @property
    def years(self) -> list[int]:
        """The years that have activities, newest first."""
        return sorted({activity["year"] for activity in self.activities}, reverse=True)

    def towns(self, divisions: Divisions) -> list[tuple[str, str]]:
        """Return code and name of the towns that have activities, in the official order."""
        codes = sorted({town_of(activity["division"]) for activity in self.activities})
        return [(code, divisions.name(code)) for code in codes]

    @property
    def stale(self) -> int:
        """How many activities wait for a record that an operator has to look at."""
        return sum("_stale" in activity for activity in self.activities)


@dataclass(frozen=True, slots=True)
class Around:
    """What the page shows beside the activities.

    Attributes:
        queues: what waits for the offices of each town, in the official order.
        records: of the departments, in the order of their names.
    """

    queues: Sequence[TownQueue] = ()
    records: Sequence[DepartmentRecord] = ()


_MOST_KEPT = 32
_MOST_DAYS = 4
"""Past days whose figures are in memory: a county's year takes some 20 MB."""


class BoardSource:
    """The figures of one county.

    Args:
        models: the board's read models by name.
        county: six digits; what lies elsewhere is not shown.
        calendar: counts working days.
        divisions: names the towns.
        clock: returns the present moment, aware.
        past: the board as it stood.
    """

    def __init__(
        self,
        models: Mapping[str, ReadModel],
        county: str,
        *,
        past: BoardPast,
        calendar: Calendar | None = None,
        divisions: Divisions | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._models = models
        self._past = past
        self.county = county
        self.calendar: Calendar = calendar or WorkCalendar()
        self.divisions = divisions or load_divisions()
        self.clock = clock
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
        while len(self._of_past) >= _MOST_DAYS:
            del self._of_past[next(iter(self._of_past))]
        self._of_past[past] = found
        return found

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
        """Return what the page shows beside the activities, counted once for everybody who looks meanwhile.

        Args:
            figures: says of which version it is.
            as_of: the day of the lights, in Asia/Shanghai.
            past: the day that the figures are of, unless they are of now.
            town: code of a division of the county.
            year: of the department records.
        """
        key = (figures.version, as_of, town, year)
        if key not in self._around:
            within = inside(town or self.county)
            duties, handlings = await self._model(DUTIES, past), await self._model(HANDLINGS, past)
            found = Around(
                queues=await town_queues(duties, within, as_of, self.calendar),
                records=await records_of(handlings, within, as_of=as_of, year=year),
            )
            while len(self._around) >= _MOST_KEPT:
                del self._around[next(iter(self._around))]
            self._around[key] = found
        return self._around[key]

    async def freshness(self) -> Freshness:
        """Return how fresh the read model is that is furthest behind."""
        found = [await self._models[projection.name].freshness() for projection in ALL]
        return max(found, key=lambda f: (f.behind_seconds, f.behind_events))

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
        return board_of(
            self.activities(figures, town=town, year=year),
            as_of=as_of,
            calendar=self.calendar,
            divisions=self.divisions,
            plan_items=sum(p["items"] for p in figures.plans if year in (None, p["year"])),
            venues=sum(division.startswith(within) for division in figures.venue_divisions),
        )
