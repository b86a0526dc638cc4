"""An example request for every endpoint of ledger entries, the archive and the ledger's files."""

from __future__ import annotations

from typing import Any

from services.cases.app import SERVICE
from shared.contracts.types import LoopItem
from shared.platform.auth import Role
from tests.authorisation.example import TOWN, Example, Reach, Who
from tests.unit.authorisation.world import World

LIAISON = Who(Role.LIAISON, TOWN, "a-clerk")
FILED, CLOSED, OPEN, ANOTHER = "filed", "closed", "open", "not-yet-entered"
OPENING: dict[str, Any] = {
    "topic_id": "topic-before-the-system",
    "division": TOWN,
    "held_on": "2024-04-10",
    "back_entry": True,
}
EXEMPTION: dict[str, Any] = {"item": "report", "reason": "不适用", "approver": "县政协主席会议"}
NOT_HELD = (LoopItem.PROBLEM, LoopItem.CASE, LoopItem.REPORT)

EXAMPLES = (
    Example("GET /entries", "/entries", lists=True),
    Example("POST /entries", "/entries", {**OPENING, "entry_id": ANOTHER}, 201),
    Example("GET /entries/{entry_id}", f"/entries/{FILED}"),
    Example("GET /entries/{entry_id}/history", f"/entries/{FILED}/history"),
    Example("POST /entries/{entry_id}/exemptions", f"/entries/{OPEN}/exemptions", EXEMPTION),
    Example("POST /entries/{entry_id}/archiving", f"/entries/{CLOSED}/archiving"),
    Example("GET /archive", "/archive", lists=True),
    Example("GET /archive/{file_number}", "/archive/{file_number}", nothing=f"{TOWN}-2024-9999"),
    # A file has what lies in the caller's division: for others none, and still a file.
    Example("GET /ledger.xlsx", "/ledger.xlsx?year=2024", reach=Reach.OWN),
    Example("GET /ledger/recorded", "/ledger/recorded?year=2024", reach=Reach.OWN),
    Example("POST /files", "/files", answers=201, file=True, reach=Reach.EVERYWHERE),
)


async def fill(world: World) -> None:
    """Let three activities be entered, one of them filed, one as complete as that, and one not complete."""
    for entry in (FILED, CLOSED, OPEN):
        await world.done("/entries", {**OPENING, "entry_id": entry}, by=LIAISON)
    for entry in (FILED, CLOSED):
        for item in NOT_HELD:
            await world.done(f"/entries/{entry}/exemptions", {**EXEMPTION, "item": item}, by=LIAISON)
    world.known["file_number"] = (await world.done(f"/entries/{FILED}/archiving", by=LIAISON))["id"]


async def world() -> World:
    """Return the ledger of a county."""
    made = World(SERVICE)
    await fill(made)
    made.remember()
    return made
