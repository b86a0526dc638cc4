"""Filing closed entries over HTTP, and the series of their numbers (C19)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import StringConstraints

from services.cases.deciders import ARCHIVE, ENTRY
from services.cases.domain import archive
from services.cases.domain.loop import Entry
from services.cases.lists import ARCHIVE_LIST
from services.cases.projections.archive import ARCHIVE_FILES
from services.cases.rights import Liaison, Reader
from services.cases.views.archive import FileView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import DivisionCode, Id
from shared.eventsourcing.errors import VersionMismatchError
from shared.eventsourcing.http import CommandsOf, Written
from shared.eventsourcing.reading import EXPORTS, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.clock import Now
from shared.platform.http import Page
from shared.platform.lists import ListRequest
from shared.platform.problems import NotFoundError
from shared.platform.working_days import today

router = APIRouter()

FileNumber = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9})-[0-9]{4}-[0-9]{4,9}$"),
    Path(examples=["371621001-2024-0001"]),
]


@router.post("/entries/{entry_id}/archiving")
async def archive_entry(entry_id: Id, caller: Liaison, commands: CommandsOf, now: Now) -> Written:
    """File an entry whose loop is closed under the next number of its town and year.

    The number, which is the answer's `id`, is given once: asked again, also after its loop was reopened, the
    entry has the one that it had.
    """
    loaded = await commands.handlers[ENTRY.category].load(ENTRY.stream(entry_id))
    entry: Entry = loaded.state
    if not entry.entry_id or entry.held_on is None or not caller.covers(entry.division):
        raise NotFoundError
    if not entry.closed and not entry.file_number:
        raise RefusedError(
            "loop-open",
            rule="C19",
            zh="“五个一”尚未闭环，不能归档。",
            en="An entry is filed when its loop is closed.",
        )
    command = archive.AssignNumber(entry_id, entry.topic_id, entry.division, entry.held_on, today(now))
    series = archive.series_id(entry.division, entry.held_on.year)
    # A version that the caller insists on is the entry's, not that of the series; a number is given but once.
    insisted = commands.expected_version
    if insisted is not None and insisted != loaded.version and not entry.file_number:
        raise VersionMismatchError(ENTRY.stream(entry_id), expected=insisted, actual=loaded.version)
    filing = replace(commands, expected_version=None)
    done = await filing.execute(ARCHIVE, series, command, location=f"/archive?entry_id={entry_id}")
    number = (await commands.state(ARCHIVE, series)).numbers[entry_id]
    file_number = archive.file_number(entry.division, entry.held_on.year, number)
    commands.response.headers["Location"] = f"/archive/{file_number}"
    return done.model_copy(update={"id": file_number})


@router.get("/archive", response_model=Page[FileView], responses=EXPORTS)
async def list_files(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(ARCHIVE_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    year: Annotated[int | None, Query(ge=1949, le=2200)] = None,
    entry_id: Annotated[Id | None, Query()] = None,
) -> Page[FileView] | Response:
    """List the filed entries of the caller's division, or of one inside it, series by series."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    query |= {name: said for name, said in (("year", year), ("entry_id", entry_id)) if said is not None}
    return await reading.listed(ARCHIVE_FILES, ARCHIVE_LIST, query, asked)


@router.get("/archive/{file_number}")
async def get_file(file_number: FileNumber, caller: Reader, reading: ReadingOf) -> FileView:
    """Return what was filed under a number."""
    return await reading.one(ARCHIVE_FILES, file_number, FileView, caller=caller, minimum=None)
