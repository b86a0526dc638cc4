"""A venue's commands: what each does, what forbids it, when there is nothing to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.meetings.deciders import VENUE
from services.meetings.domain.venue import (
    AssessVenue,
    ChangeVenue,
    CloseVenue,
    Mark,
    OpenVenue,
    ReopenVenue,
    TwelveMonths,
    Venue,
    VenueCommand,
)
from services.meetings.presets import load_standards
from shared.contracts.meetings import AssessedItem, VenueAssessed, VenueOpened
from shared.contracts.types import FileRef, HostPlatform, Tier
from shared.eventsourcing.testing import given
from tests.unit.meetings.examples import (
    EVIDENCE,
    JULY_1,
    LONGKOU,
    MARCH_1,
    MAY_6,
    STATION,
    TOWN,
    VENUE_CHANGED,
    VENUE_CLOSED,
    VENUE_OPENED,
    VENUE_REOPENED,
    assessed,
    marks,
)

OPEN = OpenVenue(
    STATION,
    TOWN,
    "孙武街道协商议事站",
    Tier.STATION,
    host_platform=HostPlatform.COMMUNITY_SERVICE_CENTRE,
    address="孙武街道文安路 8 号",
    capacity=40,
    functions=("协商议事", "收集民意"),
    opened_on=MARCH_1,
)
BUSY = TwelveMonths(meetings=4, solutions=1)
ASSESS = AssessVenue(LONGKOU, marks(), BUSY, assessor="县政协办公室", assessed_on=MAY_6)
CHANGE = ChangeVenue(
    "孙武街道协商议事站",
    reason="搬入党群服务中心",
    changed_on=JULY_1,
    host_platform=HostPlatform.PARTY_SERVICE_CENTRE,
    address="孙武街道老街 3 号",
    capacity=60,
    functions=("协商议事",),
)
CLOSE = CloseVenue("并入街道协商议事室", JULY_1)
REOPEN = ReopenVenue("恢复独立开放", date(2024, 9, 1))
ALL_SIX = tuple(item.code for item in LONGKOU.items)


def found(command: AssessVenue) -> dict[str, bool]:
    """Return what an assessment says of each item."""
    (event,) = VENUE.decide(command, VENUE.fold([VENUE_OPENED]))
    assert isinstance(event, VenueAssessed)
    return {item.code: item.met for item in event.items}


# open


@pytest.mark.rule("M01")
def test_an_opened_venue_keeps_all_that_was_said() -> None:
    given(VENUE).when(OPEN).then(VENUE_OPENED)


@pytest.mark.rule("M01")
@pytest.mark.parametrize("left_out", ["host_platform", "address", "capacity"])
def test_a_venue_states_platform_address_and_capacity(left_out: str) -> None:
    unstated: dict[str, Any] = {left_out: None}

    refusal = given(VENUE).when(replace(OPEN, **unstated)).then_refused("venue-incomplete", rule="M01")

    assert refusal.field == left_out


@pytest.mark.rule("M01")
def test_a_back_entry_opens_a_venue_of_which_little_is_known() -> None:
    given(VENUE).when(OpenVenue(STATION, TOWN, "议事站", Tier.STATION, back_entry=True)).then(
        VenueOpened(venue_id=STATION, division=TOWN, title="议事站", tier=Tier.STATION, back_entry=True)
    )


def test_an_id_is_opened_once() -> None:
    given(VENUE, VENUE_OPENED).when(OPEN).then_refused("venue-exists")
    given(VENUE, VENUE_OPENED, VENUE_CLOSED).when(OPEN).then_refused("venue-exists")


@pytest.mark.parametrize("command", [CHANGE, ASSESS, CLOSE, REOPEN], ids=lambda c: type(c).__name__)
def test_a_venue_that_was_never_opened_takes_no_command(command: VenueCommand) -> None:
    given(VENUE).when(command).then_refused("venue-unknown")


# change


@pytest.mark.rule("M01")
def test_a_venue_is_described_anew_with_the_reason() -> None:
    given(VENUE, VENUE_OPENED).when(CHANGE).then(VENUE_CHANGED)


@pytest.mark.rule("M01")
def test_the_same_description_again_changes_nothing_whatever_the_reason() -> None:
    given(VENUE, VENUE_OPENED, VENUE_CHANGED).when(replace(CHANGE, reason="补录")).then_nothing()


@pytest.mark.rule("M01")
@pytest.mark.parametrize("left_out", ["host_platform", "address", "capacity"])
def test_a_changed_venue_still_states_platform_address_and_capacity(left_out: str) -> None:
    unstated: dict[str, Any] = {left_out: None}

    refusal = (
        given(VENUE, VENUE_OPENED)
        .when(replace(CHANGE, **unstated))
        .then_refused("venue-incomplete", rule="M01")
    )

    assert refusal.field == left_out


@pytest.mark.rule("M01")
def test_a_closed_venue_may_be_put_right_and_stays_closed() -> None:
    after = given(VENUE, VENUE_OPENED, VENUE_CLOSED).when(CHANGE).then(VENUE_CHANGED)

    assert after.state.closed_on == JULY_1


# assess


@pytest.mark.rule("M02")
def test_an_assessment_says_of_each_of_the_six_whether_it_is_met() -> None:
    titles = {item.code: item.title for item in LONGKOU.items}
    by_hand = tuple(
        AssessedItem(code=code, title=titles[code], met=code != "signage", evidence=evidence)
        for code, evidence in zip(EVIDENCE, ("照片", None, "照片", "照片"), strict=True)
    )
    counted = (
        AssessedItem(code="activity", title="有活动", met=True, evidence="近十二个月举办协商活动 4 次"),
        AssessedItem(code="effect", title="有实效", met=True, evidence="近十二个月解决问题 1 个"),
    )

    given(VENUE, VENUE_OPENED).when(replace(ASSESS, marks=marks("signage"))).then(
        VenueAssessed(
            venue_id=STATION,
            standard="longkou",
            standard_version=1,
            items=by_hand + counted,
            assessor="县政协办公室",
            assessed_on=MAY_6,
        )
    )


@pytest.mark.rule("M03")
@pytest.mark.parametrize(
    ("happened", "activity", "effect"),
    [
        (TwelveMonths(0, 0), False, False),
        (TwelveMonths(3, 0), False, False),
        (TwelveMonths(4, 0), True, False),
        (TwelveMonths(3, 1), False, True),
    ],
)
def test_activity_and_effect_follow_from_what_happened(
    happened: TwelveMonths, activity: bool, effect: bool
) -> None:
    marked = found(replace(ASSESS, at=happened))

    assert (marked["activity"], marked["effect"]) == (activity, effect)


@pytest.mark.rule("M03")
@pytest.mark.parametrize("typed", ["activity", "effect"])
def test_nobody_types_in_activity_and_effect(typed: str) -> None:
    command = replace(ASSESS, marks=(*marks(), Mark(typed, met=True, evidence="照片")))

    refusal = given(VENUE, VENUE_OPENED).when(command).then_refused("item-is-computed", rule="M03")

    assert refusal.field == "items"


@pytest.mark.rule("M03")
def test_what_is_met_is_shown_by_evidence_and_what_is_not_needs_none() -> None:
    unproven = (*marks(codes=EVIDENCE[1:]), Mark("position", met=True))

    refusal = (
        given(VENUE, VENUE_OPENED)
        .when(replace(ASSESS, marks=unproven))
        .then_refused("evidence-missing", rule="M03")
    )

    assert "有阵地" in refusal.zh
    assert not found(replace(ASSESS, marks=marks("position")))["position"]


@pytest.mark.rule("M02")
def test_a_file_is_evidence_as_good_as_words_and_is_named_by_its_hash() -> None:
    photo = FileRef(file_id="photo-1", media_type="image/jpeg", size=81_234, sha256="c" * 64)
    shown_by_photo = (*marks(codes=EVIDENCE[1:]), Mark("position", met=True, files=(photo,)))

    (event,) = VENUE.decide(replace(ASSESS, marks=shown_by_photo), VENUE.fold([VENUE_OPENED]))

    assert isinstance(event, VenueAssessed)
    position = next(item for item in event.items if item.code == "position")
    assert (position.met, position.evidence, position.files) == (True, None, (photo,))


@pytest.mark.rule("M02")
@pytest.mark.parametrize("back_entry", [False, True])
def test_nothing_is_assessed_before_its_day_has_come(back_entry: bool) -> None:
    codes = ALL_SIX if back_entry else EVIDENCE
    ahead = replace(ASSESS, marks=marks(codes=codes), back_entry=back_entry, today=date(2024, 5, 5))

    refusal = given(VENUE, VENUE_OPENED).when(ahead).then_refused("assessed-in-future", rule="M02")

    assert refusal.field == "assessed_on"
    assert VENUE.decide(replace(ahead, today=MAY_6), VENUE.fold([VENUE_OPENED]))


@pytest.mark.rule("M02")
@pytest.mark.parametrize(
    "given_marks",
    [
        (),
        marks(codes=EVIDENCE[1:]),
        (*marks(), Mark("rules", met=False)),
        marks(codes=(*EVIDENCE, "canteen")),
    ],
    ids=["none", "one-left-out", "one-twice", "one-too-many"],
)
def test_each_item_is_marked_once(given_marks: tuple[Mark, ...]) -> None:
    refusal = (
        given(VENUE, VENUE_OPENED)
        .when(replace(ASSESS, marks=given_marks))
        .then_refused("marks-incomplete", rule="M02")
    )

    assert refusal.field == "items"


@pytest.mark.rule("M02")
@pytest.mark.parametrize("left_out", ["assessor", "assessed_on"])
def test_an_assessment_states_by_whom_and_when(left_out: str) -> None:
    unstated: dict[str, Any] = {left_out: None}

    refusal = (
        given(VENUE, VENUE_OPENED)
        .when(replace(ASSESS, **unstated))
        .then_refused("assessment-incomplete", rule="M02")
    )

    assert refusal.field == left_out


@pytest.mark.rule("M02")
def test_a_standard_without_computed_items_has_all_six_marked() -> None:
    zhongshan = load_standards().newest("zhongshan")
    codes = tuple(item.code for item in zhongshan.items)

    marked = found(replace(ASSESS, standard=zhongshan, marks=marks("funds", codes=codes)))

    assert marked == {code: code != "funds" for code in codes}


@pytest.mark.rule("M03")
def test_a_back_entry_marks_all_six_as_its_source_does_without_evidence_or_date() -> None:
    as_in_ledger = tuple(Mark(code, met=code != "effect") for code in ALL_SIX)
    command = AssessVenue(LONGKOU, as_in_ledger, TwelveMonths(), back_entry=True)

    given(VENUE, VENUE_OPENED).when(command).then(
        VenueAssessed(
            venue_id=STATION,
            standard="longkou",
            standard_version=1,
            items=tuple(
                AssessedItem(code=item.code, title=item.title, met=item.code != "effect")
                for item in LONGKOU.items
            ),
            back_entry=True,
        )
    )


@pytest.mark.rule("M02")
def test_a_back_entry_that_leaves_an_item_out_is_refused() -> None:
    command = AssessVenue(LONGKOU, marks(), TwelveMonths(), back_entry=True)

    given(VENUE, VENUE_OPENED).when(command).then_refused("marks-incomplete", rule="M02")


def test_a_closed_venue_is_not_assessed_any_more_but_its_past_can_be_entered() -> None:
    past = AssessVenue(LONGKOU, tuple(Mark(c, met=True) for c in ALL_SIX), TwelveMonths(), back_entry=True)

    given(VENUE, VENUE_OPENED, VENUE_CLOSED).when(ASSESS).then_refused("venue-closed", rule="M04")
    assert VENUE.decide(past, VENUE.fold([VENUE_OPENED, VENUE_CLOSED]))


@pytest.mark.rule("M02")
def test_the_same_assessment_again_changes_nothing_and_a_later_one_is_kept_beside_it() -> None:
    state = VENUE.fold([VENUE_OPENED])
    (event,) = VENUE.decide(ASSESS, state)

    given(VENUE, VENUE_OPENED, event).when(ASSESS).then_nothing()
    (again,) = VENUE.decide(replace(ASSESS, assessed_on=JULY_1), VENUE.fold([event], state))
    assert VENUE.fold([event, again], state).assessments == (event, again)


@pytest.mark.rule("M02")
@pytest.mark.parametrize(
    ("history", "met"),
    [
        ([], None),
        ([assessed(4)], 4),
        ([assessed(4, MAY_6), assessed(6, JULY_1)], 6),
        ([assessed(6, JULY_1), assessed(4, MAY_6)], 6),
        ([assessed(4, MAY_6), assessed(5, MAY_6)], 5),
        ([assessed(4, MAY_6), assessed(6, None)], 4),
    ],
    ids=["never", "once", "later", "entered-late", "same-day", "undated"],
)
def test_how_many_are_met_is_what_the_latest_assessment_found(
    history: list[VenueAssessed], met: int | None
) -> None:
    assert VENUE.fold([VENUE_OPENED, *history]).met == met


# close


@pytest.mark.rule("M04")
def test_a_venue_is_closed_with_its_reason() -> None:
    given(VENUE, VENUE_OPENED).when(CLOSE).then(VENUE_CLOSED)


@pytest.mark.rule("M04")
def test_closing_again_changes_nothing() -> None:
    given(VENUE, VENUE_OPENED, VENUE_CLOSED).when(replace(CLOSE, closed_on=date(2025, 1, 1))).then_nothing()


@pytest.mark.rule("M04")
def test_a_venue_is_not_closed_before_it_was_opened() -> None:
    early = replace(CLOSE, closed_on=date(2024, 2, 29))

    refusal = given(VENUE, VENUE_OPENED).when(early).then_refused("closed-before-opened", rule="M04")

    assert refusal.field == "closed_on"


@pytest.mark.rule("M04")
def test_a_closed_venue_is_reopened_with_its_reason_and_may_be_closed_again() -> None:
    reopened = given(VENUE, VENUE_OPENED, VENUE_CLOSED).when(REOPEN).then(VENUE_REOPENED)

    assert reopened.state.closed_on is None
    reopened.when(replace(CLOSE, closed_on=date(2025, 1, 1))).then(
        VENUE_CLOSED.model_copy(update={"closed_on": date(2025, 1, 1)})
    )


@pytest.mark.rule("M04")
def test_an_open_venue_is_not_reopened() -> None:
    given(VENUE, VENUE_OPENED).when(REOPEN).then_nothing()


@pytest.mark.rule("M04")
def test_a_venue_is_not_reopened_before_it_was_closed() -> None:
    early = replace(REOPEN, reopened_on=date(2024, 6, 30))

    refusal = (
        given(VENUE, VENUE_OPENED, VENUE_CLOSED)
        .when(early)
        .then_refused("reopened-before-closed", rule="M04")
    )

    assert refusal.field == "reopened_on"


def test_a_venue_belongs_to_its_division() -> None:
    assert VENUE.division_of is not None
    assert VENUE.division_of(VENUE.fold([VENUE_OPENED])) == TOWN
    assert VENUE.division_of(Venue()) == ""
