"""An example request for every endpoint of meetings, and a county in which it is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.meetings.app import SERVICE
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MeetingScheduled
from shared.contracts.types import AttendeeKind, MeetingRules
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.texts import sha256_of
from tests.authorisation.example import COUNTY, ME, STRANGER, TOWN, Example, Further, Reach, Who
from tests.unit.authorisation.world import World
from tests.unit.meetings.examples import (
    AGENDA,
    AGREED,
    HELD,
    LAMPS,
    OPENED,
    SCHEDULED,
    STARTS_AT,
    VENUE_CLOSED,
    VENUE_OPENED,
    checked_in,
)
from tests.unit.meetings.past import TOPIC, write
from tests.unit.meetings.roster_http import ACTIVITY, BRANCH, MEMBER
from tests.unit.topics.examples import adopted

CLERKS = (Role.LIAISON, Role.OFFICE)
SEE_DRAFTS = (*CLERKS, Role.MEMBER, Role.CONVENER, Role.AUDITOR)
LIAISON = Who(Role.LIAISON, TOWN, "a-clerk")
HOST, RECORDER = "the-host", "the-recorder"
WHY = "?why=会务"
TEXT = "经协商,同意补装六盏路灯。"
SIGNATURE: dict[str, Any] = {"number": 1, "sha256": sha256_of(TEXT), "role": "participant"}
SCHEDULE: dict[str, Any] = {
    "topic_id": LAMPS,
    "division": TOWN,
    "form": "meeting",
    "venue_id": "hall",
    "starts_at": "2024-05-20T09:00:00+08:00",
    "ends_at": "2024-05-20T11:00:00+08:00",
    "convener": "党员委员召集人",
    "host": "联络室主任",
    "recorder": "联络室记录员",
}
VENUE: dict[str, Any] = {
    "title": "协商议事站",
    "host_platform": "community-service-centre",
    "address": "文安路 8 号",
    "capacity": 40,
}
MARKS = [
    {"code": code, "met": True, "evidence": "照片"} for code in ("position", "signage", "rules", "process")
]
STANDARD: dict[str, Any] = {
    "version": 1,
    "title": "本县标准",
    "items": [{"code": f"item-{n}", "title": f"第{n}项"} for n in range(1, 7)],
    "published_on": "2024-05-06",
}
CHANGED_MEMBER: dict[str, Any] = {
    "sector": "医药卫生界",
    "liaison_office": "孙武街道委员联络室",
    "skills": ["针灸"],
    "changed_on": "2024-05-06",
}
CORRECTION = {k: v for k, v in ACTIVITY.items() if k not in ("activity_id", "division")} | {
    "reason": "人数有误"
}

OWN_ACTIVITY = Further("members and conveners: their own activities only", lambda w: w.role in CLERKS, 404)
OWN_ACTIVITY_ENTERED = Further(OWN_ACTIVITY.text, lambda w: w.role in CLERKS, 422)
ITS_MEMBERS = Further(
    "members and conveners: activities that they took part in, wherever in the county",
    lambda w: w.role in (*CLERKS, Role.AUDITOR),
    404,
)
MINUTES_WRITER = Further(
    "members: the meeting's recorder only", lambda w: w.role in (*CLERKS, Role.CONVENER), 403
)
DRAFTS = Further("drafts: not for residents and departments", lambda w: w.role in SEE_DRAFTS, 404)


def _meeting(what: str) -> str:
    return f"POST /meetings/{{meeting_id}}/{what}"


def _read(what: str) -> str:
    return f"GET /meetings/{{meeting_id}}/{what}"


def _member(what: str) -> str:
    return f"POST /members/{{member_id}}/{what}"


def _county(endpoint: str, path: str, body: dict[str, Any] | None = None, answers: int = 200) -> Example:
    """Return an example of something that the county's office alone does."""
    return Example(endpoint, path, body, answers, lives_in=COUNTY)


def _of_county(endpoint: str, path: str, **more: Any) -> Example:
    """Return an example of something that is seen from all towns of the county."""
    return Example(endpoint, path, reach=Reach.COUNTY, lives_in=COUNTY, **more)


