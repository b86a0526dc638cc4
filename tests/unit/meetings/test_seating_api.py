"""Seats over HTTP: who may do what for whom, what is shown to whom, codes at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from services.meetings.app import SERVICE
from services.meetings.deciders import MEETING
from services.meetings.domain.meeting import OpenMeeting
from services.meetings.moments import current_time
from shared.contracts.envelope import Meta
from shared.contracts.meetings import ReservedSeats
from shared.contracts.types import AttendeeKind
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from tests import http
from tests.http import NOW, Caller, Log, done, problem
from tests.unit.meetings.examples import COUNTY, EVENING, NEXT_TOWN, OPENED_AT, SCHEDULE, STARTS_AT, TOWN

PATH = f"/meetings/{EVENING}"
MINE = f"/my/meetings/{EVENING}"
META = Meta(division=TOWN, actor="test", correlation_id="test", causation_id="test")
DOORS = STARTS_AT - timedelta(minutes=20)


class Town:
    """The meetings service of a town in which one meeting is scheduled, at a time of the test's choosing."""

    def __init__(self) -> None:
        self.log = Log()
        self.now = NOW
        self.app: FastAPI = http.application(SERVICE, self.log, instead={current_time: self._clock})

    async def _clock(self) -> datetime:
        return self.now

    async def does(self, command: Any) -> None:
        """Do a command on the meeting."""
        await self.app.state.handlers["meeting"].execute(
            command, stream=MEETING.stream(EVENING), meta=META, command_id=f"command-{len(self.log.events)}"
        )

    def person(self, subject: str, role: Role = Role.RESIDENT, division: str = TOWN) -> Caller:
        """Return somebody with an account."""
        return Caller(self.app, role, division, subject=subject)

    @property
    def convener(self) -> Caller:
        """Return who runs the meeting."""
        return self.person("convener", Role.CONVENER)


@pytest.fixture
async def town() -> Town:
    """A town whose meeting has two seats."""
    town = Town()
    await town.does(replace(SCHEDULE, capacity=2))
    return town


async def fill(town: Town, *subjects: str) -> None:
    for subject in subjects:
        done(await town.person(subject).post(f"{MINE}/registration"))


# taking part


@pytest.mark.rule("M08", "M09")
async def test_a_resident_registers_sees_their_place_and_no_seats_left(town: Town) -> None:
    ann = town.person("ann")
    assert await ann.get(f"{PATH}/seats") == {
        "standing": "none",
        "kind": "resident",
        "registration": "open",
        "seats_left": 2,
        "waiting": 0,
    }

    response = await ann.post(f"{MINE}/registration")

    assert response.headers["location"] == f"{PATH}/seats"
    assert await ann.get(f"{PATH}/seats") == {
        "standing": "registered",
        "kind": "resident",
        "number": 1,
        "position": None,
    }
    assert (await town.person("ben").get(f"{PATH}/seats"))["seats_left"] == 1


@pytest.mark.rule("M08", "M09")
async def test_who_comes_too_late_sees_their_position_and_moves_up(town: Town) -> None:
    await fill(town, "ann", "ben", "cat", "dan")
    dan = town.person("dan")
    assert (await dan.get(f"{PATH}/seats"))["position"] == 2

    done(await town.person("ann").post(f"{MINE}/withdrawal"))

    assert await dan.get(f"{PATH}/seats") == {
        "standing": "waitlisted",
        "kind": "resident",
        "number": 4,
        "position": 1,
    }
    assert (await town.person("cat").get(f"{PATH}/seats"))["standing"] == "registered"
    assert town.log.names(MEETING.stream(EVENING))[-2:] == ["RegistrationWithdrawn", "SeatPromoted"]
    left = await town.person("eve").get(f"{PATH}/seats")
    assert (left["seats_left"], left["waiting"]) == (0, 1)


