"""Meetings over HTTP: on adopted topics only, one at a time for venue and people, moved, notified, run."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.meetings.api import meetings as meetings_api
from shared.contracts.topics import TopicAdopted, TopicProposed, TopicRejected
from shared.contracts.types import Channel, MeetingRules, Origin
from shared.eventsourcing.testing import stream_of
from shared.platform.auth import Role
from tests.http import done
from tests.unit.meetings.examples import COUNTY, LAMPS, NEXT_TOWN, STATION, TOWN
from tests.unit.meetings.http_tools import Caller, Log, problem
from tests.unit.meetings.memory_slots import slots_in_memory

HALL = "hall-of-sunwu"
NEW = "/meetings"
EVENING = "/meetings/on-lamps"
ON_THE_DAY = datetime(2024, 5, 10, 1, 5, tzinfo=UTC)
MEETING: dict[str, Any] = {
    "meeting_id": "on-lamps",
    "topic_id": LAMPS,
    "form": "meeting",
    "venue_id": STATION,
    "starts_at": "2024-05-10T09:00:00+08:00",
    "ends_at": "2024-05-10T11:00:00+08:00",
    "convener": "党员委员召集人",
    "host": "联络室主任",
    "recorder": "联络室记录员",
}


def told(topic_id: str = LAMPS, rules: MeetingRules | None = None) -> list[TopicProposed | TopicAdopted]:
    return [
        TopicProposed(
            topic_id=topic_id,
            division=TOWN,
            title="路灯补亮",
            origin=Origin.RESIDENTS,
            channel=Channel.QR,
            proposed_on=date(2024, 3, 1),
        ),
        TopicAdopted(
            topic_id=topic_id,
            procedure="micro",
            procedure_version=1,
            steps=(),
            adopted_on=date(2024, 3, 5),
            rules=rules,
        ),
    ]


def venue(venue_id: str, capacity: int) -> dict[str, Any]:
    return {
        "venue_id": venue_id,
        "division": TOWN,
        "title": "协商议事站",
        "tier": "station",
        "host_platform": "community-service-centre",
        "address": "文安路 8 号",
        "capacity": capacity,
    }


@pytest.fixture
def log() -> Log:
    log = Log()
    log.hear(f"topic-{LAMPS}", *told())
    log.hear("topic-to-vote-on", *told("to-vote-on", MeetingRules(notice_working_days=15, ballot=True)))
    return log


@pytest.fixture
async def town(log: Log) -> Caller:
    """The town's liaison office, which has a station and a larger hall."""
    caller = Caller(log)
    done(await caller.post("/venues", venue(STATION, 40)))
    done(await caller.post("/venues", venue(HALL, 200)))
    return caller


def other(**changed: Any) -> dict[str, Any]:
    """Return another meeting at the same time, elsewhere and by other people unless said."""
    people = {"venue_id": HALL, "host": "县政协办公室主任", "recorder": "县政协办公室科员"}
    return {**MEETING, "meeting_id": "other", **people, **changed}


# which topics


@pytest.mark.rule("M05")
async def test_a_topic_that_is_not_adopted_is_named_as_the_field_at_fault(log: Log, town: Caller) -> None:
    log.hear("topic-new-topic", told("new-topic")[0])

    refused = await town.post(NEW, {**MEETING, "topic_id": "new-topic"})

    assert problem(refused) == (422, "topic-not-adopted", "topic_id")


@pytest.mark.rule("M05")
async def test_an_adoption_that_is_on_its_way_is_waited_for(log: Log, town: Caller) -> None:
    proposed, adopted = stream_of("topic-new-topic", *told("new-topic"))
    log.events.append(proposed)
    log.on_the_way = [adopted]

    scheduled = await town.post(NEW, {**MEETING, "topic_id": "new-topic"})

    assert scheduled.status_code == 201, scheduled.text


