"""Surveys on a topic (T17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.topics.domain.topic.state import Known, check_day, going
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import SurveyRecorded
from shared.contracts.types import FileRef


@dataclass(frozen=True)
class RecordSurvey:
    """Record a survey; see `SurveyRecorded` for the fields.

    Attributes:
        surveyed_on: may be before the proposal, for topics come of surveys, too.
    """

    survey_id: str
    surveyed_on: date
    place: str
    findings: str
    today: date
    by: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    files: tuple[FileRef, ...] = ()


def record_survey(command: RecordSurvey, topic: Known) -> Sequence[DomainEvent]:
    """Return the survey; raises as `decide`."""
    found = going(topic)
    if command.survey_id in found.surveys:
        return []
    if not command.by and not command.people:
        raise RefusedError(
            "survey-by-nobody",
            rule="T17",
            zh="请写明参加调研的单位或人员。",
            en="State who made the survey.",
            field="by",
        )
    check_day(command.surveyed_on, field="surveyed_on", today=command.today, rule="T17")
    return [
        SurveyRecorded(
            topic_id=found.topic_id,
            survey_id=command.survey_id,
            surveyed_on=command.surveyed_on,
            place=command.place,
            by=command.by,
            people=command.people,
            findings=command.findings,
            files=command.files,
        )
    ]