def _own(endpoint: str, path: str, **more: Any) -> Example:
    return Example(endpoint, path, reach=Reach.OWN, **more)


EXAMPLES = (
    # venues and standards
    Example("GET /venues", "/venues", lists=True),
    Example("POST /venues", "/venues", {**VENUE, "division": TOWN, "tier": "station"}, 201),
    Example("GET /venues/{venue_id}", "/venues/hall"),
    Example("GET /venues/{venue_id}/history", "/venues/hall/history"),
    Example("GET /venues/{venue_id}/calendar.ics", "/venues/hall/calendar.ics"),
    Example("GET /venues/{venue_id}/poster.{format}", "/venues/hall/poster.png"),
    Example("GET /venues/{venue_id}/files/{file_id}", "/venues/hall/files/{file}"),
    Example(
        "POST /venues/{venue_id}/assessments",
        "/venues/hall/assessments",
        {"items": MARKS, "assessor": "县政协办公室", "assessed_on": "2024-05-06"},
    ),
    Example(
        "POST /venues/{venue_id}/changes",
        "/venues/hall/changes",
        {**VENUE, "capacity": 60, "reason": "扩建", "changed_on": "2024-05-06"},
    ),
    Example(
        "POST /venues/{venue_id}/closure",
        "/venues/hall/closure",
        {"reason": "装修", "closed_on": "2024-05-06"},
    ),
    Example(
        "POST /venues/{venue_id}/reopening",
        "/venues/closed/reopening",
        {"reason": "装修完", "reopened_on": "2024-09-01"},
    ),
    Example("GET /standards", "/standards", reach=Reach.EVERYWHERE),
    Example(
        "GET /standards/{code}/versions/{version}", "/standards/longkou/versions/1", reach=Reach.EVERYWHERE
    ),
    _county("POST /standards/{code}/versions", "/standards/our-own/versions", STANDARD, 201),
    # meetings
    Example("GET /meetings", "/meetings", lists=True),
    Example("POST /meetings", "/meetings", SCHEDULE, 201),
    Example("GET /meetings/{meeting_id}", "/meetings/to-come"),
    Example(_read("history"), "/meetings/to-come/history"),
    Example(_read("console"), "/meetings/open/console"),
    Example(_read("meeting.ics"), "/meetings/to-come/meeting.ics"),
    Example(_read("poster.{format}"), "/meetings/to-come/poster.png"),
    Example(_read("notice.docx"), "/meetings/to-come/notice.docx"),
    Example(_meeting("rescheduling"), "/meetings/to-come/rescheduling", {"reason": "暴雨", "capacity": 35}),
    Example(_meeting("cancellation"), "/meetings/to-come/cancellation", {"reason": "暴雨"}),
    Example(_meeting("notices"), "/meetings/to-come/notices", {"papers": ["方案"]}),
    Example(
        _meeting("agenda"),
        "/meetings/to-come/agenda",
        {"items": [{"title": "通报情况", "segment": "briefing", "minutes": 30}]},
    ),
    Example(_meeting("opening"), "/meetings/to-come/opening"),
    Example(_meeting("segments"), "/meetings/open/segments", {"item_id": "briefing"}),
    Example(_meeting("opinions"), "/meetings/open/opinions", {"text": "补装路灯", "agreed_by": ["群众"]}),
    Example(
        _meeting("ballots"),
        "/meetings/open/ballots",
        {
            "question": "补装路灯",
            "in_favour": 1,
            "against": 0,
            "abstentions": 0,
            "tellers": ["联络室工作人员"],
        },
    ),
    Example(_meeting("holding"), "/meetings/open/holding", {}),
    # seats
    Example(_read("attendees"), "/meetings/mine/attendees"),
    Example(_read("sign-in-sheet"), f"/meetings/mine/sign-in-sheet{WHY}"),
    Example(_read("sign-in-sheet.docx"), "/meetings/mine/sign-in-sheet.docx"),
    Example(
        _meeting("invitations"),
        "/meetings/to-come/invitations",
        {"people": [{"name": "王大山", "kind": "resident"}]},
    ),
    Example(
        _meeting("invitations/{person}/answer"),
        "/meetings/mine/invitations/{guest}/answer",
        {"accepts": True},
    ),
    Example(_meeting("registrations"), "/meetings/to-come/registrations", {"name": "王大山"}),
    Example(
        _meeting("registrations/{person}/withdrawal"),
        f"/meetings/mine/registrations/{person_id(ME)}/withdrawal",
    ),
    Example(
        _meeting("check-ins"),
        "/meetings/open/check-ins",
        {"name": "王大山", "kind": "resident", "helper": "联络室工作人员"},
    ),
    Example(_read("seats"), "/meetings/mine/seats", reach=Reach.COUNTY),
    Example(_read("my-code"), "/meetings/mine/my-code", reach=Reach.COUNTY),
    Example(_read("my-code.svg"), "/meetings/mine/my-code.svg", reach=Reach.COUNTY),
    _own("GET /my/meetings", "/my/meetings"),
    Example(
        "POST /my/meetings/{meeting_id}/registration", "/my/meetings/to-come/registration", reach=Reach.COUNTY
    ),
    Example("POST /my/meetings/{meeting_id}/withdrawal", "/my/meetings/mine/withdrawal", reach=Reach.COUNTY),
    Example(
        "POST /my/meetings/{meeting_id}/answer",
        "/my/meetings/invited/answer",
        {"accepts": True},
        reach=Reach.COUNTY,
    ),
    _own("GET /my/calendar", "/my/calendar"),
    _own("GET /my/calendar.ics", "/my/calendar.ics"),
    _own("GET /calendars/{token}.ics", "/calendars/{calendar}.ics"),
    Example("GET /m/{meeting_id}", "/m/to-come", reach=Reach.EVERYWHERE),
    Example("GET /m/{meeting_id}/meeting.ics", "/m/to-come/meeting.ics", reach=Reach.EVERYWHERE),
    # minutes
    Example(_read("minutes/suggestion"), "/meetings/held/minutes/suggestion", subject=RECORDER),
    Example(
        _read("minutes/suggestion"),
        "/meetings/held/minutes/suggestion",
        subject=STRANGER,
        further=MINUTES_WRITER,
    ),
    Example(_meeting("minutes"), "/meetings/held/minutes", {"text": TEXT}, 201, subject=RECORDER),
    Example(
        _meeting("minutes"),
        "/meetings/held/minutes",
        {"text": TEXT},
        201,
        subject=STRANGER,
        further=MINUTES_WRITER,
    ),
    Example(
        _meeting("minutes/signatures"), "/meetings/drafted/minutes/signatures", SIGNATURE, reach=Reach.COUNTY
    ),
    Example(_meeting("minutes/publication"), "/meetings/signed/minutes/publication", {"number": 1}),
    Example(_read("minutes"), "/meetings/published/minutes", subject=STRANGER),
    Example(_read("minutes"), "/meetings/drafted/minutes", reach=Reach.COUNTY, further=DRAFTS),
    Example(_read("minutes.docx"), "/meetings/drafted/minutes.docx"),
    Example(_read("minutes/history"), "/meetings/drafted/minutes/history"),
    # the roster
    _of_county("GET /members", "/members", lists=True),
    _of_county("GET /members/{member_id}", "/members/member-lin"),
    _county("GET /members/{member_id}/history", "/members/member-lin/history"),
    Example("GET /members/names", f"/members/names{WHY}", lists=True),
    _of_county("GET /my/member", "/my/member"),
    _county("POST /members", "/members", {**MEMBER, "member_id": "member-new", "account": None}, 201),
    _county(_member("account"), "/members/member-zhao/account", {"account": "zhao"}),
    _county(_member("changes"), "/members/member-lin/changes", CHANGED_MEMBER),
    _county(
        _member("postings"),
        "/members/member-lin/postings",
        {"posted_to": TOWN, "specialty": "义诊", "from_on": "2024-06-01"},
    ),
    _county(
        _member("retirement"),
        "/members/member-lin/retirement",
        {"reason": "调离", "retired_on": "2024-05-06"},
    ),
    _county("PUT /members/{member_id}/contact", "/members/member-lin/contact", {"name": "林素问"}, 204),
    _county(
        "PUT /members/{member_id}/party-membership",
        "/members/member-lin/party-membership",
        {"party_member": True},
        204,
    ),
    # activities
    Example("GET /activities", "/activities", lists=True),
    Example(
        "GET /activities/{activity_id}", "/activities/visit-to-sunwu", subject=STRANGER, further=ITS_MEMBERS
    ),
    Example("GET /activities/{activity_id}/history", "/activities/visit-to-sunwu/history"),
    Example("POST /activities", "/activities", {**ACTIVITY, "activity_id": "visit-2"}, 201),
    Example(
        "POST /activities",
        "/activities",
        {**ACTIVITY, "activity_id": "visit-2"},
        201,
        subject=STRANGER,
        further=OWN_ACTIVITY_ENTERED,
    ),
    Example(
        "POST /activities/{activity_id}/corrections", "/activities/visit-to-sunwu/corrections", CORRECTION
    ),
    Example(
        "POST /activities/{activity_id}/corrections",
        "/activities/visit-to-sunwu/corrections",
        CORRECTION,
        subject=STRANGER,
        further=OWN_ACTIVITY,
    ),
    Example(
        "POST /activities/{activity_id}/striking", "/activities/visit-to-sunwu/striking", {"reason": "重复"}
    ),
    Example(
        "POST /activities/{activity_id}/striking",
        "/activities/visit-to-sunwu/striking",
        {"reason": "重复"},
        subject=STRANGER,
        further=OWN_ACTIVITY,
    ),
    _of_county("GET /members/{member_id}/activities", "/members/member-lin/activities"),
    _of_county(
        "GET /members/{member_id}/activities",
        "/members/member-lin/activities",
        subject=STRANGER,
        further=ITS_MEMBERS,
    ),
    # branches and coverages
    _of_county("GET /branches", "/branches", lists=True),
    _of_county("GET /branches/{branch_id}", "/branches/branch-of-health"),
    _county("GET /branches/{branch_id}/history", "/branches/branch-of-health/history"),
    _county("POST /branches", "/branches", {**BRANCH, "branch_id": "branch-2", "title": "农业界支部"}, 201),
    _county(
        "POST /branches/{branch_id}/changes",
        "/branches/branch-of-health/changes",
        {"title": "医卫界支部", "base": "县医院", "sectors": ["医药卫生界"], "changed_on": "2024-05-06"},
    ),
    _county(
        "POST /branches/{branch_id}/activities",
        "/branches/branch-of-health/activities",
        {"kind": "quarterly", "done_on": "2024-05-06", "title": "义诊"},
    ),
    _county(
        "POST /branches/{branch_id}/dissolution",
        "/branches/branch-of-health/dissolution",
        {"reason": "换届", "dissolved_on": "2024-05-06"},
    ),
    _county("GET /coverages", "/coverages"),
    # files and people
    _own("POST /files", "/files", file=True, answers=201),
    Example("GET /people/accesses", "/people/accesses", lives_in=COUNTY, lists=True),
    Example("POST /people/searches", "/people/searches", {"name": "李四", "why": "会务"}, lists=True),
    Example("GET /people/{person_id}", f"/people/{{guest}}{WHY}"),
    Example("POST /people/{person_id}/erasure", "/people/{guest}/erasure", {"why": "本人要求"}),
)


