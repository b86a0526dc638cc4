"""Hypothesis strategies: what a venue or a meeting may be told, in any order, sensible or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from services.meetings.deciders import MEETING, VENUE
from services.meetings.domain import meeting, venue
from services.meetings.domain.venue import Mark, TwelveMonths, Venue
from shared.contracts.meetings import AgendaItem, AgreedOpinion, Attendance, Dissent
from shared.contracts.types import (
    AttendeeKind,
    HostPlatform,
    MeetingForm,
    MeetingRules,
    SegmentKind,
    Tier,
)
from tests.lives import Episode, live
from tests.unit.meetings.examples import (
    EVENING,
    EVIDENCE,
    LAMPS,
    LONGKOU,
    MAY_10,
    OPENED_AT,
    SCHEDULE,
    STATION,
    TOWN,
    VENUE_CLOSED,
    VENUE_OPENED,
    assessed,
)

VenueLife = list[Episode[venue.VenueCommand, venue.Venue]]
MeetingLife = list[Episode[meeting.MeetingCommand, meeting.Meeting]]

_back_entry = st.booleans()
_days = st.dates(date(2024, 5, 1), date(2024, 5, 20))
_moments = st.integers(0, 72 * 60).map(lambda n: datetime(2024, 5, 9, tzinfo=UTC) + timedelta(minutes=n))
_officials = st.none() | st.sampled_from(["联络室主任", "联络室记录员"])

# venues

_marks = st.sampled_from([EVIDENCE, tuple(i.code for i in LONGKOU.items), EVIDENCE[1:]]).flatmap(
    lambda codes: st.tuples(
        *(st.builds(Mark, st.just(code), st.booleans(), st.sampled_from([None, "照片"])) for code in codes)
    )
)
_open_venue = st.builds(
    venue.OpenVenue,
    venue_id=st.just(STATION),
    division=st.just(TOWN),
    title=st.just("孙武街道协商议事站"),
    tier=st.sampled_from(Tier),
    host_platform=st.none() | st.sampled_from(HostPlatform),
    address=st.just("文安路 8 号"),
    capacity=st.none() | st.integers(1, 400),
    back_entry=_back_entry,
)
_assess = st.builds(
    venue.AssessVenue,
    standard=st.just(LONGKOU),
    marks=_marks,
    at=st.builds(TwelveMonths, st.integers(0, 6), st.integers(0, 2)),
    assessor=st.sampled_from([None, "县政协办公室"]),
    assessed_on=st.none() | _days,
    back_entry=_back_entry,
    today=st.none() | _days,
)
_change_venue = st.builds(
    venue.ChangeVenue,
    title=st.sampled_from(["孙武街道协商议事站", "孙武街道协商议事室"]),
    reason=st.just("搬迁"),
    changed_on=_days,
    host_platform=st.none() | st.sampled_from(HostPlatform),
    address=st.just("老街 3 号"),
    capacity=st.none() | st.integers(1, 400),
)
_close = st.builds(venue.CloseVenue, st.just("停用"), _days, _back_entry)
_reopen = st.builds(venue.ReopenVenue, st.just("恢复"), _days)

# meetings

_venues = st.sampled_from(
    [Venue(), *(VENUE.fold([VENUE_OPENED, *then]) for then in ([], [assessed(4)], [VENUE_CLOSED]))]
)
_BALLOT = MeetingRules(ballot=True, quorum=1)
_rules = st.sampled_from([None, _BALLOT])
_topics = st.none() | st.builds(
    meeting.KnownTopic, st.sampled_from([TOWN, "371621"]), st.booleans(), st.booleans(), _rules
)
_taken = st.sampled_from([(), (), ("venue_id",), ("host",)])
_schedule = st.builds(
    meeting.ScheduleMeeting,
    meeting_id=st.just(EVENING),
    topic_id=st.just(LAMPS),
    division=st.just(TOWN),
    form=st.sampled_from(MeetingForm),
    at=st.builds(meeting.Circumstances, _moments, _topics, _venues, _taken, st.none() | st.integers(-2, 9)),
    venue_id=st.sampled_from([None, STATION]),
    link=st.sampled_from([None, "https://meet.example/1"]),
    day=st.none() | _days,
    starts_at=st.none() | _moments,
    ends_at=st.none() | _moments,
    convener=_officials,
    host=_officials,
    recorder=_officials,
    back_entry=_back_entry,
)
_in_order = st.builds(
    lambda back_entry, rules: replace(
        SCHEDULE,
        back_entry=back_entry,
        at=replace(
            SCHEDULE.at,
            now=datetime(2024, 5, 9, tzinfo=UTC),
            topic=meeting.KnownTopic(TOWN, adopted=True, rules=rules),
        ),
    ),
    st.just(False) | _back_entry,
    _rules,
)
_count = st.none() | st.integers(0, 9)
_opinions = st.builds(
    AgreedOpinion,
    opinion_id=st.sampled_from(["opinion-1", "opinion-2", "opinion-3"]),
    text=st.sampled_from(["补装路灯", "错时停车"]),
    agreed_by=st.sampled_from([(), ("群众",)]),
    dissents=st.sampled_from([(), (Dissent(by="沿街商户", explanation="挡门"),)]),
)
_open_meeting = st.builds(meeting.OpenMeeting, _moments)
_check_in = st.builds(
    meeting.CheckIn,
    st.integers(1, 6).map(lambda n: f"person-{n}"),
    st.sampled_from(AttendeeKind),
    st.just("联络室工作人员"),
    _moments,
)
_agenda = st.lists(
    st.builds(
        AgendaItem,
        item_id=st.sampled_from(["briefing", "questions", "answers"]),
        title=st.just("议程"),
        segment=st.none() | st.sampled_from(SegmentKind),
        minutes=st.integers(1, 60),
    ),
    min_size=1,
    max_size=3,
).map(lambda items: meeting.SetAgenda(tuple(items)))
_ballot = st.builds(
    meeting.TakeBallot,
    ballot_id=st.sampled_from(["ballot-1", "ballot-2"]),
    question=st.just("是否先修三组") | st.none(),
    opinion_id=st.none() | st.just("opinion-1"),
    in_favour=st.integers(0, 2),
    against=st.integers(0, 1),
    abstentions=st.just(0),
    tellers=st.sampled_from([("联络室工作人员",), ()]),
    at=_moments,
)
_changes = st.one_of(
    st.builds(
        meeting.RescheduleMeeting,
        reason=st.just("改期"),
        at=st.builds(
            meeting.Circumstances,
            st.just(datetime(2024, 5, 9, tzinfo=UTC)),
            venue=st.just(Venue(STATION, TOWN)),
            taken=_taken,
            sequence=st.sampled_from([0, 1, 2, None]),
        ),
        starts_at=st.none() | _moments,
        ends_at=st.none() | _moments,
        venue_id=st.sampled_from([None, STATION]),
        link=st.sampled_from([None, "https://meet.example/1"]),
        capacity=st.none() | st.integers(1, 40),
    ),
    st.builds(
        meeting.SendNotice,
        st.builds(
            meeting.NoticeTime,
            st.just(date(2024, 5, 9)),
            st.sampled_from([MAY_10, date(2024, 5, 9)]),
            st.integers(-1, 9),
        ),
        st.sampled_from([(), ("调研报告",)]),
    ),
    _agenda,
)
_going_on = st.one_of(
    _check_in,
    st.builds(meeting.AgreeOpinion, _opinions),
    st.builds(meeting.StartSegment, st.sampled_from(["briefing", "questions"]), _moments),
    _agenda,
    _ballot,
)
_hold = st.builds(
    meeting.HoldMeeting,
    attendance=st.none() | st.builds(Attendance, present=_count, members=_count, residents=_count),
    opinions=st.sampled_from([(), (AgreedOpinion(opinion_id="opinion-1", text="补装路灯"),)]),
    back_entry=_back_entry,
)
_hold_live = st.just(meeting.HoldMeeting())
_cancel = st.builds(meeting.CancelMeeting, st.just("暴雨"), _days)
_any: st.SearchStrategy[meeting.MeetingCommand] = st.one_of(
    _schedule, _changes, _open_meeting, _going_on, _hold, _hold_live, _cancel
)


@st.composite
def meeting_commands(draw: st.DrawFn) -> list[meeting.MeetingCommand]:
    """Draw commands of which many find a meeting that can take them: scheduled, then open, then held."""
    return [
        *draw(st.lists(_any, max_size=2)),
        draw(_schedule | _in_order),
        *draw(st.lists(_check_in | _changes | _any, max_size=4)),
        draw(_open_meeting | _any),
        *draw(st.lists(_going_on, max_size=10)),
        draw(_hold | _hold_live),
        *draw(st.lists(_any, max_size=5)),
    ]


_voting = replace(
    SCHEDULE, at=replace(SCHEDULE.at, topic=meeting.KnownTopic(TOWN, adopted=True, rules=_BALLOT))
)


@st.composite
def changing_commands(draw: st.DrawFn) -> list[meeting.MeetingCommand]:
    """Draw commands to a meeting that is to come."""
    return [SCHEDULE, *draw(st.lists(_changes | _check_in | _cancel, min_size=1, max_size=8))]


@st.composite
def voting_commands(draw: st.DrawFn) -> list[meeting.MeetingCommand]:
    """Draw commands to an open meeting whose procedure has a ballot."""
    return [
        _voting,
        meeting.OpenMeeting(OPENED_AT),
        *draw(st.lists(_going_on | _ballot, max_size=12)),
        *draw(st.lists(_ballot | _hold_live, max_size=3)),
    ]


venue_lives: st.SearchStrategy[VenueLife] = st.lists(
    st.one_of(_open_venue, _change_venue, _assess, _close, _reopen), max_size=12
).map(lambda commands: live(VENUE, commands))
meeting_lives: st.SearchStrategy[MeetingLife] = meeting_commands().map(
    lambda commands: live(MEETING, commands)
)
voting_lives: st.SearchStrategy[MeetingLife] = voting_commands().map(lambda commands: live(MEETING, commands))
changing_lives: st.SearchStrategy[MeetingLife] = changing_commands().map(
    lambda commands: live(MEETING, commands)
)