@pytest.mark.rule("M08")
async def test_registering_twice_is_registering_once(town: Town) -> None:
    ann = town.person("ann")
    first = done(await ann.post(f"{MINE}/registration", key="k-1"))

    assert done(await ann.post(f"{MINE}/registration", key="k-1")) == {**first, "repeated": True}
    assert done(await ann.post(f"{MINE}/registration"))["version"] == first["version"]
    assert town.log.names(MEETING.stream(EVENING)) == ["MeetingScheduled", "ParticipantRegistered"]


@pytest.mark.rule("M08")
@pytest.mark.parametrize(
    ("role", "kind"),
    [
        (Role.RESIDENT, "resident"),
        (Role.MEMBER, "member"),
        (Role.CONVENER, "member"),
        (Role.DEPARTMENT, "department"),
        (Role.LIAISON, "resident"),
    ],
)
async def test_people_register_as_what_their_role_makes_them(town: Town, role: Role, kind: str) -> None:
    person = town.person("ann", role)

    done(await person.post(f"{MINE}/registration"))

    assert (await person.get(f"{PATH}/seats"))["kind"] == kind


@pytest.mark.rule("M08")
async def test_seats_left_are_those_of_the_callers_kind() -> None:
    town = Town()
    reserved = (ReservedSeats(kind=AttendeeKind.MEMBER, seats=2),)
    await town.does(replace(SCHEDULE, capacity=3, reserved=reserved))
    await fill(town, "ann")

    assert (await town.person("ben").get(f"{PATH}/seats"))["seats_left"] == 0
    assert (await town.person("eve", Role.MEMBER).get(f"{PATH}/seats"))["seats_left"] == 2


@pytest.mark.rule("M08")
async def test_people_take_part_in_all_of_their_county_and_nowhere_else(town: Town) -> None:
    neighbour, stranger = town.person("ann", division=NEXT_TOWN), town.person("ben", division="370102")

    done(await neighbour.post(f"{MINE}/registration"))
    assert (await neighbour.get(f"{PATH}/seats"))["standing"] == "registered"
    for response in (
        await stranger.post(f"{MINE}/registration"),
        await stranger.post(f"{MINE}/withdrawal"),
        await stranger.post(f"{MINE}/answer", {"accepts": True}),
        await stranger.ask(f"{PATH}/seats"),
        await stranger.ask(f"{PATH}/my-code"),
        await stranger.ask(f"{PATH}/my-code.svg"),
    ):
        assert problem(response)[0] == 404


@pytest.mark.rule("M08")
async def test_registration_closes_when_the_meeting_begins(town: Town) -> None:
    await town.does(OpenMeeting(OPENED_AT))
    ann = town.person("ann")

    assert problem(await ann.post(f"{MINE}/registration"))[:2] == (409, "registration-closed")
    shown = await ann.get(f"{PATH}/seats")
    assert (shown["registration"], shown["seats_left"]) == ("closed", 0)


# invitations


@pytest.mark.rule("M07")
async def test_an_invited_member_accepts_thinks_again_and_both_answers_are_kept(town: Town) -> None:
    ann = person_id("ann")
    invited = await town.convener.post(
        f"{PATH}/invitations", {"people": [{"person": ann, "kind": "stakeholder"}]}
    )
    assert done(invited)["people"] == [ann]
    guest = town.person("ann", Role.MEMBER, NEXT_TOWN)
    shown = await guest.get(f"{PATH}/seats")
    assert (shown["standing"], shown["kind"]) == ("invited", "stakeholder")

    done(await guest.post(f"{MINE}/answer", {"accepts": True}))
    assert (await guest.get(f"{PATH}/seats"))["kind"] == "stakeholder"
    done(await guest.post(f"{MINE}/answer", {"accepts": False}))

    (attendee,) = (await town.convener.get(f"{PATH}/attendees"))["items"]
    assert (attendee["standing"], attendee["number"]) == ("declined", None)
    assert [answer["accepts"] for answer in attendee["answers"]] == [True, False]


