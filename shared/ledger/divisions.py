"""The towns of one county, by their public division codes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from shared.ledger.text import key

# Left out when people write: 石庙 for 石庙镇. Longest first.
_SUFFIXES = ("街道办事处", "街道", "乡", "镇")


class DivisionsFileError(Exception):
    """The file of division codes does not hold what is needed.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(
            f"{path}: {why}; needed are the columns code, name, level, parent and the county's rows"
        )


@dataclass(frozen=True, slots=True)
class Town:
    """A town or subdistrict.

    Attributes:
        code: nine digits.
        name: in full, e.g. 石庙镇.
    """

    code: str
    name: str


def _stem(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name


class Divisions:
    """A county and its towns.

    Attributes:
        county: six digits.
        name: the county's.
        towns: in the official order.
    """

    def __init__(self, county: str, name: str, towns: tuple[Town, ...]) -> None:
        self.county = county
        self.name = name
        self.towns = towns
        self._by_name: dict[str, Town] = {}
        stems: dict[str, list[Town]] = {}
        for town in towns:
            stems.setdefault(_stem(key(town.name)), []).append(town)
        for stem, named in stems.items():
            if len(named) == 1:  # two towns of one stem must be written in full
                self._by_name[stem] = named[0]
        self._by_name |= {key(town.name): town for town in towns}
        self._by_name |= {town.code: town for town in towns}

    @property
    def whole(self) -> Town:
        """The county itself, in place of a town: what it consults on stands in its own name."""
        return Town(self.county, self.name)

    def town(self, written: str) -> Town | None:
        """Return the town that somebody means: 石庙镇, 石庙, 惠民县石庙镇, 孙武街道办事处, or its code.

        The county's own name means the county.
        """
        name = key(written).removeprefix(key(self.name))
        if not name and key(written):
            return self.whole
        return self._by_name.get(name) or self._by_name.get(_stem(name))

    def split(self, written: str) -> tuple[Town | None, str]:
        """Return the town that a text begins with, and the rest: `石庙镇 村道积水`."""
        plain = key(written).removeprefix(key(self.name))
        for town in sorted(self.towns, key=lambda town: -len(town.name)):
            if plain.startswith(key(town.name)):
                return town, plain.removeprefix(key(town.name))
        return (self.whole if plain != key(written) else None), plain

    @classmethod
    def load(cls, path: Path, county: str | None = None) -> Divisions:
        """Read a county from a CSV of division codes.

        Args:
            path: columns code, name, level (county, town, community), parent; UTF-8, with or without a mark.
            county: its code; may be left out where the file holds one county only.

        Raises:
            DivisionsFileError: the file does not hold the county, or holds several and none was named.
        """
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"code", "name", "level", "parent"} <= set(reader.fieldnames or ()):
                raise DivisionsFileError(path, "a column is missing")
            rows = list(reader)
        counties = {row["code"]: row["name"] for row in rows if row["level"] == "county"}
        if county is None and len(counties) == 1:
            county = next(iter(counties))
        if county is None or county not in counties:
            raise DivisionsFileError(
                path, f"county {county or '(not named)'} is not one of its {len(counties)}"
            )
        towns = tuple(
            Town(row["code"], row["name"])
            for row in rows
            if row["level"] == "town" and row["parent"] == county
        )
        return cls(county, counties[county], towns)
