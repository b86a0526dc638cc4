"""A venue and a meeting of a town, as the tests know them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from services.meetings.domain.meeting import Circumstances, KnownTopic, ScheduleMeeting
from services.meetings.domain.standards import VenueStandard
from services.meetings.domain.venue import Mark, Venue
from services.meetings.presets import load_standards
from shared.contracts.meetings import (
    AgendaItem,
    AgendaSet,
    AgreedOpinion,
    AssessedItem,
    Attendance,
    AttendeeCheckedIn,
    BallotTaken,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingRescheduled,
    MeetingScheduled,
    NoticeSent,
    OpinionAgreed,
    VenueAssessed,
    VenueChanged,
    VenueClosed,
    VenueOpened,
    VenueReopened,
)
from shared.contracts.types import AttendeeKind, HostPlatform, MeetingForm, SegmentKind, Tier

COUNTY = "371621"
TOWN = "371621001"
COMMUNITY = "371621001201"
NEXT_TOWN = "371621002"

# venues

STATION = "station-of-sunwu"
LONGKOU: VenueStandard = load_standards().newest("longkou")
EVIDENCE = ("position", "signage", "rules", "process")
"""Codes of the items that need evidence."""

MARCH_1, MAY_6, JULY_1 = date(2024, 3, 1), date(2024, 5, 6), date(2024, 7, 1)

VENUE_OPENED = VenueOpened(
    venue_id=STATION,
    division=TOWN,
    title="孙武街道协商议事站",
    tier=Tier.STATION,
    host_platform=HostPlatform.COMMUNITY_SERVICE_CENTRE,
    address="孙武街道文安路 8 号",
    capacity=40,
    functions=("协商议事", "收集民意"),
    opened_on=MARCH_1,
)
VENUE_CLOSED = VenueClosed(venue_id=STATION, reason="并入街道协商议事室", closed_on=JULY_1)
VENUE_CHANGED = VenueChanged(
    venue_id=STATION,
    title="孙武街道协商议事站",
    host_platform=HostPlatform.PARTY_SERVICE_CENTRE,
    address="孙武街道老街 3 号",
    capacity=60,
    functions=("协商议事",),
    reason="搬入党群服务中心",
    changed_on=JULY_1,
)
VENUE_REOPENED = VenueReopened(venue_id=STATION, reason="恢复独立开放", reopened_on=date(2024, 9, 1))


def marks(*missed: str, codes: tuple[str, ...] = EVIDENCE) -> tuple[Mark, ...]:
    """Return marks of these items: met with evidence, but for those missed."""
    return tuple(
        Mark(code, met=False) if code in missed else Mark(code, met=True, evidence="照片") for code in codes
    )


def assessed(met: int = 6, on: date | None = MAY_6) -> VenueAssessed:
    """Return an assessment that found so many of the six met."""
    return VenueAssessed(
        venue_id=STATION,
        standard="longkou",
        standard_version=1,
        items=tuple(
            AssessedItem(code=item.code, title=item.title, met=n < met, evidence="照片")
            for n, item in enumerate(LONGKOU.items)
        ),
        assessor="县政协办公室",
        assessed_on=on,
    )


# meetings

LAMPS = "street-lamps"
EVENING = "meeting-on-lamps"
MAY_10 = date(2024, 5, 10)  # a Friday
STARTS_AT, ENDS_AT = datetime(2024, 5, 10, 1, 0, tzinfo=UTC), datetime(2024, 5, 10, 3, 0, tzinfo=UTC)
OPENED_AT, LATER = datetime(2024, 5, 10, 1, 5, tzinfo=UTC), datetime(2024, 5, 10, 1, 20, tzinfo=UTC)

QUIET = Circumstances(
    now=datetime(2024, 5, 6, 1, 0, tzinfo=UTC),
    topic=KnownTopic(TOWN, adopted=True),
    venue=Venue(STATION, TOWN),
    notice=3,
)
"""Nothing in the way of a meeting."""

SCHEDULE = ScheduleMeeting(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MICRO,
    at=QUIET,
    venue_id=STATION,
    starts_at=STARTS_AT,
    ends_at=ENDS_AT,
    convener="孙武街道党员委员召集人",
    host="孙武街道政协联络室主任",
    recorder="孙武街道联络室记录员",
    capacity=30,
)
SCHEDULED = MeetingScheduled(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MICRO,
    venue_id=STATION,
    day=MAY_10,
    starts_at=STARTS_AT,
    ends_at=ENDS_AT,
    convener="孙武街道党员委员召集人",
    host="孙武街道政协联络室主任",
    recorder="孙武街道联络室记录员",
    capacity=30,
)
OPENED = MeetingOpened(meeting_id=EVENING, opened_at=OPENED_AT)
CANCELLED = MeetingCancelled(meeting_id=EVENING, topic_id=LAMPS, reason="暴雨", cancelled_on=MAY_10)
OPINION = AgreedOpinion(opinion_id="opinion-1", text="三组主路补装六盏路灯", agreed_by=("群众", "县住建局"))
AGREED = OpinionAgreed(meeting_id=EVENING, opinion=OPINION)


def checked_in(person: str, kind: AttendeeKind) -> AttendeeCheckedIn:
    """Return somebody's check-in by hand."""
    return AttendeeCheckedIn(
        meeting_id=EVENING, person=person, kind=kind, helper="联络室工作人员", checked_in_at=OPENED_AT
    )