def _scheduled(meeting_id: str, week: int) -> MeetingScheduled:
    later = timedelta(weeks=week)
    assert SCHEDULED.starts_at is not None
    assert SCHEDULED.ends_at is not None
    changed = {
        "meeting_id": meeting_id,
        "venue_id": "hall",
        "starts_at": SCHEDULED.starts_at + later,
        "ends_at": SCHEDULED.ends_at + later,
        "day": (SCHEDULED.starts_at + later).date(),
        "host_id": person_id(HOST),
        "recorder_id": person_id(RECORDER),
        "rules": MeetingRules(ballot=True),
    }
    return SCHEDULED.model_copy(update=changed)


def _over(meeting_id: str, week: int) -> tuple[DomainEvent, ...]:
    """Return the events of a meeting that was held, and in which the caller was."""
    there = checked_in(person_id(ME), AttendeeKind.MEMBER)
    then = (OPENED, there, AGREED, HELD.model_copy(update={"venue_id": "hall"}))
    return (_scheduled(meeting_id, week), *(e.model_copy(update={"meeting_id": meeting_id}) for e in then))


async def world() -> World:
    """Return meetings of a county."""
    world = World(SERVICE)
    await _venues(world)
    await _roster(world)
    await _meetings(world)
    await _minutes(world)
    world.now = STARTS_AT - timedelta(minutes=20)
    world.remember()
    return world


