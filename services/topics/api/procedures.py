"""Procedures over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response, status
from pydantic import BaseModel, Field

from services.topics.catalogue import PRESETS, procedure_id
from services.topics.deciders import PROCEDURE
from services.topics.domain.procedures import Procedure, PublishProcedure
from services.topics.projections.procedures import PROCEDURES
from services.topics.rights import Office
from services.topics.views.procedures import PROCEDURE_LIST, ProcedureView
from shared.contracts.topics import Step
from shared.contracts.types import AttendeeKind, Day, Line, MeetingRules, Text
from shared.contracts.versions import Circumstances
from shared.eventsourcing.http import CommandsOf, Written
from shared.eventsourcing.reading import ReadingOf
from shared.eventsourcing.versions import Catalogue, Code, CountyAsked, VersionNumber
from shared.platform.clock import Now
from shared.platform.exports import EXPORTS
from shared.platform.http import Lang
from shared.platform.lists import Format
from shared.platform.working_days import today

router = APIRouter()


class StepBody(BaseModel):
    """A step of a procedure; `consult` and `convert` have to be among them."""

    code: Code
    title: Line
    phase: Line
    papers: tuple[Line, ...] = Field(default=(), max_length=20)


class RulesBody(BaseModel):
    """What a procedure asks of its meetings; see the contract `MeetingRules`."""

    notice_working_days: int = Field(default=3, ge=0, le=60)
    papers_working_days: int | None = Field(default=None, ge=0, le=60)
    composition: dict[AttendeeKind, Annotated[int, Field(ge=0, le=1000)]] | None = None
    quorum: int | None = Field(default=None, ge=1, le=10_000)
    quorum_percent: int | None = Field(default=None, ge=1, le=100)
    ballot: bool = False


class NewVersion(BaseModel):
    """The next version of a procedure, whole.

    Attributes:
        version: one more than the newest, which the caller thereby says to have seen.
    """

    version: int = Field(ge=1, le=10_000)
    title: Line
    steps: tuple[StepBody, ...] = Field(min_length=1, max_length=30)
    days: int | None = Field(default=None, ge=1, le=3660)
    surveys_required: int | None = Field(default=None, ge=1, le=100)
    rules: RulesBody | None = None
    source: Text | None = None
    published_on: Day

    def procedure(self, code: str) -> Procedure:
        """Return it as the domain has it."""
        return Procedure(
            code=code,
            version=self.version,
            title=self.title,
            steps=tuple(Step(**step.model_dump()) for step in self.steps),
            days=self.days,
            surveys_required=self.surveys_required,
            rules=MeetingRules(**self.rules.model_dump(exclude_none=True)) if self.rules else None,
            source=self.source or "",
        )


@router.post("/procedures/{code}/versions", status_code=status.HTTP_201_CREATED)
async def publish_procedure(
    code: Code, body: NewVersion, caller: Office, commands: CommandsOf, now: Now
) -> Written:
    """Publish the next version of a procedure in the county; topics under way keep theirs (T06, T10)."""
    county = caller.division[:6]
    at = Circumstances(PRESETS, today(now))
    return await commands.execute(
        PROCEDURE,
        procedure_id(county, code),
        PublishProcedure(county, body.procedure(code), body.published_on, at),
        location=f"/procedures/{code}/versions/{body.version}",
        division=county,
    )


CATALOGUE = Catalogue(PRESETS.by_code, PROCEDURES, PROCEDURE_LIST)


@router.get("/procedures", response_model=list[ProcedureView], responses=EXPORTS)
async def list_procedures(
    county: CountyAsked,
    reading: ReadingOf,
    language: Lang,
    now: Now,
    format: Annotated[Format, Query()] = Format.JSON,
) -> list[ProcedureView] | Response:
    """List every published version of every procedure of the county (T06)."""
    return await CATALOGUE.answer(reading, county, format, language, today(now))


@router.get("/procedures/{code}/versions/{version}")
async def get_procedure(
    code: Code, version: VersionNumber, county: CountyAsked, reading: ReadingOf
) -> ProcedureView:
    """Return one version of a procedure, which never changes (T06)."""
    return await CATALOGUE.version(reading, county, code, version)
