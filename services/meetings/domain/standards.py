"""Venue standards as published, versioned data: the six that a venue is held against (M02, M03, T06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.refusal import RefusedError

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

    def code_of(self, name: str) -> str:
        """Return the code of the item with this title, as ledgers name items; any other name as it is."""
        return next((item.code for item in self.items if item.title == name), name)


@dataclass(frozen=True)
class Standards:
    """The published versions of every standard."""

    by_code: Mapping[str, tuple[VenueStandard, ...]]

    def newest(self, code: str) -> VenueStandard:
        """Return the newest version of a standard.

        Raises:
            RefusedError: there is no such standard.
        """
        try:
            return self.by_code[code][-1]
        except KeyError:
            raise RefusedError(
                "standard-unknown",
                rule="M02",
                zh=f"没有标准“{code}”。可选:{'、'.join(self.by_code)}。",
                en=f"There is no standard {code!r}; there are {', '.join(self.by_code)}.",
                field="standard",
            ) from None
