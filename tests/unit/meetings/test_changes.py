"""Another time or place for a meeting, the notice of it, and everybody who has to hear of a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.meetings.deciders import MEETING
from services.meetings.domain.meeting import (
    CancelMeeting,
    Circumstances,
    NoticeTime,
    RescheduleMeeting,
    Scheduled,
    SendNotice,
)
from services.meetings.domain.venue import Description, Venue
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import (
    AgendaItem,
    AgendaSet,
    InvitationAnswered,
    MeetingRescheduled,
    MeetingScheduled,
    ParticipantInvited,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ReservedSeats,
    SeatPromoted,
)
from shared.contracts.types import AttendeeKind, Flag, MeetingForm, MeetingRules, SegmentKind
from shared.eventsourcing.testing import given
from tests.unit.meetings.examples import (
    CANCELLED,
    ENDS_AT,
    EVENING,
    HELD,
    LAMPS,
    MAY_10,
    MAY_13,
    MOVED,
    NEXT_TOWN,
    NOTIFIED,
    OPENED,
    PAST_SCHEDULED,
    SCHEDULED,
    STARTS_AT,
    STATION,
    THREE_DAYS,
    TOWN,
    assessed,
)

HALL = "hall-of-the-county"
NOW = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
AT = Circumstances(now=NOW, venue=Venue(STATION, TOWN), notice=4, sequence=0)
MOVE = RescheduleMeeting("主持人出差", AT, starts_at=STARTS_AT + THREE_DAYS)
NOTICE = SendNotice(NoticeTime(date(2024, 5, 6), MAY_10, 3))

SMALL = SCHEDULED.model_copy(update={"capacity": 2})


def about(person: str) -> dict[str, Any]:
    return {"meeting_id": EVENING, "topic_id": LAMPS, "person": person, "kind": AttendeeKind.RESIDENT}


def registered(person: str, number: int) -> ParticipantRegistered:
    return ParticipantRegistered(**about(person), number=number, registered_at=NOW)


def waitlisted(person: str, number: int) -> ParticipantWaitlisted:
    return ParticipantWaitlisted(**about(person), number=number, position=number - 2, registered_at=NOW)


def invited(person: str) -> ParticipantInvited:
    return ParticipantInvited(**about(person), invited_at=NOW)


FULL: list[DomainEvent] = [
    SMALL,
    invited("invited-1"),
    invited("declined-1"),
    InvitationAnswered(
        meeting_id=EVENING, topic_id=LAMPS, person="declined-1", accepts=False, answered_at=NOW
    ),
    registered("seated-1", 1),
    registered("seated-2", 2),
    waitlisted("waiting-1", 3),
    waitlisted("waiting-2", 4),
]
TO_BE_TOLD = ("invited-1", "seated-1", "seated-2", "waiting-1", "waiting-2")


# another time or place


@pytest.mark.rule("M17")
def test_a_meeting_moves_with_its_reason_and_stays_as_long_as_it_was() -> None:
    after = given(MEETING, SCHEDULED).when(MOVE).then(MOVED)

    assert isinstance(after.state, Scheduled)
    plan = after.state.plan
    assert (plan.starts_at, plan.day, plan.host, after.state.sequence) == (
        STARTS_AT + THREE_DAYS,
        MAY_13,
        SCHEDULED.host,
        1,
    )


@pytest.mark.rule("M17")
def test_moving_to_where_it_is_changes_nothing() -> None:
    again = replace(MOVE, at=replace(AT, sequence=1))

    given(MEETING, SCHEDULED, MOVED).when(again).then_nothing()


@pytest.mark.rule("M17")
def test_changes_are_counted_for_the_calendars_of_those_who_come() -> None:
    back = RescheduleMeeting("出差取消", replace(AT, sequence=1), starts_at=STARTS_AT)

    (moved_back,) = MEETING.decide(back, MEETING.fold([SCHEDULED, MOVED]))
    (cancelled,) = MEETING.decide(CancelMeeting("暴雨", MAY_10), MEETING.fold([SCHEDULED, MOVED, moved_back]))

    assert (moved_back.model_dump()["sequence"], cancelled.model_dump()["sequence"]) == (2, 3)


@pytest.mark.rule("M17")
def test_everybody_invited_registered_or_waiting_is_to_be_told_of_a_change_and_who_declined_is_not() -> None:
    state = MEETING.fold(FULL)
    for command in (MOVE, CancelMeeting("暴雨", MAY_10), NOTICE):
        (event,) = MEETING.decide(command, state)
        assert event.model_dump()["people"] == TO_BE_TOLD, command


@pytest.mark.rule("M08")
@pytest.mark.rule("M17")
def test_a_larger_room_gives_seats_to_those_who_wait_in_their_order() -> None:
    larger = RescheduleMeeting("换大会议室", AT, capacity=3)

    rescheduled, *promoted = MEETING.decide(larger, MEETING.fold(FULL))

    assert isinstance(rescheduled, MeetingRescheduled)
    assert promoted == [SeatPromoted(**about("waiting-1"), number=3, promoted_at=NOW)]


@pytest.mark.rule("M17")
def test_nobody_who_is_registered_loses_the_seat() -> None:
    refusal = (
        given(MEETING, *FULL)
        .when(RescheduleMeeting("换小会议室", AT, capacity=1))
        .then_refused("capacity-below-registered", rule="M17")
    )

    assert refusal.field == "capacity"
    assert "2" in refusal.zh


@pytest.mark.rule("M05")
@pytest.mark.rule("M17")
@pytest.mark.parametrize(
    ("changed", "at", "code"),
    [
        ({"ends_at": STARTS_AT}, {}, "ends-before-start"),
        ({"starts_at": NOW - timedelta(days=1)}, {}, "meeting-in-the-past"),
        ({"venue_id": HALL}, {"venue": Venue()}, "venue-unknown"),
        ({"venue_id": HALL}, {"venue": Venue(HALL, "371622")}, "venue-unknown"),
        ({"venue_id": HALL}, {"venue": Venue(HALL, TOWN, closed_on=MAY_10)}, "venue-closed"),
        ({"starts_at": ENDS_AT}, {"taken": ("venue_id",)}, "venue-taken"),
        ({"starts_at": ENDS_AT}, {"taken": ("host",)}, "person-taken"),
        (
            {"capacity": 41},
            {"venue": Venue(STATION, TOWN, description=Description(capacity=40))},
            "capacity-over-venue",
        ),
        ({"venue_id": HALL, "link": "https://meet.example/1"}, {}, "place-stated-twice"),
        ({"starts_at": ENDS_AT}, {"sequence": None}, "meeting-changed-meanwhile"),
        ({"starts_at": ENDS_AT}, {"sequence": 1}, "meeting-changed-meanwhile"),
    ],
)
def test_what_a_meeting_could_not_be_scheduled_as_it_is_not_moved_to(
    changed: dict[str, Any], at: dict[str, Any], code: str
) -> None:
    command = RescheduleMeeting("改期", replace(AT, **at), **changed)
    rule = "M04" if code.endswith(("closed", "taken")) else "M17" if code.endswith("meanwhile") else "M05"

    given(MEETING, SCHEDULED).when(command).then_refused(code, rule=rule)


@pytest.mark.rule("M05")
def test_a_smaller_room_still_has_the_seats_that_are_reserved() -> None:
    kept = SCHEDULED.model_copy(update={"reserved": (ReservedSeats(kind=AttendeeKind.MEMBER, seats=10),)})

    given(MEETING, kept).when(RescheduleMeeting("换室", AT, capacity=9)).then_refused(
        "reserved-over-capacity", rule="M05"
    )


@pytest.mark.rule("M05")
def test_a_micro_meeting_may_move_from_its_venue_to_a_link_and_an_online_one_to_no_venue() -> None:
    link = "https://meet.example/1"
    to_link = RescheduleMeeting("改为线上", replace(AT, venue=Venue()), link=link)

    (moved,) = MEETING.decide(to_link, MEETING.fold([SCHEDULED]))

    assert isinstance(moved, MeetingRescheduled)
    assert (moved.venue_id, moved.link, moved.was_venue_id) == (None, link, STATION)
    online = SCHEDULED.model_copy(update={"form": MeetingForm.ONLINE, "venue_id": None, "link": link})
    given(MEETING, online).when(RescheduleMeeting("换地方", AT, venue_id=STATION)).then_refused(
        "place-does-not-fit", rule="M05"
    )


@pytest.mark.rule("M04")
@pytest.mark.rule("M06")
@pytest.mark.rule("M12")
def test_what_the_new_time_and_place_do_not_keep_is_flagged_not_refused() -> None:
    venue = Venue(STATION, TOWN, assessments=(assessed(4),))
    item = AgendaItem(item_id="item-1", title="通报情况", segment=SegmentKind.BRIEFING, minutes=90)
    agenda = AgendaSet(meeting_id=EVENING, items=(item,))
    shorter = replace(
        MOVE, ends_at=STARTS_AT + THREE_DAYS + timedelta(hours=1), at=replace(AT, venue=venue, notice=1)
    )

    (moved,) = MEETING.decide(shorter, MEETING.fold([SCHEDULED, agenda]))

    assert isinstance(moved, MeetingRescheduled)
    assert moved.flags == (
        Flag(rule="M04", text="协商阵地未全部达标（4/6）"),
        Flag(rule="M06", text="距开会不足 3 个工作日（仅 1 个）"),
        Flag(rule="M12", text="议程共 90 分钟，超过会议时长 60 分钟"),
    )


@pytest.mark.rule("M17")
@pytest.mark.parametrize(
    ("past", "code", "rule"),
    [
        ([SCHEDULED, OPENED], "meeting-open", "M15"),
        ([SCHEDULED, OPENED, HELD], "meeting-held", "M15"),
        ([SCHEDULED, CANCELLED], "meeting-cancelled", "M17"),
        ([PAST_SCHEDULED], "meeting-back-entered", "M15"),
    ],
    ids=["open", "held", "cancelled", "back-entered"],
)
@pytest.mark.parametrize("command", [MOVE, NOTICE], ids=["move", "notice"])
def test_what_is_no_longer_to_come_is_not_moved_and_no_notice_of_it_is_sent(
    command: Any, past: list[DomainEvent], code: str, rule: str
) -> None:
    given(MEETING, *past).when(command).then_refused(code, rule=rule)


def test_a_meeting_that_was_never_scheduled_is_not_moved() -> None:
    given(MEETING).when(MOVE).then_refused("meeting-unknown")


# the notice


def asking(**rules: Any) -> MeetingScheduled:
    return SCHEDULED.model_copy(update={"rules": MeetingRules(**rules)})


@pytest.mark.rule("M06")
@pytest.mark.parametrize(
    ("scheduled", "days", "papers", "texts"),
    [
        (SCHEDULED, 3, (), []),
        (SCHEDULED, 2, (), ["会议通知应提前 3 个工作日发出（仅提前 2 个）"]),
        (SCHEDULED, -1, (), ["会议通知应提前 3 个工作日发出（仅提前 0 个）"]),
        (SCHEDULED, 3, ("调研报告",), []),
        (asking(notice_working_days=15, papers_working_days=10), 15, ("调研报告",), []),
        (
            asking(notice_working_days=15, papers_working_days=10),
            9,
            ("调研报告",),
            [
                "会议通知应提前 15 个工作日发出（仅提前 9 个）",
                "会议材料应提前 10 个工作日发出（仅提前 9 个）",
            ],
        ),
        (
            asking(notice_working_days=15, papers_working_days=10),
            12,
            (),
            ["会议通知应提前 15 个工作日发出（仅提前 12 个）"],
        ),
    ],
)
def test_a_notice_is_sent_and_flagged_where_it_is_later_than_the_procedure_asks(
    scheduled: MeetingScheduled, days: int, papers: tuple[str, ...], texts: list[str]
) -> None:
    command = SendNotice(NoticeTime(date(2024, 5, 6), MAY_10, days), papers)
    flags = tuple(Flag(rule="M06", text=text) for text in texts)

    given(MEETING, scheduled).when(command).then(
        NOTIFIED.model_copy(update={"papers": papers, "flags": flags})
    )


@pytest.mark.rule("M06")
def test_the_notice_is_sent_once_and_papers_that_come_later_are_sent_with_their_own() -> None:
    papers_later = replace(NOTICE, papers=("调研报告", "调研报告"))

    notified = given(MEETING, SCHEDULED).when(NOTICE).then(NOTIFIED)
    notified.when(replace(NOTICE, at=NoticeTime(MAY_10, MAY_10, -1))).then_nothing()
    with_papers = notified.when(papers_later).then(NOTIFIED.model_copy(update={"papers": ("调研报告",)}))
    with_papers.when(papers_later).then_nothing()


@pytest.mark.rule("M06")
def test_a_meeting_that_moved_needs_a_new_notice() -> None:
    of_monday = SendNotice(NoticeTime(date(2024, 5, 7), MAY_13, 3))

    given(MEETING, SCHEDULED, NOTIFIED, MOVED).when(of_monday).then(
        NOTIFIED.model_copy(update={"sent_on": date(2024, 5, 7)})
    )


@pytest.mark.rule("M06")
def test_days_that_were_counted_for_another_day_are_counted_again() -> None:
    given(MEETING, SCHEDULED, MOVED).when(NOTICE).then_refused("meeting-changed-meanwhile", rule="M17")


def test_the_next_town_may_be_host_to_a_moved_meeting() -> None:
    at = replace(AT, venue=Venue(HALL, NEXT_TOWN))

    (moved,) = MEETING.decide(RescheduleMeeting("换地方", at, venue_id=HALL), MEETING.fold([SCHEDULED]))

    assert isinstance(moved, MeetingRescheduled)
    assert moved.venue_id == HALL
