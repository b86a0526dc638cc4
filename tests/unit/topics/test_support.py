"""Who takes a topic back, stands behind it, adds to it, looks after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.topics.deciders import TOPIC
from services.topics.domain.topic import Adopted, Proposed, ProposeTopic, Receiving
from shared.contracts.topics import (
    ClaimReleased,
    TopicClaimed,
    TopicProposed,
    TopicSupplemented,
    TopicSupported,
    TopicWithdrawn,
)
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.application import digest_of
from shared.eventsourcing.testing import given
from tests.unit.topics.commands import CLAIM, PROPOSE, RELEASE, SUPPLEMENT, SUPPORT, WITHDRAW
from tests.unit.topics.examples import (
    ADOPTED,
    DIVISION,
    LAMPS,
    MARCH_1,
    MARCH_4,
    MARCH_20,
    MAY_10,
    MERGED,
    PROPOSED,
)

NOON = datetime(2024, 3, 1, 4, 0, tzinfo=UTC)
RECEIVED = PROPOSED.model_copy(update={"proposer": "person-7", "received_at": NOON})
SUPPORTED = TopicSupported(topic_id=LAMPS, person="neighbour", supported_on=MARCH_4)
CLAIMED = TopicClaimed(topic_id=LAMPS, group_id="farmers", group="农业界别组", claimed_on=MARCH_20)
NO_REASON = replace(WITHDRAW, reason=None, withdrawn_on=None, by="person-7", today=MARCH_1)

# coming in


@pytest.mark.rule("T07")
def test_a_proposal_is_of_the_day_it_came_in_unless_said() -> None:
    at = Receiving(NOON, MARCH_4, receipt="HM-7F3K9-QWX4T")
    command = replace(PROPOSE, proposed_on=None, at=at)

    given(TOPIC).when(command).then(
        PROPOSED.model_copy(update={"proposed_on": MARCH_4, "received_at": NOON, "receipt": "HM-7F3K9-QWX4T"})
    )


@pytest.mark.rule("T07")
def test_a_proposal_has_a_day_and_not_one_to_come() -> None:
    no_day = ProposeTopic(LAMPS, DIVISION, "路灯补亮", Origin.RESIDENTS, Channel.WEB)
    to_come = replace(PROPOSE, proposed_on=MAY_10, at=Receiving(NOON, MARCH_1))

    missing = given(TOPIC).when(no_day).then_refused("day-missing", rule="T07")
    future = given(TOPIC).when(to_come).then_refused("day-in-the-future", rule="T07")

    assert missing.field == future.field == "proposed_on"


def test_a_proposal_repeated_after_midnight_is_the_same_command() -> None:
    first = replace(PROPOSE, proposed_on=None, at=Receiving(NOON, MARCH_1))

    assert digest_of(first) == digest_of(replace(first, at=Receiving(NOON, MARCH_4)))


# taking back


@pytest.mark.rule("T08")
@pytest.mark.parametrize("minutes", [0, 10])
def test_within_ten_minutes_a_proposer_takes_a_topic_back_without_a_reason(minutes: int) -> None:
    command = replace(NO_REASON, at=NOON + timedelta(minutes=minutes))

    given(TOPIC, RECEIVED).when(command).then(
        TopicWithdrawn(topic_id=LAMPS, reason="提出后十分钟内撤回，无须说明理由", withdrawn_on=MARCH_1)
    )


@pytest.mark.rule("T08")
def test_after_ten_minutes_a_proposer_states_the_reason() -> None:
    later = replace(NO_REASON, at=NOON + timedelta(minutes=10, seconds=1))

    refusal = given(TOPIC, RECEIVED).when(later).then_refused("reason-missing", rule="T08")

    assert refusal.field == "reason"
    given(TOPIC, RECEIVED).when(replace(later, reason="已由村里解决")).then(
        TopicWithdrawn(topic_id=LAMPS, reason="已由村里解决", withdrawn_on=MARCH_1)
    )


@pytest.mark.rule("T08")
def test_a_clerk_states_the_reason_at_any_time() -> None:
    given(TOPIC, RECEIVED).when(replace(NO_REASON, by=None, at=NOON)).then_refused(
        "reason-missing", rule="T08"
    )


@pytest.mark.rule("T08")
@pytest.mark.parametrize("proposed", [PROPOSED, RECEIVED], ids=["of nobody known", "of somebody else"])
def test_nobody_takes_back_what_somebody_else_proposed(proposed: TopicProposed) -> None:
    command = replace(NO_REASON, by="stranger", at=NOON, reason="不要了")

    given(TOPIC, proposed).when(command).then_refused("not-the-proposer", rule="T08")


# adding


@pytest.mark.rule("T08")
def test_a_proposer_adds_to_the_topic() -> None:
    command = replace(SUPPLEMENT, own=True)

    given(TOPIC, RECEIVED).when(command).then(
        TopicSupplemented(
            topic_id=LAMPS,
            supplement_id="supplement-1",
            text="四组也不亮",
            by="person-7",
            supplemented_on=MARCH_4,
        )
    ).when(command).then_nothing()


@pytest.mark.rule("T08")
def test_nobody_adds_to_what_somebody_else_proposed_but_a_clerk_does() -> None:
    given(TOPIC, RECEIVED).when(replace(SUPPLEMENT, by="stranger", own=True)).then_refused(
        "not-the-proposer", rule="T08"
    )

    assert TOPIC.decide(replace(SUPPLEMENT, by="clerk"), TOPIC.fold([RECEIVED]))


# standing behind


@pytest.mark.rule("T13")
def test_each_person_s_support_counts_once() -> None:
    after = given(TOPIC, PROPOSED).when(SUPPORT).then(SUPPORTED)

    assert isinstance(after.state, Proposed)
    assert after.state.supporters == {"neighbour"}
    after.when(replace(SUPPORT, today=MAY_10)).then_nothing()


@pytest.mark.rule("T13")
def test_the_proposer_does_not_count() -> None:
    given(TOPIC, RECEIVED).when(replace(SUPPORT, person="person-7")).then_refused("own-topic", rule="T13")


@pytest.mark.rule("T12")
@pytest.mark.rule("T13")
def test_a_merged_topic_takes_no_support_but_names_the_survivor() -> None:
    refusal = given(TOPIC, PROPOSED, MERGED).when(SUPPORT).then_refused("topic-ended", rule="T20")

    assert MERGED.into in refusal.zh


# looking after


@pytest.mark.rule("T14")
def test_a_member_group_claims_an_adopted_topic() -> None:
    after = given(TOPIC, PROPOSED, ADOPTED).when(CLAIM).then(CLAIMED)

    assert isinstance(after.state, Adopted)
    assert after.state.claim == CLAIMED
    after.when(CLAIM).then_nothing()


@pytest.mark.rule("T14")
def test_what_is_not_adopted_is_not_claimed() -> None:
    given(TOPIC, PROPOSED).when(CLAIM).then_refused("topic-not-adopted", rule="T14")


@pytest.mark.rule("T14")
def test_one_group_at_a_time_looks_after_a_topic_and_another_is_told_which() -> None:
    others = replace(CLAIM, group_id="teachers", group="教育界别组")

    refusal = (
        given(TOPIC, PROPOSED, ADOPTED, CLAIMED).when(others).then_refused("claimed-already", rule="T14")
    )

    assert "农业界别组" in refusal.zh


@pytest.mark.rule("T14")
def test_a_claim_is_released_with_a_reason_and_another_group_may_claim() -> None:
    others = replace(CLAIM, group_id="teachers", group="教育界别组", today=MAY_10)

    (
        given(TOPIC, PROPOSED, ADOPTED, CLAIMED)
        .when(RELEASE)
        .then(ClaimReleased(topic_id=LAMPS, group_id="farmers", reason="力量不足", released_on=MAY_10))
        .when(others)
        .then(TopicClaimed(topic_id=LAMPS, group_id="teachers", group="教育界别组", claimed_on=MAY_10))
    )


@pytest.mark.rule("T14")
def test_a_claim_is_released_by_its_group_only() -> None:
    claimed = given(TOPIC, PROPOSED, ADOPTED, CLAIMED)

    claimed.when(replace(RELEASE, group_id="teachers")).then_refused("claimed-by-others", rule="T14")
    given(TOPIC, PROPOSED, ADOPTED).when(RELEASE).then_nothing()


@pytest.mark.rule("T14")
def test_a_claim_is_not_released_before_it_was_made() -> None:
    command = replace(RELEASE, released_on=MARCH_4)

    given(TOPIC, PROPOSED, ADOPTED, CLAIMED).when(command).then_refused("day-out-of-order", rule="T14")
