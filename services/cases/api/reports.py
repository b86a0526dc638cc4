"""Media reports over HTTP, with the files that show them (C16)."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.cases.deciders import ENTRY
from services.cases.domain import entry as entries
from services.cases.projections.entries import ENTRIES
from services.cases.rights import Liaison, Reader
from shared.contracts.types import Day, Id, Line, MediaLevel
from shared.eventsourcing.http import CommandBody, CommandsOf, Written, check_back_entry
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import ReadingOf
from shared.platform.clock import Now
from shared.platform.files_http import DOWNLOAD, FilesOf, file_response
from shared.platform.privacy import MaskedLine
from shared.platform.problems import NotFoundError
from shared.platform.working_days import today

router = APIRouter()

MOST_FILES = 10


class MediaReport(CommandBody):
    """Which outlet reported an activity; only a back-entry may lack title, day, and link or page.

    Attributes:
        link: to the report, http or https.
        page: where it stands in print, e.g. 3 版.
        files: ids of what was uploaded before, e.g. a picture of the page.
    """

    outlet: Line
    level: MediaLevel
    reported_on: Day | None = None
    title: MaskedLine | None = None
    link: Line | None = None
    page: MaskedLine | None = None
    files: tuple[Id, ...] = Field(default=(), max_length=MOST_FILES)


@router.post("/entries/{entry_id}/reports")
async def report_in_media(
    entry_id: Id, body: MediaReport, caller: Liaison, commands: CommandsOf, files: FilesOf, now: Now
) -> Written:
    """Record that an outlet reported an activity (C16)."""
    check_back_entry(caller, back_entry=body.back_entry)
    entry = await commands.state(ENTRY, entry_id)
    if not entry.entry_id or not caller.covers(entry.division):
        raise NotFoundError
    stream = ENTRY.stream(entry_id)
    command = entries.ReportInMedia(
        **body.content("files"),
        files=tuple([await files.attach(id_, stream, within=caller.division) for id_ in body.files]),
        today=today(now),
    )
    return await commands.execute(
        ENTRY, entry_id, command, location=f"/entries/{entry_id}", source=body.source
    )


@router.get("/entries/{entry_id}/files/{file_id}", response_class=Response, responses=DOWNLOAD)
async def download_file(
    entry_id: Id, file_id: Id, caller: Reader, reading: ReadingOf, files: FilesOf, request: Request
) -> Response:
    """Return a file that shows a media report of an activity."""
    document = await reading.document(
        ENTRIES, entry_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    if file_id not in _files_of(document):
        raise NotFoundError
    return await file_response(await files.open(file_id), request)


def _files_of(document: Document) -> Iterator[str]:
    for report in document["reports"]:
        yield from (file["file_id"] for file in report.get("files", ()))
