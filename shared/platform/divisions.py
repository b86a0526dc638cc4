"""Names of divisions by their public codes, in the official order.

`divisions.csv` has the counties and towns of Shandong: the statistics bureau's codes, by way of the npm
package `china-division` 2.7.0 (MIT). A code that is not in it is shown as it is.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

COUNTY_DIGITS, TOWN_DIGITS = 6, 9
TABLE = Path(__file__).with_name("divisions.csv")


class Divisions:
    """Names by code."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def name(self, code: str) -> str:
        """Return a county's or town's name; of a community or village, its town's."""
        for digits in (len(code), TOWN_DIGITS, COUNTY_DIGITS):
            if len(code) >= digits and (name := self._names.get(code[:digits])):
                return name
        return code

    def towns(self, county: str) -> list[tuple[str, str]]:
        """Return code and name of a county's towns, in the official order."""
        return [
            (code, name)
            for code, name in sorted(self._names.items())
            if len(code) == TOWN_DIGITS and code.startswith(county)
        ]


def town_of(code: str) -> str:
    """Return the town's code that a division belongs to; a county's stays itself."""
    return code[:TOWN_DIGITS]


@cache
def load_divisions() -> Divisions:
    """Return the divisions that come with the system."""
    rows = csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())
    return Divisions({row["code"]: row["name"] for row in rows})
