"""A topic's commands: what each does, what forbids it, when there is nothing to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.topics.deciders import TOPIC
from services.topics.domain.topic import (
    Adopted,
    CompleteStep,
    Proposed,
    RecordConsultation,
    TopicCommand,
)
from shared.contracts.base import DomainEvent
from shared.contracts.topics import (
    Paper,
    StepCompleted,
    StepWaived,
    TopicConcluded,
    TopicProposed,
    TopicReopened,
    TopicWithdrawn,
)
from shared.contracts.types import Basis, Channel, Flag, Level, Origin
from shared.eventsourcing.testing import given
from tests.unit.topics.commands import (
    ABSORB,
    ADOPT,
    CLAIM,
    COMPLETE_SURVEY,
    CONCLUDE,
    MERGE,
    PROPOSE,
    RECORD_MEETING,
    RECORD_SOLUTION,
    RECORD_SURVEY,
    REJECT,
    RELEASE,
    REOPEN,
    SPLIT,
    SUPPLEMENT,
    SUPPORT,
    TRIAGE,
    WAIVE_SURVEY,
    WITHDRAW,
    named,
)
from tests.unit.topics.examples import (
    ADOPTED,
    CONCLUDED,
    CONSULT,
    CONSULTED,
    CONVERT,
    CONVERTED,
    DIVISION,
    JULY_1,
    LAMPS,
    MARCH_1,
    MARCH_20,
    MAY_10,
    MEETING,
    MERGED,
    NO_MEETING,
    PROPOSED,
    REJECTED,
    ROADS,
    SURVEY,
    SURVEYED,
    WITHDRAWN,
    adopted,
)

STEPS_OF_A_GOING_TOPIC: list[TopicCommand] = [
    TRIAGE,
    ADOPT,
    REJECT,
    COMPLETE_SURVEY,
    WAIVE_SURVEY,
    RECORD_SURVEY,
    SUPPORT,
    SUPPLEMENT,
    CLAIM,
    RELEASE,
    SPLIT,
    MERGE,
    WITHDRAW,
    CONCLUDE,
]
ENDINGS = [pytest.param(e, id=e.name) for e in (REJECTED, WITHDRAWN, MERGED, CONCLUDED)]
ENDED_FOR_GOOD = [pytest.param(e, id=e.name) for e in (REJECTED, WITHDRAWN)]


# propose


@pytest.mark.rule("T07")
def test_a_proposal_keeps_all_that_its_proposer_said() -> None:
    command = replace(
        PROPOSE,
        description="三组一段没有路灯",
        basis=Basis.PEOPLE_HOPE,
        level=Level.COMMUNITY,
        proposer="person-7",
        lead="孙武街道",
        convener="政协委员联络室",
        ledger_year=2024,
        ledger_number=12,
        back_entry=True,
    )

    given(TOPIC).when(command).then(
        TopicProposed(
            topic_id=LAMPS,
            division=DIVISION,
            title="路灯补亮",
            description="三组一段没有路灯",
            origin=Origin.RESIDENTS,
            channel=Channel.QR,
            basis=Basis.PEOPLE_HOPE,
            level=Level.COMMUNITY,
            proposer="person-7",
            proposed_on=MARCH_1,
            lead="孙武街道",
            convener="政协委员联络室",
            ledger_year=2024,
            ledger_number=12,
            back_entry=True,
        )
    )


def test_what_a_proposal_leaves_out_stays_unknown() -> None:
    given(TOPIC).when(PROPOSE).then(PROPOSED)


@pytest.mark.rule("T07")
@pytest.mark.parametrize("past", [[PROPOSED], [PROPOSED, ADOPTED], [PROPOSED, WITHDRAWN]], ids=len)
def test_an_id_is_proposed_once(past: list[DomainEvent]) -> None:
    given(TOPIC, *past).when(replace(PROPOSE, origin=Origin.MEMBER)).then_refused("topic-exists")


@pytest.mark.parametrize(
    "command", named([*STEPS_OF_A_GOING_TOPIC, RECORD_MEETING, RECORD_SOLUTION, ABSORB, REOPEN])
)
def test_a_topic_that_was_never_proposed_takes_no_command(command: TopicCommand) -> None:
    given(TOPIC).when(command).then_refused("topic-unknown")


# complete a step


@pytest.mark.rule("T15")
def test_the_next_step_is_completed_with_its_papers() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(COMPLETE_SURVEY).then(SURVEYED)


@pytest.mark.rule("T15")
def test_a_step_before_its_turn_is_refused_and_told_which_comes_next() -> None:
    refusal = (
        given(TOPIC, PROPOSED, ADOPTED)
        .when(CompleteStep("convert", JULY_1))
        .then_refused("step-out-of-order", rule="T15")
    )

    assert "调查研究" in refusal.zh
    assert "survey" in refusal.en


@pytest.mark.rule("T15")
def test_a_step_without_its_papers_is_refused_and_told_what_it_asks_for() -> None:
    refusal = (
        given(TOPIC, PROPOSED, ADOPTED)
        .when(CompleteStep("survey", MARCH_20))
        .then_refused("papers-missing", rule="T15")
    )

    assert refusal.field == "papers"
    assert "调研报告" in refusal.zh


@pytest.mark.rule("T15")
def test_papers_of_another_kind_do_not_stand_for_those_that_a_step_asks_for() -> None:
    photographs = Paper(kind="照片", title="路口.jpg")

    given(TOPIC, PROPOSED, ADOPTED).when(
        CompleteStep("survey", MARCH_20, papers=(photographs, photographs))
    ).then_refused("papers-missing", rule="T15")


@pytest.mark.rule("T15")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"completed_on": None}, "day-missing"),
        ({"completed_on": MARCH_1 - timedelta(days=1)}, "day-out-of-order"),
        ({"today": MARCH_20 - timedelta(days=1)}, "day-in-the-future"),
    ],
)
def test_a_step_is_done_on_a_day_that_can_be_true(change: dict[str, Any], code: str) -> None:
    command = replace(COMPLETE_SURVEY, **change)

    refusal = given(TOPIC, PROPOSED, ADOPTED).when(command).then_refused(code, rule="T15")

    assert refusal.field == "completed_on"


@pytest.mark.rule("T15")
@pytest.mark.parametrize("completed_on", [MARCH_1 - timedelta(days=1), JULY_1 + timedelta(days=1)])
def test_a_back_entry_does_not_make_a_day_possible(completed_on: date) -> None:
    command = CompleteStep("survey", completed_on, back_entry=True, today=JULY_1)

    given(TOPIC, PROPOSED, ADOPTED).when(command).then_refused(
        "day-out-of-order" if completed_on < MARCH_1 else "day-in-the-future", rule="T15"
    )


@pytest.mark.rule("T15")
def test_a_step_that_the_procedure_does_not_have_is_refused() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(CompleteStep("publish", MARCH_20)).then_refused(
        "step-unknown", rule="T15"
    )


@pytest.mark.rule("T15")
@pytest.mark.parametrize("command", named([COMPLETE_SURVEY, WAIVE_SURVEY]))
def test_a_topic_not_yet_adopted_has_no_steps(command: TopicCommand) -> None:
    given(TOPIC, PROPOSED).when(command).then_refused("topic-not-adopted", rule="T15")


@pytest.mark.rule("T15")
@pytest.mark.parametrize("back_entry", [False, True])
def test_a_consultation_is_recorded_by_its_meeting_not_by_hand(back_entry: bool) -> None:
    command = CompleteStep("consult", MAY_10, back_entry=back_entry)

    refusal = (
        given(TOPIC, PROPOSED, ADOPTED, SURVEYED)
        .when(command)
        .then_refused("step-needs-a-meeting", rule="T15")
    )

    assert "面对面协商" in refusal.zh


def test_a_step_done_already_is_not_done_again() -> None:
    given(TOPIC, PROPOSED, ADOPTED, SURVEYED).when(COMPLETE_SURVEY).then_nothing()


def test_the_consultation_reported_by_hand_after_its_meeting_changes_nothing() -> None:
    given(TOPIC, PROPOSED, ADOPTED, CONSULTED).when(CompleteStep("consult", MAY_10)).then_nothing()


@pytest.mark.rule("T15")
def test_a_back_entry_may_know_of_a_later_step_alone_and_neither_its_date_nor_papers() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(CompleteStep("convert", None, back_entry=True)).then(
        StepCompleted(topic_id=LAMPS, step="convert", completed_on=None, back_entry=True)
    )


def test_a_back_entry_may_know_only_how_many_surveys_there_were() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(CompleteStep("survey", None, surveys=3, back_entry=True)).then(
        StepCompleted(topic_id=LAMPS, step="survey", completed_on=None, surveys=3, back_entry=True)
    )


@pytest.mark.rule("T10")
def test_a_newer_version_of_the_procedure_never_touches_a_running_topic() -> None:
    """Only what the adoption recorded counts: what the next version asks for is nowhere in the stream."""
    (
        given(TOPIC, PROPOSED)
        .when(ADOPT)
        .then(ADOPTED)
        .when(COMPLETE_SURVEY)
        .then(SURVEYED)
        .when(RECORD_MEETING)
        .then(CONSULTED)
        .when(CompleteStep("convert", JULY_1))
        .then(CONVERTED)
    )


# waive a step


@pytest.mark.rule("T15")
def test_the_next_step_is_waived_with_reason_and_approver_and_the_one_after_comes_next() -> None:
    waived = (
        given(TOPIC, PROPOSED, ADOPTED)
        .when(WAIVE_SURVEY)
        .then(
            StepWaived(
                topic_id=LAMPS,
                step="survey",
                reason="县里已调研",
                approver="主席会议",
                waived_on=MARCH_20,
            )
        )
    )

    assert isinstance(waived.state, Adopted)
    assert waived.state.next_step == CONSULT


@pytest.mark.rule("T15")
def test_a_step_is_not_waived_before_its_turn() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(replace(WAIVE_SURVEY, step="convert")).then_refused(
        "step-out-of-order", rule="T15"
    )


@pytest.mark.rule("T15")
def test_a_step_that_the_procedure_does_not_have_cannot_be_waived() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(replace(WAIVE_SURVEY, step="publish")).then_refused(
        "step-unknown", rule="T15"
    )


def test_a_step_done_or_waived_is_not_waived_again() -> None:
    given(TOPIC, PROPOSED, ADOPTED, SURVEYED).when(WAIVE_SURVEY).then_nothing()


# record a consultation


@pytest.mark.rule("T16")
def test_a_meeting_held_in_its_turn_completes_the_consultation() -> None:
    given(TOPIC, PROPOSED, ADOPTED, SURVEYED).when(RECORD_MEETING).then(CONSULTED)


@pytest.mark.rule("T16")
def test_a_meeting_before_its_turn_is_recorded_with_the_steps_that_were_missing() -> None:
    deviation = Flag(rule="T16", text="协商时尚未完成的步骤：调查研究")

    after = (
        given(TOPIC, PROPOSED, ADOPTED)
        .when(RECORD_MEETING)
        .then(CONSULTED.model_copy(update={"deviation": deviation}))
    )

    assert isinstance(after.state, Adopted)
    assert after.state.next_step == SURVEY


@pytest.mark.rule("T16")
def test_a_meeting_before_the_adoption_is_recorded_and_counts_after_it() -> None:
    deviation = Flag(rule="T16", text="协商时议题尚未立项")

    after = (
        given(TOPIC, PROPOSED)
        .when(RECORD_MEETING)
        .then(CONSULTED.model_copy(update={"deviation": deviation}))
        .when(ADOPT)
        .then(ADOPTED)
    )

    assert isinstance(after.state, Adopted)
    assert after.state.settled == {"raise", "consult"}


@pytest.mark.rule("T16")
@pytest.mark.parametrize("past", [[PROPOSED], [PROPOSED, ADOPTED]], ids=["proposed", "adopted"])
def test_a_back_entry_is_no_deviation_for_its_source_does_not_tell_every_step(
    past: list[DomainEvent],
) -> None:
    given(TOPIC, *past).when(replace(RECORD_MEETING, back_entry=True)).then(
        CONSULTED.model_copy(update={"back_entry": True})
    )


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([PROPOSED, CONSULTED], id="not adopted"),
        pytest.param([PROPOSED, CONSULTED, ADOPTED], id="held before the adoption"),
        pytest.param([PROPOSED, ADOPTED, SURVEYED, CONSULTED], id="in its turn"),
        pytest.param([PROPOSED, ADOPTED, SURVEYED, CONSULTED, CONCLUDED], id="concluded"),
    ],
)
def test_a_meeting_is_recorded_once(past: list[DomainEvent]) -> None:
    given(TOPIC, *past).when(RECORD_MEETING).then_nothing()


def test_a_topic_may_be_consulted_on_in_a_second_meeting() -> None:
    given(TOPIC, PROPOSED, ADOPTED, SURVEYED, CONSULTED).when(
        RecordConsultation("meeting-in-july", JULY_1)
    ).then(CONSULTED.model_copy(update={"meeting_id": "meeting-in-july", "completed_on": JULY_1}))


@pytest.mark.rule("T16")
def test_a_meeting_that_becomes_known_after_its_loop_closed_is_recorded_and_reopens_nothing() -> None:
    concluded = CONCLUDED.model_copy(update={"meeting_id": MEETING})

    after = given(TOPIC, PROPOSED, ADOPTED, SURVEYED, concluded).when(RECORD_MEETING).then(CONSULTED)

    assert after.state.situation == "ended"
    reopened = after.when(REOPEN).then(TopicReopened(topic_id=LAMPS, reason="群众不满意"))
    assert isinstance(reopened.state, Adopted)
    assert "consult" in reopened.state.settled


@pytest.mark.rule("T16")
def test_a_meeting_is_a_fact_even_where_the_procedure_has_no_step_for_it() -> None:
    after = given(TOPIC, PROPOSED, adopted(NO_MEETING)).when(RECORD_MEETING).then(CONSULTED)

    assert isinstance(after.state, Adopted)
    assert after.state.settled == {"raise"}


@pytest.mark.rule("T20")
@pytest.mark.parametrize("ending", ENDED_FOR_GOOD)
@pytest.mark.parametrize("command", named([RECORD_MEETING, RECORD_SOLUTION]))
def test_a_topic_withdrawn_or_rejected_takes_no_fact_of_another_service(
    ending: DomainEvent, command: TopicCommand
) -> None:
    given(TOPIC, PROPOSED, ADOPTED, ending).when(command).then_refused("topic-ended", rule="T20")


# record a solution


def test_a_solved_problem_completes_the_conversion() -> None:
    given(TOPIC, PROPOSED, ADOPTED, SURVEYED, CONSULTED).when(RECORD_SOLUTION).then(CONVERTED)


def test_a_solved_problem_is_a_fact_although_earlier_steps_are_open() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(replace(RECORD_SOLUTION, back_entry=True)).then(
        CONVERTED.model_copy(update={"back_entry": True})
    )


def test_a_solved_problem_that_becomes_known_after_the_conclusion_is_recorded() -> None:
    given(TOPIC, PROPOSED, ADOPTED, CONCLUDED).when(RECORD_SOLUTION).then(CONVERTED)


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([PROPOSED], id="not adopted"),
        pytest.param([PROPOSED, ADOPTED, CONVERTED], id="converted already"),
        pytest.param([PROPOSED, adopted(NO_MEETING)], id="no such step"),
        pytest.param([PROPOSED, CONCLUDED], id="concluded, never adopted"),
    ],
)
def test_a_solved_problem_changes_nothing_where_no_conversion_waits(past: list[DomainEvent]) -> None:
    given(TOPIC, *past).when(RECORD_SOLUTION).then_nothing()


# withdraw


@pytest.mark.rule("T08")
@pytest.mark.parametrize("past", [[PROPOSED], [PROPOSED, ADOPTED]], ids=["proposed", "adopted"])
def test_a_topic_is_taken_back_with_a_reason(past: list[DomainEvent]) -> None:
    given(TOPIC, *past).when(WITHDRAW).then(
        TopicWithdrawn(topic_id=LAMPS, reason="已由村里解决", withdrawn_on=MARCH_20)
    )


def test_a_back_entry_need_not_know_when_a_topic_was_taken_back() -> None:
    command = replace(WITHDRAW, withdrawn_on=None, back_entry=True)

    given(TOPIC, PROPOSED).when(command).then(
        TopicWithdrawn(topic_id=LAMPS, reason="已由村里解决", withdrawn_on=None, back_entry=True)
    )


def test_a_topic_taken_back_is_not_taken_back_again() -> None:
    given(TOPIC, PROPOSED, WITHDRAWN).when(WITHDRAW).then_nothing()


# conclude and reopen


@pytest.mark.rule("T19")
def test_a_topic_is_concluded_when_its_loop_closes() -> None:
    given(TOPIC, PROPOSED, ADOPTED).when(CONCLUDE).then(TopicConcluded(topic_id=LAMPS, concluded_on=JULY_1))


def test_a_concluded_topic_is_not_concluded_again() -> None:
    given(TOPIC, PROPOSED, ADOPTED, CONCLUDED).when(CONCLUDE).then_nothing()


@pytest.mark.rule("T19")
@pytest.mark.parametrize("past", [[PROPOSED], [PROPOSED, ADOPTED, SURVEYED]], ids=["proposed", "adopted"])
def test_a_concluded_topic_goes_on_where_it_was_when_its_loop_reopens(past: list[DomainEvent]) -> None:
    before = given(TOPIC, *past)

    after = (
        given(TOPIC, *past, CONCLUDED).when(REOPEN).then(TopicReopened(topic_id=LAMPS, reason="群众不满意"))
    )

    assert after.state == before.state
    assert isinstance(after.state, Proposed | Adopted)


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([PROPOSED], id="proposed"),
        pytest.param([PROPOSED, ADOPTED], id="adopted"),
        pytest.param([PROPOSED, WITHDRAWN], id="withdrawn"),
        pytest.param([PROPOSED, MERGED], id="merged"),
    ],
)
def test_what_is_not_concluded_is_not_reopened(past: list[DomainEvent]) -> None:
    given(TOPIC, *past).when(REOPEN).then_nothing()


@pytest.mark.rule("T19")
def test_only_what_was_done_is_to_be_done_again() -> None:
    command = replace(REOPEN, undone=("convert", "track"))

    after = (
        given(TOPIC, PROPOSED, ADOPTED, SURVEYED, CONSULTED, CONVERTED, CONCLUDED)
        .when(command)
        .then(TopicReopened(topic_id=LAMPS, reason="群众不满意", undone=("convert",)))
    )

    assert isinstance(after.state, Adopted)
    assert after.state.next_step == CONVERT
    after.when(RECORD_SOLUTION).then(CONVERTED)


# what has ended


SAME_AGAIN: list[tuple[DomainEvent, TopicCommand]] = [
    (REJECTED, REJECT),
    (WITHDRAWN, WITHDRAW),
    (CONCLUDED, CONCLUDE),
]
TOLD_TO_THE_SURVIVOR: tuple[DomainEvent, TopicCommand] = (MERGED, CONCLUDE)


@pytest.mark.rule("T20")
@pytest.mark.parametrize(
    ("ending", "command"),
    [
        pytest.param(ending, command, id=f"{ending.name}-{type(command).__name__}")
        for ending in (REJECTED, WITHDRAWN, MERGED, CONCLUDED)
        for command in STEPS_OF_A_GOING_TOPIC
        if (ending, command) not in [*SAME_AGAIN, TOLD_TO_THE_SURVIVOR]
    ],
)
def test_what_has_ended_takes_no_further_steps(ending: DomainEvent, command: TopicCommand) -> None:
    given(TOPIC, PROPOSED, ADOPTED, ending).when(command).then_refused("topic-ended", rule="T20")


@pytest.mark.rule("T20")
@pytest.mark.parametrize(("ending", "command"), SAME_AGAIN, ids=lambda said: getattr(said, "name", ""))
def test_what_has_ended_does_not_end_so_again(ending: DomainEvent, command: TopicCommand) -> None:
    given(TOPIC, PROPOSED, ADOPTED, ending).when(command).then_nothing()


@pytest.mark.rule("T12")
@pytest.mark.rule("T20")
def test_what_was_merged_names_the_survivor_where_it_refuses() -> None:
    refusal = given(TOPIC, PROPOSED, MERGED).when(SUPPORT).then_refused("topic-ended", rule="T20")

    assert ROADS in refusal.zh
    assert ROADS in refusal.en
