"""A meeting's commands: what each does, what forbids it, when there is nothing to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from services.meetings.deciders import MEETING, VENUE
from services.meetings.domain.meeting import (
    AgreeOpinion,
    CancelMeeting,
    CheckIn,
    HoldMeeting,
    KnownTopic,
    MeetingCommand,
    OpenMeeting,
)
from services.meetings.domain.venue import Description, Venue
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import AgreedOpinion, Attendance, Dissent, MeetingHeld, ReservedSeats
from shared.contracts.types import AttendeeKind, Flag, MeetingForm, MeetingRules
from shared.eventsourcing.testing import given
from tests.unit.meetings.examples import (
    AGREED,
    CANCELLED,
    COMMUNITY,
    COUNTY,
    EVERYBODY,
    HELD,
    JULY_1,
    LATER,
    MAY_10,
    NEXT_TOWN,
    OPENED,
    OPENED_AT,
    OPINION,
    PAST_HELD,
    PAST_SCHEDULED,
    QUIET,
    SCHEDULE,
    SCHEDULED,
    STARTS_AT,
    STATION,
    TOWN,
    VENUE_CLOSED,
    VENUE_OPENED,
    assessed,
    checked_in,
)

LINK = "https://meet.example/1"
OPEN = OpenMeeting(OPENED_AT)
CHECK_IN = CheckIn("member-1", AttendeeKind.MEMBER, "联络室工作人员", OPENED_AT)
AGREE = AgreeOpinion(OPINION)
HOLD = HoldMeeting()
CANCEL = CancelMeeting("暴雨", MAY_10)
ENTER_HELD = HoldMeeting(back_entry=True)


def noon(day: date) -> datetime:
    """Return noon of a day in Shanghai."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


# The source of a back-entry knows the day and who took part in what; nothing of hours and officials.
ENTER = replace(
    SCHEDULE,
    venue_id=None,
    day=MAY_10,
    starts_at=None,
    ends_at=None,
    convener=None,
    host=None,
    recorder=None,
    capacity=None,
    at=replace(QUIET, now=noon(JULY_1), venue=Venue(), notice=None),
    back_entry=True,
)
LIVE: list[MeetingCommand] = [OPEN, CHECK_IN, AGREE, HOLD, CANCEL]


def named(commands: list[MeetingCommand]) -> list[object]:
    """Return the commands as parameters of a test, each under its name."""
    return [pytest.param(command, id=type(command).__name__) for command in commands]


# schedule


@pytest.mark.rule("M05")
def test_a_scheduled_meeting_keeps_day_place_and_people() -> None:
    given(MEETING).when(SCHEDULE).then(SCHEDULED)


@pytest.mark.rule("M05")
def test_hours_are_stored_in_utc_and_the_day_is_the_one_in_shanghai() -> None:
    beijing = timezone(timedelta(hours=8))
    early = datetime(2024, 5, 10, 6, 30, 0, 250, tzinfo=beijing)

    (event,) = MEETING.decide(
        replace(SCHEDULE, starts_at=early, ends_at=early + timedelta(hours=1)), MEETING.initial
    )

    expected = SCHEDULED.model_copy(
        update={
            "starts_at": datetime(2024, 5, 9, 22, 30, tzinfo=UTC),
            "ends_at": datetime(2024, 5, 9, 23, 30, tzinfo=UTC),
            "day": MAY_10,
        }
    )
    assert event == expected
    assert event.model_dump(mode="json")["starts_at"] == "2024-05-09T22:30:00Z"


@pytest.mark.rule("M05")
def test_a_link_does_for_a_venue() -> None:
    online = replace(SCHEDULE, venue_id=None, link="https://meet.example/1", at=replace(QUIET, venue=Venue()))

    (event,) = MEETING.decide(online, MEETING.initial)

    assert event == SCHEDULED.model_copy(update={"venue_id": None, "link": "https://meet.example/1"})


@pytest.mark.parametrize("past", [[SCHEDULED], [SCHEDULED, OPENED, HELD], [SCHEDULED, CANCELLED]])
def test_an_id_is_scheduled_once(past: list[DomainEvent]) -> None:
    given(MEETING, *past).when(SCHEDULE).then_refused("meeting-exists")