@pytest.mark.rule("M07")
async def test_who_was_not_invited_cannot_answer(town: Town) -> None:
    response = await town.person("ann").post(f"{MINE}/answer", {"accepts": True})

    assert problem(response)[:2] == (409, "not-invited")


@pytest.mark.rule("M07")
async def test_a_convener_invites_who_has_no_account_and_records_what_they_answer(town: Town) -> None:
    people = {"people": [{"name": "赵大娘", "phone": "138 0543 1234", "kind": "resident"}]}
    convener = town.convener
    response = done(await convener.post(f"{PATH}/invitations", people, key="k-1"))
    assert done(await convener.post(f"{PATH}/invitations", people, key="k-1"))["people"] == response["people"]
    (person,) = response["people"]

    done(await convener.post(f"{PATH}/invitations/{person}/answer", {"accepts": True}))

    sheet = await convener.get(f"{PATH}/sign-in-sheet?why=签到表")
    assert [(line["name"], line["phone"], line["number"]) for line in sheet["items"]] == [
        ("赵大娘", "13805431234", 1)
    ]
    written = "".join(event.event.model_dump_json() for event in town.log.events)
    attendees = (await convener.ask(f"{PATH}/attendees")).text
    for secret in ("赵大娘", "13805431234", "138 0543 1234"):
        assert secret not in written
        assert secret not in attendees


@pytest.mark.rule("M07")
async def test_nobody_is_written_down_for_an_invitation_that_is_refused(town: Town) -> None:
    await town.does(OpenMeeting(OPENED_AT))
    people = {"people": [{"name": "赵大娘", "kind": "resident"}]}

    refused = await town.convener.post(f"{PATH}/invitations", people)

    assert problem(refused)[:2] == (409, "registration-closed")
    assert "赵大娘" not in await town.app.state.people.names_of(COUNTY)


@pytest.mark.parametrize("who", [{}, {"person": "person-1", "name": "赵大娘"}])
async def test_somebody_is_named_by_id_or_by_name_not_by_both_nor_by_neither(
    town: Town, who: dict[str, str]
) -> None:
    person = {**who, "kind": "resident"}

    assert problem(await town.convener.post(f"{PATH}/invitations", {"people": [person]}))[0] == 422
    assert problem(await town.convener.post(f"{PATH}/registrations", person))[0] == 422


@pytest.mark.rule("M08")
async def test_a_convener_registers_and_withdraws_somebody_who_asks_in_person(town: Town) -> None:
    convener = town.convener
    body = {"name": "钱大爷", "kind": "stakeholder"}

    person = done(await convener.post(f"{PATH}/registrations", body))["person"]
    (attendee,) = (await convener.get(f"{PATH}/attendees"))["items"]
    assert (attendee["person"], attendee["kind"], attendee["standing"]) == (
        person,
        "stakeholder",
        "registered",
    )

    done(await convener.post(f"{PATH}/registrations/{person}/withdrawal"))
    (attendee,) = (await convener.get(f"{PATH}/attendees"))["items"]
    assert attendee["standing"] == "withdrawn"


async def test_a_meeting_of_another_division_is_not_there_for_those_who_run_meetings(town: Town) -> None:
    invitation = {"people": [{"person": "person-1", "kind": "resident"}]}
    for division in (NEXT_TOWN, "370102"):
        other = town.person("other", Role.LIAISON, division)
        for response in (
            await other.post(f"{PATH}/invitations", invitation),
            await other.post(f"{PATH}/invitations/person-1/answer", {"accepts": True}),
            await other.post(f"{PATH}/registrations", {"person": "person-1"}),
            await other.post(f"{PATH}/registrations/person-1/withdrawal"),
            await other.post(f"{PATH}/check-ins", {"code": "AAAA-AAAA"}),
            await other.ask(f"{PATH}/attendees"),
            await other.ask(f"{PATH}/sign-in-sheet?why=x"),
        ):
            assert problem(response)[0] == 404


# check-in


def at(town: Town, now: datetime) -> None:
    town.now = now