@pytest.mark.rule("T20")
async def test_a_rejected_topic_has_no_meeting(log: Log, town: Caller) -> None:
    rejected = TopicRejected(topic_id="new-topic", reason="不属协商范围", rejected_on=date(2024, 3, 2))
    log.hear("topic-new-topic", told("new-topic")[0], rejected)

    refused = await town.post(NEW, {**MEETING, "topic_id": "new-topic"})

    assert problem(refused) == (422, "topic-ended", "topic_id")


async def test_a_meeting_shows_its_topic_by_name(town: Caller) -> None:
    done(await town.post(NEW, MEETING))

    assert (await town.get(EVENING))["topic_title"] == "路灯补亮"


# one at a time


@pytest.mark.rule("M04")
@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({}, {"host": "联络室主任"}, "host"),
        ({}, {"recorder": "联络室主任"}, "recorder"),
        ({"recorder_id": "person-7"}, {"host_id": "person-7"}, "host"),
        ({}, {"venue_id": STATION}, "starts_at"),
    ],
    ids=["host-of-both", "host-and-recorder", "one-person-by-id", "one-venue"],
)
async def test_what_another_meeting_has_at_that_time_is_named(
    log: Log, town: Caller, first: dict[str, Any], second: dict[str, Any], field: str
) -> None:
    done(await town.post(NEW, {**MEETING, **first}))

    status, code, at_fault = problem(await town.post(NEW, other(**second)))

    assert (status, at_fault) == (422, field)
    assert code == ("venue-taken" if field == "starts_at" else "person-taken")
    done(await town.post(NEW, other()))


@pytest.mark.rule("M04")
async def test_people_of_one_office_are_told_apart_by_their_ids(town: Caller) -> None:
    done(await town.post(NEW, {**MEETING, "host_id": "person-1", "recorder_id": "person-2"}))

    done(
        await town.post(
            NEW, other(host="联络室主任", host_id="person-3", recorder="联络室记录员", recorder_id="person-4")
        )
    )


@pytest.mark.rule("M04")
async def test_another_town_has_a_director_of_its_own(log: Log, town: Caller) -> None:
    proposed, adopted = told("of-county")
    log.hear("topic-of-county", proposed.model_copy(update={"division": COUNTY}), adopted)
    done(await town.post(NEW, MEETING))
    neighbour = Caller(log, Role.LIAISON, NEXT_TOWN)
    there = {
        **MEETING,
        "meeting_id": "there",
        "topic_id": "of-county",
        "division": NEXT_TOWN,
        "venue_id": HALL,
    }

    done(await neighbour.post(NEW, there))


