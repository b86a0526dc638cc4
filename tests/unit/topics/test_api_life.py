"""A topic's life over HTTP: sorted, supported, surveyed, merged, split, found again."""

from __future__ import annotations

import csv
import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from fastapi import FastAPI

from services.topics.app import SERVICE
from services.topics.deciders import TOPIC
from services.topics.domain.topic import MergeTopic, OtherTopic
from shared.contracts.cases import LoopClosed, LoopReopened, ProblemSolved
from shared.contracts.envelope import Meta
from shared.contracts.meetings import Attendance, MeetingHeld
from shared.contracts.types import FileRef, LoopItem, MeetingForm
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.clock import current_time
from tests.http import NOW, Caller, Log, application, done, problem, react

COUNTY, TOWN, NEXT_TOWN, COMMUNITY = "371621", "371621001", "371621002", "371621001201"
LAMPS, ROADS, BUS = "street-lamps", "village-roads", "school-bus"
LAMPS_PATH = f"/topics/{LAMPS}"
PROPOSAL: dict[str, Any] = {
    "topic_id": LAMPS,
    "division": TOWN,
    "title": "路灯补亮",
    "description": "三组一段没有路灯",
    "origin": "residents",
    "channel": "qr",
    "proposed_on": "2024-03-01",
}
ADOPTION: dict[str, Any] = {"procedure": "luxian-4", "adopted_on": "2024-03-04"}
SURVEY: dict[str, Any] = {
    "survey_id": "survey-1",
    "surveyed_on": "2024-03-18",
    "place": "三组",
    "findings": "三盏灯不亮",
}
REPORT = {"kind": "调研报告", "title": "三组路灯调研报告"}


class Clock:
    """The present moment of a test."""

    def __init__(self) -> None:
        self.now = NOW

    async def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Stands at a Monday morning in May."""
    return Clock()


@pytest.fixture
def log() -> Log:
    """A log with nothing in it."""
    return Log()


@pytest.fixture
def app(log: Log, clock: Clock) -> FastAPI:
    """The service on that log, at that moment."""
    return application(SERVICE, log, instead={current_time: clock})


@pytest.fixture
def town(app: FastAPI) -> Caller:
    """The town's liaison office."""
    return Caller(app, Role.LIAISON, TOWN)


@pytest.fixture
def office(app: FastAPI) -> Caller:
    """The county's office."""
    return Caller(app, Role.OFFICE, COUNTY)


def person(app: FastAPI, name: str, role: Role = Role.RESIDENT, division: str = TOWN) -> Caller:
    """Return somebody of the town."""
    return Caller(app, role, division, subject=name)


async def proposed(by: Caller, *topic_ids: str, **change: Any) -> None:
    """Propose topics."""
    for topic_id in topic_ids or (LAMPS,):
        done(await by.post("/topics", {**PROPOSAL, "topic_id": topic_id, **change}))


async def adopted(town: Caller, topic_id: str = LAMPS) -> None:
    """Bring a topic to its adoption."""
    await proposed(town, topic_id)
    done(await town.post(f"/topics/{topic_id}/adoption", ADOPTION))


# coming in


@pytest.mark.rule("T07")
async def test_a_proposal_of_today_needs_no_day_and_one_of_tomorrow_is_refused(town: Caller) -> None:
    no_day = {name: value for name, value in PROPOSAL.items() if name != "proposed_on"}

    done(await town.post("/topics", no_day))
    refused = await town.post("/topics", {**PROPOSAL, "topic_id": ROADS, "proposed_on": "2024-05-07"})

    assert (await town.get(LAMPS_PATH))["proposed_on"] == "2024-05-06"
    assert problem(refused) == (422, "day-in-the-future", "proposed_on")


async def test_a_telephone_number_in_a_proposal_does_not_get_into_the_record(log: Log, app: FastAPI) -> None:
    resident = person(app, "zhang")

    await proposed(resident, title="路灯坏了 13812345678", description="电话 13812345678")
    done(await resident.post(f"{LAMPS_PATH}/supplements", {"text": "再打 13812345678"}))
    done(await resident.post(f"{LAMPS_PATH}/withdrawal", {"reason": "打过 13812345678 了"}))

    assert len(log.events) == 3
    assert "13812345678" not in f"{log.events}"