@pytest.mark.parametrize("command", named(LIVE))
def test_a_meeting_that_was_never_scheduled_takes_no_command(command: MeetingCommand) -> None:
    given(MEETING).when(command).then_refused("meeting-unknown")


@pytest.mark.rule("M05")
@pytest.mark.parametrize(
    ("left_out", "field"),
    [
        ({"starts_at": None}, "starts_at"),
        ({"ends_at": None}, "ends_at"),
        ({"convener": None}, "convener"),
        ({"host": None}, "host"),
        ({"recorder": None}, "recorder"),
        ({"venue_id": None, "link": None}, "venue_id"),
    ],
)
def test_a_meeting_states_hours_people_and_place(left_out: dict[str, Any], field: str) -> None:
    refusal = (
        given(MEETING).when(replace(SCHEDULE, **left_out)).then_refused("meeting-incomplete", rule="M05")
    )

    assert refusal.field == field


@pytest.mark.rule("M05")
def test_host_and_recorder_are_different_persons() -> None:
    refusal = (
        given(MEETING)
        .when(replace(SCHEDULE, recorder=SCHEDULE.host))
        .then_refused("host-is-recorder", rule="M05")
    )

    assert refusal.field == "recorder"


@pytest.mark.rule("M05")
@pytest.mark.parametrize("ends_at", [STARTS_AT, STARTS_AT - timedelta(minutes=1)])
def test_a_meeting_ends_after_it_starts(ends_at: datetime) -> None:
    given(MEETING).when(replace(SCHEDULE, ends_at=ends_at)).then_refused("ends-before-start", rule="M05")


@pytest.mark.rule("M05")
def test_a_day_that_is_said_beside_the_hour_is_the_same_one() -> None:
    given(MEETING).when(replace(SCHEDULE, day=MAY_10)).then(SCHEDULED)
    refusal = (
        given(MEETING).when(replace(SCHEDULE, day=date(2024, 5, 11))).then_refused("day-differs", rule="M05")
    )
    assert refusal.field == "day"


@pytest.mark.rule("M05")
@pytest.mark.parametrize("command", [SCHEDULE, ENTER], ids=["live", "back-entry"])
def test_a_meeting_needs_a_topic_that_is_known(command: Any) -> None:
    unknown = replace(command, at=replace(command.at, topic=None))

    refusal = given(MEETING).when(unknown).then_refused("topic-unknown", rule="M05")

    assert refusal.field == "topic_id"


@pytest.mark.rule("T20")
def test_no_meeting_is_scheduled_on_a_topic_that_has_ended_but_one_that_was_held_is_a_fact() -> None:
    ended = KnownTopic(TOWN, adopted=True, ended=True)

    refusal = (
        given(MEETING)
        .when(replace(SCHEDULE, at=replace(QUIET, topic=ended)))
        .then_refused("topic-ended", rule="T20")
    )

    assert refusal.field == "topic_id"
    given(MEETING).when(replace(ENTER, at=replace(ENTER.at, topic=ended))).then(PAST_SCHEDULED)


@pytest.mark.rule("M05")
@pytest.mark.parametrize("division", [TOWN, COMMUNITY])
def test_a_topic_is_consulted_on_in_its_own_division_or_inside_it(division: str) -> None:
    (event,) = MEETING.decide(replace(SCHEDULE, division=division), MEETING.initial)

    assert event == SCHEDULED.model_copy(update={"division": division})


@pytest.mark.rule("M05")
@pytest.mark.parametrize("division", [COUNTY, NEXT_TOWN])
def test_a_topic_is_not_consulted_on_elsewhere(division: str) -> None:
    refusal = (
        given(MEETING)
        .when(replace(SCHEDULE, division=division))
        .then_refused("division-outside-topic", rule="M05")
    )

    assert refusal.field == "division"


@pytest.mark.rule("M05")
@pytest.mark.parametrize("venue", [Venue(), Venue(STATION, "371622001")], ids=["none", "other-county"])
@pytest.mark.parametrize("command", [SCHEDULE, replace(ENTER, venue_id=STATION)], ids=["live", "back-entry"])
def test_a_venue_is_one_that_the_county_has(command: Any, venue: Venue) -> None:
    refusal = (
        given(MEETING)
        .when(replace(command, at=replace(command.at, venue=venue)))
        .then_refused("venue-unknown", rule="M05")
    )

    assert refusal.field == "venue_id"


