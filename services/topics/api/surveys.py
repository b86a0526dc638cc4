"""Surveys on a topic, and the files that belong to it, over HTTP (T17, T18)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, Field

from services.topics.api.writing import on_topic
from services.topics.deciders import TOPIC
from services.topics.domain import topic as topics
from services.topics.projections.topics import TOPICS
from services.topics.rights import FileReader, Member
from shared.contracts.types import Day, Id, Line, Text
from shared.eventsourcing.http import CommandsOf, Written, person_id
from shared.eventsourcing.reading import ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.clock import Now
from shared.platform.files_http import DOWNLOAD, FilesOf, file_response
from shared.platform.privacy import masked
from shared.platform.problems import NotFoundError
from shared.platform.working_days import today

router = APIRouter()

MOST_FILES = 20
READS_EVERY_FILE = frozenset({Role.CONVENER, Role.LIAISON, Role.OFFICE, Role.AUDITOR})


class NewSurvey(BaseModel):
    """A survey that was made.

    Attributes:
        by: organisations and official roles that took part.
        people: opaque ids of the members who took part; the caller, where nobody is named.
        files: ids of what was uploaded before.
    """

    survey_id: Id | None = None
    surveyed_on: Day
    place: Line
    by: tuple[Line, ...] = Field(default=(), max_length=50)
    people: tuple[Id, ...] = Field(default=(), max_length=50)
    findings: Text
    files: tuple[Id, ...] = Field(default=(), max_length=MOST_FILES)


@router.post("/topics/{topic_id}/surveys", status_code=status.HTTP_201_CREATED)
async def record_survey(
    topic_id: Id, body: NewSurvey, caller: Member, commands: CommandsOf, files: FilesOf, now: Now
) -> Written:
    """Record a survey with its findings and files (T17)."""
    stream = TOPIC.stream(topic_id)
    command = topics.RecordSurvey(
        surveyed_on=body.surveyed_on,
        place=masked(body.place),
        by=body.by,
        findings=masked(body.findings),
        survey_id=body.survey_id or commands.new_id(),
        people=body.people or (() if body.by else (person_id(caller.subject),)),
        files=tuple([await files.attach(id_, stream, within=caller.division) for id_ in body.files]),
        today=today(now),
    )
    return await on_topic(commands, topic_id, command)


@router.get("/topics/{topic_id}/files/{file_id}", response_class=Response, responses=DOWNLOAD)
async def download_file(
    topic_id: Id, file_id: Id, caller: FileReader, reading: ReadingOf, files: FilesOf, request: Request
) -> Response:
    """Return a file of a topic: to those who handle it, and to the members who made the survey (T18)."""
    document = await reading.document(
        TOPICS, topic_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    if not _may_read(caller, document, file_id):
        raise NotFoundError
    return await file_response(await files.open(file_id), request)


def _may_read(caller: Principal, document: Mapping[str, Any], file_id: str) -> bool:
    surveys = [s for s in document["surveys"] if file_id in _ids(s["files"])]
    if not READS_EVERY_FILE.isdisjoint(caller.roles):
        return bool(surveys) or file_id in _ids(_papers(document))
    return any(person_id(caller.subject) in survey["people"] for survey in surveys)


def _papers(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for step in document["steps"]:
        yield from (paper["file"] for paper in step.get("given", ()) if paper.get("file"))


def _ids(files: Any) -> set[str]:  # noqa: ANN401 - file references of a document
    return {file["file_id"] for file in files}
