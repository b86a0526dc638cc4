"""Topics that become one, and one that becomes several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.topics.deciders import TOPIC
from services.topics.domain.topic import (
    Adopted,
    Ended,
    Ending,
    MergeTopic,
    OtherTopic,
    Part,
    Proposed,
    ReopenTopic,
    TopicCommand,
)
from services.topics.reactions import absorb, absorb_further, propose_parts, record_for_a_merged_topic
from shared.contracts.base import DomainEvent
from shared.contracts.topics import (
    Fact,
    FactPassedOn,
    MergerUndone,
    TopicAbsorbed,
    TopicMerged,
    TopicPart,
    TopicProposed,
    TopicSplit,
    TopicSupported,
)
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.reactions import Send
from shared.eventsourcing.testing import given, recorded
from tests.unit.topics.commands import (
    ABSORB,
    CONCLUDE,
    MERGE,
    RECORD_MEETING,
    RECORD_SOLUTION,
    REOPEN,
    SPLIT,
    SUPPORT,
)
from tests.unit.topics.examples import (
    ADOPTED,
    CONCLUDED,
    CONSULTED,
    DIVISION,
    JULY_1,
    LAMPS,
    MARCH_1,
    MARCH_4,
    MARCH_20,
    MAY_10,
    MEETING,
    MERGED,
    PROPOSED,
    REJECTED,
    ROADS,
    WITHDRAWN,
)

BY_SOMEBODY = PROPOSED.model_copy(update={"proposer": "person-7"})
SUPPORTED = TopicSupported(topic_id=LAMPS, person="neighbour", supported_on=MARCH_4)
ABSORBED = TopicAbsorbed(topic_id=LAMPS, absorbed=ROADS, supporters_in_all=0)
ENDINGS = [pytest.param(e, id=e.name) for e in (REJECTED, WITHDRAWN, MERGED, CONCLUDED)]


# merge


@pytest.mark.rule("T12")
def test_a_topic_goes_on_in_another_one_with_its_people() -> None:
    command = replace(MERGE, reason="同一段路")

    given(TOPIC, BY_SOMEBODY, SUPPORTED).when(command).then(
        TopicMerged(
            topic_id=LAMPS,
            into=ROADS,
            reason="同一段路",
            merged_on=MARCH_20,
            supporters=("neighbour",),
            proposers=("person-7",),
        )
    )


@pytest.mark.rule("T12")
def test_people_of_a_topic_merged_before_go_with_it_too() -> None:
    before = TopicAbsorbed(
        topic_id=LAMPS, absorbed="dark-corner", supporters=("teacher",), proposers=("person-9",)
    )

    said = TOPIC.decide(MERGE, given(TOPIC, BY_SOMEBODY, SUPPORTED, before).state)

    assert isinstance(said[0], TopicMerged)
    assert said[0].supporters == ("neighbour", "teacher")
    assert said[0].proposers == ("person-7", "person-9")


@pytest.mark.rule("T12")
@pytest.mark.parametrize(
    ("command", "code", "rule"),
    [
        pytest.param(replace(MERGE, into=LAMPS), "merged-into-itself", "T12", id="itself"),
        pytest.param(replace(MERGE, at=None), "survivor-unknown", "T12", id="nobody knows of it"),
        pytest.param(
            replace(MERGE, at=OtherTopic(Ending.MERGED, survivor=LAMPS)),
            "merged-in-a-circle",
            "T12",
            id="it goes on in this one, by however many mergers",
        ),
        pytest.param(
            replace(MERGE, at=OtherTopic(Ending.MERGED, survivor="school-bus")),
            "survivor-ended",
            "T20",
            id="it goes on elsewhere",
        ),
        pytest.param(
            replace(MERGE, at=OtherTopic(Ending.WITHDRAWN)), "survivor-ended", "T20", id="withdrawn"
        ),
        pytest.param(replace(MERGE, at=OtherTopic(Ending.REJECTED)), "survivor-ended", "T20", id="rejected"),
    ],
)
def test_a_topic_is_merged_only_into_one_that_can_take_it(command: MergeTopic, code: str, rule: str) -> None:
    refusal = given(TOPIC, PROPOSED).when(command).then_refused(code, rule=rule)

    assert refusal.field == "into"
    if command.at is not None and command.at.survivor == "school-bus":
        assert "school-bus" in refusal.zh


@pytest.mark.rule("T12")
def test_a_topic_may_be_merged_into_one_that_is_concluded() -> None:
    given(TOPIC, PROPOSED).when(replace(MERGE, at=OtherTopic(Ending.CONCLUDED))).then(MERGED)


@pytest.mark.rule("T12")
def test_a_merger_is_of_today_unless_said_and_may_be_of_no_known_day_in_a_back_entry() -> None:
    command = replace(MERGE, merged_on=None, today=MAY_10)
    unknown = MERGED.model_copy(update={"merged_on": None, "back_entry": True})

    given(TOPIC, PROPOSED).when(command).then(MERGED.model_copy(update={"merged_on": MAY_10}))
    given(TOPIC, PROPOSED).when(replace(command, back_entry=True)).then(unknown)


# absorb


@pytest.mark.rule("T12")
def test_the_survivor_keeps_the_trace() -> None:
    given(TOPIC, PROPOSED).when(ABSORB).then(ABSORBED)


@pytest.mark.rule("T12")
@pytest.mark.rule("T13")
def test_the_survivor_counts_everybody_once_and_no_proposer() -> None:
    command = replace(ABSORB, supporters=("neighbour", "teacher", "person-7"), proposers=("farmer",))
    farmer = SUPPORTED.model_copy(update={"person": "farmer"})

    after = (
        given(TOPIC, BY_SOMEBODY, SUPPORTED, farmer)
        .when(command)
        .then(
            TopicAbsorbed(
                topic_id=LAMPS,
                absorbed=ROADS,
                supporters=("neighbour", "teacher", "person-7"),
                proposers=("farmer",),
                supporters_in_all=2,
            )
        )
    )

    assert isinstance(after.state, Proposed)
    assert after.state.supporters == {"neighbour", "teacher"}
    after.when(replace(SUPPORT, person="teacher")).then_nothing()
    after.when(replace(SUPPORT, person="farmer")).then_refused("own-topic", rule="T13")


@pytest.mark.rule("T12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_trace_reaches_a_survivor_that_has_ended_meanwhile(ending: DomainEvent) -> None:
    passed_to = ROADS if ending is MERGED else None
    command = replace(ABSORB, absorbed="school-bus")

    given(TOPIC, PROPOSED, ADOPTED, ending).when(command).then(
        TopicAbsorbed(topic_id=LAMPS, absorbed="school-bus", supporters_in_all=0, passed_to=passed_to)
    ).when(command).then_nothing()


@pytest.mark.parametrize("later", [[], [ADOPTED], [ADOPTED, CONCLUDED]], ids=len)
def test_a_topic_is_absorbed_once(later: list[DomainEvent]) -> None:
    given(TOPIC, PROPOSED, ABSORBED, *later).when(ABSORB).then_nothing()


@pytest.mark.rule("T12")
def test_topics_merged_into_each_other_in_the_same_moment_go_on_separately() -> None:
    """The word that a topic was absorbed goes from survivor to survivor, and comes back to it."""
    came_home = replace(ABSORB, absorbed=LAMPS)

    after = given(TOPIC, PROPOSED, MERGED).when(came_home).then(MergerUndone(topic_id=LAMPS, into=ROADS))

    assert after.state == TOPIC.fold([PROPOSED])
    after.when(came_home).then_nothing()


@pytest.mark.rule("T12")
def test_absorption_is_passed_on_by_a_survivor_that_was_merged_itself() -> None:
    merged = TopicMerged(topic_id=LAMPS, into=ROADS, merged_on=MARCH_20, proposers=("person-7",))
    passed = TopicAbsorbed(topic_id=ROADS, absorbed=LAMPS, proposers=("person-7",), passed_to="school-bus")

    (first,) = absorb.to_commands(recorded(merged, TOPIC.stream(LAMPS), 2))
    (second,) = absorb_further.to_commands(recorded(passed, TOPIC.stream(ROADS), 3))

    assert (first.stream, second.stream) == (TOPIC.stream(ROADS), TOPIC.stream("school-bus"))
    assert first.command == second.command == replace(ABSORB, absorbed=LAMPS, proposers=("person-7",))
    assert not list(absorb_further.to_commands(recorded(ABSORBED, TOPIC.stream(LAMPS), 2)))


# facts of a merged topic

PASSED = {
    "a meeting": (
        RECORD_MEETING,
        FactPassedOn(
            topic_id=LAMPS, to=ROADS, fact=Fact.CONSULTATION, happened_on=MAY_10, meeting_id=MEETING
        ),
    ),
    "a solution": (
        RECORD_SOLUTION,
        FactPassedOn(topic_id=LAMPS, to=ROADS, fact=Fact.SOLUTION, happened_on=JULY_1),
    ),
    "a closed loop": (
        CONCLUDE,
        FactPassedOn(topic_id=LAMPS, to=ROADS, fact=Fact.CONCLUSION, happened_on=JULY_1),
    ),
}


@pytest.mark.rule("T20")
@pytest.mark.parametrize(("command", "passed"), PASSED.values(), ids=PASSED)
def test_what_becomes_known_of_a_merged_topic_goes_to_its_survivor_once(
    command: TopicCommand, passed: FactPassedOn
) -> None:
    (send,) = record_for_a_merged_topic.to_commands(recorded(passed, TOPIC.stream(LAMPS), 3))

    given(TOPIC, PROPOSED, ADOPTED, MERGED).when(command).then(passed).when(command).then_nothing()
    assert send == Send(TOPIC.stream(ROADS), command)


@pytest.mark.rule("T19")
@pytest.mark.rule("T20")
def test_a_loop_of_a_merged_topic_reopens_its_survivor_and_closes_it_again() -> None:
    closed = PASSED["a closed loop"][1]
    reopening = FactPassedOn(
        topic_id=LAMPS, to=ROADS, fact=Fact.REOPENING, reason="群众不满意", undone=("convert",)
    )
    command = ReopenTopic("群众不满意", ("convert",))

    (send,) = record_for_a_merged_topic.to_commands(recorded(reopening, TOPIC.stream(LAMPS), 4))

    merged = given(TOPIC, PROPOSED, ADOPTED, MERGED)
    merged.when(command).then_nothing()
    merged.when(CONCLUDE).then(closed).when(command).then(reopening).when(CONCLUDE).then(closed)
    assert send == Send(TOPIC.stream(ROADS), command)


@pytest.mark.rule("T20")
def test_a_meeting_that_a_topic_knew_before_its_merger_is_not_told_to_the_survivor() -> None:
    given(TOPIC, PROPOSED, ADOPTED, CONSULTED, MERGED).when(RECORD_MEETING).then_nothing()


@pytest.mark.rule("T12")
def test_a_topic_whose_merger_was_undone_knows_what_it_told_meanwhile() -> None:
    undone = MergerUndone(topic_id=LAMPS, into=ROADS)

    state = TOPIC.fold([PROPOSED, ADOPTED, MERGED, PASSED["a meeting"][1], undone])

    assert isinstance(state, Adopted)
    assert state.consultations == {MEETING}
    assert "consult" in state.done
    assert not TOPIC.decide(RECORD_MEETING, state)
    assert TOPIC.decide(REOPEN, state) == []


# split

PART = TopicPart(topic_id="lamps-part", title="四组路灯", division=DIVISION)


@pytest.mark.rule("T12")
def test_a_part_goes_its_own_way_and_the_topic_goes_on() -> None:
    split = TopicSplit(
        topic_id=LAMPS,
        parts=(PART,),
        reason="两处情况不同",
        split_on=MARCH_20,
        origin=Origin.RESIDENTS,
        channel=Channel.QR,
        proposer="person-7",
    )

    after = given(TOPIC, BY_SOMEBODY, ADOPTED).when(SPLIT).then(split)
    (send,) = propose_parts.to_commands(recorded(split, TOPIC.stream(LAMPS), 3))

    assert isinstance(after.state, Adopted)
    assert (send.stream, send.division) == (TOPIC.stream("lamps-part"), DIVISION)
    given(TOPIC).when(send.command).then(
        TopicProposed(
            topic_id="lamps-part",
            division=DIVISION,
            title="四组路灯",
            origin=Origin.RESIDENTS,
            channel=Channel.QR,
            proposer="person-7",
            proposed_on=MARCH_20,
            split_from=LAMPS,
        )
    )
    after.when(SPLIT).then_nothing()


@pytest.mark.rule("T12")
def test_a_part_may_belong_to_another_town_of_the_county_only() -> None:
    def into(division: str) -> TopicCommand:
        return replace(SPLIT, parts=(Part("lamps-part", "四组路灯", division=division),))

    (said,) = TOPIC.decide(into("371621002"), given(TOPIC, PROPOSED).state)

    assert isinstance(said, TopicSplit)
    assert said.parts[0].division == "371621002"
    given(TOPIC, PROPOSED).when(into("371622001")).then_refused("division-elsewhere", rule="T12")


@pytest.mark.rule("T12")
def test_a_topic_is_not_split_before_it_was_proposed() -> None:
    given(TOPIC, PROPOSED).when(replace(SPLIT, split_on=MARCH_1.replace(day=1, month=2))).then_refused(
        "day-out-of-order", rule="T12"
    )


def test_a_merged_topic_is_where_it_was_but_ended() -> None:
    state = TOPIC.fold([PROPOSED, MERGED])

    assert isinstance(state, Ended)
    assert (state.into, state.topic_id, state.division) == (ROADS, LAMPS, DIVISION)
