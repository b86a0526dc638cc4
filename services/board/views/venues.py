"""The shape of venues with their assessments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field

from services.board.views.base import View
from shared.contracts.types import (
    HostPlatform,
    Tier,
)
from shared.platform.divisions import Divisions, town_of


class AssessedItemView(View):
    """One of a standard's six."""

    code: str
    title: str
    met: bool


class AssessmentView(View):
    """A venue held against a standard; `met` of its six (M02)."""

    standard: str
    standard_version: int
    met: int
    assessor: str | None = None
    assessed_on: date | None = None
    items: list[AssessedItemView]


class VenueView(View):
    """A venue.

    Attributes:
        met: how many of the six at the latest assessment; null before the first.
        assessed_on: the day of that assessment; null where the record does not say.
        assessments: all of them, the latest last.
    """

    venue_id: str
    division: str
    town_name: str
    title: str
    tier: Tier
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    open: bool
    closed_on: date | None = None
    met: int | None = Field(None, ge=0, le=6)
    assessed_on: date | None = None
    assessments: list[AssessmentView]

    @staticmethod
    def of(venue: Mapping[str, Any], divisions: Divisions) -> VenueView:
        """Return a document of `venues`."""
        latest = venue["assessments"][-1] if venue["assessments"] else {}
        about = {"assessed_on": latest.get("assessed_on")}
        return VenueView.model_validate(
            {**venue, **about, "town_name": divisions.name(town_of(venue["division"]))}
        )