@pytest.mark.rule("T08")
async def test_a_proposer_takes_a_topic_back_within_ten_minutes_without_a_reason(
    app: FastAPI, clock: Clock
) -> None:
    zhang = person(app, "zhang")
    await proposed(zhang, LAMPS, ROADS)
    clock.now += timedelta(minutes=10)
    done(await zhang.post(f"{LAMPS_PATH}/withdrawal", {}))
    clock.now += timedelta(minutes=1)
    late = await zhang.post(f"/topics/{ROADS}/withdrawal", {})

    shown = await zhang.get(LAMPS_PATH)
    assert (shown["situation"], shown["withdrawn_on"]) == ("withdrawn", "2024-05-06")
    assert problem(late) == (422, "reason-missing", "reason")
    done(await zhang.post(f"/topics/{ROADS}/withdrawal", {"reason": "已由村里解决"}))


@pytest.mark.rule("T08")
async def test_only_proposer_and_clerk_take_back_or_add_to_a_topic(app: FastAPI, town: Caller) -> None:
    zhang, wang = person(app, "zhang"), person(app, "wang")
    await proposed(zhang)

    taken = await wang.post(f"{LAMPS_PATH}/withdrawal", {"reason": "不要了"})
    added = await wang.post(f"{LAMPS_PATH}/supplements", {"text": "别的事"})

    assert problem(taken) == problem(added) == (409, "not-the-proposer", None)
    done(await zhang.post(f"{LAMPS_PATH}/supplements", {"text": "四组也不亮"}))
    done(await town.post(f"{LAMPS_PATH}/supplements", {"text": "来电补充"}))
    assert [s["text"] for s in (await wang.get(LAMPS_PATH))["supplements"]] == ["四组也不亮", "来电补充"]


async def test_an_addition_sent_twice_is_added_once(app: FastAPI) -> None:
    zhang = person(app, "zhang")
    await proposed(zhang)

    for _ in range(2):
        done(await zhang.post(f"{LAMPS_PATH}/supplements", {"text": "四组也不亮"}, key="once"))

    assert len((await zhang.get(LAMPS_PATH))["supplements"]) == 1


# triage and rejection


@pytest.mark.rule("T09")
async def test_the_office_passes_a_county_s_topic_to_a_town_with_class_and_duplicate(
    office: Caller, town: Caller
) -> None:
    await proposed(office, ROADS)
    await proposed(office, division=COUNTY)
    assert await town.status_of(LAMPS_PATH) == 404

    triage = {"topic_class": "construction", "division": TOWN, "duplicate_of": ROADS}
    done(await office.post(f"{LAMPS_PATH}/triage", triage))

    shown = await town.get(LAMPS_PATH)
    assert shown["division"] == TOWN
    assert shown["triage"] == {**triage, "triaged_on": "2024-05-06"}


@pytest.mark.rule("T09")
@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"division": NEXT_TOWN}, "division-elsewhere", "division"),
        ({"duplicate_of": "of-the-next-town"}, "duplicate-unknown", "duplicate_of"),
        ({"duplicate_of": "no-such-topic"}, "duplicate-unknown", "duplicate_of"),
        ({"duplicate_of": LAMPS}, "duplicate-of-itself", "duplicate_of"),
    ],
)
async def test_a_town_s_clerk_sorts_inside_the_town(
    app: FastAPI, town: Caller, change: dict[str, str], code: str, field: str
) -> None:
    await proposed(town)
    await proposed(Caller(app, Role.LIAISON, NEXT_TOWN), "of-the-next-town", division=NEXT_TOWN)

    refused = await town.post(f"{LAMPS_PATH}/triage", {"topic_class": "construction", **change})

    assert problem(refused) == (422, code, field)
    assert refused.json()["errors"][0]["rule"] == "T09"


@pytest.mark.rule("T11")
async def test_a_rejected_topic_shows_the_reason_and_its_event_says_whom_to_tell(
    log: Log, app: FastAPI, town: Caller
) -> None:
    zhang = person(app, "zhang")
    await proposed(zhang)
    done(await town.post(f"{LAMPS_PATH}/rejection", {"reason": "不属协商范围"}))

    shown = await zhang.get(LAMPS_PATH)

    assert (shown["situation"], shown["rejection_reason"]) == ("rejected", "不属协商范围")
    assert shown["rejected_on"] == "2024-05-06"
    assert log.events[-1].event.model_dump()["proposer"] == person_id("zhang")
    assert problem(await town.post(f"{LAMPS_PATH}/adoption", ADOPTION)) == (409, "topic-ended", None)


