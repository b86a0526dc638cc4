"""The shape of venues with their assessments."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from services.board.views.base import View
from shared.contracts.types import (
    HostPlatform,
    Tier,
)


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
        assessments: all of them, the latest last.
    """

    venue_id: str
    division: str
    title: str
    tier: Tier
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    open: bool
    closed_on: date | None = None
    met: int | None = Field(None, ge=0, le=6)
    assessments: list[AssessmentView]
