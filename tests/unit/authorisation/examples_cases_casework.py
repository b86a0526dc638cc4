"""An example request for every endpoint of typical cases and media reports, and what is there for it."""

from __future__ import annotations

from typing import Any

from services.cases.app import SERVICE
from shared.platform.auth import Role
from tests.authorisation.example import TOWN, Example, Reach, Who
from tests.http import react
from tests.unit.authorisation.world import World
from tests.unit.cases.casework import EVENING, OPENED, STREAMS, TEXT

LIAISON = Who(Role.LIAISON, TOWN, "a-clerk")
ENTRY = f"/entries/{EVENING}"
REPORT: dict[str, Any] = {
    "outlet": "惠民融媒",
    "level": "county",
    "title": "灯亮了",
    "page": "3 版",
    "reported_on": "2024-05-06",
}
OLD_CASE: dict[str, Any] = {"title": "一盏灯", "background": "主路无灯。", "back_entry": True}
SELECTION: dict[str, Any] = {"year": 2024, "level": "city", "body": "滨州市政协"}


def _everywhere(endpoint: str, path: str, **more: Any) -> Example:
    return Example(endpoint, path, reach=Reach.EVERYWHERE, **more)


EXAMPLES = (
    Example("POST /entries/{entry_id}/case", f"{ENTRY}/case", OLD_CASE),
    Example("POST /entries/{entry_id}/cases", f"{ENTRY}/cases", {"names": ["王大山"]}, 201),
    Example("POST /entries/{entry_id}/reports", f"{ENTRY}/reports", REPORT),
    Example("GET /entries/{entry_id}/files/{file_id}", f"{ENTRY}/files/{{report_file}}"),
    Example("GET /cases/drafts", "/cases/drafts", lists=True),
    Example("GET /cases/{case_id}/text", "/cases/{draft}/text"),
    Example("PUT /cases/{case_id}/text", "/cases/{draft}/text", {"title": "又一盏灯"}),
    Example("GET /cases/{case_id}/text.docx", "/cases/{draft}/text.docx"),
    Example("GET /cases/{case_id}/findings", "/cases/{draft}/findings"),
    Example("GET /cases/{case_id}/suggestion", "/cases/{draft}/suggestion"),
    Example("POST /cases/{case_id}/publication", "/cases/{draft}/publication", {"number": 1}),
    Example("POST /cases/{case_id}/selections", "/cases/{case}/selections", SELECTION),
    Example("GET /cases/{case_id}/history", "/cases/{case}/history"),
    Example("GET /cases/{case_id}/versions", "/cases/{case}/versions"),
    _everywhere("GET /cases", "/cases", lists=True),
    _everywhere("GET /cases/{case_id}", "/cases/{case}"),
    _everywhere("GET /cases/{case_id}/case.docx", "/cases/{case}/case.docx"),
)


async def fill(world: World) -> None:
    """Let a case be published and another one be drafted, about a meeting that a paper reported."""
    log = world.kept.log
    for stream, events in STREAMS.items():
        log.hear(stream, *events)
    if OPENED.name not in log.names(f"entry-{EVENING}"):
        await react(SERVICE, log)
    file = await world.done("/files", file=True, by=LIAISON)
    world.known["report_file"] = file["file_id"]
    await world.done(f"{ENTRY}/reports", {**REPORT, "files": [file["file_id"]]}, by=LIAISON)
    for name in ("case", "draft"):
        drafted = await world.done(f"{ENTRY}/cases", {**vars(TEXT), "names": ["王大山"]}, by=LIAISON)
        world.known[name] = drafted["id"]
    await world.done(f"/cases/{world.known['case']}/publication", {"number": 1}, by=LIAISON)


async def world() -> World:
    """Return cases of a county, as far as these examples go."""
    world = World(SERVICE)
    await fill(world)
    world.remember()
    return world
