"""Meetings over HTTP: who may do what, what is looked up before a decision, what is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.meetings.api.venues import year_before
from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemReopened, ProblemSolved
from shared.contracts.topics import TopicAdopted, TopicProposed, TopicWithdrawn
from shared.contracts.types import Channel, MeetingRules, Origin
from shared.eventsourcing.testing import stream_of
from shared.platform.auth import Role
from tests.unit.meetings.examples import EVIDENCE, NEXT_TOWN, TOWN
from tests.unit.meetings.http_tools import Caller, Log, problem

LAMPS = "street-lamps"
STATION = "station-of-sunwu"

VENUE: dict[str, Any] = {
    "venue_id": STATION,
    "division": TOWN,
    "title": "孙武街道协商议事站",
    "tier": "station",
    "host_platform": "community-service-centre",
    "address": "孙武街道文安路 8 号",
    "capacity": 40,
}
MEETING: dict[str, Any] = {
    "meeting_id": "meeting-on-lamps",
    "topic_id": LAMPS,
    "form": "micro",
    "venue_id": STATION,
    "starts_at": "2024-05-10T09:00:00+08:00",
    "ends_at": "2024-05-10T11:00:00+08:00",
    "convener": "孙武街道党员委员召集人",
    "host": "孙武街道政协联络室主任",
    "recorder": "孙武街道联络室记录员",
}
PAST: dict[str, Any] = {
    "meeting_id": "meeting-on-lamps",
    "topic_id": LAMPS,
    "form": "micro",
    "day": "2024-03-02",
    "back_entry": True,
    "source": "ledger.xlsx#协商活动台账!3",
}
ON_THE_DAY = datetime(2024, 5, 10, 1, 5, tzinfo=UTC)


def topic(topic_id: str = LAMPS, division: str = TOWN) -> TopicProposed:
    return TopicProposed(
        topic_id=topic_id,
        division=division,
        title="路灯补亮",
        origin=Origin.RESIDENTS,
        channel=Channel.QR,
        proposed_on=date(2024, 3, 1),
    )


def adopted(topic_id: str = LAMPS, rules: MeetingRules | None = None) -> TopicAdopted:
    return TopicAdopted(
        topic_id=topic_id,
        procedure="micro",
        procedure_version=1,
        steps=(),
        adopted_on=date(2024, 3, 5),
        rules=rules,
    )


def hear_of(log: Log, topic_id: str, division: str = TOWN) -> None:
    """Let meetings know of an adopted topic."""
    log.hear(f"topic-{topic_id}", topic(topic_id, division), adopted(topic_id))


@pytest.fixture
def log() -> Log:
    """A log that knows one topic."""
    log = Log()
    hear_of(log, LAMPS)
    return log


@pytest.fixture
async def town(log: Log) -> Caller:
    """The town's liaison office, which has opened its station."""
    caller = Caller(log)
    assert (await caller.post("/venues", VENUE)).status_code == 201
    return caller


# from scheduling to record


@pytest.mark.rule("M11")
@pytest.mark.rule("M15")
async def test_a_meeting_from_its_scheduling_to_its_record(log: Log, town: Caller) -> None:
    scheduled = await town.post("/meetings", MEETING)
    assert scheduled.status_code == 201
    assert scheduled.headers["location"] == "/meetings/meeting-on-lamps"

    convener = Caller(log, Role.CONVENER, now=ON_THE_DAY)
    path = "/meetings/meeting-on-lamps"
    for kind in ("member", "department", "stakeholder", "resident", "resident", "resident"):
        checked_in = await convener.post(f"{path}/check-ins", {"kind": kind, "helper": "联络室工作人员"})
        assert checked_in.status_code == 200
    assert (await convener.post(f"{path}/opening")).status_code == 200
    opinion = {"text": "补装六盏路灯", "agreed_by": ["群众", "县住建局"]}
    assert (await convener.post(f"{path}/opinions", opinion)).status_code == 200
    held = await convener.post(f"{path}/holding", {})
    assert held.json() == {"id": "meeting-on-lamps", "version": 10, "repeated": False}

    shown = await convener.get(path)
    assert (shown["situation"], shown["held_on"], shown["flags"]) == ("held", "2024-05-10", [])
    assert (shown["attendance"]["present"], shown["attendance"]["typed"]) == (6, False)
    assert shown["opinions"][0]["text"] == "补装六盏路灯"


