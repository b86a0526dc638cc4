"""The workbook of a county's year, as the office keeps it: plan, ledger, venues."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

from services.cases.ledger.lines import Line, Surroundings, lines_of, town
from shared.contracts.types import HostPlatform, Tier
from shared.ledger import Divisions, DivisionsFileError
from shared.ledger.book import Book, save
from shared.ledger.columns import PLAN, STANDARDS, VENUES
from shared.ledger.marks import Mark
from shared.ledger.rows import PlanItemRow, VenueRow, row_key
from shared.ledger.writing import Cells, Writer
from shared.platform.divisions import TABLE

STANDARD = "longkou"
"""The standard whose six are columns of the office's workbook."""


@dataclass(frozen=True, slots=True)
class Known:
    """What read models know of a county and year.

    Attributes:
        county: its code.
        topics, plans, venues: documents of `ledger`, `ledger_plans`, `ledger_venues`.
    """

    county: str
    year: int
    topics: Sequence[Mapping[str, Any]]
    plans: Sequence[Mapping[str, Any]]
    venues: Sequence[Mapping[str, Any]]


def written(known: Known, within: str) -> IO[bytes]:
    """Return the workbook, on disk, deleted when it is closed.

    Args:
        known: all of the county, so that its lines have their numbers.
        within: the division whose lines and venues are shown; the plan is the county's.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    try:
        save(book_of(known, within), file)
    except BaseException:
        file.close()
        raise
    return file


@cache
def divisions_of(county: str) -> Divisions:
    """Return a county's towns; none where the table does not have the county."""
    try:
        return Divisions.load(TABLE, county)
    except DivisionsFileError:
        return Divisions(county, county, ())


def book_of(known: Known, within: str) -> Book:
    """Return what stands in the workbook."""
    divisions = divisions_of(known.county)
    writer = Writer(divisions)
    plans = [plan for plan in known.plans if plan["issued"]]
    titles = {venue["venue_id"]: venue["title"] for venue in known.venues}
    around = Surroundings(divisions, titles, frozenset(plan["plan_id"] for plan in plans))
    marks: list[Mark] = []

    def line(line: Line) -> Cells:
        cells, digest = writer.activity(line.row)
        said = line.topic["topic"]
        marks.append(Mark(*row_key(line.row), line.topic["topic_id"], said["recorded_at"], digest))
        return cells

    def item(plan: Mapping[str, Any], row: PlanItemRow) -> Cells:
        cells, digest = writer.plan_item(row)
        marks.append(Mark(*row_key(row), plan["plan_id"], plan["recorded_at"], digest))
        return cells

    def place(venue: Mapping[str, Any], row: VenueRow) -> Cells:
        cells, digest = writer.venue(row)
        marks.append(Mark(*row_key(row), venue["venue_id"], venue["recorded_at"], digest))
        return cells

    return Book(
        county=divisions.name,
        year=known.year,
        plan=(item(plan, _plan_item(known.year, each)) for plan in plans for each in plan["items"]),
        activities=map(line, lines_of(known.topics, around, within)),
        venues=(place(venue, _venue(venue, divisions)) for venue in _places(known.venues, within)),
        marks=marks,
    )


def _plan_item(year: int, item: Mapping[str, Any]) -> PlanItemRow:
    return PlanItemRow(
        sheet=PLAN.label,
        row=0,
        year=year,
        number=item["number"],
        title=item["title"],
        form_title=item["form"],
        lead=item["lead"],
        departments=tuple(item["departments"]),
        leader=item["leader"],
        quarter=item["quarter"],
    )


def _places(venues: Sequence[Mapping[str, Any]], within: str) -> list[Mapping[str, Any]]:
    """Return the venues of a division, town by town; of two that have one name, the one that is open."""
    named: dict[tuple[str, str], Mapping[str, Any]] = {}
    for venue in sorted(venues, key=lambda v: (not v["open"], v["recorded_at"], v["venue_id"])):
        if venue["division"].startswith(within):
            named.setdefault((venue["division"], venue["title"]), venue)
    return sorted(
        named.values(), key=lambda v: (v["division"], list(Tier).index(Tier(v["tier"])), v["title"])
    )


def _venue(venue: Mapping[str, Any], divisions: Divisions) -> VenueRow:
    platform = venue["host_platform"]
    return VenueRow(
        sheet=VENUES.label,
        row=0,
        town=town(divisions, venue["division"]),
        tier=Tier(venue["tier"]),
        title=venue["title"],
        host_platform=HostPlatform(platform) if platform else None,
        standard=STANDARD,
        marks=tuple((item, venue["marks"].get(item)) for item in STANDARDS[STANDARD]),
    )
