"""Whatever a topic or a plan is told, in whatever order, the rules hold."""

from __future__ import annotations

from collections import Counter

import pytest

from services.topics.deciders import PLAN, TOPIC
from services.topics.domain.plan import IssuePlan, ReturnPlan, Stage
from services.topics.domain.topic import (
    Adopted,
    CompleteStep,
    Ended,
    Ending,
    RecordConsultation,
    Unknown,
    WaiveStep,
)
from shared.contracts.topics import (
    PlanAmended,
    StepCompleted,
    TopicAbsorbed,
    TopicAdopted,
    TopicConcluded,
    TopicProposed,
    TopicReopened,
)
from tests.lives import (
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    read_back,
)
from tests.unit.topics.examples import LAMPS
from tests.unit.topics.lives import PlanLife, TopicLife, plan_lives, topic_lives

# topics


@for_any(topic_lives)
def test_a_command_to_a_topic_met_twice_is_silent_or_refused(life: TopicLife) -> None:
    expect_silence_or_refusal_the_second_time(TOPIC, life)


@for_any(topic_lives)
def test_a_snapshot_brings_back_every_topic(life: TopicLife) -> None:
    expect_snapshots_to_bring_back_every_state(TOPIC, life)


@for_any(topic_lives)
def test_a_topic_read_back_from_its_stream_is_the_topic_that_was_decided_on(life: TopicLife) -> None:
    assert TOPIC.fold(read_back(events_of(life))) == life[-1].after


@for_any(topic_lives)
def test_every_event_names_the_topic_that_it_is_about(life: TopicLife) -> None:
    assert {event.model_dump()["topic_id"] for event in events_of(life)} <= {LAMPS}


@pytest.mark.rule("T07")
@for_any(topic_lives)
def test_what_a_proposal_said_is_said_once(life: TopicLife) -> None:
    proposed = [isinstance(event, TopicProposed) for event in events_of(life)]

    assert proposed == [n == 0 for n in range(len(proposed))]


@pytest.mark.rule("T10")
@for_any(topic_lives)
def test_a_procedure_is_pinned_once(life: TopicLife) -> None:
    adoptions = [event for event in events_of(life) if isinstance(event, TopicAdopted)]

    assert len(adoptions) <= 1
    for after in (episode.after for episode in life):
        going = after.before if isinstance(after, Ended) else after
        if isinstance(going, Adopted):
            assert going.steps == adoptions[0].steps


@pytest.mark.rule("T15")
@for_any(topic_lives)
def test_what_is_settled_is_a_step_and_stays_settled(life: TopicLife) -> None:
    for before, after in ((episode.before, episode.after) for episode in life):
        if isinstance(after, Adopted):
            codes = {step.code for step in after.steps}
            assert after.settled <= codes
            assert after.next_step is None or after.next_step.code in codes - after.settled
            if isinstance(before, Adopted):
                assert before.settled <= after.settled


@pytest.mark.rule("T15")
@for_any(topic_lives)
def test_a_step_taken_by_hand_is_the_next_one_with_its_papers(life: TopicLife) -> None:
    for episode in life:
        match episode.command:
            case CompleteStep(back_entry=False) | WaiveStep() if episode.events:
                assert isinstance(episode.before, Adopted)
                assert episode.before.next_step is not None
                assert episode.before.next_step.code == episode.command.step
        match episode.command:
            case CompleteStep(back_entry=False) if episode.events:
                assert isinstance(episode.before, Adopted)
                step = episode.before.step(episode.command.step)
                assert step is not None
                assert len(episode.command.papers) >= len(step.papers)


@pytest.mark.rule("T16")
@for_any(topic_lives)
def test_a_meeting_is_recorded_once_and_refused_only_by_what_was_withdrawn_or_merged(life: TopicLife) -> None:
    held = [event.meeting_id for event in events_of(life) if isinstance(event, StepCompleted)]
    assert all(times == 1 for meeting, times in Counter(held).items() if meeting is not None)

    for episode in life:
        if isinstance(episode.command, RecordConsultation) and episode.refusal:
            ended_otherwise = isinstance(episode.before, Ended) and episode.before.ending in (
                Ending.WITHDRAWN,
                Ending.MERGED,
            )
            assert ended_otherwise or isinstance(episode.before, Unknown)


@pytest.mark.rule("T19")
@for_any(topic_lives)
def test_a_reopened_topic_is_as_if_it_had_never_been_concluded(life: TopicLife) -> None:
    last = life[-1].after
    events = events_of(life)
    others = [event for event in events if not isinstance(event, TopicConcluded | TopicReopened)]
    if isinstance(last, Ended) and last.ending is Ending.CONCLUDED:
        last = last.before

    assert TOPIC.fold(others) == last


@pytest.mark.rule("T20")
@for_any(topic_lives)
def test_what_has_ended_takes_no_steps_but_facts(life: TopicLife) -> None:
    for episode in life:
        if not isinstance(episode.before, Ended):
            continue
        concluded = episode.before.ending is Ending.CONCLUDED
        for event in episode.events:
            match event:
                case TopicAbsorbed():
                    continue
                case TopicReopened() | StepCompleted(step="consult" | "convert"):
                    assert concluded
                case _:
                    pytest.fail(f"{episode.before.ending}, yet {event!r}")


# plans


@for_any(plan_lives)
def test_a_command_to_a_plan_met_twice_is_silent_or_refused(life: PlanLife) -> None:
    expect_silence_or_refusal_the_second_time(PLAN, life)


@for_any(plan_lives)
def test_a_snapshot_brings_back_every_plan(life: PlanLife) -> None:
    expect_snapshots_to_bring_back_every_state(PLAN, life)


@for_any(plan_lives)
def test_a_plan_read_back_from_its_stream_is_the_plan_that_was_decided_on(life: PlanLife) -> None:
    assert PLAN.fold(read_back(events_of(life))) == life[-1].after


@pytest.mark.rule("T01")
@for_any(plan_lives)
def test_a_plan_goes_through_its_stages_in_order(life: PlanLife) -> None:
    reached = [Stage.NONE]
    for episode in life:
        if episode.after.stage is not episode.before.stage:
            reached.append(episode.after.stage)
            skipping = isinstance(episode.command, IssuePlan) and episode.command.back_entry
            back = isinstance(episode.command, ReturnPlan)
            order = list(Stage)
            assert skipping or back or order.index(reached[-1]) == order.index(reached[-2]) + 1


@pytest.mark.rule("T02")
@for_any(plan_lives)
def test_a_plan_keeps_its_limit(life: PlanLife) -> None:
    for plan in (episode.after for episode in life):
        assert plan.item_limit is None or len(plan.going_on) <= plan.item_limit


@pytest.mark.rule("T03", "T04")
@for_any(plan_lives)
def test_an_issued_plan_has_items_and_changes_by_amendment_only(life: PlanLife) -> None:
    for episode in life:
        if episode.before.stage is Stage.ISSUED:
            assert all(isinstance(event, PlanAmended) for event in episode.events)
        if episode.after.stage is Stage.ISSUED:
            assert episode.after.items
            assert episode.after.gone <= set(episode.after.items)
