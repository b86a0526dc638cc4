"""What happens to a problem at its handlers, over HTTP: returned, extended, worked on, answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.cases.api.on_problem import Bodies, check_handler, is_clerk, on_problem
from services.cases.calendar import ClockOf
from services.cases.deciders import PROBLEM
from services.cases.domain import problem as problems
from services.cases.projections.problems import PROBLEMS
from services.cases.rights import EvidenceReader, Handler, Liaison
from shared.contracts.types import ContactMeans, Day, FileRef, Id, Line, ReplyResult
from shared.eventsourcing.http import CommandBody, CommandsOf, Written, check_back_entry
from shared.eventsourcing.reading import ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.files import Files
from shared.platform.files_http import DOWNLOAD, FilesOf, file_response
from shared.platform.privacy import MaskedLine, MaskedText
from shared.platform.problems import NotFoundError

router = APIRouter()

MOST_FILES = 20
READS_EVERY_FILE = frozenset({Role.CONVENER, Role.LIAISON, Role.OFFICE, Role.AUDITOR})

Evidence = Annotated[tuple[Id, ...], Field(max_length=MOST_FILES, description="Ids of uploaded files")]


class Return(CommandBody):
    """Why a problem is not for its lead to solve (C03).

    Attributes:
        returned_on: today unless said.
    """

    reason: MaskedText
    returned_on: Day | None = None


@router.post("/problems/{problem_id}/return")
async def return_problem(
    problem_id: Id, body: Return, caller: Handler, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Return a problem to the liaison office within three working days of its assignment (C03)."""
    check_back_entry(caller, back_entry=body.back_entry)
    check_handler(await commands.state(PROBLEM, problem_id), caller)
    command = problems.ReturnProblem(**body.content(), at=clock)
    return await on_problem(commands, problem_id, command, body.source)


class Reassignment(CommandBody):
    """Who handles a problem that was returned (C03).

    Attributes:
        assigned_on: today unless said.
        due_on: last day for a reply; three months, moved to a working day, unless given (C02).
    """

    lead: Line
    co_handlers: Bodies = ()
    assigned_on: Day | None = None
    due_on: Day | None = None


@router.post("/problems/{problem_id}/reassignment")
async def reassign(
    problem_id: Id, body: Reassignment, caller: Liaison, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Assign a returned problem anew; the clock starts again (C03)."""
    check_back_entry(caller, back_entry=body.back_entry)
    command = problems.ReassignProblem(**body.content(), at=clock)
    return await on_problem(commands, problem_id, command, body.source)


class Extension(CommandBody):
    """Until when the last day for a reply is put off, why, and who allowed it (C06).

    Attributes:
        extended_on: today unless said.
    """

    reason: MaskedText
    approver: MaskedLine
    due_on: Day
    extended_on: Day | None = None


@router.post("/problems/{problem_id}/extension")
async def extend(
    problem_id: Id, body: Extension, caller: Liaison, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Put off the last day for a reply, in all to six months after the first assignment (C06)."""
    check_back_entry(caller, back_entry=body.back_entry)
    command = problems.ExtendDueDate(**body.content(), at=clock)
    return await on_problem(commands, problem_id, command, body.source)


class Contact(CommandBody):
    """That the proposer was spoken with (C04).

    Attributes:
        outcome: what came of it, without names.
        contacted_on: today unless said.
    """

    means: ContactMeans
    outcome: MaskedText
    contacted_on: Day | None = None


@router.post("/problems/{problem_id}/contacts")
async def record_contact(
    problem_id: Id, body: Contact, caller: Handler, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Record a contact with the proposer, which the reply to come then need not state (C04)."""
    check_back_entry(caller, back_entry=body.back_entry)
    check_handler(await commands.state(PROBLEM, problem_id), caller)
    command = problems.RecordContact(**body.content(), at=clock)
    return await on_problem(commands, problem_id, command, body.source)


class Progress(CommandBody):
    """How far the solution is (C05).

    Attributes:
        percent: 0 to 100.
        reason: why it fell, where it did.
        files: the evidence: ids of what was uploaded before.
        reported_on: today unless said.
    """

    percent: int = Field(ge=0, le=100)
    note: MaskedText
    reason: MaskedText | None = None
    files: Evidence = ()
    reported_on: Day | None = None


@router.post("/problems/{problem_id}/progress")
async def report_progress(
    problem_id: Id, body: Progress, caller: Handler, commands: CommandsOf, files: FilesOf, clock: ClockOf
) -> Written:
    """Report progress with its evidence, as lead or as co-handler (C05)."""
    check_back_entry(caller, back_entry=body.back_entry)
    check_handler(await commands.state(PROBLEM, problem_id), caller, with_co_handlers=True)
    command = problems.ReportProgress(
        **body.content("files"),
        files=await _attached(files, body.files, problem_id, caller),
        by=None if is_clerk(caller) else caller.organisation,
        at=clock,
    )
    return await on_problem(commands, problem_id, command, body.source)


async def _attached(
    files: Files, file_ids: tuple[str, ...], problem_id: str, caller: Principal
) -> tuple[FileRef, ...]:
    stream = PROBLEM.stream(problem_id)
    return tuple([await files.attach(id_, stream, within=caller.division) for id_ in file_ids])


class Reply(CommandBody):
    """A department's answer (C04, C07).

    Attributes:
        contacted_on: not needed where a contact was recorded before.
        files: ids of what was uploaded before.
    """

    result: ReplyResult
    replied_on: Day
    text: MaskedText | None = None
    follow_up_on: Day | None = None
    contacted_on: Day | None = None
    no_contact_reason: MaskedText | None = None
    files: Evidence = ()


@router.post("/problems/{problem_id}/replies")
async def reply(
    problem_id: Id, body: Reply, caller: Handler, commands: CommandsOf, files: FilesOf, clock: ClockOf
) -> Written:
    """Answer a problem; after a B or C reply, give the result of looking at it again."""
    check_back_entry(caller, back_entry=body.back_entry)
    check_handler(await commands.state(PROBLEM, problem_id), caller)
    command = problems.ReplyToProblem(
        **body.content("files"), files=await _attached(files, body.files, problem_id, caller), at=clock
    )
    return await on_problem(commands, problem_id, command, body.source)


@router.get("/problems/{problem_id}/files/{file_id}", response_class=Response, responses=DOWNLOAD)
async def download_file(
    problem_id: Id, file_id: Id, caller: EvidenceReader, reading: ReadingOf, files: FilesOf, request: Request
) -> Response:
    """Return a file of a problem: to the offices of its division, and to those it is or was assigned to."""
    document = await reading.document(
        PROBLEMS, problem_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    if file_id not in _files_of(document) or not _may_read_files(caller, document):
        raise NotFoundError
    return await file_response(await files.open(file_id), request)


def _files_of(document: Mapping[str, Any]) -> set[str]:
    said = (*document["progress"], *document["replies"])
    return {file["file_id"] for part in said for file in part.get("files", ())}


def _may_read_files(caller: Principal, document: Mapping[str, Any]) -> bool:
    handlers = {
        handler
        for given in (document, *document["assignments"])
        for handler in (given["lead"], *given["co_handlers"])
    }
    return not READS_EVERY_FILE.isdisjoint(caller.roles) or caller.organisation in handlers
