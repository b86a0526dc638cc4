"""A member's commands: what each does, what forbids it, when there is nothing to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.meetings.deciders import MEMBER
from services.meetings.domain.member import (
    ChangeMember,
    EnrolMember,
    LinkAccount,
    Member,
    MemberCommand,
    PostMember,
    RetireMember,
)
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MemberPosted
from shared.eventsourcing.testing import given
from tests.lives import read_back
from tests.unit.meetings.examples import COMMUNITY, COUNTY, MAY_6, TOWN
from tests.unit.meetings.roster import (
    ACCOUNT,
    CHANGED,
    ENROLLED,
    JANUARY_10,
    JULY_1,
    LIN,
    LINKED,
    MARCH_1,
    PERSON,
    POSTED,
    POSTING_ENDED,
    RETIRED,
)

ENROL = EnrolMember(
    LIN,
    COUNTY,
    PERSON,
    sector="医药卫生界",
    liaison_office="孙武街道委员联络室",
    enrolled_on=JANUARY_10,
    skills=("中医", "公共卫生"),
    term="第十一届",
)
CHANGE = ChangeMember("医药卫生界", "武定府街道委员联络室", MARCH_1, skills=("中医",), term="第十一届")
LINK = LinkAccount(ACCOUNT, MAY_6)
POST = PostMember(TOWN, "中医义诊", MARCH_1)
RETIRE = RetireMember("调离本县", JULY_1)


# enrol


@pytest.mark.rule("M18")
def test_a_member_is_on_the_roster_with_sector_office_and_skills() -> None:
    given(MEMBER).when(ENROL).then(ENROLLED)


def test_an_id_is_enrolled_once() -> None:
    given(MEMBER, ENROLLED).when(ENROL).then_refused("member-exists")
    given(MEMBER, ENROLLED, RETIRED).when(ENROL).then_refused("member-exists")


@pytest.mark.rule("M18")
@pytest.mark.parametrize("division", [TOWN, COMMUNITY])
def test_the_roster_is_a_county_s(division: str) -> None:
    refusal = (
        given(MEMBER).when(replace(ENROL, division=division)).then_refused("member-of-county", rule="M18")
    )

    assert refusal.field == "division"


@pytest.mark.parametrize("command", [CHANGE, LINK, POST, RETIRE], ids=lambda c: type(c).__name__)
def test_somebody_who_was_never_enrolled_takes_no_command(command: MemberCommand) -> None:
    given(MEMBER).when(command).then_refused("member-unknown")


# change


@pytest.mark.rule("M18")
def test_what_the_roster_says_is_put_right_as_a_whole() -> None:
    given(MEMBER, ENROLLED).when(CHANGE).then(CHANGED)


@pytest.mark.rule("M18")
def test_the_same_entry_again_changes_nothing() -> None:
    given(MEMBER, ENROLLED, CHANGED).when(replace(CHANGE, changed_on=JULY_1)).then_nothing()


@pytest.mark.rule("M18")
def test_a_change_leaves_the_account_and_an_account_leaves_the_rest() -> None:
    linked = given(MEMBER, ENROLLED).when(LINK).then(LINKED)

    linked.when(CHANGE).then(CHANGED.model_copy(update={"account": ACCOUNT}))
    linked.when(LINK).then_nothing()


# post


@pytest.mark.rule("M18")
def test_a_member_is_posted_by_specialty_to_towns_and_communities() -> None:
    in_community = replace(POST, posted_to=COMMUNITY)

    both = (
        given(MEMBER, ENROLLED)
        .when(POST)
        .then(POSTED)
        .when(in_community)
        .then(MemberPosted(member_id=LIN, posted_to=COMMUNITY, specialty="中医义诊", from_on=MARCH_1))
    )

    assert set(both.state.postings) == {TOWN, COMMUNITY}


@pytest.mark.rule("M18")
def test_a_later_posting_to_the_same_place_ends_or_prolongs_the_earlier_one() -> None:
    ended = given(MEMBER, ENROLLED, POSTED).when(replace(POST, until=JULY_1)).then(POSTING_ENDED)

    assert ended.state.postings[TOWN].until == JULY_1
    ended.when(replace(POST, until=JULY_1)).then_nothing()


@pytest.mark.rule("M18")
@pytest.mark.parametrize("elsewhere", [COUNTY, "371622001"])
def test_a_member_is_posted_inside_the_own_county(elsewhere: str) -> None:
    refusal = (
        given(MEMBER, ENROLLED)
        .when(replace(POST, posted_to=elsewhere))
        .then_refused("posted-elsewhere", rule="M18")
    )

    assert refusal.field == "posted_to"


@pytest.mark.rule("M18")
def test_a_posting_does_not_end_before_it_begins() -> None:
    backwards = replace(POST, until=MARCH_1 - timedelta(days=1))

    refusal = (
        given(MEMBER, ENROLLED).when(backwards).then_refused("posting-ends-before-it-begins", rule="M18")
    )

    assert refusal.field == "until"
    given(MEMBER, ENROLLED).when(replace(POST, until=MARCH_1)).then(
        POSTED.model_copy(update={"until": MARCH_1})
    )


# retire


@pytest.mark.rule("M18")
def test_a_member_retires_with_the_reason_once() -> None:
    retired = given(MEMBER, ENROLLED).when(RETIRE).then(RETIRED)

    retired.when(replace(RETIRE, retired_on=date(2025, 1, 1))).then_nothing()


@pytest.mark.rule("M18")
def test_nobody_retires_before_they_were_a_member() -> None:
    early = replace(RETIRE, retired_on=JANUARY_10 - timedelta(days=1))

    refusal = given(MEMBER, ENROLLED).when(early).then_refused("retired-before-enrolled", rule="M18")

    assert refusal.field == "retired_on"


@pytest.mark.rule("M18")
@pytest.mark.parametrize("command", [CHANGE, LINK, POST], ids=lambda c: type(c).__name__)
def test_who_retired_is_neither_changed_nor_posted(command: MemberCommand) -> None:
    given(MEMBER, ENROLLED, RETIRED).when(command).then_refused("member-retired", rule="M18")


@pytest.mark.rule("M19")
@pytest.mark.parametrize(
    ("events", "day", "serves"),
    [
        ([], MAY_6, False),
        ([ENROLLED], JANUARY_10, True),
        ([ENROLLED], JANUARY_10 - timedelta(days=1), False),
        ([ENROLLED, RETIRED], JULY_1 - timedelta(days=1), True),
        ([ENROLLED, RETIRED], JULY_1, False),
    ],
)
def test_somebody_serves_from_the_day_of_enrolment_until_the_day_of_retirement(
    events: list[DomainEvent], day: date, serves: bool
) -> None:
    assert MEMBER.fold(events).serves_on(day) is serves


def test_a_snapshot_and_the_stream_bring_a_member_back() -> None:
    events = [ENROLLED, CHANGED, LINKED, POSTED, POSTING_ENDED, RETIRED]
    state = MEMBER.fold(events)

    assert MEMBER.load(MEMBER.dump(state)) == state
    assert MEMBER.fold(read_back(events)) == state


def test_a_member_belongs_to_the_county() -> None:
    assert MEMBER.division_of is not None
    assert MEMBER.division_of(MEMBER.fold([ENROLLED])) == COUNTY
    assert MEMBER.division_of(Member()) == ""
