"""Calendars: one entry a meeting for ever, which follows its changes and names nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Event

from services.meetings import calendars
from services.meetings.calendars import Certainty, Entry
from services.meetings.documents.fields import About
from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingRescheduled,
    ParticipantInvited,
    ParticipantRegistered,
    ParticipantWaitlisted,
    RegistrationWithdrawn,
)
from shared.contracts.types import AttendeeKind
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.codes import short_code
from shared.platform.settings import load_settings
from tests.http import SETTINGS
from tests.unit.meetings.examples import (
    COUNTY,
    ENDS_AT,
    EVENING,
    LAMPS,
    MAY_6,
    MAY_10,
    NEXT_TOWN,
    SCHEDULED,
    STARTS_AT,
    STATION,
)
from tests.unit.meetings.http_tools import Caller, Log
from tests.unit.meetings.past import HOST, WITH_PEOPLE, meeting_to_come, write

NOW = datetime(2024, 5, 6, 1, tzinfo=UTC)
ENTRY = f"/meetings/{EVENING}/meeting.ics"
RESIDENT = "a-resident"
MOVED = MeetingRescheduled(
    meeting_id=EVENING,
    topic_id=LAMPS,
    reason="暴雨",
    was_starts_at=STARTS_AT,
    was_ends_at=ENDS_AT,
    was_venue_id=STATION,
    starts_at=STARTS_AT + timedelta(days=3),
    ends_at=ENDS_AT + timedelta(days=3),
    day=date(2024, 5, 13),
    venue_id=STATION,
    capacity=30,
    sequence=1,
    rescheduled_on=MAY_6,
)
OFF = MeetingCancelled(
    meeting_id=EVENING, topic_id=LAMPS, reason="议题另行协商", cancelled_on=MAY_10, sequence=2
)


def events(content: bytes) -> list[Event]:
    parsed = Calendar.from_ical(content)
    assert isinstance(parsed, Calendar)
    return parsed.events


def only(content: bytes) -> Event:
    (event,) = events(content)
    return event


def method(content: bytes) -> str | None:
    said = Calendar.from_ical(content).get("method")
    return None if said is None else str(said)


def about(topic: str = "路灯补亮", **more: Any) -> About:
    meeting = {**SCHEDULED.model_dump(mode="json"), "situation": "scheduled", "sequence": 0, **more}
    return About(meeting, topic, {"title": "孙武街道协商议事站", "address": "文安路 8 号"}, "孙武街道")


async def entry(log: Log) -> bytes:
    response = await Caller(log, Role.RESIDENT).ask(ENTRY)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    return response.content


# one meeting


@pytest.mark.rule("M17", "N11")
async def test_an_entry_keeps_its_identity_through_a_change_and_a_cancellation() -> None:
    seen = []
    for then in ([], [MOVED], [MOVED, OFF]):
        log = Log()
        await meeting_to_come(log, SCHEDULED, *then)
        content = await entry(log)
        event = only(content)
        seen.append((method(content), str(event["uid"]), event.sequence, event.start, str(event["status"])))
    identity = f"meeting-{EVENING}@{COUNTY}"
    later = STARTS_AT + timedelta(days=3)
    assert seen == [
        ("PUBLISH", identity, 0, STARTS_AT, "CONFIRMED"),
        ("PUBLISH", identity, 1, later, "CONFIRMED"),
        ("CANCEL", identity, 2, later, "CANCELLED"),
    ]


async def test_an_entry_says_what_and_where_and_which_offices() -> None:
    log = Log()
    await meeting_to_come(log)
    event = only(await entry(log))
    assert str(event["summary"]).endswith("路灯补亮")
    assert "孙武街道协商议事站" in str(event["location"])
    assert "孙武街道政协联络室主任" in str(event["description"])
    assert (event.start, event.end) == (STARTS_AT, ENDS_AT)
    assert person_id(HOST) not in str(event)


def test_an_entry_is_stamped_with_when_its_meeting_last_changed() -> None:
    changed_at = datetime(2024, 5, 7, 8, 30, 15, 999, tzinfo=UTC)
    event = only(calendars.one_meeting(Entry(about(_as_of=changed_at)), NOW))
    assert event.stamp == changed_at.replace(microsecond=0)
    assert event.last_modified == event.stamp
    assert only(calendars.one_meeting(Entry(about()), NOW)).stamp == NOW


def test_a_title_with_every_special_sign_comes_back_whole_and_folded() -> None:
    title = "路灯,停车;绿化\\文体\n" + "长" * 120
    content = calendars.one_meeting(Entry(about(title)), NOW)
    assert str(only(content)["summary"]).endswith(title)
    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in content.replace(b"\r\n", b"")
    content.decode("utf-8")


def test_an_old_meeting_of_which_only_the_day_is_known_takes_the_day() -> None:
    event = only(calendars.one_meeting(Entry(about(starts_at=None, ends_at=None)), NOW))
    assert event.start == MAY_10


@pytest.mark.rule("M17")
def test_a_cancelled_entry_gives_the_reason() -> None:
    event = only(calendars.one_meeting(Entry(about(situation="cancelled", cancel_reason="暴雨")), NOW))
    assert "暴雨" in str(event["description"])


async def test_an_entry_is_for_the_readers_of_its_division() -> None:
    log = Log()
    await meeting_to_come(log)
    town = Caller(log)
    assert await town.beside(Role.RESIDENT, NEXT_TOWN).status_of(ENTRY) == 404
    assert await town.beside(None).status_of(ENTRY) == 401
    assert await town.status_of("/meetings/no-such-meeting/meeting.ics") == 404


# a venue's calendar


async def test_a_venue_shows_its_own_meetings_in_full_and_of_guests_that_it_is_taken() -> None:
    log = Log()
    await meeting_to_come(log)
    guest = SCHEDULED.model_copy(
        update={"meeting_id": "guests", "division": NEXT_TOWN, "topic_id": "parking"}
    )
    await write(log, "meeting-guests", guest, division=NEXT_TOWN)
    content = (await Caller(log, Role.RESIDENT).ask(f"/venues/{STATION}/calendar.ics")).content
    guests, own = sorted(events(content), key=lambda event: str(event["uid"]))
    assert str(own["summary"]).endswith("路灯补亮")
    assert (str(guests["summary"]), guests.get("location"), guests.get("description")) == (
        "已预订",
        None,
        None,
    )
    assert method(content) is None, "a calendar to subscribe to is no message"
    assert str(Calendar.from_ical(content)["x-wr-calname"]) == "孙武街道协商议事站"


async def test_a_venue_forgets_what_is_over_for_a_season() -> None:
    log = Log()
    await meeting_to_come(log)
    path = f"/venues/{STATION}/calendar.ics"
    for days, there in ((90, 1), (91, 0)):
        later = Caller(log, now=STARTS_AT + timedelta(days=days))
        assert len(events((await later.ask(path)).content)) == there
    assert await later.beside(Role.RESIDENT, NEXT_TOWN).status_of(path) == 404


# a person's calendar


def part(kind: AttendeeKind = AttendeeKind.RESIDENT) -> dict[str, Any]:
    return {"meeting_id": EVENING, "topic_id": LAMPS, "person": person_id(RESIDENT), "kind": kind}


INVITED = ParticipantInvited(**part(), invited_at=NOW)
REGISTERED = ParticipantRegistered(**part(), number=1, registered_at=NOW)
WAITLISTED = ParticipantWaitlisted(**part(), number=1, position=1, registered_at=NOW)
GONE = RegistrationWithdrawn(**part(), number=1, had_seat=True, withdrawn_at=NOW)


@pytest.mark.parametrize(
    ("then", "status", "standing"),
    [
        ([INVITED], "TENTATIVE", "待答复"),
        ([REGISTERED], "CONFIRMED", ""),
        ([WAITLISTED], "TENTATIVE", "候补"),
        ([REGISTERED, MOVED, OFF], "CANCELLED", ""),
    ],
    ids=["invited", "registered", "waiting", "cancelled"],
)
async def test_a_persons_calendar_says_how_sure_a_meeting_is(
    then: list[Any], status: str, standing: str
) -> None:
    log = Log()
    await meeting_to_come(log, SCHEDULED, *then)
    event = only((await Caller(log, Role.RESIDENT, subject=RESIDENT).ask("/my/calendar.ics")).content)
    assert str(event["status"]) == status
    assert (standing or "〔") in str(event["summary"]) or not standing


async def test_who_withdrew_has_nothing_in_the_calendar() -> None:
    log = Log()
    await meeting_to_come(log, SCHEDULED, REGISTERED, GONE)
    content = (await Caller(log, Role.RESIDENT, subject=RESIDENT).ask("/my/calendar.ics")).content
    assert events(content) == []


async def test_the_host_has_the_meeting_in_their_calendar() -> None:
    log = Log()
    await meeting_to_come(log, WITH_PEOPLE)
    event = only((await Caller(log, Role.MEMBER, COUNTY, subject=HOST).ask("/my/calendar.ics")).content)
    assert str(event["status"]) == "CONFIRMED"


async def test_a_phone_subscribes_to_a_secret_address_without_signing_in() -> None:
    log = Log()
    await meeting_to_come(log, SCHEDULED, REGISTERED)
    resident = Caller(log, Role.RESIDENT, subject=RESIDENT)
    url: str = (await resident.get("/my/calendar"))["url"]
    assert url.startswith(f"{SETTINGS.public_meetings_url}/calendars/")
    path = url.removeprefix(SETTINGS.public_meetings_url)
    phone = await resident.beside(None).ask(path)
    assert (phone.status_code, len(events(phone.content))) == (200, 1)
    own = await resident.ask("/my/calendar.ics")
    assert phone.content == own.content


async def test_an_address_that_nobody_was_given_leads_nowhere() -> None:
    log = Log()
    await meeting_to_come(log, SCHEDULED, REGISTERED)
    nobody, person = Caller(log, None), person_id(RESIDENT)
    other = short_code(SETTINGS.signing_secrets, "calendar-feed", "somebody-else", 24)
    elsewhere = short_code(SETTINGS.signing_secrets, "check-in", person, 24)
    for code in (other, elsewhere, "A" * 24):
        assert await nobody.status_of(f"/calendars/{person}.{code}.ics") == 404
    for malformed in (person, f"{person}.", f"{person}.{'A' * 23}", f"..{'A' * 24}"):
        assert await nobody.status_of(f"/calendars/{malformed}.ics") == 422


async def test_retiring_the_secret_takes_the_address_back() -> None:
    log = Log()
    await meeting_to_come(log, SCHEDULED, REGISTERED)
    url: str = (await Caller(log, Role.RESIDENT, subject=RESIDENT).get("/my/calendar"))["url"]
    phone = Caller(log, None)
    new = load_settings(county=COUNTY, signing_secrets="n" * 40)
    phone.app.state.settings = new
    assert await phone.status_of(url.removeprefix(SETTINGS.public_meetings_url)) == 404


def test_a_tentative_entry_stays_cancelled_when_it_is() -> None:
    content = calendars.feed("日历", [Entry(about(situation="cancelled"), Certainty.TENTATIVE, "候补")], NOW)
    assert str(only(content)["status"]) == "CANCELLED"