def test_a_meeting_may_be_the_guest_of_another_town() -> None:
    given(MEETING).when(replace(SCHEDULE, at=replace(QUIET, venue=Venue(STATION, NEXT_TOWN)))).then(SCHEDULED)


@pytest.mark.rule("M04")
def test_a_closed_venue_takes_no_meeting() -> None:
    closed = VENUE.fold([VENUE_OPENED, VENUE_CLOSED])

    refusal = (
        given(MEETING)
        .when(replace(SCHEDULE, at=replace(QUIET, venue=closed)))
        .then_refused("venue-closed", rule="M04")
    )

    assert refusal.field == "venue_id"


@pytest.mark.rule("M04")
def test_a_venue_takes_one_meeting_at_a_time() -> None:
    given(MEETING).when(replace(SCHEDULE, at=replace(QUIET, taken=("venue_id",)))).then_refused(
        "venue-taken", rule="M04"
    )


@pytest.mark.rule("M04")
@pytest.mark.parametrize(
    ("history", "flags"),
    [
        ([], ()),
        ([assessed(6)], ()),
        ([assessed(5)], (Flag(rule="M04", text="协商阵地未全部达标（5/6）"),)),
    ],
    ids=["never-assessed", "six", "five"],
)
def test_a_venue_below_standard_is_warned_of_not_refused(
    history: list[DomainEvent], flags: tuple[Flag, ...]
) -> None:
    venue = VENUE.fold([VENUE_OPENED, *history])

    given(MEETING).when(replace(SCHEDULE, at=replace(QUIET, venue=venue))).then(
        SCHEDULED.model_copy(update={"flags": flags})
    )


@pytest.mark.rule("M06")
@pytest.mark.parametrize(
    ("notice", "text"),
    [(3, None), (2, "距开会不足 3 个工作日（仅 2 个）"), (-1, "距开会不足 3 个工作日（仅 0 个）")],
)
def test_a_short_notice_is_flagged_not_refused(notice: int, text: str | None) -> None:
    flags = (Flag(rule="M06", text=text),) if text else ()

    given(MEETING).when(replace(SCHEDULE, at=replace(QUIET, notice=notice))).then(
        SCHEDULED.model_copy(update={"flags": flags})
    )


@pytest.mark.rule("M05")
def test_a_meeting_is_scheduled_for_today_or_later() -> None:
    on_the_day, after = replace(QUIET, now=noon(MAY_10)), replace(QUIET, now=noon(date(2024, 5, 11)))

    given(MEETING).when(replace(SCHEDULE, at=on_the_day)).then(SCHEDULED)
    given(MEETING).when(replace(SCHEDULE, at=after)).then_refused("meeting-in-the-past", rule="M05")


@pytest.mark.rule("M05")
def test_a_meeting_is_scheduled_on_an_adopted_topic_but_one_that_was_held_before_is_a_fact() -> None:
    proposed = KnownTopic(TOWN)

    refusal = (
        given(MEETING)
        .when(replace(SCHEDULE, at=replace(QUIET, topic=proposed)))
        .then_refused("topic-not-adopted", rule="M05")
    )

    assert refusal.field == "topic_id"
    given(MEETING).when(replace(ENTER, at=replace(ENTER.at, topic=proposed))).then(PAST_SCHEDULED)


@pytest.mark.rule("M05")
@pytest.mark.parametrize(
    ("form", "place", "code", "field"),
    [
        (MeetingForm.MICRO, {"link": LINK}, "place-stated-twice", "link"),
        (MeetingForm.ONLINE, {}, "place-does-not-fit", "venue_id"),
        (MeetingForm.MEETING, {"venue_id": None, "link": LINK}, "place-does-not-fit", "link"),
        (MeetingForm.ON_SITE, {"venue_id": None, "link": LINK}, "place-does-not-fit", "link"),
        (MeetingForm.ONLINE, {"venue_id": None}, "meeting-incomplete", "link"),
    ],
    ids=["both", "online-at-a-venue", "meeting-by-link", "on-site-by-link", "online-without-link"],
)
def test_a_meeting_has_the_one_place_that_fits_its_form(
    form: MeetingForm, place: dict[str, Any], code: str, field: str
) -> None:
    refusal = given(MEETING).when(replace(SCHEDULE, form=form, **place)).then_refused(code, rule="M05")

    assert refusal.field == field