@pytest.mark.rule("M10")
@pytest.mark.parametrize("which", ["code", "short_code"])
async def test_a_code_is_shown_scanned_or_typed_and_used_once(town: Town, which: str) -> None:
    await fill(town, "ann")
    at(town, DOORS)
    code = await town.person("ann").get(f"{PATH}/my-code")
    assert timedelta(minutes=1) <= datetime.fromisoformat(code["valid_until"]) - DOORS <= timedelta(minutes=2)

    checked_in = done(await town.convener.post(f"{PATH}/check-ins", {"code": code[which]}))
    assert (checked_in["person"], checked_in["kind"]) == (person_id("ann"), "resident")
    assert not checked_in["already_there"]
    again = await town.convener.post(f"{PATH}/check-ins", {"code": code[which]})
    assert problem(again) == (422, "code-used", "code")

    at(town, DOORS + timedelta(minutes=5))
    fresh = await town.person("ann").get(f"{PATH}/my-code")
    seen = done(await town.convener.post(f"{PATH}/check-ins", {"code": fresh[which]}))
    assert seen["already_there"]
    assert seen["checked_in_at"] == checked_in["checked_in_at"]
    assert town.log.names(MEETING.stream(EVENING)).count("AttendeeCheckedIn") == 1


@pytest.mark.rule("M10")
async def test_a_request_that_is_repeated_when_the_code_has_expired_gets_its_first_answer(town: Town) -> None:
    await fill(town, "ann")
    at(town, DOORS)
    code = (await town.person("ann").get(f"{PATH}/my-code"))["code"]
    first = done(await town.convener.post(f"{PATH}/check-ins", {"code": code}, key="k-1"))

    at(town, DOORS + timedelta(hours=1))
    again = done(await town.convener.post(f"{PATH}/check-ins", {"code": code}, key="k-1"))

    assert again == {**first, "repeated": True}


@pytest.mark.rule("M10")
async def test_a_short_code_is_typed_in_any_way_and_a_slip_is_noticed(town: Town) -> None:
    await fill(town, "ann")
    at(town, DOORS)
    short = (await town.person("ann").get(f"{PATH}/my-code"))["short_code"]
    slipped = short[:-1] + ("A" if short[-1] != "A" else "C")

    wrong = await town.convener.post(f"{PATH}/check-ins", {"code": slipped})
    assert problem(wrong) == (422, "code-mistyped", "code")
    done(await town.convener.post(f"{PATH}/check-ins", {"code": short.lower().replace("-", " ")}))


@pytest.mark.rule("M10")
@pytest.mark.parametrize("which", ["code", "short_code"])
async def test_an_expired_code_is_refused(town: Town, which: str) -> None:
    await fill(town, "ann")
    at(town, DOORS)
    code = (await town.person("ann").get(f"{PATH}/my-code"))[which]

    at(town, DOORS + timedelta(minutes=2))
    late = await town.convener.post(f"{PATH}/check-ins", {"code": code})

    assert problem(late) == (422, "code-expired", "code")
    assert late.json()["errors"][0]["rule"] == "M10"


@pytest.mark.rule("M10")
async def test_a_code_of_another_meeting_is_refused(town: Town) -> None:
    other = "meeting-on-roads"
    handler = town.app.state.handlers["meeting"]
    command = replace(SCHEDULE, meeting_id=other)
    await handler.execute(command, stream=MEETING.stream(other), meta=META, command_id="other")
    done(await town.person("ann").post(f"/my/meetings/{other}/registration"))
    await fill(town, "ann")
    at(town, DOORS)
    shown = await town.person("ann").get(f"/meetings/{other}/my-code")

    scanned = await town.convener.post(f"{PATH}/check-ins", {"code": shown["code"]})
    assert problem(scanned) == (422, "code-of-other-meeting", "code")
    typed = await town.convener.post(f"{PATH}/check-ins", {"code": shown["short_code"]})
    assert problem(typed) == (422, "code-unknown", "code")


