"""Names of divisions by their public codes, in the official order.

`divisions.csv` has the counties and towns of Shandong: the statistics bureau's codes, by way of the npm
package `china-division` 2.7.0 (MIT). A code that is not in it is shown as it is.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

COUNTY_DIGITS, TOWN_DIGITS = 6, 9


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


def town_of(code: str) -> str:
    """Return the town's code that a division belongs to; a county's stays itself."""
    return code[:TOWN_DIGITS]


@cache
def load_divisions() -> Divisions:
    """Return the divisions that come with the board."""
    text = files("services.board").joinpath("divisions.csv").read_text(encoding="utf-8")
    return Divisions({row["code"]: row["name"] for row in csv.DictReader(text.splitlines())})