@pytest.mark.rule("M05")
def test_people_may_be_named_by_opaque_ids_and_these_say_who_is_who() -> None:
    ids: dict[str, Any] = {"convener_id": "person-1", "host_id": "person-2", "recorder_id": "person-3"}
    one_office: dict[str, Any] = {"host": "联络室工作人员", "recorder": "联络室工作人员"}

    given(MEETING).when(replace(SCHEDULE, **ids, **one_office)).then(
        SCHEDULED.model_copy(update=ids | one_office)
    )
    given(MEETING).when(replace(SCHEDULE, **{**ids, "recorder_id": "person-2"})).then_refused(
        "host-is-recorder", rule="M05"
    )


@pytest.mark.rule("M05")
def test_a_meeting_has_as_many_seats_as_its_venue_holds_unless_it_says_fewer() -> None:
    hall = Venue(STATION, TOWN, description=Description(capacity=40))
    here = replace(SCHEDULE, at=replace(QUIET, venue=hall))

    given(MEETING).when(here).then(SCHEDULED)
    given(MEETING).when(replace(here, capacity=None)).then(SCHEDULED.model_copy(update={"capacity": 40}))
    refusal = given(MEETING).when(replace(here, capacity=41)).then_refused("capacity-over-venue", rule="M05")
    assert refusal.field == "capacity"


@pytest.mark.rule("M05")
@pytest.mark.parametrize(
    ("reserved", "code"),
    [
        ([(AttendeeKind.MEMBER, 10), (AttendeeKind.RESIDENT, 20)], None),
        ([(AttendeeKind.MEMBER, 11), (AttendeeKind.RESIDENT, 20)], "reserved-over-capacity"),
        ([(AttendeeKind.MEMBER, 1), (AttendeeKind.MEMBER, 2)], "reserved-twice"),
    ],
)
def test_reserved_seats_are_said_once_a_kind_and_are_no_more_than_there_are(
    reserved: list[tuple[AttendeeKind, int]], code: str | None
) -> None:
    seats = tuple(ReservedSeats(kind=kind, seats=number) for kind, number in reserved)
    command = replace(SCHEDULE, reserved=seats)

    if code is None:
        given(MEETING).when(command).then(SCHEDULED.model_copy(update={"reserved": seats}))
    else:
        assert given(MEETING).when(command).then_refused(code, rule="M05").field == "reserved"


@pytest.mark.rule("M05")
def test_a_meeting_that_would_last_longer_than_a_day_is_a_slip_of_the_pen() -> None:
    a_year = replace(SCHEDULE, ends_at=STARTS_AT + timedelta(days=365))

    refusal = given(MEETING).when(a_year).then_refused("meeting-too-long", rule="M05")

    assert refusal.field == "ends_at"


@pytest.mark.rule("M04")
@pytest.mark.parametrize(
    ("taken", "code", "field"),
    [("host", "person-taken", "host"), ("recorder", "person-taken", "recorder")],
)
def test_nobody_is_host_or_recorder_of_two_meetings_at_once(taken: str, code: str, field: str) -> None:
    refusal = (
        given(MEETING)
        .when(replace(SCHEDULE, at=replace(QUIET, taken=(taken,))))
        .then_refused(code, rule="M04")
    )

    assert refusal.field == field


@pytest.mark.rule("T10")
@pytest.mark.rule("M06")
def test_a_meeting_keeps_what_the_pinned_procedure_asks_of_it() -> None:
    rules = MeetingRules(notice_working_days=15, composition={AttendeeKind.RESIDENT: 1})
    topic = KnownTopic(TOWN, adopted=True, rules=rules, title="路灯补亮")
    late = Flag(rule="M06", text="距开会不足 15 个工作日（仅 3 个）")

    pinned = SCHEDULED.model_copy(update={"rules": rules, "topic_title": "路灯补亮", "flags": (late,)})
    given(MEETING).when(replace(SCHEDULE, at=replace(QUIET, topic=topic))).then(pinned)
    (held,) = MEETING.decide(HOLD, MEETING.fold([pinned, OPENED, EVERYBODY[3]]))
    assert isinstance(held, MeetingHeld)
    assert held.flags == (), "one resident is all that it asks for"


# schedule: back-entry


def test_a_back_entry_leaves_unknown_what_its_source_does_not_say() -> None:
    given(MEETING).when(ENTER).then(PAST_SCHEDULED)


