"""The work queue as people read it: whose it is, and the duties of many matters as one list.

A matter's document holds its duties together. Here they are taken apart by the database, so that they are
sorted, paged and exported like the documents of any other list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from services.board.duties.kinds import Whose, department, in_charge_of, liaison, office, person
from services.board.projections.duties import DUTIES
from services.board.reading import BoardReading
from shared.eventsourcing.http import person_id
from shared.eventsourcing.past_lists import PastModel, Readable
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import visible_divisions
from shared.platform.divisions import COUNTY_DIGITS, TOWN_DIGITS, town_of
from shared.platform.lights import Calendar, Colour, countdown, dates_of
from shared.platform.mongo import aggregate
from shared.platform.problems import NotFoundError

Condition = dict[str, Any]


# whose


def waiting_for(caller: Principal) -> Condition:
    """Return a database condition on duties: they wait for the caller, or for who they act for.

    The division counts too, for departments of two counties may have one name; a person is one everywhere.
    """
    own = {"recipients": person(person_id(caller.subject))}
    within = {"division": visible_divisions(caller)}
    acting = {**within, "recipients": {"$in": sorted(_offices(caller))}}
    if Role.CONVENER not in caller.roles:
        return {"$or": [own, acting]}
    # What a convener may do waits for the liaison office of the town, or for the county's office.
    in_charge = in_charge_of(caller.division)
    convening = {**within, "recipients": in_charge, "for_conveners": True}
    return {"$or": [own, acting, convening]}


def _offices(caller: Principal) -> set[str]:
    found = set()
    if Role.LIAISON in caller.roles:  # of a community, too: what lies in it waits for the town's
        found.add(liaison(caller.division[:TOWN_DIGITS]))
    if Role.OFFICE in caller.roles:
        found.add(office(caller.division))
    if Role.DEPARTMENT in caller.roles and caller.organisation:
        found.add(department(caller.organisation))
    return found


def waiting_within(caller: Principal) -> Condition:
    """Return a database condition on duties: they wait for an office or a department in the division."""
    return {"division": visible_divisions(caller), "whose": {"$ne": str(Whose.PERSON)}}


# which


def narrowed(
    caller: Principal,
    day: date,
    calendar: Calendar,
    *,
    kinds: Sequence[str] = (),
    light: Colour | None = None,
    division: str | None = None,
) -> list[Condition]:
    """Return database conditions on duties.

    Args:
        caller: whose county a division has to be of.
        day: what waits from a later day on is left out, and lights are of this day.
        calendar: counts the working days.
        kinds: any of these; all without.
        light: of this colour.
        division: about what lies in it.

    Raises:
        NotFoundError: the division is none of the caller's county.
    """
    conditions: list[Condition] = [{"since": {"$lte": day.isoformat()}}]
    if kinds:
        conditions.append({"kind": {"$in": sorted(kinds)}})
    if light is Colour.NONE:
        conditions.append({"due_on": None})
    elif light is not None:
        first, last = dates_of(light, day, calendar)
        conditions.append({"due_on": {"$gte": first.isoformat(), "$lte": last.isoformat()}})
    if division is not None:
        if not division.startswith(caller.division[:COUNTY_DIGITS]):
            raise NotFoundError
        conditions.append({"division": {"$gte": division, "$lt": division + ":"}})
    return conditions


# reading


class DutyList:
    """The duties of all matters as documents of their own; reads as a read model does."""

    def __init__(self, model: ReadModel | PastModel) -> None:
        self._model = model

    async def find(
        self,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
    ) -> list[Document]:
        """Return the duties that match a MongoDB query, in order; `limit` 0 for all."""
        stages: list[Mapping[str, Any]] = [{"$sort": dict(sort)}]
        return await self._run(query, [*stages, {"$limit": limit}] if limit else stages)

    async def count(self, query: Mapping[str, Any], *, limit: int = 0) -> int:
        """Return how many duties match; with a `limit` counting ends there."""
        bounded: list[Mapping[str, Any]] = [{"$limit": limit}] if limit else []
        found = await self._run(query, [*bounded, {"$count": "duties"}])
        return int(found[0]["duties"]) if found else 0

    async def grouped(self, query: Mapping[str, Any], *fields: str) -> list[Document]:
        """Return how many duties match, as `n`, for each combination of some fields."""
        by = {"_id": {field: f"${field}" for field in fields}, "n": {"$sum": 1}}
        found = await self._run(query, [{"$group": by}])
        return [{**group["_id"], "n": group["n"]} for group in found]

    async def _run(self, query: Mapping[str, Any], stages: Sequence[Mapping[str, Any]]) -> list[Document]:
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"duties": {"$elemMatch": query}}},  # by index: matters of which one matches
            {"$unwind": "$duties"},
            {"$replaceRoot": {"newRoot": {"$mergeObjects": ["$duties", {"duty_id": "$duties._id"}]}}},
            {"$match": query},
            *stages,
        ]
        collection = await self._model.collection()
        return [document async for document in aggregate(collection, pipeline)]


class DutyReading(BoardReading):
    """One request's way to the duties."""

    async def _readable(self, projection: Projection, as_of: date | None) -> Readable:
        model = await self._model(projection, as_of)
        return DutyList(model) if projection is DUTIES else model

    async def counted(
        self, query: Mapping[str, Any], day: date, calendar: Calendar, past: date | None = None
    ) -> DutyCounts:
        """Return how many duties match, by kind and by light."""
        duties = DutyList(await self.model(DUTIES, past))
        return counts_of(await duties.grouped(query, "kind", "due_on"), day, calendar)


