"""Whatever a topic or a plan is told, in whatever order, the rules hold."""

from __future__ import annotations

from collections import Counter

import pytest

from services.topics.deciders import PLAN, TOPIC
from services.topics.domain.plan import IssuePlan, ReturnPlan, Stage
from services.topics.domain.topic import (
    CONSULT,
    Adopted,
    CompleteStep,
    ConcludeTopic,
    Ended,
    Ending,
    Proposed,
    RecordConsultation,
    ReopenTopic,
    Topic,
    TopicCommand,
    Unknown,
    WaiveStep,
)
from shared.contracts.topics import (
    ClaimReleased,
    ConsultationConcluded,
    Fact,
    FactPassedOn,
    MergerUndone,
    PlanAmended,
    StepCompleted,
    TopicAbsorbed,
    TopicAdopted,
    TopicClaimed,
    TopicProposed,
    TopicReopened,
    TopicSupported,
)
from tests.lives import (
    Episode,
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    read_back,
)
from tests.unit.topics.examples import LAMPS
from tests.unit.topics.lives import PlanLife, TopicLife, plan_lives, topic_lives

# topics


@for_any(topic_lives, examples=60)
def test_a_command_to_a_topic_met_twice_is_silent_or_refused(life: TopicLife) -> None:
    expect_silence_or_refusal_the_second_time(TOPIC, life)


@for_any(topic_lives, examples=60)
def test_a_snapshot_brings_back_every_topic(life: TopicLife) -> None:
    expect_snapshots_to_bring_back_every_state(TOPIC, life)


@for_any(topic_lives, examples=60)
def test_a_topic_read_back_from_its_stream_is_the_topic_that_was_decided_on(life: TopicLife) -> None:
    assert TOPIC.fold(read_back(events_of(life))) == life[-1].after


@for_any(topic_lives, examples=60)
def test_every_event_names_the_topic_that_it_is_about(life: TopicLife) -> None:
    assert {event.model_dump()["topic_id"] for event in events_of(life)} <= {LAMPS}


@pytest.mark.rule("T07")
@for_any(topic_lives, examples=60)
def test_what_a_proposal_said_is_said_once(life: TopicLife) -> None:
    proposed = [isinstance(event, TopicProposed) for event in events_of(life)]

    assert proposed == [n == 0 for n in range(len(proposed))]


@pytest.mark.rule("T10")
@for_any(topic_lives, examples=60)
def test_a_procedure_is_pinned_once(life: TopicLife) -> None:
    adoptions = [event for event in events_of(life) if isinstance(event, TopicAdopted)]

    assert len(adoptions) <= 1
    for after in (episode.after for episode in life):
        going = after.before if isinstance(after, Ended) else after
        if isinstance(going, Adopted):
            assert going.steps == adoptions[0].steps


@pytest.mark.rule("T15")
@for_any(topic_lives, examples=60)
def test_what_is_settled_is_a_step_and_stays_settled(life: TopicLife) -> None:
    for episode in life:
        before, after = episode.before, episode.after
        if isinstance(after, Adopted):
            codes = {step.code for step in after.steps}
            assert after.settled <= codes
            assert after.next_step is None or after.next_step.code in codes - after.settled
            if isinstance(before, Adopted) and not isinstance(episode.command, ReopenTopic):
                assert before.settled <= after.settled


@pytest.mark.rule("T15")
@for_any(topic_lives, examples=60)
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
                assert {paper.kind for paper in episode.command.papers} >= set(step.papers)
                assert step.code != "survey" or not episode.before.surveys_missing


@pytest.mark.rule("T16")
@for_any(topic_lives, examples=60)
def test_a_meeting_is_recorded_once_and_refused_only_by_what_was_withdrawn_or_rejected(
    life: TopicLife,
) -> None:
    held = [
        event.meeting_id
        for event in events_of(life)
        if isinstance(event, StepCompleted)
        or (isinstance(event, FactPassedOn) and event.fact is Fact.CONSULTATION)
    ]
    assert all(times == 1 for meeting, times in Counter(held).items() if meeting is not None)

    for episode in life:
        if isinstance(episode.command, RecordConsultation) and episode.refusal:
            ended_otherwise = isinstance(episode.before, Ended) and episode.before.ending in (
                Ending.WITHDRAWN,
                Ending.REJECTED,
            )
            assert ended_otherwise or isinstance(episode.before, Unknown)


