"""What meetings answers from says what its streams say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from services.meetings.deciders import MEETING, VENUE
from services.meetings.projections import ALL
from services.meetings.projections.known import KNOWN_TOPICS, SOLUTIONS
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.venues import VENUES
from services.meetings.views.meetings import MeetingView
from services.meetings.views.venues import VenueView
from shared.contracts.base import DomainEvent, registry
from shared.contracts.cases import ProblemReopened, ProblemSolved
from shared.contracts.meetings import SegmentStarted
from shared.contracts.topics import (
    TopicAbsorbed,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import AttendeeKind, Channel, Flag, MeetingRules, Origin, TopicClass
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.testing import (
    assert_interleaving_does_not_matter,
    fold_all,
    recorded,
    stream_of,
)
from tests.lives import events_of, for_any
from tests.unit.meetings.examples import (
    AGENDA,
    AGREED,
    CANCELLED,
    COMMUNITY,
    EVENING,
    EVERYBODY,
    HELD,
    JULY_1,
    LAMPS,
    LATER,
    MARCH_1,
    MAY_6,
    MOVED,
    NOTIFIED,
    OPENED,
    OPINION,
    SCHEDULED,
    STATION,
    TAKEN,
    TOWN,
    VENUE_CHANGED,
    VENUE_CLOSED,
    VENUE_OPENED,
    VENUE_REOPENED,
    assessed,
    checked_in,
)
from tests.unit.meetings.lives import MeetingLife, VenueLife, meeting_lives, venue_lives

PROPOSED = TopicProposed(
    topic_id=LAMPS,
    division=TOWN,
    title="路灯补亮",
    origin=Origin.RESIDENTS,
    channel=Channel.QR,
    proposed_on=MARCH_1,
)
ADOPTED = TopicAdopted(topic_id=LAMPS, procedure="micro", procedure_version=1, steps=(), adopted_on=MARCH_1)
CONCLUDED = TopicConcluded(topic_id=LAMPS, concluded_on=JULY_1)
REOPENED = TopicReopened(topic_id=LAMPS, reason="群众不满意")
MERGED = TopicMerged(topic_id=LAMPS, into="village-roads", merged_on=MAY_6)
REJECTED = TopicRejected(topic_id=LAMPS, reason="不属协商范围", rejected_on=MAY_6)
WITHDRAWN = TopicWithdrawn(topic_id=LAMPS, reason="已由村里解决", withdrawn_on=MAY_6)

CORNER: dict[str, Any] = {
    "problem_id": "dark-corner",
    "entry_id": EVENING,
    "topic_id": LAMPS,
    "division": TOWN,
}
SOLVED = ProblemSolved(**CORNER, solved_on=JULY_1)
OPEN_AGAIN = ProblemReopened(**CORNER, reason="又不亮了", due_on=None, attempt=2)

VENUE_STREAM = stream_of(
    VENUE.stream(STATION),
    VENUE_OPENED,
    assessed(4),
    VENUE_CHANGED,
    assessed(6, JULY_1),
    VENUE_CLOSED,
    VENUE_REOPENED,
)
MEETING_STREAM = stream_of(
    MEETING.stream(EVENING), SCHEDULED, NOTIFIED, AGENDA, MOVED, OPENED, *EVERYBODY, AGREED, HELD
)
TOPIC_STREAM = stream_of(f"topic-{LAMPS}", PROPOSED, ADOPTED, CONCLUDED, REOPENED)
PROBLEM_STREAM = stream_of("problem-dark-corner", SOLVED, OPEN_AGAIN, SOLVED)


HERE = (VENUES, MEETINGS, KNOWN_TOPICS, SOLUTIONS)
"""The read models of this page; each other one has a page of its own."""


def venue_after(*events: DomainEvent) -> dict[str, Any]:
    return dict(fold_all(VENUES, stream_of(VENUE.stream(STATION), *events))[STATION])


def meeting_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(MEETINGS, stream_of(MEETING.stream(EVENING), *events))[EVENING]


def topic_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(KNOWN_TOPICS, stream_of(f"topic-{LAMPS}", *events))[LAMPS]


def problem_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(SOLUTIONS, stream_of("problem-dark-corner", *events))["dark-corner"]


# venues


@pytest.mark.rule("M01")
def test_an_opened_venue_shows_what_was_said_and_that_nobody_assessed_it() -> None:
    said = VENUE_OPENED.model_dump(mode="json")

    shown = venue_after(VENUE_OPENED)

    assert set(shown.pop("grams")) >= {"孙武", "文安", "民意"}
    assert shown == {**said, "situation": "open", "assessments": [], "met": None}


@pytest.mark.rule("M02")
def test_a_venue_shows_its_whole_history_and_how_many_of_the_six_it_meets() -> None:
    shown = venue_after(VENUE_OPENED, assessed(6, JULY_1), assessed(4, MAY_6), assessed(3, None))

    assert [a["assessed_on"] for a in shown["assessments"]] == [None, "2024-05-06", "2024-07-01"]
    assert shown["met"] == 6


@pytest.mark.rule("M02")
def test_of_two_assessments_on_one_day_the_later_recorded_counts() -> None:
    assert venue_after(VENUE_OPENED, assessed(6), assessed(5))["met"] == 5


@pytest.mark.rule("M02")
@for_any(venue_lives)
def test_a_venue_shows_what_a_meeting_in_it_would_be_warned_of(life: VenueLife) -> None:
    events = events_of(life)
    if events:
        state = VENUE.fold(events)
        shown = venue_after(*events)
        assert shown["met"] == state.met
        assert (shown["situation"] == "closed") == (state.closed_on is not None)
        assert VenueView.model_validate(shown).venue_id == STATION


@pytest.mark.rule("M01")
def test_a_changed_venue_shows_what_was_said_last_and_is_found_by_it() -> None:
    shown = venue_after(VENUE_OPENED, assessed(4), VENUE_CHANGED)

    assert (shown["title"], shown["capacity"]) == (VENUE_CHANGED.title, VENUE_CHANGED.capacity)
    assert (shown["tier"], shown["division"], shown["met"]) == ("station", TOWN, 4)
    assert "老街" in shown["grams"]
    assert "文安" not in shown["grams"]


@pytest.mark.rule("M04")
def test_a_reopened_venue_is_open_and_no_longer_says_why_it_was_closed() -> None:
    shown = venue_after(VENUE_OPENED, VENUE_CLOSED, VENUE_REOPENED)

    assert (shown["situation"], shown["closed_on"], shown["closing_reason"]) == ("open", None, None)


@pytest.mark.rule("M04")
def test_a_closed_venue_shows_since_when_and_why() -> None:
    shown = venue_after(VENUE_OPENED, VENUE_CLOSED)

    assert shown["situation"] == "closed"
    assert (shown["closed_on"], shown["closing_reason"]) == ("2024-07-01", "并入街道协商议事室")


# meetings


@pytest.mark.rule("M05")
def test_a_scheduled_meeting_shows_what_was_said() -> None:
    said = SCHEDULED.model_dump(mode="json")

    shown = meeting_after(SCHEDULED)

    assert {name: shown[name] for name in said} == said
    assert (shown["situation"], shown["attendance"], shown["sequence"]) == ("scheduled", None, 0)
    for nothing_yet in ("agenda", "segments", "opinions", "ballots", "notices", "changes"):
        assert shown[nothing_yet] == []


@pytest.mark.rule("M17")
def test_a_moved_meeting_shows_where_it_is_now_and_what_it_was_moved_from() -> None:
    late = Flag(rule="M06", text="距开会不足")
    shown = meeting_after(
        SCHEDULED.model_copy(update={"flags": (late,)}),
        NOTIFIED,
        MOVED.model_copy(update={"people": ("p-1",)}),
    )

    assert (shown["starts_at"], shown["day"], shown["sequence"]) == ("2024-05-13T01:00:00Z", "2024-05-13", 1)
    assert (shown["host"], shown["situation"]) == (SCHEDULED.host, "scheduled")
    assert (shown["flags"], shown["notices"]) == ([], []), "these were about the earlier day"
    (change,) = shown["changes"]
    assert (change["reason"], change["was_starts_at"]) == ("主持人出差", "2024-05-10T01:00:00Z")
    assert "p-1" not in str(shown), "who is told is nobody else's concern"


@pytest.mark.rule("M04")
def test_a_meeting_shows_what_it_needs_for_itself_as_it_stands() -> None:
    named = SCHEDULED.model_copy(update={"host_id": "person-2", "recorder": "联络室记录员"})
    to_link = MOVED.model_copy(update={"venue_id": None, "link": "https://meet.example/1"})

    assert meeting_after(named)["needs"] == [
        f"office:{TOWN}:联络室记录员",
        "person:person-2",
        f"venue:{STATION}",
    ]
    assert meeting_after(named, to_link)["needs"] == [f"office:{TOWN}:联络室记录员", "person:person-2"]


@pytest.mark.rule("M06")
def test_what_was_feared_of_the_notice_gives_way_to_what_became_of_it() -> None:
    feared, late, papers = (Flag(rule="M06", text=text) for text in ("距开会不足", "通知晚了", "材料晚了"))
    below = Flag(rule="M04", text="协商阵地未全部达标（4/6）")
    scheduled = SCHEDULED.model_copy(update={"flags": (below, feared)})
    first = NOTIFIED.model_copy(update={"flags": (late,)})
    second = NOTIFIED.model_copy(update={"papers": ("调研报告",), "flags": (papers,)})

    def texts(*events: DomainEvent) -> list[str]:
        return [flag["text"] for flag in meeting_after(*events)["flags"]]

    assert texts(scheduled, NOTIFIED) == [below.text]
    assert texts(scheduled, first, second) == [below.text, late.text, papers.text]
    assert [notice["papers"] for notice in meeting_after(scheduled, first, second)["notices"]] == [
        [],
        ["调研报告"],
    ]


@pytest.mark.rule("M12")
def test_a_meeting_shows_its_agenda_and_what_it_came_to() -> None:
    too_long = MOVED.model_copy(update={"flags": (Flag(rule="M12", text="超过会议时长"),)})
    started = SegmentStarted(meeting_id=EVENING, item_id="briefing", started_at=LATER)

    shown = meeting_after(SCHEDULED, AGENDA, too_long, AGENDA, OPENED, started)

    assert [item["item_id"] for item in shown["agenda"]] == ["briefing", "talk", "speeches"]
    assert shown["segments"] == [{"item_id": "briefing", "started_at": "2024-05-10T01:20:00Z"}]
    assert shown["flags"] == [], "an agenda that is set fits"


@pytest.mark.rule("M14")
def test_a_ballot_shows_its_result() -> None:
    shown = meeting_after(SCHEDULED, OPENED, AGREED, TAKEN)

    (ballot,) = MeetingView.model_validate(shown).ballots
    assert (ballot.in_favour, ballot.passed, ballot.tellers) == (4, True, ("联络室工作人员",))


def test_a_meeting_is_found_by_its_topic_its_agenda_and_what_it_agreed_on() -> None:
    titled = SCHEDULED.model_copy(update={"topic_title": "路灯补亮"})

    words = set(meeting_after(titled, AGENDA, OPENED, AGREED)["grams"])

    assert {"补亮", "议程", "路灯", "六盏"} <= words


@pytest.mark.rule("M11")
def test_while_people_come_in_they_are_counted_by_kind() -> None:
    shown = meeting_after(SCHEDULED, EVERYBODY[0], OPENED, *EVERYBODY[3:5])

    assert shown["situation"] == "open"
    assert shown["opened_at"] == "2024-05-10T01:05:00Z"
    assert shown["attendance"] == {
        "expected": None,
        "present": 3,
        "members": 1,
        "departments": 0,
        "stakeholders": 0,
        "residents": 2,
        "typed": False,
    }


def test_who_was_there_is_counted_not_named() -> None:
    assert "member-1" not in str(meeting_after(SCHEDULED, *EVERYBODY))


@pytest.mark.rule("M13")
def test_an_opinion_shows_as_soon_as_it_is_agreed() -> None:
    assert meeting_after(SCHEDULED, OPENED, AGREED)["opinions"] == [OPINION.model_dump(mode="json")]


@pytest.mark.rule("M15")
def test_a_held_meeting_shows_its_record_and_every_rule_that_was_not_kept() -> None:
    short, small = Flag(rule="M06", text="距开会不足"), Flag(rule="M14", text="到会构成不足")
    scheduled, held = (e.model_copy(update={"flags": (f,)}) for e, f in ((SCHEDULED, short), (HELD, small)))

    shown = meeting_after(scheduled, *EVERYBODY, OPENED, AGREED, held)

    assert (shown["situation"], shown["held_on"]) == ("held", "2024-05-10")
    assert shown["attendance"] == HELD.attendance.model_dump(mode="json")
    assert [flag["rule"] for flag in shown["flags"]] == ["M06", "M14"]


@pytest.mark.rule("M17")
def test_a_cancelled_meeting_shows_the_reason() -> None:
    shown = meeting_after(SCHEDULED, CANCELLED)

    assert shown["situation"] == "cancelled"
    assert (shown["cancelled_on"], shown["cancel_reason"]) == ("2024-05-10", "暴雨")


@for_any(meeting_lives)
def test_a_meeting_shows_the_situation_that_it_is_in(life: MeetingLife) -> None:
    events = events_of(life)
    if events:
        shown = meeting_after(*events)
        assert shown["situation"] == MEETING.fold(events).situation
        assert MeetingView.model_validate(shown).meeting_id == EVENING


@pytest.mark.rule("M11")
@for_any(meeting_lives)
def test_what_is_counted_while_people_come_in_is_what_the_record_says(life: MeetingLife) -> None:
    events = events_of(life)
    if events and events[-1].name == "MeetingHeld" and not events[-1].back_entry:
        before, after = meeting_after(*events[:-1])["attendance"], meeting_after(*events)["attendance"]
        assert after == (before or {**after, "present": 0})


# topics and problems


@pytest.mark.parametrize(
    ("events", "situation"),
    [
        ([PROPOSED], "proposed"),
        ([PROPOSED, ADOPTED], "adopted"),
        ([PROPOSED, ADOPTED, CONCLUDED], "concluded"),
        ([PROPOSED, ADOPTED, CONCLUDED, REOPENED], "adopted"),
        ([PROPOSED, CONCLUDED, REOPENED], "proposed"),
        ([PROPOSED, MERGED], "merged"),
        ([PROPOSED, ADOPTED, WITHDRAWN], "withdrawn"),
        ([PROPOSED, REJECTED], "rejected"),
    ],
)
def test_a_topic_is_known_with_its_situation(events: list[DomainEvent], situation: str) -> None:
    known = topic_after(*events)

    assert (known["title"], known["division"], known["situation"]) == ("路灯补亮", TOWN, situation)


@pytest.mark.rule("T10")
def test_a_topic_is_known_with_what_its_procedure_asks_of_meetings_and_with_the_town_it_was_given_to() -> (
    None
):
    rules = MeetingRules(notice_working_days=15, ballot=True)
    triaged = TopicTriaged(
        topic_id=LAMPS, topic_class=TopicClass.OTHER, division=COMMUNITY, triaged_on=MARCH_1
    )

    assert (topic_after(PROPOSED)["adopted"], topic_after(PROPOSED)["rules"]) == (False, None)
    known = topic_after(PROPOSED, triaged, ADOPTED.model_copy(update={"rules": rules}), CONCLUDED)
    assert (known["division"], known["adopted"]) == (COMMUNITY, True)
    assert MeetingRules.model_validate(known["rules"]) == rules


@pytest.mark.rule("M03")
@pytest.mark.parametrize(
    ("events", "solved_on"),
    [
        ([SOLVED], "2024-07-01"),
        ([SOLVED, OPEN_AGAIN], None),
        ([OPEN_AGAIN], None),
        ([SOLVED, OPEN_AGAIN, SOLVED], "2024-07-01"),
        ([SOLVED.model_copy(update={"solved_on": None})], None),
    ],
    ids=["solved", "reopened", "never-solved", "solved-again", "day-unknown"],
)
def test_a_problem_is_known_with_its_meeting_and_the_day_it_was_solved(
    events: list[DomainEvent], solved_on: str | None
) -> None:
    assert problem_after(*events) == {"meeting_id": EVENING, "solved_on": solved_on}


# all of them


@pytest.mark.parametrize("projection", HERE, ids=lambda p: p.name)
def test_streams_may_interleave(projection: Projection) -> None:
    elsewhere = stream_of(VENUE.stream("other-station"), VENUE_OPENED, assessed(3))
    later = stream_of(MEETING.stream("later-meeting"), SCHEDULED, CANCELLED)

    documents = assert_interleaving_does_not_matter(
        projection, VENUE_STREAM, MEETING_STREAM, TOPIC_STREAM, PROBLEM_STREAM, elsewhere, later
    )

    keys = {
        "venues": {STATION, "other-station"},
        "meetings": {EVENING, "later-meeting"},
        "known_topics": {LAMPS},
        "solutions": {"dark-corner"},
    }
    assert documents.keys() == keys[projection.name]


@for_any(venue_lives, meeting_lives)
def test_a_venue_and_a_meeting_may_be_told_in_any_order(venue: VenueLife, meeting: MeetingLife) -> None:
    streams = (
        stream_of(VENUE.stream(STATION), *events_of(venue)),
        stream_of(MEETING.stream(EVENING), *events_of(meeting)),
    )
    for projection in (VENUES, MEETINGS):
        assert_interleaving_does_not_matter(projection, *streams, tries=3)


@pytest.mark.parametrize(
    ("projection", "stream"),
    [
        (VENUES, stream_of(VENUE.stream(STATION), assessed())),
        (MEETINGS, stream_of(MEETING.stream(EVENING), OPENED)),
        (MEETINGS, stream_of(MEETING.stream(EVENING), checked_in("member-1", AttendeeKind.MEMBER))),
        (KNOWN_TOPICS, stream_of(f"topic-{LAMPS}", ADOPTED)),
    ],
)
def test_a_stream_that_does_not_begin_at_its_beginning_is_noticed(
    projection: Projection, stream: Any
) -> None:
    with pytest.raises(OutOfOrderError):
        fold_all(projection, stream)


@pytest.mark.parametrize("projection", HERE, ids=lambda p: p.name)
def test_an_event_that_a_fold_was_not_written_for_is_noticed(projection: Projection) -> None:
    begun = {"venues": VENUE_OPENED, "meetings": SCHEDULED, "known_topics": PROPOSED, "solutions": SOLVED}
    stranger = TopicAbsorbed(topic_id=LAMPS, absorbed="village-roads")

    document = fold_all(projection, stream_of("stream-1", begun[projection.name]))["1"]
    with pytest.raises(OutOfOrderError):
        projection.fold(dict(document), recorded(stranger, "stream-1", 2), "1")


def test_every_event_of_meetings_is_shown_somewhere() -> None:
    """An event that no fold reads would be written for nothing here; a new one must be thought of."""
    read = {event for projection in ALL for event in projection.events}

    assert set(registry.of_service("meetings")) <= read