@pytest.mark.rule("M10")
@pytest.mark.parametrize(
    "forge", [lambda c: c[:-2] + "AA", lambda c: "x." + c, lambda c: "é.1.é", lambda c: "..."]
)
async def test_a_code_that_was_tampered_with_is_refused(town: Town, forge: Callable[[str], str]) -> None:
    await fill(town, "ann")
    at(town, DOORS)
    code = (await town.person("ann").get(f"{PATH}/my-code"))["code"]

    response = await town.convener.post(f"{PATH}/check-ins", {"code": forge(code)})

    assert problem(response) == (422, "code-unknown", "code")


@pytest.mark.rule("M10")
async def test_only_who_has_a_seat_has_a_code(town: Town) -> None:
    await fill(town, "ann", "ben", "cat")

    for subject in ("cat", "dan"):
        assert problem(await town.person(subject).ask(f"{PATH}/my-code"))[:2] == (409, "no-seat")
        assert problem(await town.person(subject).ask(f"{PATH}/my-code.svg"))[:2] == (409, "no-seat")


@pytest.mark.rule("M10")
async def test_the_code_is_a_qr_code_that_no_cache_keeps(town: Town) -> None:
    await fill(town, "ann")

    image = await town.person("ann").ask(f"{PATH}/my-code.svg")

    assert image.headers["content-type"] == "image/svg+xml"
    assert image.headers["cache-control"] == "no-store"
    assert "<svg" in image.text


@pytest.mark.rule("M10", "M11")
async def test_a_helper_checks_in_who_just_came_with_their_name_kept_apart(town: Town) -> None:
    at(town, DOORS)
    body = {"kind": "stakeholder", "helper": "联络室工作人员", "name": "孙师傅"}

    came = done(await town.convener.post(f"{PATH}/check-ins", body))

    sheet = await town.convener.get(f"{PATH}/sign-in-sheet?why=签到表")
    (line,) = sheet["items"]
    assert (line["person"], line["name"], line["standing"]) == (came["person"], "孙师傅", "walk-in")
    assert line["checked_in_at"] == came["checked_in_at"]


@pytest.mark.rule("M10")
async def test_the_sheet_has_who_is_expected_and_who_is_there_and_nobody_else(town: Town) -> None:
    await fill(town, "ann", "ben", "cat", "dan")
    done(await town.person("ann").post(f"{MINE}/withdrawal"))
    at(town, DOORS)
    by_hand = {"person": person_id("dan"), "helper": "联络室工作人员"}
    done(await town.convener.post(f"{PATH}/check-ins", by_hand))

    sheet = (await town.convener.get(f"{PATH}/sign-in-sheet?why=签到表"))["items"]

    assert [line["person"] for line in sheet] == [person_id(who) for who in ("ben", "cat", "dan")]
    assert [line["standing"] for line in sheet] == ["registered", "registered", "waitlisted"]


@pytest.mark.rule("M11")
async def test_attendance_is_counted_from_check_ins_and_expected_are_those_with_a_seat(town: Town) -> None:
    await fill(town, "ann", "ben", "cat")
    at(town, DOORS)
    code = (await town.person("ann").get(f"{PATH}/my-code"))["code"]
    done(await town.convener.post(f"{PATH}/check-ins", {"code": code}))
    done(await town.convener.post(f"{PATH}/check-ins", {"kind": "member", "helper": "联络室工作人员"}))
    done(await town.convener.post(f"{PATH}/opening"))

    done(await town.convener.post(f"{PATH}/holding", {}))

    attendance = (await town.convener.get(PATH))["attendance"]
    assert (attendance["expected"], attendance["present"]) == (2, 2)
    assert (attendance["members"], attendance["residents"], attendance["typed"]) == (1, 1, False)