async def test_a_back_entry_is_scheduled_and_held_with_what_its_source_says(log: Log, town: Caller) -> None:
    assert (await town.post("/meetings", PAST)).status_code == 201
    record = {
        "back_entry": True,
        "source": PAST["source"],
        "attendance": {"expected": 11, "present": 10, "members": 3, "residents": 3, "departments": None},
        "opinions": [{"text": "一次登记、全年有效"}, {"text": "设登记点"}],
    }
    held = await town.post("/meetings/meeting-on-lamps/holding", record)
    assert held.json()["version"] == 2

    again = await town.post("/meetings/meeting-on-lamps/holding", record)
    assert again.json()["version"] == 2, "the same record changes nothing"
    names = [e.event.name for e in log.events if e.stream == "meeting-meeting-on-lamps"]
    assert names == ["MeetingScheduled", "MeetingHeld"]
    shown = await town.get("/meetings/meeting-on-lamps")
    assert (shown["held_on"], shown["starts_at"], shown["host"]) == ("2024-03-02", None, None)
    assert shown["attendance"] == {
        "expected": 11,
        "present": 10,
        "members": 3,
        "departments": None,
        "stakeholders": None,
        "residents": 3,
        "typed": True,
    }
    assert [o["text"] for o in shown["opinions"]] == ["一次登记、全年有效", "设登记点"]
    assert len({o["opinion_id"] for o in shown["opinions"]}) == 2


async def test_a_repeated_request_gets_the_first_answer_whatever_has_changed_since(
    log: Log, town: Caller
) -> None:
    """The venue is closed and the topic withdrawn in between: no part of what was asked."""
    asked = {name: value for name, value in MEETING.items() if name != "meeting_id"}
    first = (await town.post("/meetings", asked, key="once")).json()
    await town.post("/venues/station-of-sunwu/closure", {"reason": "停用", "closed_on": "2024-05-07"})
    log.events += stream_of(
        f"topic-{LAMPS}",
        topic(),
        adopted(),
        TopicWithdrawn(topic_id=LAMPS, reason="已解决", withdrawn_on=None),
    )[2:]

    again = (await town.post("/meetings", asked, key="once")).json()

    assert again == {**first, "repeated": True}
    assert problem(await town.post("/meetings", asked))[:2] == (422, "topic-ended")


# what a scheduling meets


@pytest.mark.rule("M05")
async def test_a_topic_that_is_not_known_is_named_as_the_field_at_fault(town: Caller) -> None:
    refused = await town.post("/meetings", {**MEETING, "topic_id": "no-such-topic"})

    assert problem(refused) == (422, "topic-unknown", "topic_id")


async def test_a_topic_proposed_a_moment_ago_is_waited_for(log: Log, town: Caller) -> None:
    log.on_the_way = stream_of("topic-fresh-topic", topic("fresh-topic"), adopted("fresh-topic"))

    scheduled = await town.post("/meetings", {**MEETING, "topic_id": "fresh-topic"})

    assert scheduled.status_code == 201


async def test_a_topic_of_another_county_is_not_known(log: Log, town: Caller) -> None:
    hear_of(log, "far-away", "371622001")

    refused = await town.post("/meetings", {**MEETING, "topic_id": "far-away"})

    assert problem(refused) == (422, "topic-unknown", "topic_id")


async def test_a_topic_of_the_next_town_is_not_for_this_one_to_consult_on(log: Log, town: Caller) -> None:
    hear_of(log, "next-door", NEXT_TOWN)
    body = {**MEETING, "topic_id": "next-door"}

    assert (await town.post("/meetings", body)).status_code == 404
    assert problem(await town.post("/meetings", {**body, "division": TOWN})) == (
        422,
        "division-outside-topic",
        "division",
    )
    assert (await Caller(log, Role.OFFICE, "371621").post("/meetings", body)).status_code == 201


async def test_a_town_may_consult_on_a_topic_of_its_county(log: Log, town: Caller) -> None:
    hear_of(log, "of-county", "371621")

    scheduled = await town.post("/meetings", {**MEETING, "topic_id": "of-county", "division": TOWN})

    assert scheduled.status_code == 201
    assert (await town.get("/meetings/meeting-on-lamps"))["division"] == TOWN


