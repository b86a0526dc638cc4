"""Whatever a member, an activity or a branch is told, in whatever order, the rules hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import strategies as st

from services.meetings.deciders import ACTIVITY, BRANCH, MEMBER
from services.meetings.domain import activity, branch, member
from services.meetings.domain.activity import Account, Circumstances
from services.meetings.projections.activities import ACTIVITIES
from services.meetings.projections.branches import BRANCHES
from services.meetings.projections.members import MEMBERS
from services.meetings.views.activities import ActivityView
from services.meetings.views.branches import BranchView
from services.meetings.views.members import MemberView
from shared.contracts.types import ActivityDirection, ActivityKind, BranchActivityKind
from shared.eventsourcing.testing import fold_all, stream_of
from tests.lives import (
    Episode,
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    live,
    read_back,
)
from tests.unit.meetings.examples import COMMUNITY, COUNTY, TOWN
from tests.unit.meetings.roster import ACCOUNT, HEALTH, LIN, PERSON, VISIT

Life = list[Episode[Any, Any]]

_days = st.dates(date(2024, 1, 1), date(2024, 12, 31))
_skills = st.sampled_from([(), ("中医",)])
_sectors = st.sampled_from(["医药卫生界", "教育界"])
_offices = st.just("孙武街道委员联络室")

_member_commands = st.one_of(
    st.builds(
        member.EnrolMember,
        st.just(LIN),
        st.sampled_from([COUNTY, COUNTY, TOWN]),
        st.just(PERSON),
        _sectors,
        _offices,
        _days,
        _skills,
        st.none(),
        st.sampled_from([None, ACCOUNT]),
    ),
    st.builds(member.ChangeMember, _sectors, _offices, _days, _skills),
    st.builds(member.LinkAccount, st.sampled_from([ACCOUNT, "account-2"]), _days),
    st.builds(
        member.PostMember,
        st.sampled_from([TOWN, COMMUNITY, "371622001"]),
        st.just("义诊"),
        _days,
        st.none() | _days,
    ),
    st.builds(member.RetireMember, st.just("调离"), _days),
)
_accounts = st.builds(
    Account,
    kind=st.sampled_from(ActivityKind),
    done_on=_days,
    place=st.just("文安社区"),
    members=st.sampled_from([(LIN,), (LIN, "member-zhao"), (LIN, LIN)]),
    people_met=st.none() | st.integers(0, 99),
    issues=st.sampled_from([(), ("路灯不亮",)]),
    direction=st.none() | st.sampled_from(ActivityDirection),
    showed_member_identity=st.none() | st.booleans(),
)
_at = st.builds(Circumstances, _days, st.sampled_from([(LIN,), (LIN, "member-zhao")]))
_activity_commands = st.one_of(
    st.builds(activity.RecordActivity, st.just(VISIT), st.just(TOWN), _accounts, _at),
    st.builds(activity.CorrectActivity, st.just("写错"), _accounts, _at),
    st.builds(activity.StrikeActivity, st.just("重复")),
)
_base = st.sampled_from(["县人民医院", "县委员活动中心"])
_branch_commands = st.one_of(
    st.builds(
        branch.FoundBranch,
        st.just(HEALTH),
        st.just(COUNTY),
        st.just("医卫界党支部"),
        _base,
        st.just(("医药卫生界",)),
        _days,
    ),
    st.builds(branch.ChangeBranch, st.just("医卫界党支部"), _base, st.just(("医药卫生界",)), _days),
    st.builds(
        branch.RecordBranchActivity, st.sampled_from(BranchActivityKind), _days, st.just("义诊"), _days
    ),
    st.builds(branch.DissolveBranch, st.just("调整"), _days),
)


def _lives(decider: Any, commands: st.SearchStrategy[Any]) -> st.SearchStrategy[Life]:
    return st.lists(commands, max_size=12).map(lambda given: live(decider, given))


AGGREGATES = [
    pytest.param(MEMBER, _member_commands, MEMBERS, MemberView, id="member"),
    pytest.param(ACTIVITY, _activity_commands, ACTIVITIES, ActivityView, id="activity"),
    pytest.param(BRANCH, _branch_commands, BRANCHES, BranchView, id="branch"),
]


@pytest.mark.parametrize(("decider", "commands", "projection", "view"), AGGREGATES)
def test_any_life_is_decided_once_kept_whole_and_shown(
    decider: Any, commands: st.SearchStrategy[Any], projection: Any, view: Any
) -> None:
    """Commands met twice are silent or refused; snapshots and streams bring all back; views take all."""

    @for_any(_lives(decider, commands))
    def check(life: Life) -> None:
        expect_silence_or_refusal_the_second_time(decider, life)
        expect_snapshots_to_bring_back_every_state(decider, life)
        events = events_of(life)
        assert decider.fold(read_back(events)) == (life[-1].after if life else decider.initial)
        for document in fold_all(projection, stream_of(decider.stream("some-id"), *events)).values():
            assert view.model_validate(document)

    check()


@pytest.mark.rule("M18")
@for_any(_lives(MEMBER, _member_commands))
def test_a_member_is_posted_inside_the_county_and_told_nothing_after_retiring(life: Life) -> None:
    names = [event.name for event in events_of(life)]
    assert "MemberRetired" not in names[:-1]
    for episode in life:
        assert all(place.startswith(COUNTY) and place != COUNTY for place in episode.after.postings)
        assert not episode.after.member_id or episode.after.person == PERSON


@pytest.mark.rule("M19")
@for_any(_lives(ACTIVITY, _activity_commands))
def test_a_show_and_visit_alone_has_direction_and_identity(life: Life) -> None:
    for episode in life:
        if (account := episode.after.account) is not None:
            is_one = account.kind is ActivityKind.SHOW_AND_VISIT
            assert (account.direction is not None) == (account.showed_member_identity is not None) == is_one
            assert len(set(account.members)) == len(account.members)