def test_a_back_entry_knows_the_day_at_least() -> None:
    refusal = given(MEETING).when(replace(ENTER, day=None)).then_refused("meeting-incomplete", rule="M05")

    assert refusal.field == "day"


def test_a_back_entry_tells_of_what_has_happened() -> None:
    tomorrow = replace(ENTER, day=JULY_1 + timedelta(days=1))

    refusal = given(MEETING).when(tomorrow).then_refused("back-entry-of-future")

    assert refusal.field == "day"


@pytest.mark.rule("M05")
def test_a_host_who_also_kept_the_record_is_flagged_in_a_back_entry() -> None:
    flags = (Flag(rule="M05", text="主持人与记录人为同一人"),)

    given(MEETING).when(replace(ENTER, host="联络室主任", recorder="联络室主任")).then(
        PAST_SCHEDULED.model_copy(update={"host": "联络室主任", "recorder": "联络室主任", "flags": flags})
    )


@pytest.mark.rule("M04")
@pytest.mark.parametrize(
    ("day", "flagged"), [(MAY_10, False), (JULY_1, True)], ids=["before-closing", "after-closing"]
)
def test_a_meeting_that_was_held_in_a_closed_venue_is_flagged(day: date, flagged: bool) -> None:
    closed = VENUE.fold([VENUE_OPENED, assessed(4), VENUE_CLOSED])
    flags = (Flag(rule="M04", text="协商阵地已于 2024-07-01 关闭"),) if flagged else ()

    given(MEETING).when(
        replace(ENTER, venue_id=STATION, day=day, at=replace(ENTER.at, venue=closed, taken=("venue_id",)))
    ).then(PAST_SCHEDULED.model_copy(update={"venue_id": STATION, "day": day, "flags": flags}))


# open


@pytest.mark.rule("M15")
def test_the_host_opens_the_meeting() -> None:
    given(MEETING, SCHEDULED).when(OPEN).then(OPENED)


@pytest.mark.rule("M15")
def test_opening_again_changes_nothing() -> None:
    given(MEETING, SCHEDULED, OPENED).when(OpenMeeting(LATER)).then_nothing()


OVER = [
    pytest.param([SCHEDULED, OPENED, HELD], "meeting-held", "M15", id="held"),
    pytest.param([SCHEDULED, CANCELLED], "meeting-cancelled", "M17", id="cancelled"),
    pytest.param([PAST_SCHEDULED], "meeting-back-entered", "M15", id="back-entered"),
]


@pytest.mark.parametrize(("past", "code", "rule"), OVER)
@pytest.mark.parametrize("command", named([OPEN, CHECK_IN, AGREE]))
def test_what_is_over_does_not_take_place_again(
    command: MeetingCommand, past: list[DomainEvent], code: str, rule: str
) -> None:
    given(MEETING, *past).when(command).then_refused(code, rule=rule)


# check in


@pytest.mark.rule("M10")
@pytest.mark.parametrize("past", [[SCHEDULED], [SCHEDULED, OPENED]], ids=["at-the-door", "open"])
def test_a_check_in_by_hand_names_the_helper(past: list[DomainEvent]) -> None:
    given(MEETING, *past).when(CHECK_IN).then(checked_in("member-1", AttendeeKind.MEMBER))


@pytest.mark.rule("M10")
@pytest.mark.parametrize("before_opening", [True, False])
def test_a_second_check_in_changes_nothing(before_opening: bool) -> None:
    there = checked_in("member-1", AttendeeKind.MEMBER)
    past = [SCHEDULED, there, OPENED] if before_opening else [SCHEDULED, OPENED, there]

    given(MEETING, *past).when(replace(CHECK_IN, kind=AttendeeKind.RESIDENT, at=LATER)).then_nothing()


# agree on opinions


@pytest.mark.rule("M13")
def test_an_opinion_keeps_who_agrees_and_who_does_not() -> None:
    dissent = Dissent(by="沿街商户", explanation="灯杆挡住店门")
    opinion = OPINION.model_copy(update={"dissents": (dissent,)})

    given(MEETING, SCHEDULED, OPENED).when(AgreeOpinion(opinion)).then(
        AGREED.model_copy(update={"opinion": opinion})
    )


