"""Problems over HTTP, from assignment to strike-off."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import BaseModel

from services.cases.deciders import ENTRY, PROBLEM
from services.cases.domain import problem as problems
from services.cases.lists import PROBLEM_LIST
from services.cases.projections.problems import PROBLEMS
from services.cases.rights import Convener, Handler, Liaison, Reader
from services.cases.views.problems import ProblemView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import (
    Day,
    DivisionCode,
    Id,
    Line,
    Rating,
    ReplyResult,
    Text,
)
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import visible_divisions
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.problems import NotFoundError
from shared.platform.working_days import WorkCalendar, add_months

router = APIRouter()
CALENDAR = WorkCalendar()

REPLY_MONTHS = 3
"""Default time for a reply (C02)."""


class Assignment(CommandBody):
    """A problem for a department.

    Attributes:
        due_on: last day for a reply; three months, moved to a working day, unless given (C02).
    """

    problem_id: Id | None = None
    entry_id: Id
    text: Text
    lead: Line
    co_handlers: tuple[Line, ...] = ()
    assigned_on: Day
    due_on: Day | None = None


@router.post("/problems", status_code=status.HTTP_201_CREATED)
async def assign_problem(body: Assignment, caller: Liaison, commands: CommandsOf) -> Written:
    """Assign a problem that came of a consultation."""
    check_back_entry(caller, back_entry=body.back_entry)
    entry = await commands.state(ENTRY, body.entry_id)
    if not entry.entry_id or not caller.covers(entry.division):
        raise RefusedError(
            "entry-unknown",
            rule="C01",
            zh="没有这条台账;协商记录完成后才能交办。",
            en="There is no such ledger entry; a problem is assigned after the meeting was held.",
            field="entry_id",
        )
    problem_id = body.problem_id or commands.new_id()
    command = problems.AssignProblem(
        **body.content("problem_id", "due_on"),
        problem_id=problem_id,
        topic_id=entry.topic_id,
        division=entry.division,
        due_on=body.due_on or _due_after(body.assigned_on),
    )
    return await commands.execute(
        PROBLEM,
        problem_id,
        command,
        location=f"/problems/{problem_id}",
        division=entry.division,
        source=body.source,
    )


def _due_after(day: date) -> date:
    """Return the last day for a reply, where nobody says another one (C02)."""
    return CALENDAR.on_or_after(add_months(day, REPLY_MONTHS))


class Reply(CommandBody):
    """A department's answer (C04, C07)."""

    result: ReplyResult
    replied_on: Day
    text: Text | None = None
    follow_up_on: Day | None = None
    contacted_on: Day | None = None
    no_contact_reason: Text | None = None


@router.post("/problems/{problem_id}/replies")
async def reply(problem_id: Id, body: Reply, caller: Handler, commands: CommandsOf) -> Written:
    """Answer a problem; after a B or C reply, give the result of looking at it again."""
    check_back_entry(caller, back_entry=body.back_entry)
    _check_handler(await commands.state(PROBLEM, problem_id), caller)
    return await _on_problem(commands, problem_id, problems.ReplyToProblem(**body.content()), body.source)


def _check_handler(problem: problems.Problem, caller: Principal) -> None:
    """Let a department answer its own assignments only; the liaison office enters what came on paper."""
    enters_for_others = not {Role.LIAISON, Role.OFFICE}.isdisjoint(caller.roles)
    if not enters_for_others and problem.lead not in ("", caller.organisation):
        raise NotFoundError


class ReplyRating(CommandBody):
    """How content the proposer is (C08).

    Attributes:
        due_on: new last day, where 不满意 reopens the problem; three months, moved to a working day, unless
            given (C10). What a back-entry does not say stays unknown.
        solved_on: back-entry only: the day of the strike-off.
    """

    rating: Rating
    rated_on: Day | None = None
    reason: Text | None = None
    due_on: Day | None = None
    solved_on: Day | None = None


@router.post("/problems/{problem_id}/rating")
async def rate(problem_id: Id, body: ReplyRating, caller: Convener, commands: CommandsOf) -> Written:
    """Rate the newest reply for those who raised it (C08); an A reply that satisfies solves it (C09)."""
    check_back_entry(caller, back_entry=body.back_entry)
    if body.rated_on is None and not body.back_entry:
        raise RefusedError(
            "rating-day-missing",
            rule="C08",
            zh="请填评价日期。",
            en="Say when it was rated.",
            field="rated_on",
        )
    due_on = body.due_on
    if due_on is None and body.rated_on is not None and not body.back_entry:
        due_on = _due_after(body.rated_on)
    command = problems.RateReply(**body.content("due_on"), due_on=due_on)
    return await _on_problem(commands, problem_id, command, body.source)


class Confirmation(BaseModel):
    """Why an unrated reply is taken as solving the problem."""

    reason: Text
    confirmed_on: Day


@router.post("/problems/{problem_id}/confirmation")
async def confirm(problem_id: Id, body: Confirmation, caller: Convener, commands: CommandsOf) -> Written:
    """Confirm an A reply that nobody rated for 15 working days (C09)."""
    state = await commands.state(PROBLEM, problem_id)
    waited = CALENDAR.working_days_between(state.replied_on, body.confirmed_on) if state.replied_on else 0
    command = problems.ConfirmSolution(body.reason, body.confirmed_on, waited)
    return await _on_problem(commands, problem_id, command)


class Reopening(BaseModel):
    """Why a solved problem is open again, and until when it is handled."""

    reason: Text
    due_on: Day


@router.post("/problems/{problem_id}/reopening")
async def reopen(problem_id: Id, body: Reopening, caller: Liaison, commands: CommandsOf) -> Written:
    """Open a solved problem again; its loop reopens with it (C18)."""
    command = problems.ReopenProblem(body.reason, body.due_on)
    return await _on_problem(commands, problem_id, command)


async def _on_problem(
    commands: Commands, problem_id: str, command: problems.ProblemCommand, source: str | None = None
) -> Written:
    return await commands.execute(
        PROBLEM, problem_id, command, location=f"/problems/{problem_id}", source=source
    )


@router.get("/problems", response_model=Page[ProblemView], responses=EXPORTS)
async def list_problems(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(PROBLEM_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    entry_id: Annotated[Id | None, Query()] = None,
    status_: Annotated[str | None, Query(alias="status", max_length=20)] = None,
) -> Page[ProblemView] | Response:
    """List the problems of the caller's division, or of one inside it."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    query |= {k: v for k, v in (("entry_id", entry_id), ("status", status_)) if v is not None}
    return await reading.listed(PROBLEMS, PROBLEM_LIST, query, asked)


@router.get("/problems/{problem_id}")
async def get_problem(
    problem_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion, as_of: AsOfAsked
) -> ProblemView:
    """Return a problem as it stands, or stood."""
    return await reading.one(PROBLEMS, problem_id, ProblemView, caller=caller, minimum=minimum, as_of=as_of)


@router.get("/problems/{problem_id}/history")
async def get_problem_history(
    problem_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a problem, oldest first."""
    return await reading.history(PROBLEMS, problem_id, asked, caller=caller)
