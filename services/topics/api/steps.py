"""The steps of a topic over HTTP (T15)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from services.topics.api.writing import on_topic
from services.topics.deciders import TOPIC
from services.topics.domain import topic as topics
from services.topics.rights import Convener, Liaison
from shared.contracts.topics import Paper
from shared.contracts.types import Day, Id, Line
from shared.eventsourcing.http import CommandBody, CommandsOf, Written, check_back_entry
from shared.platform.auth import Principal
from shared.platform.clock import Now
from shared.platform.files import Files
from shared.platform.files_http import FilesOf
from shared.platform.privacy import MaskedLine, MaskedText
from shared.platform.working_days import today

router = APIRouter()

StepCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
MOST_PAPERS = 20


class PaperGiven(BaseModel):
    """A paper that a step gets.

    Attributes:
        kind: as the step asks for it, e.g. 调研报告.
        file_id: of its bytes, uploaded before.
    """

    kind: Line
    title: Line
    file_id: Id | None = None


class StepDone(CommandBody):
    """A step reported done.

    Attributes:
        completed_on: may be unknown in a back-entry.
        surveys: their number, of a back-entry that knows no more.
    """

    completed_on: Day | None = None
    papers: tuple[PaperGiven, ...] = Field(default=(), max_length=MOST_PAPERS)
    surveys: int | None = Field(default=None, ge=0, le=1000)


@router.post("/topics/{topic_id}/steps/{step}/completion")
async def complete_step(
    topic_id: Id,
    step: StepCode,
    body: StepDone,
    caller: Convener,
    commands: CommandsOf,
    files: FilesOf,
    now: Now,
) -> Written:
    """Report the next step done, with a paper of each kind that it asks for (T15)."""
    check_back_entry(caller, back_entry=body.back_entry)
    papers = tuple([await _paper(files, topic_id, paper, caller) for paper in body.papers])
    command = topics.CompleteStep(step=step, **body.content("papers"), papers=papers, today=today(now))
    return await on_topic(commands, topic_id, command, body.source)


async def _paper(files: Files, topic_id: str, paper: PaperGiven, caller: Principal) -> Paper:
    stream = TOPIC.stream(topic_id)
    file = await files.attach(paper.file_id, stream, within=caller.division) if paper.file_id else None
    return Paper(kind=paper.kind, title=paper.title, file=file)


class StepWaiver(BaseModel):
    """Why a step is left out, and who allowed it."""

    reason: MaskedText
    approver: MaskedLine
    waived_on: Day


@router.post("/topics/{topic_id}/steps/{step}/waiver")
async def waive_step(
    topic_id: Id, step: StepCode, body: StepWaiver, caller: Liaison, commands: CommandsOf, now: Now
) -> Written:
    """Leave the next step out (T15)."""
    command = topics.WaiveStep(step=step, **body.model_dump(), today=today(now))
    return await on_topic(commands, topic_id, command)