async def _duty_reading(request: Request, response: Response) -> DutyReading:
    return DutyReading(request.app.state.read_models, response, request.app.state.past)


DutyReadingOf = Annotated[DutyReading, Depends(_duty_reading)]


# counts


@dataclass(frozen=True, slots=True)
class TownQueue:
    """What waits for the offices of a town, or of the county for what belongs to it itself."""

    code: str
    total: int
    red: int
    yellow: int


async def town_queues(
    model: ReadModel | PastModel, within: Mapping[str, str], day: date, calendar: Calendar
) -> list[TownQueue]:
    """Return how much waits for the offices of each town, in the official order; nothing is ranked.

    Args:
        model: of `duties`.
        within: a database condition on `division`.
        day: of the lights; what waits from a later day on is left out.
        calendar: counts the working days.
    """
    query = {"division": within, "whose": str(Whose.OFFICE), "since": {"$lte": day.isoformat()}}
    by_town: dict[str, list[Document]] = {}
    for group in await DutyList(model).grouped(query, "division", "kind", "due_on"):
        by_town.setdefault(town_of(group["division"]), []).append(group)
    counts = {town: counts_of(groups, day, calendar) for town, groups in sorted(by_town.items())}
    return [
        TownQueue(town, found.total, found.by_light[Colour.RED], found.by_light[Colour.YELLOW])
        for town, found in counts.items()
    ]


@dataclass(frozen=True, slots=True)
class DutyCounts:
    """How many duties there are."""

    total: int
    by_light: Mapping[Colour, int]
    by_kind: Mapping[str, int]


def counts_of(groups: Sequence[Mapping[str, Any]], day: date, calendar: Calendar) -> DutyCounts:
    """Return what groups of duties (kind, due_on, n) add up to; lights as of a day."""
    by_light = dict.fromkeys(Colour, 0)
    by_kind: dict[str, int] = {}
    for group in groups:
        due_on = group["due_on"]
        colour = countdown(date.fromisoformat(due_on) if due_on else None, day, calendar).colour
        by_light[colour] += group["n"]
        by_kind[group["kind"]] = by_kind.get(group["kind"], 0) + group["n"]
    return DutyCounts(sum(by_light.values()), by_light, dict(sorted(by_kind.items())))
