"""Venue standards as published, versioned data: the six that a venue is held against (M02, M03, T06).

What is shipped (`presets/`) is every county's beginning; a county goes on from there by publishing the next
version, or a standard of its own.

The names and fields of its events are stored for good (`shared/contracts/meetings.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum

from shared.contracts import meetings as contract
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.versions import Circumstances, Versions, check_publication

DEFAULT_STANDARD = "longkou"
ITEMS = 6


class Computed(StrEnum):
    """What an item that nobody marks by hand is counted from (M03)."""

    MEETINGS = "meetings"
    SOLUTIONS = "solutions"


@dataclass(frozen=True)
class StandardItem:
    """One of the six.

    Attributes:
        code: e.g. `signage`.
        title: in Chinese, e.g. 有标识.
        computed: what it is counted from; None for an item that needs evidence.
        at_least: how many a computed item takes in twelve months.
    """

    code: str
    title: str
    computed: Computed | None = None
    at_least: int = 1


@dataclass(frozen=True)
class VenueStandard:
    """A published version of a standard; it never changes (T06).

    Attributes:
        official: False for a preset: a county's default, not a rule of any authority.
        source: where its wording comes from, in Chinese.
    """

    code: str
    version: int
    title: str
    items: tuple[StandardItem, ...]
    official: bool = False
    source: str = ""

    @property
    def has_its_items(self) -> bool:
        """Tell whether there are six, each with a code of its own (M02)."""
        return len(self.items) == ITEMS == len({item.code for item in self.items})

    def code_of(self, name: str) -> str:
        """Return the code of the item with this title, as ledgers name items; any other name as it is."""
        return next((item.code for item in self.items if item.title == name), name)


class Standards(Versions[VenueStandard]):
    """The published versions of every standard."""

    kind, title, rule = "standard", "标准", "M02"


# a county's versions of one standard


@dataclass(frozen=True)
class Published:
    """What a county has published under one code, oldest first."""

    division: str = ""
    versions: tuple[VenueStandard, ...] = ()


@dataclass(frozen=True)
class PublishStandard:
    """Publish the next version of a standard in a county (T06).

    Attributes:
        division: the county.
        at: see `Circumstances`; no part of what was asked.
    """

    division: str
    standard: VenueStandard
    published_on: date
    at: Circumstances[VenueStandard]


def evolve(published: Published, event: DomainEvent) -> Published:
    """Return what is published after an event."""
    if not isinstance(event, contract.StandardPublished):
        return published
    version = VenueStandard(
        code=event.standard,
        version=event.standard_version,
        title=event.title,
        items=tuple(_item(item) for item in event.items),
        source=event.source or "",
    )
    return Published(event.division, (*published.versions, version))


def _item(item: contract.StandardItem) -> StandardItem:
    computed = Computed(item.computed) if item.computed else None
    return StandardItem(item.code, item.title, computed, item.at_least)


def decide(command: PublishStandard, published: Published) -> Sequence[DomainEvent]:
    """Return what a publication does.

    Raises:
        RefusedError: the version is there already or leaves a gap, or it has not six items.
    """
    standard = replace(command.standard, official=False)
    if standard in published.versions:
        return []
    check_publication(standard, published.versions, command.published_on, command.at)
    if not standard.has_its_items:
        raise RefusedError(
            "items-not-six",
            rule="M02",
            zh=f"标准应有 {ITEMS} 项，代码各不相同。",
            en=f"A standard has {ITEMS} items, each with a code of its own.",
            field="items",
        )
    return [
        contract.StandardPublished(
            division=command.division,
            standard=standard.code,
            standard_version=standard.version,
            title=standard.title,
            items=tuple(contract.StandardItem(**asdict(item)) for item in standard.items),
            source=standard.source or None,
            published_on=command.published_on,
        )
    ]