async def _venues(world: World) -> None:
    for venue in ("hall", "closed"):
        opened = VENUE_OPENED.model_copy(update={"venue_id": venue})
        closed = VENUE_CLOSED.model_copy(update={"venue_id": venue})
        await write(world.kept.log, f"venue-{venue}", *((opened, closed) if venue == "closed" else (opened,)))
    file = await world.done("/files", file=True, by=LIAISON)
    world.known["file"] = file["file_id"]
    marks = [{**MARKS[0], "files": [file["file_id"]]}, *MARKS[1:]]
    await world.done(
        "/venues/hall/assessments", {"items": marks, "assessor": "县政协办公室", "assessed_on": "2024-05-05"}
    )


async def _roster(world: World) -> None:
    await world.done("/members", {**MEMBER, "account": ME})
    await world.done("/members", {**MEMBER, "member_id": "member-zhao", "name": "赵青禾", "account": None})
    await world.done(
        "/members/member-lin/postings", {"posted_to": TOWN, "specialty": "中医", "from_on": "2024-02-01"}
    )
    await world.done("/activities", ACTIVITY, by=LIAISON)
    await world.done("/branches", BRANCH)


async def _meetings(world: World) -> None:
    log = world.kept.log
    log.hear(f"topic-{LAMPS}", TOPIC, adopted())
    await write(log, "meeting-to-come", _scheduled("to-come", 0))
    opened = [e.model_copy(update={"meeting_id": "open"}) for e in (AGENDA, OPENED)]
    there = checked_in(person_id(ME), AttendeeKind.MEMBER).model_copy(update={"meeting_id": "open"})
    await write(log, "meeting-open", _scheduled("open", 1), *opened, there)
    for week, meeting in enumerate(("mine", "invited"), start=2):
        await write(log, f"meeting-{meeting}", _scheduled(meeting, week))
    me = Who(Role.RESIDENT, TOWN, ME)
    await world.done("/my/meetings/mine/registration", by=me)
    guests = {"people": [{"name": "李四", "phone": "13800001111", "kind": "resident"}]}
    invited = await world.done("/meetings/mine/invitations", guests, by=LIAISON)
    world.known["guest"] = invited["people"][0]
    invitee = {"people": [{"person": person_id(ME), "kind": "resident"}]}
    await world.done("/meetings/invited/invitations", invitee, by=LIAISON)
    await world.done(f"/people/{world.known['guest']}{WHY}", by=LIAISON, method="GET")
    address = await world.done("/my/calendar", by=me, method="GET")
    world.known["calendar"] = address["url"].rpartition("/")[2].removesuffix(".ics")


async def _minutes(world: World) -> None:
    for week, meeting in enumerate(("held", "drafted", "signed", "published"), start=4):
        await write(world.kept.log, f"meeting-{meeting}", *_over(meeting, week))
    for meeting in ("drafted", "signed", "published"):
        await world.done(f"/meetings/{meeting}/minutes", {"text": TEXT}, by=LIAISON)
    for meeting in ("signed", "published"):
        for subject, role in ((HOST, "host"), (RECORDER, "recorder")):
            signer = Who(Role.MEMBER, TOWN, subject)
            await world.done(
                f"/meetings/{meeting}/minutes/signatures", {**SIGNATURE, "role": role}, by=signer
            )
    await world.done("/meetings/published/minutes/publication", {"number": 1}, by=LIAISON)
