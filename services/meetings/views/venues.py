"""The shape of a venue, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.meetings.views.base import View
from shared.contracts.meetings import AssessedItem
from shared.contracts.types import HostPlatform, Tier


class AssessmentView(View):
    """A venue, held against a version of a standard."""

    standard: str
    standard_version: int
    items: tuple[AssessedItem, ...]
    assessor: str | None = None
    assessed_on: date | None = None
    back_entry: bool = False


class VenueView(View):
    """A venue as it stands.

    Attributes:
        situation: `open` or `closed`.
        met: how many of the six the latest assessment found met; null for a venue never assessed.
        assessments: all of them, the latest last.
    """

    venue_id: str
    division: str
    title: str
    tier: Tier
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    functions: tuple[str, ...] = ()
    opened_on: date | None = None
    situation: str
    closed_on: date | None = None
    closing_reason: str | None = None
    met: int | None = None
    assessments: tuple[AssessmentView, ...] = ()
    back_entry: bool = False
