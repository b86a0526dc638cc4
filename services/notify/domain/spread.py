"""That all were told of some news: noted once, whoever told them (N03).

The names and fields of its events are stored for good (`shared/contracts/notify.py`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.base import DomainEvent
from shared.contracts.notify import NewsSpread

_NEWS_IDS = uuid.UUID("6a0b9c1d-7f3e-5c1c-9a55-8d3b5c0f1e77")
"""What ids of news are derived in; it never changes."""


def news_id(cause: str) -> str:
    """Return the id of the stream that says that all were told of an event."""
    return str(uuid.uuid5(_NEWS_IDS, cause))


@dataclass(frozen=True)
class Spread:
    """Whether all were told; without a cause they were not yet."""

    cause: str = ""
    division: str = ""


@dataclass(frozen=True)
class NoteSpread:
    """Note that all whom some news concerned were told.

    Attributes:
        cause: id of the event that was the news.
        division: of it.
        told: how many people.
        at: the moment, UTC.
    """

    cause: str
    division: str
    told: int
    at: datetime


def evolve(spread: Spread, event: DomainEvent) -> Spread:
    """Return the news after an event."""
    return Spread(event.cause, event.division) if isinstance(event, NewsSpread) else spread


def decide(command: NoteSpread, spread: Spread) -> Sequence[DomainEvent]:
    """Return what noting does: nothing where it was noted, perhaps by another process."""
    if spread.cause:
        return []
    return [
        NewsSpread(cause=command.cause, division=command.division, told=command.told, spread_at=command.at)
    ]
