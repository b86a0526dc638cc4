"""What tells browsers that a list changed: how far the read models have come that it is made of.

A look compares the positions in the pointers, a handful of small documents; of timelines also the revisions
of those that somebody follows. Where there are lights the day is part of it: they change at midnight by
themselves. The streams themselves are in `shared/platform/sse.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from typing import Any, cast

from services.board.projections import (
    ACTIVITIES,
    DUTIES,
    HANDLINGS,
    HAPPENED,
    LEDGER,
    PLANS,
    TIMELINE,
    VENUES,
)
from services.board.projections.members import DEEDS, ROSTER
from services.board.projections.public_topics import PUBLIC_TOPICS
from shared.eventsourcing import progress
from shared.eventsourcing.pointer import NotBuiltError, Pointer, Pointers
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.read_model import ReadModel
from shared.platform.mongo import Database
from shared.platform.working_days import today


@dataclass(frozen=True, slots=True)
class Followed:
    """What somebody follows.

    Attributes:
        models: that it is made of.
        lights: whether it changes with the day, too.
    """

    models: tuple[Projection, ...]
    lights: bool = False


BOARD = "/"
"""The board as a whole; lists are followed by their paths."""

FOLLOWED: Mapping[str, Followed] = {
    # `happened` is what its past is made of.
    BOARD: Followed((ACTIVITIES, DUTIES, HANDLINGS, HAPPENED, PLANS, VENUES), lights=True),
    "/activities": Followed((ACTIVITIES,), lights=True),
    "/departments": Followed((HANDLINGS,), lights=True),  # of the day is what is overdue
    "/ledger": Followed((LEDGER, ACTIVITIES)),
    "/members/activity": Followed((DEEDS, ROSTER)),
    "/plans": Followed((PLANS, ACTIVITIES)),
    "/public/cases": Followed((PUBLIC_TOPICS,)),
    "/public/topics": Followed((PUBLIC_TOPICS, ACTIVITIES)),
    "/statistics": Followed((ACTIVITIES,)),
    "/todo": Followed((DUTIES, ACTIVITIES), lights=True),
    "/venues": Followed((VENUES,)),
}

_TIMELINE = "timeline:"


def timeline_of(topic_id: str) -> str:
    """Return the key under which a topic's timeline is followed."""
    return _TIMELINE + topic_id


async def _pointers(neighbour: ReadModel) -> dict[str, Pointer]:
    # The driver's stubs take `.database` for a collection of that name.
    database = cast(Database, (await neighbour.collection()).database)
    return {pointer.name: pointer for pointer in await Pointers(database).all()}


def _of(followed: Followed, pointers: Mapping[str, Pointer]) -> list[Pointer]:
    for model in followed.models:
        if model.name not in pointers:
            raise NotBuiltError(model.name)
    return [pointers[model.name] for model in followed.models]


async def freshness_of(model: ReadModel, followed: Followed, now: datetime) -> Freshness:
    """Return how fresh that read model is, of those which something is made of, that is furthest behind.

    Args:
        model: of the timelines; the others are its neighbours.
        followed: what is made of them.
        now: aware.

    Raises:
        NotBuiltError: one of the read models never started.
    """
    pointers = await _pointers(model)
    found = [progress.freshness_of(pointer.progress, now) for pointer in _of(followed, pointers)]
    return max(found, key=lambda f: (f.behind_seconds, f.behind_events))


async def versions_of(model: ReadModel, keys: Collection[str], now: datetime) -> dict[str, str]:
    """Return, for each key, a short text that stays the same as long as nothing of it can have changed.

    Args:
        model: of the timelines; the others are its neighbours.
        keys: of `FOLLOWED`, and of timelines.
        now: decides the day in Asia/Shanghai.

    Raises:
        NotBuiltError: one of the read models never started.
    """
    pointers = await _pointers(model)
    found = {key: _version(FOLLOWED[key], pointers, now) for key in keys if key in FOLLOWED}
    topics = [key.removeprefix(_TIMELINE) for key in keys if key.startswith(_TIMELINE)]
    if topics:
        timelines = (await model.collection()).find({"_id": {"$in": topics}}, {"_rev": 1})
        build = pointers[TIMELINE.name].build
        found |= {timeline_of(t["_id"]): _short([build, t.get("_rev")]) async for t in timelines}
    return found


def _version(followed: Followed, pointers: Mapping[str, Pointer], now: datetime) -> str:
    places = [_place(pointer) for pointer in _of(followed, pointers)]
    return _short([today(now), places] if followed.lights else places)


def _place(pointer: Pointer) -> Sequence[Any]:
    positions = sorted((at, place["position"]) for at, place in pointer.progress.items())
    return pointer.name, pointer.build, positions


def _short(what: Any) -> str:  # noqa: ANN401 - anything that says itself
    return blake2s(repr(what).encode(), digest_size=8).hexdigest()