@pytest.mark.rule("M10")
@pytest.mark.parametrize(
    "body",
    [
        {"kind": "resident"},
        {"code": "AAAA-AAAA", "helper": "联络室工作人员"},
        {"code": "AAAA-AAAA", "person": "person-1"},
        {},
    ],
)
async def test_a_check_in_is_by_code_or_by_hand(town: Town, body: dict[str, Any]) -> None:
    assert problem(await town.convener.post(f"{PATH}/check-ins", body))[0] == 422


@pytest.mark.rule("M10")
async def test_people_do_not_check_themselves_in(town: Town) -> None:
    await fill(town, "ann")
    at(town, DOORS)
    ann = town.person("ann")
    code = (await ann.get(f"{PATH}/my-code"))["code"]

    assert problem(await ann.post(f"{PATH}/check-ins", {"code": code}))[0] == 403


# lists


@pytest.mark.rule("M08")
async def test_attendees_are_listed_in_the_order_of_registering_filtered_and_exported(town: Town) -> None:
    await fill(town, "ann", "ben", "cat")
    convener = town.convener

    listed = await convener.get(f"{PATH}/attendees")
    assert [item["person"] for item in listed["items"]] == [person_id(who) for who in ("ann", "ben", "cat")]
    waiting = await convener.get(f"{PATH}/attendees?standing=waitlisted&checked_in=false")
    assert [item["person"] for item in waiting["items"]] == [person_id("cat")]
    assert (await convener.get(f"{PATH}/attendees?checked_in=true"))["items"] == []
    exported = (await convener.ask(f"{PATH}/attendees?format=csv")).content.decode("utf-8-sig")
    assert exported.splitlines()[0].startswith("报名序号,人员编号,参会身份,状态")
    assert "候补" in exported


async def test_residents_do_not_see_who_else_comes_and_auditors_see_no_names(town: Town) -> None:
    await fill(town, "ann")
    auditor = town.person("auditor", Role.AUDITOR)

    assert await town.person("ann").status_of(f"{PATH}/attendees") == 403
    assert await auditor.status_of(f"{PATH}/attendees") == 200
    assert await auditor.status_of(f"{PATH}/sign-in-sheet?why=x") == 403


async def test_looking_at_the_names_is_logged_with_the_reason(town: Town) -> None:
    person = done(await town.convener.post(f"{PATH}/registrations", {"name": "钱大爷"}))["person"]

    await town.convener.get(f"{PATH}/sign-in-sheet?why=打印签到表")

    office = town.person("office", Role.OFFICE, COUNTY)
    (line,) = (await office.get("/people/accesses"))["items"]
    assert (line["person"], line["why"], line["reader"]) == (person, "打印签到表", person_id("convener"))


@pytest.mark.rule("M17")
async def test_a_cancelled_meeting_stays_among_mine_and_says_so(town: Town) -> None:
    await fill(town, "ann")
    done(await town.convener.post(f"{PATH}/cancellation", {"reason": "暴雨"}))

    (mine,) = (await town.person("ann").get("/my/meetings"))["items"]

    assert (mine["situation"], mine["cancel_reason"]) == ("cancelled", "暴雨")
    assert problem(await town.person("ben").post(f"{MINE}/registration"))[:2] == (409, "meeting-cancelled")


async def test_my_meetings_are_those_that_i_am_part_of(town: Town) -> None:
    ann = town.person("ann")
    assert (await ann.get("/my/meetings"))["items"] == []
    await fill(town, "ben", "cat", "ann")

    (mine,) = (await ann.get("/my/meetings"))["items"]
    assert (mine["meeting_id"], mine["standing"], mine["day"]) == (EVENING, "waitlisted", "2024-05-10")
    at(town, STARTS_AT + timedelta(days=1))
    assert (await ann.get("/my/meetings"))["items"] == [], "it is past"
    assert len((await ann.get("/my/meetings?since=2024-05-10"))["items"]) == 1
    done_with = await ann.post(f"{MINE}/withdrawal")
    assert done_with.status_code == 200
    assert (await ann.get("/my/meetings?since=2024-05-10"))["items"] == []