@pytest.mark.rule("M04")
@pytest.mark.parametrize(
    ("starts_at", "ends_at", "status"),
    [
        ("2024-05-10T10:59:00+08:00", "2024-05-10T12:00:00+08:00", 422),
        ("2024-05-10T01:30:00Z", "2024-05-10T02:00:00Z", 422),
        ("2024-05-10T11:00:00+08:00", "2024-05-10T12:00:00+08:00", 201),
        ("2024-05-10T08:00:00+08:00", "2024-05-10T09:00:00+08:00", 201),
    ],
    ids=["overlapping", "inside", "right-after", "right-before"],
)
async def test_a_venue_is_taken_while_another_meeting_is_in_it(
    town: Caller, starts_at: str, ends_at: str, status: int
) -> None:
    await town.post("/meetings", MEETING)

    body = {**MEETING, "meeting_id": "other-meeting", "starts_at": starts_at, "ends_at": ends_at}
    assert (await town.post("/meetings", body)).status_code == status


@pytest.mark.rule("M04")
async def test_a_cancelled_meeting_leaves_its_venue_to_others(town: Caller) -> None:
    await town.post("/meetings", MEETING)
    await town.post("/meetings/meeting-on-lamps/cancellation", {"reason": "暴雨"})

    assert (await town.post("/meetings", {**MEETING, "meeting_id": "other-meeting"})).status_code == 201
    assert (await town.get("/meetings/meeting-on-lamps"))["cancelled_on"] == "2024-05-06"


@pytest.mark.rule("M04")
async def test_a_closed_or_unknown_venue_is_named_as_the_field_at_fault(town: Caller) -> None:
    unknown = await town.post("/meetings", {**MEETING, "venue_id": "no-such-venue"})
    await town.post("/venues/station-of-sunwu/closure", {"reason": "停用", "closed_on": "2024-05-07"})
    closed = await town.post("/meetings", MEETING)

    assert problem(unknown) == (422, "venue-unknown", "venue_id")
    assert problem(closed) == (422, "venue-closed", "venue_id")


@pytest.mark.rule("M06")
@pytest.mark.parametrize(
    ("now", "flags"),
    [
        (datetime(2024, 5, 6, 1, tzinfo=UTC), []),
        (datetime(2024, 5, 7, 1, tzinfo=UTC), ["距开会不足 3 个工作日（仅 2 个）"]),
        # 11 May 2024 is a Saturday that is worked, after the holiday from 1 to 5 May.
        (datetime(2024, 4, 30, 1, tzinfo=UTC), []),
        (datetime(2024, 5, 9, 15, 59, tzinfo=UTC), ["距开会不足 3 个工作日（仅 0 个）"]),
    ],
    ids=["monday-to-friday", "tuesday-to-friday", "over-a-holiday", "the-evening-before"],
)
async def test_notice_is_counted_in_whole_working_days_between(
    log: Log, town: Caller, now: datetime, flags: list[str]
) -> None:
    assert (await Caller(log, now=now).post("/meetings", MEETING)).status_code == 201

    shown = await town.get("/meetings/meeting-on-lamps")
    assert [flag["text"] for flag in shown["flags"]] == flags


# assessments

MARKS = [{"code": code, "met": True, "evidence": "照片"} for code in EVIDENCE]
ASSESSMENT = {"items": MARKS, "assessor": "县政协办公室", "assessed_on": "2024-05-06"}


async def hold_in_station(town: Caller, meeting_id: str, day: str) -> None:
    body = {**PAST, "meeting_id": meeting_id, "day": day, "venue_id": STATION}
    assert (await town.post("/meetings", body)).status_code == 201
    assert (await town.post(f"/meetings/{meeting_id}/holding", {"back_entry": True})).status_code == 200


def solved(problem_id: str, meeting_id: str, day: date) -> ProblemSolved:
    return ProblemSolved(
        problem_id=problem_id, entry_id=meeting_id, topic_id=LAMPS, division=TOWN, solved_on=day
    )


def reopened(problem_id: str, meeting_id: str) -> ProblemReopened:
    return ProblemReopened(
        problem_id=problem_id,
        entry_id=meeting_id,
        topic_id=LAMPS,
        division=TOWN,
        reason="又不亮了",
        due_on=None,
        attempt=2,
    )


