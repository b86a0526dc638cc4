"""Surveys on a topic, and what a procedure asks of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.topics.deciders import TOPIC
from services.topics.domain.procedures import Procedure
from services.topics.domain.topic import CompleteStep
from shared.contracts.base import DomainEvent
from shared.contracts.topics import StepCompleted, StepWaived, SurveyRecorded
from shared.contracts.types import FileRef, Flag
from shared.eventsourcing.testing import given
from tests.unit.topics.commands import COMPLETE_SURVEY, RECORD_MEETING, RECORD_SURVEY
from tests.unit.topics.examples import (
    ADOPTED,
    CONSULT,
    CONSULTED,
    CONVERT,
    LAMPS,
    MARCH_20,
    PROPOSED,
    RAISE,
    SURVEYED,
    adopted,
)

PHOTOGRAPH = FileRef(file_id="file-1", media_type="image/jpeg", size=12, sha256="0" * 64)
RECORDED = SurveyRecorded(
    topic_id=LAMPS,
    survey_id="survey-1",
    surveyed_on=MARCH_20,
    place="三组",
    by=("孙武街道联络室",),
    findings="三盏灯不亮",
)
TWO_SURVEYS = ADOPTED.model_copy(update={"surveys_required": 2})
SECOND = RECORDED.model_copy(update={"survey_id": "survey-2"})


@pytest.mark.rule("T17")
@pytest.mark.parametrize("past", [[PROPOSED], [PROPOSED, ADOPTED]], ids=["proposed", "adopted"])
def test_a_survey_has_date_place_who_findings_and_files(past: list[DomainEvent]) -> None:
    command = replace(RECORD_SURVEY, people=("member-3",), files=(PHOTOGRAPH,))

    given(TOPIC, *past).when(command).then(
        RECORDED.model_copy(update={"people": ("member-3",), "files": (PHOTOGRAPH,)})
    )


@pytest.mark.rule("T17")
def test_a_survey_is_recorded_once() -> None:
    given(TOPIC, PROPOSED, ADOPTED, RECORDED).when(RECORD_SURVEY).then_nothing()


@pytest.mark.rule("T17")
def test_somebody_made_a_survey() -> None:
    refusal = (
        given(TOPIC, PROPOSED)
        .when(replace(RECORD_SURVEY, by=()))
        .then_refused("survey-by-nobody", rule="T17")
    )

    assert refusal.field == "by"


@pytest.mark.rule("T17")
def test_a_survey_may_precede_the_proposal_but_is_not_of_a_day_to_come() -> None:
    earlier, later = date(2024, 2, 1), MARCH_20 + timedelta(days=1)

    assert TOPIC.decide(replace(RECORD_SURVEY, surveyed_on=earlier), TOPIC.fold([PROPOSED]))
    given(TOPIC, PROPOSED).when(replace(RECORD_SURVEY, surveyed_on=later)).then_refused(
        "day-in-the-future", rule="T17"
    )


@pytest.mark.rule("T15")
@pytest.mark.rule("T17")
def test_the_step_waits_for_the_surveys_that_the_procedure_asks_for() -> None:
    short = given(TOPIC, PROPOSED, TWO_SURVEYS, RECORDED)
    refusal = short.when(COMPLETE_SURVEY).then_refused("surveys-missing", rule="T17")

    assert "2" in refusal.zh
    given(TOPIC, PROPOSED, TWO_SURVEYS, RECORDED, SECOND).when(COMPLETE_SURVEY).then(SURVEYED)


@pytest.mark.rule("T17")
def test_the_number_of_surveys_is_counted_and_not_typed() -> None:
    refusal = (
        given(TOPIC, PROPOSED, TWO_SURVEYS)
        .when(replace(COMPLETE_SURVEY, surveys=2))
        .then_refused("surveys-are-counted", rule="T17")
    )

    assert refusal.field == "surveys"


def test_a_back_entry_may_know_only_how_many_surveys_there_were() -> None:
    given(TOPIC, PROPOSED, TWO_SURVEYS).when(CompleteStep("survey", None, surveys=3, back_entry=True)).then(
        StepCompleted(topic_id=LAMPS, step="survey", completed_on=None, surveys=3, back_entry=True)
    )


@pytest.mark.rule("T16")
@pytest.mark.rule("T17")
def test_a_consultation_before_its_surveys_is_recorded_and_says_so() -> None:
    given(TOPIC, PROPOSED, TWO_SURVEYS, RECORDED).when(RECORD_MEETING).then(
        CONSULTED.model_copy(
            update={
                "deviation": Flag(
                    rule="T16",
                    text="协商时尚未完成的步骤：调查研究；程序要求协商前调研 2 次，已记录 1 次",
                )
            }
        )
    )


@pytest.mark.rule("T17")
def test_surveys_are_missed_where_the_procedure_has_no_step_for_them() -> None:
    no_step = Procedure("p", 1, "程序", (RAISE, CONSULT, CONVERT), surveys_required=1)
    pinned = adopted(no_step).model_copy(update={"surveys_required": 1})

    said = TOPIC.decide(RECORD_MEETING, TOPIC.fold([PROPOSED, pinned]))

    assert said == [
        CONSULTED.model_copy(
            update={"deviation": Flag(rule="T17", text="程序要求协商前调研 1 次，已记录 0 次")}
        )
    ]


@pytest.mark.rule("T17")
def test_surveys_that_were_waived_are_not_missed() -> None:
    waived = StepWaived(
        topic_id=LAMPS, step="survey", reason="县里已调研", approver="主席会议", waived_on=MARCH_20
    )

    given(TOPIC, PROPOSED, TWO_SURVEYS, waived).when(RECORD_MEETING).then(CONSULTED)