# adoption


@pytest.mark.rule("T10")
async def test_an_adoption_repeated_after_a_newer_version_is_the_first_one(
    town: Caller, office: Caller
) -> None:
    await proposed(town)
    first = done(await town.post(f"{LAMPS_PATH}/adoption", ADOPTION, key="adopt"))
    shipped = await office.get("/procedures/luxian-4/versions/1")
    second = {
        "version": 2,
        "published_on": "2024-05-06",
        "title": "泸县四步（修订）",
        "steps": shipped["steps"],
    }
    done(await office.post("/procedures/luxian-4/versions", second))

    again = done(await town.post(f"{LAMPS_PATH}/adoption", ADOPTION, key="adopt"))

    assert again == {**first, "repeated": True}
    assert (await town.get(LAMPS_PATH))["procedure"] == {"code": "luxian-4", "version": 1}


# support and claims


@pytest.mark.rule("T13")
async def test_supporters_are_counted_each_once_and_not_named(app: FastAPI, town: Caller) -> None:
    zhang, wang, li = (person(app, name) for name in ("zhang", "wang", "li"))
    await proposed(zhang)
    for supporter in (wang, li, wang):
        done(await supporter.post(f"{LAMPS_PATH}/support"))
    own = await zhang.post(f"{LAMPS_PATH}/support")

    shown = await town.get(LAMPS_PATH)

    assert problem(own) == (409, "own-topic", None)
    assert shown["supporters"] == 2
    assert person_id("wang") not in f"{shown}"


@pytest.mark.rule("T14")
async def test_one_group_at_a_time_claims_an_adopted_topic(app: FastAPI, town: Caller) -> None:
    member = person(app, "li", Role.MEMBER)
    farmers, teachers = (
        {"group_id": "farmers", "group": "农业界别组"},
        {"group_id": "teachers", "group": "教育界别组"},
    )
    await proposed(town)
    early = await member.post(f"{LAMPS_PATH}/claim", farmers)
    done(await town.post(f"{LAMPS_PATH}/adoption", ADOPTION))
    done(await member.post(f"{LAMPS_PATH}/claim", farmers))
    second = await member.post(f"{LAMPS_PATH}/claim", teachers)

    assert problem(early) == (409, "topic-not-adopted", None)
    assert problem(second) == (409, "claimed-already", None)
    assert (await town.get(LAMPS_PATH))["claim"] == {**farmers, "claimed_on": "2024-05-06"}

    release = {"group_id": "farmers", "reason": "力量不足"}
    done(await member.post(f"{LAMPS_PATH}/claim/release", release))
    assert (await town.get(LAMPS_PATH))["claim"] is None
    done(await member.post(f"{LAMPS_PATH}/claim", teachers))
    assert (await town.get(LAMPS_PATH))["claim"]["group"] == "教育界别组"


# surveys and files


