"""The procedures that a county has: those shipped, and the versions that it published."""

from __future__ import annotations

from services.topics.deciders import PROCEDURE
from services.topics.domain.procedures import Procedure
from services.topics.presets import load_procedures
from shared.eventsourcing.http import Commands

PRESETS = load_procedures()


def procedure_id(county: str, code: str) -> str:
    """Return the id of a county's versions of a procedure."""
    return f"{county}-{code}"


async def newest(commands: Commands, county: str, code: str) -> Procedure:
    """Return the newest version of a procedure in a county, which a topic pins on its adoption (T10).

    Raises:
        RefusedError: there is no such procedure.
    """
    published = await commands.state(PROCEDURE, procedure_id(county, code))
    return PRESETS.going_on_with(published.versions).newest(code)