@pytest.mark.rule("M03")
@pytest.mark.parametrize(
    ("problem_events", "met"),
    [
        ([], False),
        ([solved("dark-corner", "held-1", date(2024, 5, 6))], True),
        ([solved("dark-corner", "held-1", date(2023, 5, 6))], False),
        ([solved("dark-corner", "held-1", date(2024, 5, 7))], False),
        ([solved("dark-corner", "held-elsewhere", date(2024, 5, 1))], False),
        ([solved("dark-corner", "held-1", date(2024, 5, 1)), reopened("dark-corner", "held-1")], False),
    ],
    ids=["none", "today", "a-year-ago", "after-it", "elsewhere", "reopened"],
)
async def test_a_problem_solved_in_twelve_months_makes_the_effect(
    log: Log, town: Caller, problem_events: list[DomainEvent], met: bool
) -> None:
    await hold_in_station(town, "held-1", "2023-01-10")
    log.hear("problem-dark-corner", *problem_events)

    assert (await town.post("/venues/station-of-sunwu/assessments", ASSESSMENT)).status_code == 200

    (assessment,) = (await town.get("/venues/station-of-sunwu"))["assessments"]
    assert {item["code"]: item["met"] for item in assessment["items"]}["effect"] is met


@pytest.mark.rule("M03")
async def test_meetings_held_in_twelve_months_make_the_activity(town: Caller) -> None:
    days = ["2023-05-06", "2023-05-07", "2023-12-01", "2024-03-02"]
    for number, day in enumerate(days, start=1):
        await hold_in_station(town, f"held-{number}", day)

    await town.post("/venues/station-of-sunwu/assessments", ASSESSMENT)
    await hold_in_station(town, "held-5", "2024-05-06")
    await town.post("/venues/station-of-sunwu/assessments", ASSESSMENT)

    shown = await town.get("/venues/station-of-sunwu")
    activity = [{i["code"]: i for i in a["items"]}["activity"] for a in shown["assessments"]]
    assert [(a["met"], a["evidence"]) for a in activity] == [
        (False, "近十二个月举办协商活动 3 次"),
        (True, "近十二个月举办协商活动 4 次"),
    ]
    assert shown["met"] == 5


@pytest.mark.rule("M02")
async def test_a_back_entry_may_name_the_items_by_their_titles(town: Caller) -> None:
    titles = ["有阵地", "有标识", "有制度", "有流程", "有活动", "有实效"]
    items = [{"code": title, "met": title != "有实效"} for title in titles]

    await town.post("/venues/station-of-sunwu/assessments", {"items": items, "back_entry": True})

    shown = await town.get("/venues/station-of-sunwu")
    assert shown["met"] == 5
    assert shown["assessments"][0]["items"][-1]["code"] == "effect"


async def test_an_unknown_standard_is_named_as_the_field_at_fault(town: Caller) -> None:
    refused = await town.post("/venues/station-of-sunwu/assessments", {**ASSESSMENT, "standard": "five-star"})

    assert problem(refused) == (422, "standard-unknown", "standard")


@pytest.mark.parametrize(
    ("day", "earlier"),
    [
        (date(2024, 5, 6), date(2023, 5, 6)),
        (date(2024, 2, 29), date(2023, 2, 28)),
        (date(2025, 2, 28), date(2024, 2, 28)),
    ],
)
def test_a_year_before(day: date, earlier: date) -> None:
    assert year_before(day) == earlier


# rights


@pytest.mark.parametrize(
    ("role", "venue", "meeting"),
    [
        (None, 401, 401),
        (Role.RESIDENT, 403, 403),
        (Role.MEMBER, 403, 403),
        (Role.DEPARTMENT, 403, 403),
        (Role.AUDITOR, 403, 403),
        (Role.ADMIN, 403, 403),
        (Role.CONVENER, 403, 201),
        (Role.LIAISON, 201, 201),
        (Role.OFFICE, 201, 201),
    ],
)
async def test_who_may_open_venues_and_schedule_meetings(
    log: Log, role: Role | None, venue: int, meeting: int
) -> None:
    caller = Caller(log, role)
    online = {**MEETING, "venue_id": None, "link": "https://meet.example/1"}

    assert (await caller.post("/venues", VENUE)).status_code == venue
    assert (await caller.post("/meetings", online)).status_code == meeting


async def test_a_convener_does_not_enter_what_happened_before(log: Log, town: Caller) -> None:
    assert problem(await Caller(log, Role.CONVENER).post("/meetings", PAST))[:2] == (403, "role-not-allowed")