async def uploaded(app: FastAPI, *, division: str = TOWN) -> FileRef:
    """Put a file into the service."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"

    ref: FileRef = await app.state.files.put(chunks(), name="报告.pdf", division=division, by="p-1")
    return ref


@pytest.mark.rule("T17")
async def test_a_survey_shows_date_place_who_findings_and_files_but_no_people(
    app: FastAPI, town: Caller
) -> None:
    await adopted(town)
    file = await uploaded(app)
    body = {**SURVEY, "by": ["孙武街道联络室"], "people": ["member-3"], "files": [file.file_id]}

    written = await town.post(f"{LAMPS_PATH}/surveys", body)

    assert written.status_code == 201
    assert (await town.get(LAMPS_PATH))["surveys"] == [
        {**SURVEY, "by": ["孙武街道联络室"], "files": [file.model_dump(mode="json")]}
    ]


@pytest.mark.rule("T17")
@pytest.mark.rule("T18")
async def test_the_event_of_a_survey_has_the_file_s_hash_and_who_took_part(
    log: Log, app: FastAPI, town: Caller
) -> None:
    await adopted(town)
    file = await uploaded(app)
    member = person(app, "li", Role.MEMBER)

    done(await member.post(f"{LAMPS_PATH}/surveys", {**SURVEY, "files": [file.file_id]}))

    said = log.events[-1].event.model_dump(mode="json")
    assert said["files"] == [file.model_dump(mode="json")]
    assert len(said["files"][0]["sha256"]) == 64
    assert said["people"] == [person_id("li")]


@pytest.mark.rule("T18")
async def test_a_file_is_downloaded_by_those_who_handle_the_topic_or_made_the_survey(
    app: FastAPI, town: Caller, office: Caller
) -> None:
    await adopted(town)
    file = await uploaded(app)
    li = person(app, "li", Role.MEMBER)
    done(await li.post(f"{LAMPS_PATH}/surveys", {**SURVEY, "files": [file.file_id]}))
    path = f"{LAMPS_PATH}/files/{file.file_id}"

    readers = {
        "liaison": town,
        "office": office,
        "convener": person(app, "c", Role.CONVENER),
        "auditor": person(app, "a", Role.AUDITOR, COUNTY),
        "member who surveyed": li,
        "another member": person(app, "m", Role.MEMBER),
        "resident": person(app, "r"),
        "neighbour town": Caller(app, Role.LIAISON, NEXT_TOWN),
    }

    assert {who: await reader.status_of(path) for who, reader in readers.items()} == {
        "liaison": 200,
        "office": 200,
        "convener": 200,
        "auditor": 200,
        "member who surveyed": 200,
        "another member": 404,
        "resident": 403,
        "neighbour town": 404,
    }
    assert (await town.ask(path)).headers["etag"] == f'"{file.sha256}"'


@pytest.mark.rule("T18")
async def test_a_file_that_is_not_there_or_belongs_to_another_topic_is_not_taken(
    app: FastAPI, town: Caller
) -> None:
    await adopted(town)
    await proposed(town, ROADS)
    file = await uploaded(app)
    done(await town.post(f"{LAMPS_PATH}/surveys", {**SURVEY, "files": [file.file_id]}))
    elsewhere = await uploaded(app, division=NEXT_TOWN)

    for file_id in ("no-such-file", elsewhere.file_id, file.file_id):
        refused = await town.post(f"/topics/{ROADS}/surveys", {**SURVEY, "files": [file_id]})
        assert problem(refused)[:2] == (404, "not-found"), file_id
    assert await town.status_of(f"/topics/{ROADS}/files/{file.file_id}") == 404


@pytest.mark.rule("T15")
@pytest.mark.rule("T18")
async def test_a_paper_of_a_step_may_have_its_bytes(app: FastAPI, town: Caller) -> None:
    await adopted(town)
    done(await town.post(f"{LAMPS_PATH}/surveys", SURVEY))
    file = await uploaded(app)
    body = {"completed_on": "2024-03-20", "papers": [{**REPORT, "file_id": file.file_id}]}

    done(await town.post(f"{LAMPS_PATH}/steps/survey/completion", body))

    step = (await town.get(LAMPS_PATH))["steps"][1]
    assert step["given"] == [{**REPORT, "file": file.model_dump(mode="json")}]
    assert await town.status_of(f"{LAMPS_PATH}/files/{file.file_id}") == 200


# merging and splitting


@pytest.mark.rule("T12")
@pytest.mark.rule("T13")
async def test_supporters_and_proposer_follow_the_survivor(log: Log, app: FastAPI, town: Caller) -> None:
    zhang, wang, li = (person(app, name) for name in ("zhang", "wang", "li"))
    await proposed(zhang)
    await proposed(wang, ROADS)
    for topic_id, supporter in ((LAMPS, wang), (LAMPS, li), (ROADS, li), (ROADS, zhang)):
        done(await supporter.post(f"/topics/{topic_id}/support"))

    done(await town.post(f"{LAMPS_PATH}/merger", {"into": ROADS, "reason": "同一段路"}))
    await react(SERVICE, log)

    survivor, merged = await town.get(f"/topics/{ROADS}"), await town.get(LAMPS_PATH)
    assert (survivor["absorbed"], survivor["supporters"]) == ([LAMPS], 1), "li; the others propose it"
    assert (merged["merged_into"], merged["merged_on"]) == (ROADS, "2024-05-06")
    assert merged["merger_reason"] == "同一段路"
    done(await zhang.post(f"/topics/{ROADS}/supplements", {"text": "路灯也在这段路上"}))


@pytest.mark.rule("T12")
async def test_a_circle_of_any_number_of_topics_is_refused(log: Log, town: Caller) -> None:
    await proposed(town, LAMPS, ROADS, BUS)
    done(await town.post(f"{LAMPS_PATH}/merger", {"into": ROADS}))
    done(await town.post(f"/topics/{ROADS}/merger", {"into": BUS}))
    await react(SERVICE, log)

    circle = await town.post(f"/topics/{BUS}/merger", {"into": LAMPS})
    ended = await town.post(f"/topics/{BUS}/merger", {"into": ROADS})

    assert problem(circle) == problem(ended) == (422, "merged-in-a-circle", "into")
    shown = await town.get(f"/topics/{BUS}")
    assert (shown["situation"], sorted(shown["absorbed"])) == ("proposed", [LAMPS, ROADS])


@pytest.mark.rule("T12")
async def test_a_merger_asked_for_again_is_the_first_one_although_the_survivor_ended_since(
    town: Caller,
) -> None:
    await proposed(town, LAMPS, ROADS)
    first = done(await town.post(f"{LAMPS_PATH}/merger", {"into": ROADS}, key="merge"))
    done(await town.post(f"/topics/{ROADS}/withdrawal", {"reason": "已由村里解决"}))

    again = done(await town.post(f"{LAMPS_PATH}/merger", {"into": ROADS}, key="merge"))

    assert again == {**first, "repeated": True}


def held(topic_id: str = LAMPS, meeting_id: str = "meeting-on-lamps") -> MeetingHeld:
    return MeetingHeld(
        topic_id=topic_id,
        division=TOWN,
        meeting_id=meeting_id,
        form=MeetingForm.MICRO,
        held_on=date(2024, 4, 10),
        attendance=Attendance(present=6),
    )


@pytest.mark.rule("T20")
async def test_what_happens_to_a_topic_merged_twice_over_happens_to_its_last_survivor(
    log: Log, town: Caller
) -> None:
    for topic_id in (LAMPS, ROADS, BUS):
        await adopted(town, topic_id)
    done(await town.post(f"{LAMPS_PATH}/merger", {"into": ROADS}))
    done(await town.post(f"/topics/{ROADS}/merger", {"into": BUS}))
    of_entry = {"topic_id": LAMPS, "division": TOWN, "entry_id": "meeting-on-lamps"}
    log.hear("meeting-on-lamps", held())
    log.hear("problem-1", ProblemSolved(**of_entry, problem_id="problem-1", solved_on=date(2024, 4, 20)))
    log.hear("entry-1", LoopClosed(**of_entry, closed_on=date(2024, 5, 1)))
    await react(SERVICE, log)

    shown = await town.get(f"/topics/{BUS}")

    assert (shown["situation"], shown["concluded_on"]) == ("concluded", "2024-05-01")
    assert {step["code"]: step["on"] for step in shown["steps"]} == {
        "raise": "2024-03-01",
        "survey": None,
        "consult": "2024-04-10",
        "convert": "2024-04-20",
    }
    assert (await town.get(LAMPS_PATH))["situation"] == "merged"


@pytest.mark.rule("T12")
async def test_topics_merged_into_each_other_in_the_same_moment_are_not_lost(
    log: Log, app: FastAPI, town: Caller
) -> None:
    """Each of two processes finds the other topic still going on: the one case that a look cannot prevent."""
    await proposed(town, LAMPS, ROADS)
    for topic_id, into in ((LAMPS, ROADS), (ROADS, LAMPS)):
        await app.state.handlers["topic"].execute(
            MergeTopic(into, date(2024, 5, 6), at=OtherTopic()),
            stream=TOPIC.stream(topic_id),
            meta=Meta(TOWN, "clerk", "correlation", "request"),
            command_id=str(uuid.uuid4()),
        )
    await react(SERVICE, log)

    lamps, roads = await town.get(LAMPS_PATH), await town.get(f"/topics/{ROADS}")

    going_on = {topic["topic_id"] for topic in (lamps, roads) if topic["situation"] == "proposed"}
    assert going_on
    assert all(topic["merged_into"] in going_on for topic in (lamps, roads) if topic["merged_into"])


@pytest.mark.rule("T12")
async def test_a_split_leaves_its_trace_on_both_sides_and_the_topic_goes_on(log: Log, town: Caller) -> None:
    await adopted(town)
    parts = [{"title": "四组路灯", "division": COMMUNITY}, {"title": "五组路面", "description": "坑洼"}]

    done(await town.post(f"{LAMPS_PATH}/split", {"parts": parts, "reason": "两件事"}, key="split"))
    done(await town.post(f"{LAMPS_PATH}/split", {"parts": parts, "reason": "两件事"}, key="split"))
    await react(SERVICE, log)

    whole = await town.get(LAMPS_PATH)
    of_it = [await town.get(f"/topics/{topic_id}") for topic_id in whole["parts"]]
    assert whole["situation"] == "adopted"
    assert [(part["title"], part["division"]) for part in of_it] == [
        ("四组路灯", COMMUNITY),
        ("五组路面", TOWN),
    ]
    for part in of_it:
        assert (part["split_from"], part["situation"], part["origin"]) == (LAMPS, "proposed", "residents")
        assert (part["channel"], part["proposed_on"]) == ("qr", "2024-05-06")


@pytest.mark.rule("T12")
async def test_a_town_s_clerk_gives_no_part_to_another_town(town: Caller) -> None:
    await proposed(town)
    parts = [{"title": "四组路灯"}, {"title": "五组路面", "division": NEXT_TOWN}]

    refused = await town.post(f"{LAMPS_PATH}/split", {"parts": parts, "reason": "两件事"})

    assert problem(refused) == (422, "division-elsewhere", "parts.1.division")


# conclusion and reopening


@pytest.mark.rule("T19")
async def test_what_reopens_a_topic_is_done_again_and_concludes_it_again(log: Log, town: Caller) -> None:
    await adopted(town)
    of_entry = {"topic_id": LAMPS, "division": TOWN, "entry_id": "meeting-on-lamps"}
    first, second = (
        ProblemSolved(**of_entry, problem_id="problem-1", solved_on=date(2024, month, 20)) for month in (4, 6)
    )
    log.hear("meeting-on-lamps", held())
    log.hear("problem-1", first)
    closed = LoopClosed(**of_entry, closed_on=date(2024, 5, 1))
    reopened = LoopReopened(**of_entry, item=LoopItem.PROBLEM, reason="又不亮了")
    log.hear("entry-1", closed, reopened)
    await react(SERVICE, log)

    shown = await town.get(LAMPS_PATH)
    assert (shown["situation"], shown["next_step"]) == ("adopted", "survey")
    assert shown["steps"][3]["status"] == "open"

    log.hear("problem-2", second)
    await react(SERVICE, log)

    assert (await town.get(LAMPS_PATH))["steps"][3]["on"] == "2024-06-20"


@pytest.mark.rule("T19")
@pytest.mark.rule("T20")
async def test_a_topic_consulted_on_twice_takes_steps_until_both_loops_are_closed(
    log: Log, town: Caller
) -> None:
    await adopted(town)
    meetings = ("meeting-in-april", "meeting-in-may")
    first, second = (
        LoopClosed(topic_id=LAMPS, division=TOWN, entry_id=meeting, closed_on=date(2024, 5, day))
        for day, meeting in enumerate(meetings, start=1)
    )
    for meeting in meetings:
        log.hear(meeting, held(meeting_id=meeting))
    log.hear("entry-1", first)
    await react(SERVICE, log)

    waiver = {"reason": "县里已调研", "approver": "主席会议", "waived_on": "2024-05-02"}
    done(await town.post(f"{LAMPS_PATH}/steps/survey/waiver", waiver))
    assert (await town.get(LAMPS_PATH))["situation"] == "adopted"

    log.hear("entry-2", second)
    await react(SERVICE, log)

    shown = await town.get(LAMPS_PATH)
    assert (shown["situation"], shown["concluded_on"]) == ("concluded", "2024-05-02")


@pytest.mark.rule("T12")
@pytest.mark.rule("T19")
async def test_a_survivor_is_concluded_with_the_consultations_of_both_topics(log: Log, town: Caller) -> None:
    for topic_id in (LAMPS, ROADS):
        await adopted(town, topic_id)
    log.hear("meeting-on-lamps", held())
    log.hear("meeting-on-roads", held(ROADS, "meeting-on-roads"))
    await react(SERVICE, log)
    done(await town.post(f"{LAMPS_PATH}/merger", {"into": ROADS}))
    of_roads = {"topic_id": ROADS, "division": TOWN, "entry_id": "meeting-on-roads"}
    of_lamps = {"topic_id": LAMPS, "division": TOWN, "entry_id": "meeting-on-lamps"}
    log.hear("entry-1", LoopClosed(**of_roads, closed_on=date(2024, 5, 1)))
    await react(SERVICE, log)

    assert (await town.get(f"/topics/{ROADS}"))["situation"] == "adopted"

    log.hear("entry-2", LoopClosed(**of_lamps, closed_on=date(2024, 5, 3)))
    await react(SERVICE, log)

    shown = await town.get(f"/topics/{ROADS}")
    assert (shown["situation"], shown["concluded_on"]) == ("concluded", "2024-05-03")


# reading


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("next_step=survey", [LAMPS]),
        ("topic_class=transport", [ROADS]),
        ("origin=member", [ROADS]),
        ("procedure=luxian-4", [LAMPS]),
        ("proposed_from=2024-03-02", [ROADS]),
        ("proposed_to=2024-03-01", [LAMPS]),
        ("proposed_from=2024-03-01&proposed_to=2024-04-01&sort=proposed_on", [LAMPS, ROADS]),
        ("q=三组", [LAMPS]),
        ("q=公路", [ROADS]),
        ("situation=proposed&q=公路", [ROADS]),
        ("sort=title", [ROADS, LAMPS]),
    ],
)
async def test_topics_are_found_by_what_is_known_of_them(
    town: Caller, question: str, found: list[str]
) -> None:
    await adopted(town)
    change = {"title": "公路破损", "description": None, "origin": "member", "proposed_on": "2024-04-01"}
    await proposed(town, ROADS, **change)
    done(await town.post(f"/topics/{ROADS}/triage", {"topic_class": "transport"}))

    answer = await town.get(f"/topics?{question}")

    assert [topic["topic_id"] for topic in answer["items"]] == found


@pytest.mark.parametrize("question", ["division=371622", "division=37162", "plan_item=0", "proposed_from=x"])
async def test_a_question_that_makes_no_sense_is_answered_so(town: Caller, question: str) -> None:
    assert await town.status_of(f"/topics?{question}") in (404, 422)


async def test_the_list_is_exported_with_its_situations_in_words(town: Caller) -> None:
    await adopted(town)
    await proposed(town, ROADS)
    done(await town.post(f"/topics/{ROADS}/triage", {"topic_class": "transport"}))

    answer = await town.ask("/topics?format=csv&sort=title")

    rows: list[Mapping[str, str]] = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["编号"]: (row["状态"], row["类别"], row["来源"]) for row in rows} == {
        LAMPS: ("已立项", "", "群众反映"),
        ROADS: ("已提出", "交通", "群众反映"),
    }


async def test_a_topic_is_read_as_it_stood(town: Caller) -> None:
    await adopted(town)

    before = await town.get(f"{LAMPS_PATH}?as_of=2024-03-03")
    after = await town.get(f"{LAMPS_PATH}?as_of=2024-03-04")

    assert (before["situation"], after["situation"]) == ("proposed", "adopted")
    assert (await town.get(f"{LAMPS_PATH}?version=1"))["situation"] == "proposed"
    assert await town.status_of(f"{LAMPS_PATH}?as_of=2024-02-29") == 404


async def test_a_topic_s_history_says_who_did_what(app: FastAPI, town: Caller) -> None:
    await adopted(town)

    history = (await town.get(f"{LAMPS_PATH}/history"))["items"]

    assert [entry["event"] for entry in history] == ["TopicProposed", "TopicAdopted"]
    assert await person(app, "zhang").status_of(f"{LAMPS_PATH}/history") == 403