@pytest.mark.rule("T19")
@for_any(topic_lives, examples=60)
def test_a_reopened_topic_goes_on_where_it_was_but_for_what_is_to_be_done_again(life: TopicLife) -> None:
    for episode in life:
        for event in episode.events:
            if not isinstance(event, TopicReopened):
                continue
            assert isinstance(episode.before, Ended)
            assert isinstance(episode.after, Proposed | Adopted)
            assert episode.after.open_loops or event.meeting_id is None
            before = episode.before.before
            if not isinstance(before, Adopted) or not isinstance(episode.after, Adopted):
                assert type(before) is type(episode.after)
                continue
            assert set(event.undone) <= before.done
            begun = {CONSULT} if isinstance(episode.command, RecordConsultation) else set()
            assert episode.after.done | begun == (before.done - set(event.undone)) | begun


@pytest.mark.rule("T19")
@for_any(topic_lives, examples=60)
def test_a_topic_is_concluded_by_its_last_open_loop_and_goes_on_while_one_is_open(life: TopicLife) -> None:
    for episode in life:
        topic, command = episode.after, episode.command
        if isinstance(topic, Unknown):
            continue
        if isinstance(topic, Ended) and topic.ending is Ending.CONCLUDED:
            assert not topic.before.open_loops
        if episode.refusal or isinstance(topic, Ended) or not isinstance(command, ConcludeTopic):
            continue
        assert topic.open_loops


@pytest.mark.rule("T19")
@for_any(topic_lives, examples=60)
def test_every_consultation_held_has_a_loop_that_is_open_or_closed(life: TopicLife) -> None:
    for topic in map(going_of, life):
        if topic is not None:
            assert topic.consultations <= topic.open_loops | topic.closed_loops
            assert not topic.open_loops & topic.closed_loops


@pytest.mark.rule("T20")
@for_any(topic_lives, examples=60)
def test_what_has_ended_takes_no_steps_but_facts(life: TopicLife) -> None:
    for episode in life:
        if not isinstance(episode.before, Ended):
            continue
        ending = episode.before.ending
        for event in episode.events:
            match event:
                case TopicAbsorbed():
                    continue
                case FactPassedOn():
                    assert ending is Ending.MERGED
                case MergerUndone():
                    assert ending is Ending.MERGED
                case TopicReopened() | ConsultationConcluded():
                    assert ending is Ending.CONCLUDED
                case StepCompleted(step="consult" | "convert"):
                    assert ending is Ending.CONCLUDED
                case _:
                    pytest.fail(f"{ending}, yet {event!r}")


@pytest.mark.rule("T13")
@for_any(topic_lives, examples=60)
def test_a_supporter_counts_once_and_a_proposer_never(life: TopicLife) -> None:
    support = [event for event in events_of(life) if isinstance(event, TopicSupported)]

    assert len({event.person for event in support}) == len(support)
    for after in (episode.after for episode in life):
        if not isinstance(after, Unknown):
            going = after.before if isinstance(after, Ended) else after
            assert not going.supporters & going.proposers


@pytest.mark.rule("T14")
@for_any(topic_lives, examples=60)
def test_a_claim_follows_the_release_of_the_one_before(life: TopicLife) -> None:
    holder = None
    for event in events_of(life):
        match event:
            case TopicClaimed():
                assert holder is None
                holder = event.group_id
            case ClaimReleased():
                assert holder == event.group_id
                holder = None


@pytest.mark.rule("T07")
@for_any(topic_lives, examples=60)
def test_origin_channel_and_basis_never_change(life: TopicLife) -> None:
    proposals = {after.proposal for after in map(going_of, life) if after is not None}

    assert len(proposals) <= 1


def going_of(episode: Episode[TopicCommand, Topic]) -> Proposed | Adopted | None:
    after = episode.after
    if isinstance(after, Unknown):
        return None
    return after.before if isinstance(after, Ended) else after


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