async def test_another_town_s_venue_and_meeting_are_not_there(log: Log, town: Caller) -> None:
    await town.post("/meetings", MEETING)
    neighbour = Caller(log, Role.LIAISON, NEXT_TOWN)

    assert (await neighbour.post("/venues", VENUE | {"venue_id": "mine"})).status_code == 404
    for path, body in (
        ("/venues/station-of-sunwu/assessments", ASSESSMENT),
        ("/venues/station-of-sunwu/closure", {"reason": "停用", "closed_on": "2024-05-07"}),
        ("/meetings/meeting-on-lamps/opening", None),
        ("/meetings/meeting-on-lamps/check-ins", {"kind": "member", "helper": "工作人员"}),
        ("/meetings/meeting-on-lamps/opinions", {"text": "补装", "agreed_by": ["群众"]}),
        ("/meetings/meeting-on-lamps/holding", {}),
        ("/meetings/meeting-on-lamps/cancellation", {"reason": "暴雨"}),
    ):
        assert (await neighbour.post(path, body)).status_code == 404, path
    assert await neighbour.status_of("/venues/station-of-sunwu") == 404
    assert await neighbour.status_of("/meetings/meeting-on-lamps") == 404
    assert (await neighbour.get("/venues"))["items"] == []
    assert (await neighbour.get("/meetings"))["items"] == []


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.DEPARTMENT, Role.AUDITOR])
async def test_venues_and_meetings_are_read_by_everybody_of_the_division(
    log: Log, town: Caller, role: Role
) -> None:
    await town.post("/meetings", MEETING)
    reader = Caller(log, role)

    (venue,) = (await reader.get("/venues"))["items"]
    (meeting,) = (await reader.get("/meetings"))["items"]

    assert venue.items() <= (await reader.get("/venues/station-of-sunwu")).items()
    assert meeting == await reader.get("/meetings/meeting-on-lamps")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["on-lamps", "on-roads"]),
        ("?situation=scheduled", ["on-lamps"]),
        ("?situation=held", ["on-roads"]),
        ("?topic_id=village-roads", ["on-roads"]),
        (f"?venue_id={STATION}", ["on-lamps"]),
        (f"?division={TOWN}&situation=held", ["on-roads"]),
        (f"?topic_id={LAMPS}&situation=held", []),
    ],
)
async def test_meetings_are_found_by_situation_topic_and_venue(
    log: Log, town: Caller, question: str, found: list[str]
) -> None:
    hear_of(log, "village-roads")
    await town.post("/meetings", {**MEETING, "meeting_id": "on-lamps"})
    await town.post("/meetings", {**PAST, "meeting_id": "on-roads", "topic_id": "village-roads"})
    await town.post("/meetings/on-roads/holding", {"back_entry": True})

    answer = await town.get(f"/meetings{question}")

    assert [meeting["meeting_id"] for meeting in answer["items"]] == found


@pytest.mark.parametrize(
    ("question", "found"),
    [("", [STATION, "old-station"]), ("?situation=open", [STATION]), ("?situation=closed", ["old-station"])],
)
async def test_venues_are_found_by_situation(town: Caller, question: str, found: list[str]) -> None:
    await town.post("/venues", {**VENUE, "venue_id": "old-station"})
    await town.post("/venues/old-station/closure", {"reason": "停用", "closed_on": "2024-05-07"})

    answer = await town.get(f"/venues{question}")

    assert {venue["venue_id"] for venue in answer["items"]} == set(found)


async def test_nobody_without_an_account_reads_more_than_the_standards(log: Log, town: Caller) -> None:
    stranger = Caller(log, None)

    standards = await stranger.get("/standards")

    assert [(s["code"], s["official"], len(s["items"])) for s in standards] == [
        ("longkou", False, 6),
        ("zhongshan", False, 6),
    ]
    assert await stranger.status_of("/venues") == 401
    assert await stranger.status_of("/meetings") == 401


# input


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic_id", "NOT AN ID"),
        ("form", "party"),
        ("starts_at", "2024-05-10T09:00:00"),
        ("starts_at", "9999-12-31T23:59:59Z"),
        ("day", "0001-01-01"),
        ("capacity", 0),
        ("host", "  "),
        ("division", "3716210"),
    ],
)
async def test_bad_input_is_named_and_nothing_is_written(
    log: Log, town: Caller, field: str, value: object
) -> None:
    before = len(log.events)

    refused = await town.post("/meetings", {**MEETING, field: value})

    assert problem(refused) == (422, "invalid-fields", field)
    assert len(log.events) == before