@pytest.mark.rule("M04")
async def test_a_meeting_of_before_there_were_reservations_keeps_its_venue(log: Log, town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    slots_in_memory(log).by_resource.clear()

    assert problem(await town.post(NEW, other(venue_id=STATION)))[1] == "venue-taken"


@pytest.mark.rule("M04")
async def test_a_refused_scheduling_leaves_nothing_reserved(log: Log, town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    refused = await town.post(NEW, other(meeting_id="on-lamps"))

    assert problem(refused)[1] == "meeting-exists"
    done(await town.post(NEW, other()))


async def test_a_back_entry_is_a_fact_whoever_else_was_there(town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    past = {**other(venue_id=STATION, host="联络室主任"), "back_entry": True}
    past |= {"starts_at": "2024-05-06T08:00:00+08:00", "ends_at": "2024-05-06T09:00:00+08:00"}
    done(await town.post(NEW, past))

    done(await town.post(NEW, {**past, "meeting_id": "another"}))


# moved


MOVE = {"reason": "主持人出差", "starts_at": "2024-05-13T09:00:00+08:00"}


@pytest.mark.rule("M17")
@pytest.mark.rule("M04")
async def test_a_moved_meeting_leaves_its_old_hour_and_has_the_new_one(log: Log, town: Caller) -> None:
    done(await town.post(NEW, MEETING))

    moved = await town.post(f"{EVENING}/rescheduling", MOVE)

    assert (moved.status_code, moved.headers["location"]) == (200, EVENING)
    shown = await town.get(EVENING)
    assert (shown["day"], shown["ends_at"], shown["sequence"]) == ("2024-05-13", "2024-05-13T03:00:00Z", 1)
    assert shown["changes"][0]["was_starts_at"] == "2024-05-10T01:00:00Z"
    at_the_new_hour = other(
        venue_id=STATION, starts_at="2024-05-13T10:00:00+08:00", ends_at="2024-05-13T12:00:00+08:00"
    )
    assert problem(await town.post(NEW, at_the_new_hour))[1] == "venue-taken"
    done(await town.post(NEW, other(venue_id=STATION)))


@pytest.mark.rule("M04")
@pytest.mark.rule("M17")
async def test_a_meeting_is_not_moved_to_where_another_is(town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    done(await town.post(NEW, other()))

    refused = await town.post(f"{EVENING}/rescheduling", {"reason": "换大会议室", "venue_id": HALL})

    assert problem(refused) == (422, "venue-taken", "starts_at")
    assert (await town.get(EVENING))["venue_id"] == STATION


@pytest.mark.rule("M17")
async def test_the_same_move_again_is_the_same_move(log: Log, town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    first = done(await town.post(f"{EVENING}/rescheduling", MOVE, key="once"))
    done(
        await town.post(f"{EVENING}/rescheduling", {"reason": "出差取消", "starts_at": MEETING["starts_at"]})
    )

    again = done(await town.post(f"{EVENING}/rescheduling", MOVE, key="once"))

    assert again == {**first, "repeated": True}
    assert (await town.get(EVENING))["day"] == "2024-05-10"


@pytest.mark.rule("M05")
async def test_a_meeting_takes_no_more_than_the_venue_it_moves_to_holds(town: Caller) -> None:
    done(await town.post(NEW, {**MEETING, "venue_id": HALL, "capacity": 150}))

    refused = await town.post(f"{EVENING}/rescheduling", {"reason": "换室", "venue_id": STATION})

    assert problem(refused) == (422, "capacity-over-venue", "capacity")
    done(await town.post(f"{EVENING}/rescheduling", {"reason": "换室", "venue_id": STATION, "capacity": 40}))


@pytest.mark.rule("M17")
@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"reason": "改期"}, "invalid-fields", None),
        ({"starts_at": MOVE["starts_at"]}, "invalid-fields", "reason"),
        ({**MOVE, "starts_at": "2024-05-13T09:00:00"}, "invalid-fields", "starts_at"),
        ({**MOVE, "venue_id": "no-such-venue"}, "venue-unknown", "venue_id"),
        ({**MOVE, "link": "javascript:alert(1)"}, "invalid-fields", "link"),
    ],
)
async def test_a_move_says_why_and_where_to(
    town: Caller, body: dict[str, Any], code: str, field: str | None
) -> None:
    done(await town.post(NEW, MEETING))

    status, said, at_fault = problem(await town.post(f"{EVENING}/rescheduling", body))

    assert (status, said) == (422, code)
    assert field is None or at_fault == field


@pytest.mark.rule("M04")
async def test_a_move_that_could_not_be_reserved_is_not_made_if_it_becomes_possible_meanwhile(
    town: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(await town.post(NEW, MEETING))
    monkeypatch.setattr(meetings_api, "_claim", lambda command, meeting: None)

    refused = await town.post(f"{EVENING}/rescheduling", MOVE)

    assert problem(refused) == (409, "meeting-changed-meanwhile", None)


# the notice


@pytest.mark.rule("M06")
@pytest.mark.parametrize(
    ("topic", "flags"),
    [(LAMPS, []), ("to-vote-on", ["会议通知应提前 15 个工作日发出（仅提前 3 个）"])],
    ids=["three-days", "fifteen-days"],
)
async def test_a_notice_is_measured_by_the_procedure_that_the_topic_pinned(
    town: Caller, topic: str, flags: list[str]
) -> None:
    done(await town.post(NEW, {**MEETING, "topic_id": topic}))

    done(await town.post(f"{EVENING}/notices", {"papers": ["调研报告"]}))

    shown = await town.get(EVENING)
    assert [flag["text"] for flag in shown["flags"]] == flags
    assert shown["notices"][0]["sent_on"] == "2024-05-06"
    again = done(await town.post(f"{EVENING}/notices", {}))
    assert again["version"] == 2, "it is sent once"


# run


@pytest.mark.rule("M12")
@pytest.mark.rule("M14")
async def test_a_meeting_is_run_from_its_console(log: Log, town: Caller) -> None:
    done(await town.post(NEW, {**MEETING, "topic_id": "to-vote-on"}))
    children = [{"title": "居民提问", "segment": "questions", "minutes": 20, "item_id": "questions"}]
    items = [
        {"title": "情况通报", "segment": "briefing", "minutes": 30, "presenter": "县住建局"},
        {"title": "讨论", "minutes": 60, "children": children},
    ]
    first = done(await town.post(f"{EVENING}/agenda", {"items": items}))
    assert done(await town.post(f"{EVENING}/agenda", {"items": items}))["version"] == first["version"]
    convener = Caller(log, Role.CONVENER, now=ON_THE_DAY)
    for kind in ("member", "resident", "resident"):
        done(await convener.post(f"{EVENING}/check-ins", {"kind": kind, "helper": "联络室工作人员"}))
    done(await convener.post(f"{EVENING}/opening"))
    done(await convener.post(f"{EVENING}/segments", {"item_id": "questions"}))
    done(
        await convener.post(
            f"{EVENING}/opinions", {"opinion_id": "six-lamps", "text": "补装六盏", "agreed_by": ["群众"]}
        )
    )
    ballot = {
        "opinion_id": "six-lamps",
        "in_favour": 2,
        "against": 1,
        "abstentions": 0,
        "tellers": ["监票人"],
    }
    done(await convener.post(f"{EVENING}/ballots", ballot))

    console = await convener.get(f"{EVENING}/console")

    assert (console["situation"], console["attendance"]["present"]) == ("open", 3)
    assert console["current"]["item_id"] == "questions"
    assert {m["kind"]: m["present"] for m in console["missing"]} == {
        "department": 0,
        "stakeholder": 0,
        "resident": 2,
    }
    (taken,) = console["ballots"]
    assert (taken["question"], taken["present"], taken["passed"]) == ("补装六盏", 3, True)
    shown = await convener.get(EVENING)
    assert shown["ballots"][0]["passed"] is True
    assert [item["title"] for item in shown["agenda"]] == ["情况通报", "讨论"]
    assert (
        problem(await convener.post(f"{EVENING}/ballots", {**ballot, "in_favour": 3}))[1]
        == "votes-over-present"
    )


@pytest.mark.rule("M12")
async def test_items_keep_the_ids_they_were_given_when_others_are_put_before_them(town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    asked = [{"title": title, "segment": "questions", "minutes": 9} for title in ("提问", "解答", "提问")]

    async def ids(items: list[dict[str, Any]]) -> list[str]:
        done(await town.post(f"{EVENING}/agenda", {"items": items}))
        return [item["item_id"] for item in (await town.get(EVENING))["agenda"]]

    before = await ids(asked)
    after = await ids([{"title": "通报", "segment": "briefing", "minutes": 9}, *asked])

    assert after[1:] == before
    assert len(set(before)) == 3


@pytest.mark.rule("M12")
async def test_an_agenda_that_does_not_fit_names_the_place(town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    items = [
        {
            "title": "讨论",
            "minutes": 10,
            "children": [{"title": "提问", "segment": "questions", "minutes": 11}],
        }
    ]

    refused = await town.post(f"{EVENING}/agenda", {"items": items})

    assert problem(refused) == (422, "agenda-item-overfull", "items.0.minutes")


@pytest.mark.parametrize(
    ("role", "division", "status"),
    [
        (None, TOWN, 401),
        (Role.RESIDENT, TOWN, 403),
        (Role.MEMBER, TOWN, 403),
        (Role.CONVENER, TOWN, 200),
        (Role.AUDITOR, COUNTY, 200),
        (Role.OFFICE, COUNTY, 200),
        (Role.CONVENER, NEXT_TOWN, 404),
        (Role.OFFICE, "371622", 404),
    ],
)
async def test_the_console_is_for_those_who_run_or_audit_the_meetings_of_the_division(
    log: Log, town: Caller, role: Role | None, division: str, status: int
) -> None:
    done(await town.post(NEW, MEETING))

    assert await Caller(log, role, division).status_of(f"{EVENING}/console") == status
    assert await Caller(log, role or Role.RESIDENT, division).status_of(
        "/meetings/no-such-thing/console"
    ) in (403, 404)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("rescheduling", MOVE),
        ("notices", {}),
        ("agenda", {"items": [{"title": "通报", "segment": "briefing", "minutes": 9}]}),
        ("segments", {"item_id": "briefing"}),
        ("ballots", {"question": "可否", "in_favour": 0, "against": 0, "abstentions": 0}),
    ],
)
async def test_another_town_s_meeting_is_not_there_to_be_changed(
    log: Log, town: Caller, path: str, body: Mapping[str, Any]
) -> None:
    done(await town.post(NEW, MEETING))

    for caller in (Caller(log, Role.LIAISON, NEXT_TOWN), Caller(log, Role.OFFICE, "371622")):
        assert (await caller.post(f"{EVENING}/{path}", body)).status_code == 404
        assert (await caller.post(f"/meetings/no-such-thing/{path}", body)).status_code == 404
    assert (await Caller(log, Role.RESIDENT).post(f"{EVENING}/{path}", body)).status_code == 403


# read


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["on-lamps", "other"]),
        ("?from_day=2024-05-11", ["on-lamps"]),
        ("?to_day=2024-05-10", ["other"]),
        ("?from_day=2024-05-10&to_day=2024-05-12", ["other"]),
        ("?form=micro", ["other"]),
        ("?sort=day", ["other", "on-lamps"]),
        ("?q=路灯", ["on-lamps", "other"]),
        ("?q=没有", []),
        ("?situation=cancelled", []),
    ],
)
async def test_meetings_are_listed_by_day_and_found_by_day_form_and_words(
    town: Caller, question: str, found: list[str]
) -> None:
    done(await town.post(NEW, MEETING))
    done(await town.post(f"{EVENING}/rescheduling", MOVE))
    done(await town.post(NEW, other(form="micro")))

    assert [m["meeting_id"] for m in (await town.get(f"/meetings{question}"))["items"]] == found


