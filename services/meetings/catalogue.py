"""The venue standards that a county has: those shipped, and the versions that it published."""

from __future__ import annotations

from services.meetings.deciders import STANDARD
from services.meetings.domain.standards import VenueStandard
from services.meetings.presets import load_standards
from shared.eventsourcing.http import Commands

PRESETS = load_standards()


def standard_id(county: str, code: str) -> str:
    """Return the id of a county's versions of a standard."""
    return f"{county}-{code}"


async def newest(commands: Commands, county: str, code: str) -> VenueStandard:
    """Return the newest version of a standard in a county, against which venues are held (M02).

    Raises:
        RefusedError: there is no such standard.
    """
    published = await commands.state(STANDARD, standard_id(county, code))
    return PRESETS.going_on_with(published.versions).newest(code)