EVERYBODY = (
    checked_in("member-1", AttendeeKind.MEMBER),
    checked_in("department-1", AttendeeKind.DEPARTMENT),
    checked_in("stakeholder-1", AttendeeKind.STAKEHOLDER),
    checked_in("resident-1", AttendeeKind.RESIDENT),
    checked_in("resident-2", AttendeeKind.RESIDENT),
    checked_in("resident-3", AttendeeKind.RESIDENT),
)
"""As many as the composition asks for (M14)."""

HELD = MeetingHeld(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MICRO,
    venue_id=STATION,
    held_on=MAY_10,
    convener="孙武街道党员委员召集人",
    host="孙武街道政协联络室主任",
    recorder="孙武街道联络室记录员",
    opinions=(OPINION,),
    attendance=Attendance(present=6, members=1, departments=1, stakeholders=1, residents=3),
)

# changes and proceedings

MAY_13 = date(2024, 5, 13)  # the Monday after
THREE_DAYS = timedelta(days=3)
MOVED = MeetingRescheduled(
    meeting_id=EVENING,
    topic_id=LAMPS,
    reason="主持人出差",
    was_starts_at=STARTS_AT,
    was_ends_at=ENDS_AT,
    was_venue_id=STATION,
    starts_at=STARTS_AT + THREE_DAYS,
    ends_at=ENDS_AT + THREE_DAYS,
    day=MAY_13,
    venue_id=STATION,
    capacity=30,
    sequence=1,
    rescheduled_on=date(2024, 5, 6),
)
NOTIFIED = NoticeSent(meeting_id=EVENING, topic_id=LAMPS, sent_on=date(2024, 5, 6))


def item(item_id: str, minutes: int, *children: AgendaItem, segment: SegmentKind | None = None) -> AgendaItem:
    """Return an item; one without others in it is a briefing unless said."""
    kind = segment or (None if children else SegmentKind.BRIEFING)
    return AgendaItem(
        item_id=item_id, title=f"议程 {item_id}", segment=kind, minutes=minutes, children=children
    )


BRIEFING = item("briefing", 30)
QUESTIONS, ANSWERS = (
    item("questions", 20, segment=SegmentKind.QUESTIONS),
    item("answers", 30, segment=SegmentKind.ANSWERS),
)
ITEMS = (BRIEFING, item("talk", 60, QUESTIONS, ANSWERS), item("speeches", 30, segment=SegmentKind.SPEECHES))
AGENDA = AgendaSet(meeting_id=EVENING, items=ITEMS)
TAKEN = BallotTaken(
    meeting_id=EVENING,
    ballot_id="ballot-1",
    question=OPINION.text,
    opinion_id=OPINION.opinion_id,
    in_favour=4,
    against=1,
    abstentions=1,
    present=6,
    tellers=("联络室工作人员",),
    passed=True,
    taken_at=LATER,
)

# entered afterwards: the source knows the day, the topic and not much more

PAST_SCHEDULED = MeetingScheduled(
    meeting_id=EVENING, topic_id=LAMPS, division=TOWN, form=MeetingForm.MICRO, day=MAY_10, back_entry=True
)
PAST_HELD = MeetingHeld(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MICRO,
    held_on=MAY_10,
    attendance=Attendance(),
    back_entry=True,
)
