"""Whether a topic is taken up: triage, adoption, rejection."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.topics.deciders import TOPIC
from services.topics.domain.procedures import Procedure
from services.topics.domain.topic import Adopted, Circumstances, OtherTopic
from shared.contracts.base import DomainEvent
from shared.contracts.topics import TopicAdopted, TopicRejected, TopicTriaged
from shared.contracts.types import MeetingRules, TopicClass
from shared.eventsourcing.application import digest_of
from shared.eventsourcing.testing import given
from tests.unit.topics.commands import ADOPT, REJECT, TRIAGE
from tests.unit.topics.examples import (
    ADOPTED,
    CONCLUDED,
    DIVISION,
    FOUR_STEPS,
    LAMPS,
    MARCH_1,
    MARCH_4,
    MARCH_20,
    PLAN_2024,
    PROPOSED,
    RAISE,
    ROADS,
    SURVEY,
    adopted,
)

COMMUNITY = f"{DIVISION}201"
TRIAGED = TopicTriaged(
    topic_id=LAMPS, topic_class=TopicClass.CONSTRUCTION, division=DIVISION, triaged_on=MARCH_4
)
IN_PLAN = replace(
    ADOPT, plan_id=PLAN_2024, plan_item=2, at=Circumstances(FOUR_STEPS, takes_topics=True, today=MARCH_20)
)

# triage


@pytest.mark.rule("T09")
def test_a_triage_gives_the_class_and_leaves_the_division_where_nothing_is_said_of_it() -> None:
    given(TOPIC, PROPOSED).when(TRIAGE).then(TRIAGED)


@pytest.mark.rule("T09")
def test_a_triage_passes_a_county_s_topic_to_a_town() -> None:
    of_county = PROPOSED.model_copy(update={"division": "371621"})

    after = (
        given(TOPIC, of_county)
        .when(replace(TRIAGE, division=COMMUNITY))
        .then(TRIAGED.model_copy(update={"division": COMMUNITY}))
    )

    assert after.state.division == COMMUNITY


@pytest.mark.rule("T09")
def test_a_triage_names_the_topic_that_it_repeats() -> None:
    given(TOPIC, PROPOSED).when(replace(TRIAGE, duplicate_of=ROADS, at=OtherTopic())).then(
        TRIAGED.model_copy(update={"duplicate_of": ROADS})
    )


@pytest.mark.rule("T09")
def test_a_topic_that_nobody_knows_of_is_not_repeated() -> None:
    refusal = (
        given(TOPIC, PROPOSED)
        .when(replace(TRIAGE, duplicate_of=ROADS))
        .then_refused("duplicate-unknown", rule="T09")
    )

    assert refusal.field == "duplicate_of"


@pytest.mark.rule("T09")
def test_a_topic_does_not_repeat_itself() -> None:
    given(TOPIC, PROPOSED).when(replace(TRIAGE, duplicate_of=LAMPS, at=OtherTopic())).then_refused(
        "duplicate-of-itself", rule="T09"
    )


@pytest.mark.rule("T09")
def test_a_topic_does_not_leave_its_county() -> None:
    given(TOPIC, PROPOSED).when(replace(TRIAGE, division="371622001")).then_refused(
        "division-elsewhere", rule="T09"
    )


@pytest.mark.rule("T09")
def test_an_adopted_topic_is_classed_still_but_does_not_move() -> None:
    of_adopted = given(TOPIC, PROPOSED, ADOPTED)

    of_adopted.when(TRIAGE).then(TRIAGED)
    of_adopted.when(replace(TRIAGE, division=COMMUNITY)).then_refused("division-settled", rule="T09")


@pytest.mark.rule("T09")
def test_a_triage_that_says_the_same_says_nothing_and_another_replaces_it() -> None:
    of_triaged = given(TOPIC, PROPOSED, TRIAGED)
    other = replace(TRIAGE, topic_class=TopicClass.TRANSPORT, today=MARCH_20)

    of_triaged.when(replace(TRIAGE, today=MARCH_20)).then_nothing()
    of_triaged.when(other).then(
        TRIAGED.model_copy(update={"topic_class": TopicClass.TRANSPORT, "triaged_on": MARCH_20})
    )


# adoption


@pytest.mark.rule("T10")
def test_an_adoption_pins_the_procedure_its_version_and_the_plan_item() -> None:
    third = replace(FOUR_STEPS, version=3, surveys_required=2, rules=MeetingRules(ballot=True))
    command = replace(IN_PLAN, at=Circumstances(third, takes_topics=True))

    after = (
        given(TOPIC, PROPOSED)
        .when(command)
        .then(
            TopicAdopted(
                topic_id=LAMPS,
                procedure="four-steps",
                procedure_version=3,
                steps=FOUR_STEPS.steps,
                plan_id=PLAN_2024,
                plan_item=2,
                adopted_on=MARCH_4,
                due_on=None,
                surveys_required=2,
                rules=MeetingRules(notice_working_days=15, papers_working_days=10, ballot=True),
            )
        )
    )

    assert isinstance(after.state, Adopted)
    assert after.state.surveys_missing == 2


@pytest.mark.rule("T10")
def test_a_topic_of_the_plan_has_fifteen_working_days_of_notice_and_ten_for_the_papers() -> None:
    said = TOPIC.decide(IN_PLAN, given(TOPIC, PROPOSED).state)

    assert isinstance(said[0], TopicAdopted)
    assert said[0].rules == MeetingRules(notice_working_days=15, papers_working_days=10)


@pytest.mark.rule("T10")
def test_a_topic_may_be_adopted_outside_the_plan() -> None:
    given(TOPIC, PROPOSED).when(ADOPT).then(ADOPTED)


@pytest.mark.rule("T10")
@pytest.mark.parametrize(("plan_id", "plan_item"), [(PLAN_2024, None), (None, 2)])
def test_half_a_plan_item_is_refused(plan_id: str | None, plan_item: int | None) -> None:
    command = replace(ADOPT, plan_id=plan_id, plan_item=plan_item)

    refusal = given(TOPIC, PROPOSED).when(command).then_refused("plan-item-incomplete", rule="T10")

    assert refusal.field == ("plan_id" if plan_id is None else "plan_item")


@pytest.mark.rule("T10")
def test_an_item_that_takes_no_topics_is_refused() -> None:
    command = replace(IN_PLAN, at=Circumstances(FOUR_STEPS))

    given(TOPIC, PROPOSED).when(command).then_refused("plan-item-unknown", rule="T10")


@pytest.mark.rule("T10")
def test_an_adopted_topic_keeps_its_procedure() -> None:
    newer = Circumstances(replace(FOUR_STEPS, version=2))

    given(TOPIC, PROPOSED, ADOPTED).when(replace(ADOPT, at=newer)).then_refused(
        "topic-already-adopted", rule="T10"
    )


@pytest.mark.rule("T10")
def test_an_adoption_asked_for_again_is_the_same_command_although_the_procedure_is_newer() -> None:
    later = replace(IN_PLAN, at=Circumstances(replace(FOUR_STEPS, version=2)))

    assert digest_of(later) == digest_of(IN_PLAN)


@pytest.mark.rule("T21")
def test_a_limit_in_days_counts_calendar_days_from_the_proposal() -> None:
    thirty_days = Circumstances(replace(FOUR_STEPS, days=30))

    given(TOPIC, PROPOSED).when(replace(ADOPT, at=thirty_days)).then(
        ADOPTED.model_copy(update={"due_on": MARCH_1 + timedelta(days=30)})
    )


def test_a_topic_may_be_adopted_on_the_day_it_was_proposed() -> None:
    given(TOPIC, PROPOSED).when(replace(ADOPT, adopted_on=MARCH_1)).then(
        ADOPTED.model_copy(update={"adopted_on": MARCH_1})
    )


@pytest.mark.rule("T10")
@pytest.mark.parametrize("back_entry", [False, True])
def test_an_adoption_before_the_proposal_or_in_the_future_cannot_be_true(back_entry: bool) -> None:
    too_early = replace(ADOPT, adopted_on=MARCH_1 - timedelta(days=1), back_entry=back_entry)
    too_late = replace(ADOPT, at=Circumstances(FOUR_STEPS, today=MARCH_1), back_entry=back_entry)

    early = given(TOPIC, PROPOSED).when(too_early).then_refused("day-out-of-order", rule="T10")
    late = given(TOPIC, PROPOSED).when(too_late).then_refused("day-in-the-future", rule="T10")

    assert early.field == late.field == "adopted_on"


@pytest.mark.rule("T15")
def test_proposal_and_adoption_are_steps_already_done() -> None:
    adopt = RAISE.model_copy(update={"code": "adopt", "title": "议题确定"})
    state = given(TOPIC, PROPOSED, adopted(Procedure("p", 1, "程序", (RAISE, adopt, SURVEY)))).state

    assert isinstance(state, Adopted)
    assert state.settled == {"raise", "adopt"}
    assert state.next_step == SURVEY


# rejection


@pytest.mark.rule("T11")
def test_a_rejection_has_a_reason_and_says_whom_to_tell() -> None:
    by_somebody = PROPOSED.model_copy(update={"proposer": "person-7"})

    given(TOPIC, by_somebody).when(REJECT).then(
        TopicRejected(topic_id=LAMPS, reason="不属协商范围", proposer="person-7", rejected_on=MARCH_20)
    )


@pytest.mark.rule("T11")
def test_a_rejection_may_have_been_decided_before_it_is_entered() -> None:
    given(TOPIC, PROPOSED).when(replace(REJECT, rejected_on=MARCH_4)).then(
        TopicRejected(topic_id=LAMPS, reason="不属协商范围", rejected_on=MARCH_4)
    )
    given(TOPIC, PROPOSED).when(replace(REJECT, rejected_on=MARCH_20 + timedelta(days=1))).then_refused(
        "day-in-the-future", rule="T11"
    )


@pytest.mark.rule("T11")
@pytest.mark.parametrize(
    ("past", "code", "rule"),
    [
        ([PROPOSED, ADOPTED], "topic-already-adopted", "T11"),
        ([PROPOSED, ADOPTED, CONCLUDED], "topic-ended", "T20"),
    ],
    ids=["adopted", "concluded"],
)
def test_what_was_taken_up_is_not_rejected_any_more(past: list[DomainEvent], code: str, rule: str) -> None:
    given(TOPIC, *past).when(REJECT).then_refused(code, rule=rule)
