"""A topic is concluded when the loop of every consultation held on it is closed (T19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.topics.deciders import TOPIC
from services.topics.domain.topic import AbsorbTopic, ConcludeTopic, RecordConsultation, ReopenTopic
from services.topics.domain.topic.state import Adopted, Ended
from shared.contracts.base import DomainEvent
from shared.contracts.topics import (
    ConsultationConcluded,
    ConsultationReopened,
    Fact,
    FactPassedOn,
    StepCompleted,
    TopicAbsorbed,
    TopicConcluded,
    TopicMerged,
    TopicReopened,
)
from shared.eventsourcing.testing import given
from tests.unit.topics.commands import ABSORB, MERGE, RECORD_MEETING
from tests.unit.topics.examples import (
    ADOPTED,
    CONCLUDED,
    CONSULTED,
    CONVERTED,
    JULY_1,
    LAMPS,
    MARCH_20,
    MEETING,
    MERGED,
    PROPOSED,
    ROADS,
    SURVEYED,
)

pytestmark = pytest.mark.rule("T19")

SECOND = "meeting-in-june"
JUNE_7 = date(2024, 6, 7)

RECORD_SECOND = RecordConsultation(SECOND, JUNE_7)
HELD_AGAIN = StepCompleted(topic_id=LAMPS, step="consult", completed_on=JUNE_7, meeting_id=SECOND)
CLOSE_FIRST, CLOSE_SECOND = (ConcludeTopic(JULY_1, meeting_id=meeting) for meeting in (MEETING, SECOND))
FIRST_CLOSED, SECOND_CLOSED = (
    ConsultationConcluded(topic_id=LAMPS, meeting_id=meeting, concluded_on=JULY_1)
    for meeting in (MEETING, SECOND)
)
CONCLUDED_BY_FIRST, CONCLUDED_BY_SECOND = (
    TopicConcluded(topic_id=LAMPS, concluded_on=JULY_1, meeting_id=meeting) for meeting in (MEETING, SECOND)
)
ONE_MORE = TopicReopened(topic_id=LAMPS, reason="又开展了一次协商，尚未闭环", meeting_id=SECOND)
REOPEN_FIRST = ReopenTopic("又不亮了", ("convert", "track"), MEETING)

ONCE = [PROPOSED, ADOPTED, SURVEYED, CONSULTED]
TWICE = [*ONCE, HELD_AGAIN]


def test_a_topic_with_one_consultation_is_concluded_when_its_loop_closes() -> None:
    given(TOPIC, *ONCE).when(CLOSE_FIRST).then(CONCLUDED_BY_FIRST).when(CLOSE_FIRST).then_nothing()


def test_a_topic_with_two_consultations_is_concluded_when_the_second_loop_closes_too() -> None:
    after = given(TOPIC, *TWICE).when(CLOSE_FIRST).then(FIRST_CLOSED)

    assert isinstance(after.state, Adopted)
    after.when(CLOSE_FIRST).then_nothing()
    after.when(CLOSE_SECOND).then(CONCLUDED_BY_SECOND).when(CLOSE_FIRST).then_nothing()


def test_the_loop_that_reopens_while_another_is_open_is_waited_for_again() -> None:
    reopened = ConsultationReopened(
        topic_id=LAMPS, meeting_id=MEETING, reason="又不亮了", undone=("convert",)
    )

    after = given(TOPIC, *TWICE, CONVERTED, FIRST_CLOSED).when(REOPEN_FIRST).then(reopened)

    assert isinstance(after.state, Adopted)
    assert "convert" not in after.state.done
    after.when(REOPEN_FIRST).then_nothing()
    after.when(CLOSE_SECOND).then(SECOND_CLOSED).when(CLOSE_FIRST).then(CONCLUDED_BY_FIRST)


def test_one_loop_that_reopens_reopens_the_topic_and_concludes_it_again_alone() -> None:
    reopened = TopicReopened(topic_id=LAMPS, reason="又不亮了", meeting_id=MEETING)

    given(TOPIC, *TWICE, FIRST_CLOSED, CONCLUDED_BY_SECOND).when(REOPEN_FIRST).then(reopened).when(
        CLOSE_FIRST
    ).then(CONCLUDED_BY_FIRST)


def test_one_more_consultation_reopens_a_concluded_topic_until_its_loop_closes() -> None:
    after = given(TOPIC, *ONCE, CONCLUDED_BY_FIRST).when(RECORD_SECOND).then(ONE_MORE, HELD_AGAIN)

    assert isinstance(after.state, Adopted)
    after.when(RECORD_SECOND).then_nothing()
    after.when(CLOSE_SECOND).then(CONCLUDED_BY_SECOND)


def test_a_loop_may_close_before_its_consultation_is_heard_of() -> None:
    """Meetings and cases are two services: nothing says whose event arrives first."""
    after = given(TOPIC, *ONCE).when(CLOSE_SECOND).then(SECOND_CLOSED).when(CLOSE_FIRST)

    after.then(CONCLUDED_BY_FIRST).when(RECORD_SECOND).then(HELD_AGAIN).when(CLOSE_SECOND).then_nothing()


def test_a_loop_that_closes_after_the_conclusion_is_known_when_its_consultation_is_heard_of() -> None:
    after = given(TOPIC, *ONCE, CONCLUDED_BY_FIRST).when(CLOSE_SECOND).then(SECOND_CLOSED)

    assert isinstance(after.when(RECORD_SECOND).then(HELD_AGAIN).state, Ended)


def test_whoever_concludes_a_topic_by_hand_waits_for_no_loop() -> None:
    after = given(TOPIC, *TWICE).when(ConcludeTopic(JULY_1)).then(CONCLUDED)

    after.when(CLOSE_FIRST).then_nothing()
    after.when(REOPEN_FIRST).then(TopicReopened(topic_id=LAMPS, reason="又不亮了", meeting_id=MEETING))


@pytest.mark.parametrize(
    "past",
    [
        pytest.param([*TWICE, CONCLUDED], id="concluded by the first loop"),
        pytest.param([*ONCE, CONCLUDED, HELD_AGAIN], id="consulted on again afterwards"),
        pytest.param(
            [*TWICE, CONCLUDED, TopicReopened(topic_id=LAMPS, reason="又不亮了"), CONCLUDED],
            id="reopened and concluded again",
        ),
    ],
)
def test_a_stream_of_the_time_before_loops_were_told_apart_is_concluded_as_it_was(
    past: list[DomainEvent],
) -> None:
    concluded = given(TOPIC, *past)

    assert isinstance(concluded.state, Ended)
    concluded.when(CLOSE_SECOND).then_nothing()
    reopened = concluded.when(REOPEN_FIRST).then(
        TopicReopened(topic_id=LAMPS, reason="又不亮了", meeting_id=MEETING)
    )
    reopened.when(CLOSE_FIRST).then(CONCLUDED_BY_FIRST)


# merged topics

OF_ROADS = "meeting-on-roads"
CLOSE_ROADS = ConcludeTopic(JULY_1, meeting_id=OF_ROADS)
ABSORB_WAITING = replace(ABSORB, open_loops=(OF_ROADS,))
ABSORBED_WAITING = TopicAbsorbed(topic_id=LAMPS, absorbed=ROADS, supporters_in_all=0, open_loops=(OF_ROADS,))


def test_a_topic_takes_its_open_loops_along_when_it_is_merged() -> None:
    merged = TopicMerged(topic_id=LAMPS, into=ROADS, merged_on=MARCH_20, open_loops=(SECOND,))

    given(TOPIC, *TWICE, FIRST_CLOSED).when(MERGE).then(merged)


def test_the_survivor_waits_for_the_open_loops_of_what_was_merged_into_it() -> None:
    after = given(TOPIC, *ONCE).when(ABSORB_WAITING).then(ABSORBED_WAITING).when(CLOSE_FIRST)

    after.then(FIRST_CLOSED).when(CLOSE_ROADS).then(
        TopicConcluded(topic_id=LAMPS, concluded_on=JULY_1, meeting_id=OF_ROADS)
    )


def test_the_loop_of_a_merged_topic_may_close_before_the_survivor_hears_of_the_merger() -> None:
    closed = ConsultationConcluded(topic_id=LAMPS, meeting_id=OF_ROADS, concluded_on=JULY_1)

    given(TOPIC, *ONCE).when(CLOSE_ROADS).then(closed).when(ABSORB_WAITING).then(ABSORBED_WAITING).when(
        CLOSE_FIRST
    ).then(CONCLUDED_BY_FIRST)


def test_a_concluded_topic_is_reopened_by_what_is_waited_for_in_one_that_is_merged_into_it() -> None:
    again = TopicReopened(topic_id=LAMPS, reason="并入的议题尚有协商未闭环")

    after = given(TOPIC, *ONCE, CONCLUDED_BY_FIRST).when(ABSORB_WAITING).then(again, ABSORBED_WAITING)

    after.when(ABSORB_WAITING).then_nothing()
    after.when(CLOSE_ROADS).then(TopicConcluded(topic_id=LAMPS, concluded_on=JULY_1, meeting_id=OF_ROADS))


def test_nobody_waits_for_loops_that_were_only_passed_on() -> None:
    """A survivor that was merged itself hands them to its own; the two may yet turn out to be a circle."""
    passed = ABSORBED_WAITING.model_copy(update={"absorbed": "school-bus", "passed_to": ROADS})
    command = AbsorbTopic("school-bus", open_loops=(OF_ROADS,))

    after = given(TOPIC, PROPOSED, MERGED).when(command).then(passed)

    assert isinstance(after.state, Ended)
    assert not after.state.before.open_loops


def test_each_loop_of_a_merged_topic_is_told_to_its_survivor_once() -> None:
    def told(fact: Fact, meeting_id: str, **said: object) -> FactPassedOn:
        return FactPassedOn.model_validate(
            {"topic_id": LAMPS, "to": ROADS, "fact": fact, "meeting_id": meeting_id, **said}
        )

    first, second = (told(Fact.CONCLUSION, meeting, happened_on=JULY_1) for meeting in (MEETING, SECOND))
    reopened = told(Fact.REOPENING, MEETING, reason="又不亮了", undone=("convert", "track"))

    after = given(TOPIC, *TWICE, MERGED).when(CLOSE_FIRST).then(first).when(CLOSE_SECOND).then(second)
    after.when(CLOSE_FIRST).then_nothing()
    after.when(REOPEN_FIRST).then(reopened).when(REOPEN_FIRST).then_nothing()
    after.when(RECORD_MEETING).then_nothing()