@pytest.mark.rule("M13")
def test_the_same_opinion_again_changes_nothing_and_another_text_is_another_opinion() -> None:
    reworded = OPINION.model_copy(update={"text": "补装八盏"})

    given(MEETING, SCHEDULED, OPENED, AGREED).when(AGREE).then_nothing()
    refusal = (
        given(MEETING, SCHEDULED, OPENED, AGREED)
        .when(AgreeOpinion(reworded))
        .then_refused("opinion-exists", rule="M13")
    )
    assert refusal.field == "opinion_id"


@pytest.mark.rule("M13")
def test_an_opinion_that_nobody_agrees_to_is_none() -> None:
    refusal = (
        given(MEETING, SCHEDULED, OPENED)
        .when(AgreeOpinion(OPINION.model_copy(update={"agreed_by": ()})))
        .then_refused("agreement-unstated", rule="M13")
    )

    assert refusal.field == "agreed_by"


@pytest.mark.rule("M15")
@pytest.mark.parametrize("command", named([AGREE, HOLD]))
def test_nothing_is_agreed_or_held_before_the_host_has_opened(command: MeetingCommand) -> None:
    given(MEETING, SCHEDULED).when(command).then_refused("meeting-not-open", rule="M15")


# hold


@pytest.mark.rule("M11")
@pytest.mark.rule("M15")
def test_a_held_meeting_carries_its_opinions_and_who_checked_in() -> None:
    at_the_door, in_the_room = EVERYBODY[:4], EVERYBODY[4:]

    given(MEETING, SCHEDULED, *at_the_door, OPENED, *in_the_room, AGREED).when(HOLD).then(HELD)


@pytest.mark.rule("M15")
def test_holding_again_changes_nothing() -> None:
    given(MEETING, SCHEDULED, OPENED, HELD).when(HOLD).then_nothing()


@pytest.mark.rule("M17")
def test_a_cancelled_meeting_is_not_held() -> None:
    given(MEETING, SCHEDULED, CANCELLED).when(HOLD).then_refused("meeting-cancelled", rule="M17")


def test_a_meeting_belongs_to_the_day_on_which_it_was_opened() -> None:
    """Shortly after midnight in Shanghai it is still the day before in UTC."""
    opened = OPENED.model_copy(update={"opened_at": datetime(2024, 5, 10, 16, 5, tzinfo=UTC)})

    (event,) = MEETING.decide(HOLD, MEETING.fold([SCHEDULED, *EVERYBODY, opened, AGREED]))

    assert event == HELD.model_copy(update={"held_on": date(2024, 5, 11)})


@pytest.mark.rule("M14")
@pytest.mark.parametrize(
    ("absent", "attendance", "text"),
    [
        ({"member-1"}, {"present": 5, "members": 0}, "政协委员 0 人（应不少于 1 人）"),
        (
            {"stakeholder-1", "resident-2"},
            {"present": 4, "stakeholders": 0, "residents": 2},
            "利益相关方 0 人（应不少于 1 人）、群众 2 人（应不少于 3 人）",
        ),
    ],
)
def test_a_meeting_without_somebody_who_should_be_there_is_flagged_not_refused(
    absent: set[str], attendance: dict[str, int], text: str
) -> None:
    there = [event for event in EVERYBODY if event.person not in absent]
    update = {
        "attendance": HELD.attendance.model_copy(update=attendance),
        "flags": (Flag(rule="M14", text=f"到会构成不足：{text}"),),
    }

    given(MEETING, SCHEDULED, OPENED, *there, AGREED).when(HOLD).then(HELD.model_copy(update=update))


@pytest.mark.rule("M11")
@pytest.mark.parametrize("past", [[SCHEDULED], [SCHEDULED, OPENED], [SCHEDULED, OPENED, HELD]])
@pytest.mark.parametrize(
    ("command", "field"),
    [
        (HoldMeeting(Attendance(present=30)), "attendance"),
        (HoldMeeting(Attendance(present=30), back_entry=True), "back_entry"),
        (HoldMeeting(back_entry=True), "back_entry"),
    ],
    ids=["typed", "typed-as-back-entry", "back-entry-of-nothing"],
)
def test_only_a_meeting_that_was_entered_afterwards_has_typed_figures(
    past: list[DomainEvent], command: HoldMeeting, field: str
) -> None:
    refusal = given(MEETING, *past).when(command).then_refused("attendance-typed", rule="M11")

    assert refusal.field == field


