"""Members' activities: what is recorded, corrected, struck, and what forbids it (M19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.meetings.deciders import ACTIVITY
from services.meetings.domain.activity import (
    Account,
    ActivityCommand,
    Circumstances,
    CorrectActivity,
    RecordActivity,
    StrikeActivity,
)
from shared.contracts.types import ActivityDirection, ActivityKind
from shared.eventsourcing.testing import given
from tests.lives import read_back
from tests.unit.meetings.examples import MAY_6, MAY_10, TOWN
from tests.unit.meetings.roster import CORRECTED, LIN, RECORDED, STRUCK, VISIT

AT = Circumstances(today=MAY_10, serving=(LIN, "member-zhao"))
DONE = Account(
    kind=ActivityKind.SHOW_AND_VISIT,
    done_on=MAY_6,
    place="孙武街道文安社区",
    members=(LIN, "member-zhao"),
    people_met=35,
    issues=("三组主路没有路灯", "卫生室缺药"),
    direction=ActivityDirection.TO_THE_PEOPLE,
    showed_member_identity=True,
)
RECORD = RecordActivity(VISIT, TOWN, DONE, AT)
CORRECT = CorrectActivity("人数写错", replace(DONE, people_met=53), AT)
STRIKE = StrikeActivity("重复登记")


def with_account(**changed: Any) -> RecordActivity:
    return replace(RECORD, account=replace(DONE, **changed))


@pytest.mark.rule("M19")
def test_an_activity_is_recorded_with_place_people_met_and_issues_taken_home() -> None:
    given(ACTIVITY).when(RECORD).then(RECORDED)


@pytest.mark.rule("M19")
@pytest.mark.parametrize("kind", [ActivityKind.INSPECTION, ActivityKind.BRIEFING, ActivityKind.ADVICE])
def test_an_activity_of_another_kind_has_no_direction_and_shows_no_identity(kind: ActivityKind) -> None:
    plain = with_account(kind=kind, direction=None, showed_member_identity=None)
    given(ACTIVITY).when(plain).then(
        RECORDED.model_copy(update={"kind": kind, "direction": None, "showed_member_identity": None})
    )

    for stated in ({"direction": None}, {"showed_member_identity": None}):
        given(ACTIVITY).when(with_account(kind=kind, **stated)).then_refused("not-show-and-visit", rule="M19")


@pytest.mark.rule("M19")
@pytest.mark.parametrize("left_out", ["direction", "showed_member_identity"])
def test_a_show_and_visit_says_who_went_to_whom_and_whether_identity_was_shown(left_out: str) -> None:
    refusal = (
        given(ACTIVITY)
        .when(with_account(**{left_out: None}))
        .then_refused("show-and-visit-incomplete", rule="M19")
    )

    assert refusal.field == left_out
    assert ACTIVITY.decide(with_account(showed_member_identity=False), ACTIVITY.initial)


@pytest.mark.rule("M19")
def test_nothing_is_recorded_before_its_day_has_come() -> None:
    ahead = with_account(done_on=MAY_10 + timedelta(days=1))

    refusal = given(ACTIVITY).when(ahead).then_refused("activity-in-future", rule="M19")

    assert refusal.field == "done_on"
    assert ACTIVITY.decide(with_account(done_on=MAY_10), ACTIVITY.initial)


@pytest.mark.rule("M19")
def test_who_took_part_was_a_member_on_that_day_and_is_named_once() -> None:
    stranger, twice = with_account(members=(LIN, "member-sun")), with_account(members=(LIN, LIN))

    refusal = given(ACTIVITY).when(stranger).then_refused("member-not-serving", rule="M19")
    given(ACTIVITY).when(twice).then_refused("member-twice", rule="M19")

    assert refusal.field == "members"
    assert "member-sun" not in refusal.zh + refusal.en


def test_an_id_is_recorded_once() -> None:
    given(ACTIVITY, RECORDED).when(RECORD).then_refused("activity-exists")


@pytest.mark.rule("M19")
def test_a_correction_says_all_anew_with_the_reason_and_is_held_to_the_same_rules() -> None:
    corrected = given(ACTIVITY, RECORDED).when(CORRECT).then(CORRECTED)

    corrected.when(replace(CORRECT, reason="再次更正")).then_nothing()
    unsound = replace(CORRECT, account=replace(DONE, direction=None))
    corrected.when(unsound).then_refused("show-and-visit-incomplete", rule="M19")


@pytest.mark.rule("M19")
def test_what_was_recorded_by_mistake_is_struck_once_and_not_corrected_any_more() -> None:
    struck = given(ACTIVITY, RECORDED).when(STRIKE).then(STRUCK)

    struck.when(replace(STRIKE, reason="误登")).then_nothing()
    struck.when(CORRECT).then_refused("activity-struck", rule="M19")


@pytest.mark.parametrize("command", [CORRECT, STRIKE], ids=lambda c: type(c).__name__)
def test_what_was_never_recorded_is_neither_corrected_nor_struck(command: ActivityCommand) -> None:
    given(ACTIVITY).when(command).then_refused("activity-unknown")


def test_a_snapshot_and_the_stream_bring_an_activity_back() -> None:
    events = [RECORDED, CORRECTED, STRUCK]
    state = ACTIVITY.fold(events)

    assert state.division == TOWN
    assert ACTIVITY.load(ACTIVITY.dump(state)) == state
    assert ACTIVITY.fold(read_back(events)) == state
