"""Invitations: one entry a meeting for ever, which follows its changes and names one attendee."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from icalendar import Calendar, Event

from services.notify.calendars import Invitation, invitation
from services.notify.meeting_facts import Meeting, meeting_of
from services.notify.projections.meetings import MEETINGS, VENUES, fold_meeting, fold_venue
from services.notify.projections.meetings import TOLD as INVITING
from services.notify.reactions import TOLD
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import (
    assert_interleaving_does_not_matter,
    fold_all,
    recorded,
    stream_of,
)
from tests.unit.notify.meetings_known import (
    EVENING,
    HALL,
    HALL_STREAM,
    LATER,
    MEETING_STREAM,
    MOVED,
    REGISTERED,
    RESIDENT,
    SCHEDULED,
    STARTS_AT,
    STATION,
    VENUE_STREAM,
    WITHDRAWN,
)

ADDRESS = "resident@example.org"
ANSWERS_TO = "office@example.gov.cn"


def meeting(after: int = 1) -> Meeting:
    """Return the meeting after so many events of its stream."""
    found = fold_all(MEETINGS, MEETING_STREAM[:after])[EVENING]
    venues = fold_all(VENUES, [*VENUE_STREAM, *HALL_STREAM])
    return meeting_of(found, venues[found["venue_id"]], "路灯补亮")


def sent(after: int = 1, because: str = "ParticipantInvited") -> Invitation:
    at = MEETING_STREAM[after - 1].recorded_at
    return Invitation(meeting(after), ADDRESS, ANSWERS_TO, "孙武街道", because, at)


def read(invited: Invitation) -> tuple[str, Event]:
    parsed = Calendar.from_ical(invitation(invited))
    assert isinstance(parsed, Calendar)
    (event,) = parsed.events
    return str(parsed["method"]), event


@pytest.mark.rule("N11")
def test_an_invitation_keeps_its_identity_through_a_change_and_a_cancellation() -> None:
    seen = []
    for after, because in ((2, "ParticipantInvited"), (4, "MeetingRescheduled"), (6, "MeetingCancelled")):
        method, event = read(sent(after, because))
        seen.append((method, str(event["uid"]), event.sequence, event.start, str(event["status"])))
    identity = f"meeting-{EVENING}@371621"
    assert seen == [
        ("REQUEST", identity, 0, STARTS_AT, "CONFIRMED"),
        ("REQUEST", identity, 1, STARTS_AT + LATER, "CONFIRMED"),
        ("CANCEL", identity, 2, STARTS_AT + LATER, "CANCELLED"),
    ]


@pytest.mark.rule("N11")
def test_who_gives_a_seat_back_loses_the_entry_and_who_takes_one_again_has_it_again() -> None:
    stream = stream_of(f"meeting-{EVENING}", SCHEDULED, REGISTERED, WITHDRAWN, REGISTERED)
    seen = []
    for recorded_event in stream[1:]:
        because, at = recorded_event.event.name, recorded_event.recorded_at
        method, event = read(replace(sent(because=because), written_at=at))
        seen.append((method, event.sequence, event.stamp, str(event["status"])))
    assert [(method, sequence, status) for method, sequence, _, status in seen] == [
        ("REQUEST", 0, "CONFIRMED"),
        ("CANCEL", 0, "CANCELLED"),
        ("REQUEST", 0, "CONFIRMED"),
    ]
    stamps = [stamp for _, _, stamp, _ in seen]
    assert stamps == sorted(set(stamps)), "by which calendars know the latest"


@pytest.mark.rule("N11", "M17")
def test_later_invitations_replace_earlier_ones_in_any_calendar() -> None:
    order = [(e.sequence, e.stamp) for e in (read(sent(n))[1] for n in range(2, len(MEETING_STREAM) + 1))]
    assert order == sorted(set(order))


@pytest.mark.rule("N11")
def test_an_invitation_names_its_addressee_and_nobody_else() -> None:
    content = invitation(sent())
    _, event = read(sent())
    assert str(event["attendee"]) == f"mailto:{ADDRESS}"
    assert str(event["organizer"]) == f"mailto:{ANSWERS_TO}"
    assert content.count(b"ATTENDEE") == 1
    assert RESIDENT.encode() not in content


@pytest.mark.parametrize(
    ("because", "answer"),
    [
        ("ParticipantInvited", "NEEDS-ACTION"),
        ("ParticipantRegistered", "ACCEPTED"),
        ("SeatPromoted", "ACCEPTED"),
        ("MeetingRescheduled", "NEEDS-ACTION"),
    ],
)
def test_who_has_a_seat_has_accepted(because: str, answer: str) -> None:
    _, event = read(sent(because=because))
    assert event["attendee"].params["PARTSTAT"] == answer
    assert event["attendee"].params["RSVP"] == "FALSE"


def test_an_invitation_says_what_where_and_which_offices() -> None:
    _, event = read(sent())
    assert str(event["summary"]) == "协商：路灯补亮"
    assert str(event["location"]) == "孙武街道协商议事站（文安路 18 号）"
    assert "召集人：孙武街道政协联络室主任" in str(event["description"])
    _, later = read(sent(4))
    assert str(later["location"]) == "孙武街道协商议事厅"


def test_moments_are_those_of_shanghai_with_the_zone_defined() -> None:
    content = invitation(sent()).decode()
    assert "DTSTART;TZID=Asia/Shanghai:20240910T143000" in content
    assert "DTEND;TZID=Asia/Shanghai:20240910T163000" in content
    assert "BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai\r\nBEGIN:STANDARD" in content


def test_of_a_meeting_whose_hours_are_unknown_the_day_is_taken() -> None:
    whole_day = replace(meeting(), starts_at=None, ends_at=None)
    _, event = read(replace(sent(), meeting=whole_day))
    assert event.start == date(2024, 9, 10)
    assert whole_day.time == "2024年9月10日（星期二）"


def test_a_meeting_online_leads_to_its_link() -> None:
    document = {**fold_all(MEETINGS, MEETING_STREAM[:1])[EVENING], "venue_id": None}
    document["link"] = "https://meet.example.gov.cn/7"
    online = meeting_of(document, None, None)
    _, event = read(replace(sent(), meeting=online))
    assert (str(event["url"]), online.place) == (document["link"], f"线上（{document['link']}）")
    assert online.title == "路灯补亮", "as it was called when the meeting was scheduled"


def test_hours_read_as_people_write_them() -> None:
    assert meeting().time == "2024年9月10日（星期二）14:30至16:30"


# what is known of meetings


def test_how_the_streams_interleave_does_not_matter() -> None:
    streams = (MEETING_STREAM, VENUE_STREAM, HALL_STREAM)
    assert set(assert_interleaving_does_not_matter(MEETINGS, *streams)) == {EVENING}
    assert set(assert_interleaving_does_not_matter(VENUES, *streams)) == {STATION, HALL}


def test_a_meeting_must_be_scheduled_first() -> None:
    with pytest.raises(OutOfOrderError):
        fold_meeting(None, recorded(MOVED, f"meeting-{EVENING}", 1), EVENING)
    with pytest.raises(OutOfOrderError):
        fold_venue(None, recorded(SCHEDULED, f"venue-{STATION}", 1), STATION)


@pytest.mark.rule("N11")
def test_every_event_that_somebody_is_told_of_a_meeting_is_waited_for() -> None:
    assert {event for event in TOLD if event.service == "meetings"} == set(INVITING)
    assert set(INVITING) < set(MEETINGS.events)