async def test_the_list_of_meetings_is_exported_with_its_situation_and_flags(town: Caller) -> None:
    done(await town.post(NEW, {**MEETING, "topic_id": "to-vote-on", "host_id": "person-7"}))

    answer = await town.ask("/meetings?format=csv")

    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["日期"], row["议题"], row["状态"], row["协商形式"]) == (
        "2024-05-10",
        "路灯补亮",
        "已安排",
        "会议协商",
    )
    assert row["提示"] == "距开会不足 15 个工作日（仅 3 个）"
    assert "person-7" not in answer.text


@pytest.mark.rule("M17")
async def test_a_meeting_is_read_as_it_stood_before_it_was_moved(log: Log, town: Caller) -> None:
    done(await town.post(NEW, MEETING))
    done(await Caller(log, now=datetime(2024, 5, 8, 1, tzinfo=UTC)).post(f"{EVENING}/rescheduling", MOVE))

    assert (await town.get(f"{EVENING}?version=1"))["day"] == "2024-05-10"
    assert (await town.get(f"{EVENING}?as_of=2024-05-07"))["day"] == "2024-05-10"
    assert (await town.get(f"{EVENING}?as_of=2024-05-08"))["day"] == "2024-05-13"
    history = await town.get(f"{EVENING}/history")
    assert [entry["event"] for entry in history["items"]] == ["MeetingScheduled", "MeetingRescheduled"]
    assert await Caller(log, Role.RESIDENT).status_of(f"{EVENING}/history") == 403
