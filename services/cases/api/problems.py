"""Problems over HTTP: assigned, opened again, read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from services.cases.api.on_problem import Bodies, on_problem
from services.cases.calendar import CALENDAR, ClockOf
from services.cases.deciders import ENTRY, PROBLEM
from services.cases.domain import problem as problems
from services.cases.domain.loop import Entry
from services.cases.lists import PROBLEM_LIST
from services.cases.projections.problems import PROBLEMS
from services.cases.rights import Liaison, Reader
from services.cases.views.problems import ProblemView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Day, DivisionCode, Id, Line
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, CommandsOf, Written, check_back_entry
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.http import MinVersion, Page
from shared.platform.language import FieldValueError
from shared.platform.lights import Colour, dates_of
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedText

router = APIRouter()

ProblemStatus = Literal["handling", "returned", "replied", "solved", "closed", "referred"]


class Assignment(CommandBody):
    """A problem for a department.

    Attributes:
        opinion: which of the entry's opinions it came of, from 1; its words are the problem's unless given.
        due_on: last day for a reply; three months, moved to a working day, unless given (C02).
    """

    problem_id: Id | None = None
    entry_id: Id
    opinion: int | None = Field(default=None, ge=1, le=1000)
    text: MaskedText | None = Field(default=None, validate_default=True)
    lead: Line
    co_handlers: Bodies = ()
    assigned_on: Day
    due_on: Day | None = None

    @field_validator("text")
    @classmethod
    def _said_somewhere(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None and info.data.get("opinion") is None:
            raise FieldValueError("请填写问题，或写明是第几条协商意见。", "Say what, or of which opinion.")
        return text


@router.post("/problems", status_code=status.HTTP_201_CREATED)
async def assign_problem(body: Assignment, caller: Liaison, commands: CommandsOf, clock: ClockOf) -> Written:
    """Assign a problem that came of a consultation."""
    check_back_entry(caller, back_entry=body.back_entry)
    entry = await commands.state(ENTRY, body.entry_id)
    if not entry.entry_id or not caller.covers(entry.division):
        raise RefusedError(
            "entry-unknown",
            rule="C01",
            zh="没有这条台账；协商记录完成后才能交办。",
            en="There is no such ledger entry; a problem is assigned after the meeting was held.",
            field="entry_id",
        )
    problem_id = body.problem_id or commands.new_id()
    command = problems.AssignProblem(
        **body.content("problem_id", "due_on", "text"),
        problem_id=problem_id,
        topic_id=entry.topic_id,
        division=entry.division,
        text=_text_of(body, entry),
        due_on=body.due_on or CALENDAR.months_after(body.assigned_on, problems.REPLY_MONTHS),
        at=clock,
    )
    return await commands.execute(
        PROBLEM,
        problem_id,
        command,
        location=f"/problems/{problem_id}",
        division=entry.division,
        source=body.source,
    )


def _text_of(body: Assignment, entry: Entry) -> str:
    """Return what the problem is: as said, else as the meeting agreed; what is known is not asked again."""
    if body.opinion is not None and body.opinion > len(entry.opinions):
        raise RefusedError(
            "opinion-unknown",
            rule="C01",
            zh=f"该次协商记录了 {len(entry.opinions)} 条意见，没有第 {body.opinion} 条。",
            en=f"The consultation has {len(entry.opinions)} opinions; there is no number {body.opinion}.",
            field="opinion",
        )
    return body.text or entry.opinions[(body.opinion or 1) - 1]


class Reopening(BaseModel):
    """Why a solved problem is open again, and until when it is handled.

    Attributes:
        reopened_on: today unless said.
    """

    reason: MaskedText
    due_on: Day
    reopened_on: Day | None = None


@router.post("/problems/{problem_id}/reopening")
async def reopen(
    problem_id: Id, body: Reopening, caller: Liaison, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Open a solved problem again; its loop reopens with it (C18)."""
    return await on_problem(commands, problem_id, problems.ReopenProblem(**dict(body), at=clock))


@router.get("/problems", response_model=Page[ProblemView], responses=EXPORTS)
async def list_problems(
    caller: Reader,
    reading: ReadingOf,
    clock: ClockOf,
    asked: Annotated[ListRequest, Depends(PROBLEM_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    entry_id: Annotated[Id | None, Query()] = None,
    status_: Annotated[ProblemStatus | None, Query(alias="status")] = None,
    lead: Annotated[Line | None, Query(description="承办单位")] = None,
    light: Annotated[Colour | None, Query(description="Of the date that counts, that day (C12)")] = None,
    due_from: Annotated[Day | None, Query(description="The date that counts is not earlier")] = None,
    due_to: Annotated[Day | None, Query(description="The date that counts is not later")] = None,
) -> Page[ProblemView] | Response:
    """List the problems of the caller's division, or of one inside it, with their lights (C12)."""
    day = asked.as_of or clock.today
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    given = (("entry_id", entry_id), ("status", status_), ("lead", lead))
    query |= {name: value for name, value in given if value is not None}
    conditions = [query, *_due_between(due_from, due_to), *_with_light(light, day)]

    async def views(documents: Sequence[Document]) -> list[ProblemView]:
        return [ProblemView.of(document, day, CALENDAR) for document in documents]

    return await reading.listed(PROBLEMS, PROBLEM_LIST, {"$and": conditions}, asked, views=views)


def _due_between(first: date | None, last: date | None) -> list[dict[str, Any]]:
    bounds = {"$gte": first, "$lte": last}
    said = {operator: day.isoformat() for operator, day in bounds.items() if day is not None}
    return [{"next_due_on": said}] if said else []


def _with_light(light: Colour | None, day: date) -> list[dict[str, Any]]:
    """Return the condition for a light: which dates have it on a day."""
    if light is None:
        return []
    if light is Colour.NONE:
        return [{"next_due_on": None}]
    return _due_between(*dates_of(light, day, CALENDAR))


@router.get("/problems/{problem_id}")
async def get_problem(
    problem_id: Id, caller: Reader, reading: ReadingOf, clock: ClockOf, minimum: MinVersion, as_of: AsOfAsked
) -> ProblemView:
    """Return a problem as it stands, or stood, with its light of that day."""
    document = await reading.document(
        PROBLEMS, problem_id, minimum=minimum, visible=lambda d: caller.covers(d["division"]), as_of=as_of
    )
    return ProblemView.of(document, as_of.day or clock.today, CALENDAR)


@router.get("/problems/{problem_id}/history")
async def get_problem_history(
    problem_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a problem, oldest first."""
    return await reading.history(PROBLEMS, problem_id, asked, caller=caller)