@pytest.mark.rule("M13")
def test_opinions_are_not_typed_in_when_the_meeting_ends() -> None:
    given(MEETING, SCHEDULED, OPENED).when(HoldMeeting(opinions=(OPINION,))).then_refused(
        "opinions-typed", rule="M13"
    )


# hold: back-entry


@pytest.mark.rule("M11")
def test_a_back_entry_carries_typed_figures_marked_as_such() -> None:
    figures = {
        "expected": 11,
        "present": 10,
        "members": 3,
        "departments": 2,
        "stakeholders": 2,
        "residents": 3,
    }
    opinion = AgreedOpinion(opinion_id="opinion-1", text="一次登记、全年有效")

    given(MEETING, PAST_SCHEDULED).when(HoldMeeting(Attendance(**figures), (opinion,), back_entry=True)).then(
        PAST_HELD.model_copy(update={"attendance": Attendance(**figures, typed=True), "opinions": (opinion,)})
    )


@pytest.mark.rule("M11")
@pytest.mark.rule("M14")
@pytest.mark.parametrize("attendance", [None, Attendance()], ids=["nothing", "no-figure"])
def test_figures_that_the_source_does_not_give_stay_unknown_and_nobody_is_said_to_be_missing(
    attendance: Attendance | None,
) -> None:
    given(MEETING, PAST_SCHEDULED).when(HoldMeeting(attendance, back_entry=True)).then(PAST_HELD)


@pytest.mark.rule("M14")
def test_a_back_entry_whose_figures_show_that_somebody_was_missing_is_flagged() -> None:
    flag = Flag(rule="M14", text="到会构成不足：群众 2 人（应不少于 3 人）")

    given(MEETING, PAST_SCHEDULED).when(HoldMeeting(Attendance(residents=2), back_entry=True)).then(
        PAST_HELD.model_copy(update={"attendance": Attendance(residents=2, typed=True), "flags": (flag,)})
    )


@pytest.mark.rule("M11")
def test_the_kinds_do_not_add_up_to_more_than_were_present() -> None:
    typed = Attendance(expected=5, present=6, members=1, residents=6)

    refusal = (
        given(MEETING, PAST_SCHEDULED)
        .when(HoldMeeting(typed, back_entry=True))
        .then_refused("attendance-inconsistent", rule="M11")
    )

    assert refusal.field == "attendance.present"


def test_more_present_than_expected_is_possible() -> None:
    typed = Attendance(expected=5, present=6)

    assert MEETING.decide(HoldMeeting(typed, back_entry=True), MEETING.fold([PAST_SCHEDULED]))


def test_entering_the_same_again_changes_nothing_and_something_else_is_refused() -> None:
    given(MEETING, PAST_SCHEDULED, PAST_HELD).when(ENTER_HELD).then_nothing()
    given(MEETING, PAST_SCHEDULED, PAST_HELD).when(
        HoldMeeting(Attendance(present=99), back_entry=True)
    ).then_refused("meeting-held", rule="M15")


@pytest.mark.rule("M15")
def test_a_meeting_entered_afterwards_is_not_closed_by_its_host() -> None:
    given(MEETING, PAST_SCHEDULED).when(HOLD).then_refused("meeting-back-entered", rule="M15")


# cancel


@pytest.mark.rule("M17")
def test_a_meeting_is_called_off_with_its_reason() -> None:
    given(MEETING, SCHEDULED).when(CANCEL).then(CANCELLED)


@pytest.mark.rule("M17")
def test_cancelling_again_changes_nothing() -> None:
    given(MEETING, SCHEDULED, CANCELLED).when(CancelMeeting("雨停了", JULY_1)).then_nothing()


@pytest.mark.rule("M17")
@pytest.mark.parametrize(
    ("past", "code"),
    [
        ([SCHEDULED, OPENED], "meeting-open"),
        ([SCHEDULED, OPENED, HELD], "meeting-held"),
        ([PAST_SCHEDULED], "meeting-back-entered"),
    ],
    ids=["open", "held", "back-entered"],
)
def test_what_takes_place_is_not_called_off_any_more(past: list[DomainEvent], code: str) -> None:
    given(MEETING, *past).when(CANCEL).then_refused(code, rule="M15")
