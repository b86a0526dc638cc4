"""The ledger's lines: what is known of topics, put as the office's workbook has it (C20)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import openpyxl
import pytest
from fastapi import FastAPI

from services.cases.app import SERVICE
from services.cases.ledger import workbook as workbooks
from services.cases.ledger.lines import Line, Surroundings, lines_of
from services.cases.ledger.workbook import divisions_of
from services.cases.projections.ledger import LEDGER, LEDGER_PLANS, LEDGER_VENUES
from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemReassigned, TypicalCasePublished
from shared.contracts.meetings import (
    AgreedOpinion,
    AssessedItem,
    Attendance,
    MeetingHeld,
    VenueAssessed,
    VenueOpened,
)
from shared.contracts.topics import (
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    SurveyRecorded,
    TopicAdopted,
    TopicMerged,
    TopicProposed,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import (
    Channel,
    HostPlatform,
    LoopItem,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
    Tier,
    TopicClass,
)
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, recorded, stream_of
from shared.ledger import read_ledger
from shared.ledger.marks import MARKS_SHEET
from shared.platform.auth import Role
from tests.http import Caller, Log, application, problem
from tests.unit.cases.examples import (
    ASSIGNED,
    CLOSED,
    CONFIRMED,
    COUNTY,
    DONE,
    EVENING,
    LAMPS,
    OPENED,
    OTHER_COUNTY,
    PATH,
    REPORTED,
    SOLVED,
    TOWN,
    WRITTEN,
    exempted,
    rated,
    reopened,
    replied,
)

NEXT_TOWN = "371621101"
DIVISIONS = divisions_of(COUNTY)
AROUND = Surroundings(DIVISIONS, {"hall": "孙武街道协商议事厅"}, frozenset({"plan-2024"}))
PROPOSED = TopicProposed(
    topic_id=LAMPS,
    division=TOWN,
    title="路灯补亮",
    origin=Origin.RESIDENTS,
    channel=Channel.WEB,
    proposed_on=date(2024, 4, 8),
)
ADOPTED = TopicAdopted(
    topic_id=LAMPS,
    procedure="sanyi-qibu",
    procedure_version=1,
    steps=(),
    plan_id="plan-2024",
    plan_item=3,
    adopted_on=date(2024, 4, 15),
)
HELD = MeetingHeld(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.ON_SITE,
    venue_id="hall",
    held_on=date(2024, 5, 10),
    convener="召集人",
    host="主任",
    recorder="记录员",
    opinions=(AgreedOpinion(opinion_id="one", text="补装六盏路灯"),),
    attendance=Attendance(expected=8, present=6, members=1, departments=1, stakeholders=1, residents=3),
)
SURVEYED = SurveyRecorded(
    topic_id=LAMPS, survey_id="survey-1", surveyed_on=date(2024, 4, 20), place="三组", findings="三盏不亮"
)

Streams = dict[str, tuple[DomainEvent, ...]]
WHOLE: Streams = {
    f"topic-{LAMPS}": (PROPOSED, ADOPTED, SURVEYED, SURVEYED),
    f"meeting-{EVENING}": (HELD,),
    f"entry-{EVENING}": (OPENED, DONE, WRITTEN, REPORTED, CLOSED),
    "problem-dark-corner": (ASSIGNED, replied(), rated(), SOLVED),
}
MARK_TITLES = ("有阵地", "有标识", "有制度", "有流程", "有活动", "有实效")


def documents(streams: Streams) -> list[dict[str, Any]]:
    events = [event for name, said in streams.items() for event in stream_of(name, *said)]
    return [dict(document) for document in fold_all(LEDGER, events).values()]


def lines(streams: Streams) -> list[Line]:
    return list(lines_of([d for d in documents(streams) if d["listed"]], AROUND))


def line(streams: Streams) -> dict[str, Any]:
    (only,) = lines(streams)
    return {field.name: getattr(only.row, field.name) for field in fields(only.row)}


def of_problem(*events: DomainEvent) -> dict[str, Any]:
    return line({**WHOLE, "problem-dark-corner": (ASSIGNED, *events)})


def another(topic_id: str, **said: Any) -> TopicProposed:
    return PROPOSED.model_copy(update={"topic_id": topic_id, "title": topic_id, **said})


# what a line says


@pytest.mark.rule("C20")
def test_a_line_says_what_all_services_know_of_an_activity() -> None:
    said = line(WHOLE)

    assert (said["number"], said["year"], said["town"].name, said["title"]) == (
        1,
        2024,
        "孙武街道",
        "路灯补亮",
    )
    assert (said["plan_item"], said["adopted_on"], said["surveys"]) == (3, date(2024, 4, 15), 2)
    assert (said["venue"], said["form_title"], said["host"]) == ("孙武街道协商议事厅", "现场协商", "主任")
    assert (said["expected"], said["present"], said["residents"]) == (8, 6, 3)
    assert said["opinions"] == ("补装六盏路灯",)
    assert (said["problem"], said["lead_handler"]) == ("村口没有路灯", "县住建局")
    assert (said["result"], said["rating"], said["solved_on"]) == ("A", "satisfied", date(2024, 6, 7))
    assert (said["case_title"], said["case_background"]) == ("一盏灯照亮一条路", "主路无灯")
    assert (said["outlet"], said["media_level"]) == ("惠民融媒", "county")


@pytest.mark.rule("C20")
def test_the_ledger_does_not_mind_how_streams_interleave() -> None:
    assert_interleaving_does_not_matter(LEDGER, *(stream_of(n, *said) for n, said in WHOLE.items()))


def test_a_proposal_that_nobody_took_up_is_none_of_the_ledger_s() -> None:
    assert lines({f"topic-{LAMPS}": (PROPOSED,)}) == []
    assert len(lines({f"topic-{LAMPS}": (another(LAMPS, ledger_year=2024, ledger_number=7),)})) == 1


def test_an_activity_is_listed_where_its_topic_was_found_to_belong() -> None:
    triaged = TopicTriaged(
        topic_id=LAMPS, topic_class=TopicClass.OTHER, division=f"{NEXT_TOWN}201", triaged_on=date(2024, 4, 9)
    )

    assert line({f"topic-{LAMPS}": (PROPOSED, triaged, ADOPTED)})["town"].code == NEXT_TOWN


def test_the_county_s_own_activities_stand_in_its_name() -> None:
    of_county = another(LAMPS, division=COUNTY)

    assert line({f"topic-{LAMPS}": (of_county, ADOPTED)})["town"].name == "惠民县"


@pytest.mark.rule("C07")
def test_a_follow_up_s_result_takes_the_place_of_the_one_before() -> None:
    later = of_problem(replied(ReplyResult.B), replied(ReplyResult.C, date(2024, 7, 1)))

    assert (later["result"], later["replied_on"]) == ("C", date(2024, 7, 1))
    assert later["remark"].follow_up_on == date(2024, 7, 1)


@pytest.mark.rule("C10")
def test_a_reply_that_did_not_satisfy_keeps_its_rating_and_says_until_when_it_is_redone() -> None:
    said = of_problem(replied(), rated(Rating.DISSATISFIED), reopened())

    assert (said["rating"], said["due_on"]) == ("dissatisfied", date(2024, 8, 13))
    assert said["remark"].redo_due_on == date(2024, 9, 2)


@pytest.mark.rule("C10")
def test_a_problem_that_came_back_after_it_was_solved_is_unanswered_again() -> None:
    said = of_problem(replied(), rated(), SOLVED, reopened())

    assert (said["result"], said["rating"], said["solved_on"]) == (None, None, None)
    assert said["due_on"] == date(2024, 9, 2)


@pytest.mark.rule("C09")
def test_a_confirmed_reply_says_why_it_counts_without_a_rating() -> None:
    said = of_problem(replied(), CONFIRMED, SOLVED)

    assert (said["rating"], said["remark"].confirmed) == (None, "提出人外出务工，经电话核实")


@pytest.mark.rule("C03")
def test_a_problem_assigned_anew_names_its_new_handler_and_dates() -> None:
    anew = ProblemReassigned(
        **ASSIGNED.model_dump(include={"problem_id", "entry_id", "topic_id", "division"}),
        lead="县城管局",
        previous_lead="县住建局",
        assigned_on=date(2024, 5, 16),
        due_on=date(2024, 8, 16),
    )

    said = of_problem(anew)

    assert (said["lead_handler"], said["co_handlers"], said["assigned_on"]) == (
        "县城管局",
        (),
        anew.assigned_on,
    )


@pytest.mark.rule("C10")
def test_a_problem_given_to_others_after_a_referral_names_who_handles_it_now() -> None:
    others = reopened().model_copy(update={"lead": "县城管局", "co_handlers": ("县公安局",), "attempt": 3})

    said = of_problem(replied(), rated(Rating.DISSATISFIED), others)

    assert (said["lead_handler"], said["co_handlers"]) == ("县城管局", ("县公安局",))


@pytest.mark.rule("C17")
def test_only_an_exemption_of_what_is_not_there_is_shown() -> None:
    def shown(*events: DomainEvent) -> list[LoopItem]:
        found = line({**WHOLE, f"entry-{EVENING}": (OPENED, *events)})["exemptions"]
        return [exemption.item for exemption in found]

    assert shown(exempted(), exempted(LoopItem.PROBLEM)) == [LoopItem.PROBLEM, LoopItem.REPORT]
    assert shown(exempted(), REPORTED, exempted(LoopItem.PROBLEM), DONE) == []


@pytest.mark.rule("C14")
def test_a_published_case_is_the_line_s_case() -> None:
    case = TypicalCasePublished(
        case_id="lamps",
        entry_id=EVENING,
        topic_id=LAMPS,
        division=TOWN,
        number=1,
        sha256="0" * 64,
        title="灯亮了",
        **dict.fromkeys(("background", "participants", "process", "opinions", "results"), "一段"),
        published_on=date(2024, 7, 1),
    )

    said = line({**WHOLE, "case-lamps": (case,)})

    assert (said["case_title"], said["case_process"]) == ("灯亮了", "一段")


# several in one


@pytest.mark.rule("C20")
def test_further_problems_and_meetings_have_lines_of_their_own_that_name_the_first() -> None:
    second_problem = ASSIGNED.model_copy(update={"problem_id": PATH, "text": "村道没有路灯"})
    next_meeting = HELD.model_copy(update={"meeting_id": "morning", "held_on": date(2024, 6, 1)})
    streams = {**WHOLE, f"problem-{PATH}": (second_problem,), "meeting-morning": (next_meeting,)}

    first, problem_line, meeting_line = (found.row for found in lines(streams))

    assert [first.number, problem_line.number, meeting_line.number] == [1, 2, 3]
    assert (first.remark.continues, problem_line.remark.continues, meeting_line.remark.continues) == (
        None,
        1,
        1,
    )
    assert (problem_line.problem, problem_line.consulted_on) == ("村道没有路灯", date(2024, 5, 10))
    assert (problem_line.case_title, problem_line.present, problem_line.opinions) == (None, None, ())
    assert (meeting_line.problem, meeting_line.consulted_on) == (None, date(2024, 6, 1))


@pytest.mark.rule("C20")
def test_a_number_from_a_ledger_stays_and_the_others_follow_as_they_were_recorded() -> None:
    paper = [another(f"paper-{n}", ledger_year=2024, ledger_number=n) for n in (2, 9)]
    own = [another(f"own-{n}") for n in (1, 2)]
    events = [recorded(event, f"topic-{event.topic_id}", n) for n, event in enumerate([*own, *paper], 1)]
    events += [
        recorded(ADOPTED.model_copy(update={"topic_id": each.topic_id}), f"topic-{each.topic_id}", 9)
        for each in own
    ]

    found = lines_of(list(map(dict, fold_all(LEDGER, reversed(_in_order(events))).values())), AROUND)

    assert [(each.row.number, each.row.title) for each in found] == [
        (2, "paper-2"),
        (9, "paper-9"),
        (10, "own-1"),
        (11, "own-2"),
    ]


def _in_order(events: Iterable[Any]) -> list[Any]:
    """Return events so that, read backwards, each stream is in order."""
    return sorted(events, key=lambda event: -event.version)


# what became of topics


@pytest.mark.rule("T12")
def test_a_merged_topic_names_the_one_that_it_goes_on_in() -> None:
    merged = TopicMerged(topic_id="half", into=LAMPS, reason="同一处", merged_on=None)
    half = another("half"), ADOPTED.model_copy(update={"topic_id": "half"}), merged

    (said,) = (each for each in lines({**WHOLE, "topic-half": half}) if each.topic["topic_id"] == "half")

    assert (said.row.remark.merged_into, said.row.remark.note) == ("孙武街道 路灯补亮", "同一处")


def test_a_topic_merged_into_one_that_is_not_in_the_file_says_so_in_words() -> None:
    merged = TopicMerged(topic_id=LAMPS, into="elsewhere", merged_on=None)

    said = line({f"topic-{LAMPS}": (PROPOSED, ADOPTED, merged)})

    assert (said["remark"].merged_into, said["remark"].note) == (None, "已并入其他议题")


def test_a_withdrawn_topic_says_why() -> None:
    withdrawn = TopicWithdrawn(topic_id=LAMPS, reason="已解决", withdrawn_on=None)

    said = line({f"topic-{LAMPS}": (PROPOSED, ADOPTED, withdrawn)})

    assert (said["status"], said["remark"].note) == ("已撤回", "已解决")


# the workbook, over HTTP


@pytest.fixture
def log() -> Log:
    """What cases has heard of a county: a plan, a venue, an activity of a town and one of the next."""
    log = Log()
    log.hear(
        "plan-plan-2024",
        PlanDrafted(plan_id="plan-2024", division=COUNTY, year=2024, title="计划"),
        PlanItemAdded(plan_id="plan-2024", number=3, title="亮灯", departments=("县住建局", "县供电公司")),
        PlanIssued(plan_id="plan-2024", document_number=None, issuing_bodies=(), issued_on=None),
    )
    marks = tuple(AssessedItem(code=title, title=title, met=title != "有实效") for title in MARK_TITLES)
    log.hear(
        "venue-hall",
        VenueOpened(
            venue_id="hall",
            division=TOWN,
            title="孙武街道协商议事厅",
            tier=Tier.HALL,
            host_platform=HostPlatform.LIAISON_OFFICE,
        ),
        VenueAssessed(venue_id="hall", standard="longkou", standard_version=1, items=marks),
    )
    for stream, events in WHOLE.items():
        log.hear(stream, *events)
    log.hear("topic-next", another("next", division=NEXT_TOWN, ledger_year=2024, ledger_number=1))
    return log


@pytest.fixture
def app(log: Log) -> FastAPI:
    """The service on that log."""
    return application(SERVICE, log)


async def workbook(caller: Caller, question: str = "year=2024") -> openpyxl.Workbook:
    response = await caller.ask(f"/ledger.xlsx?{question}")
    assert response.status_code == 200, response.text
    return openpyxl.load_workbook(BytesIO(response.content))


def titles(book: openpyxl.Workbook) -> list[tuple[Any, Any]]:
    return [(row[0], row[7]) for row in book["协商活动台账"].iter_rows(min_row=3, values_only=True)]


@pytest.mark.rule("C20")
async def test_the_workbook_has_the_office_s_three_sheets_and_a_hidden_one(app: FastAPI) -> None:
    book = await workbook(Caller(app, Role.OFFICE, COUNTY))

    states = {sheet.title: sheet.sheet_state for sheet in book.worksheets}
    assert states == {
        **dict.fromkeys(("年度协商工作计划", "协商活动台账", "协商阵地"), "visible"),
        MARKS_SHEET: "veryHidden",
    }
    plan, venues = book["年度协商工作计划"], book["协商阵地"]
    assert [cell.value for cell in plan[3]] == [3, "亮灯", None, None, "县住建局;县供电公司", None, None]
    assert [cell.value for cell in venues[3]][:3] == ["孙武街道", "协商议事厅", "孙武街道协商议事厅"]
    assert [cell.value for cell in venues[3]][4:10] == ["是", "是", "是", "是", "是", "否"]
    assert titles(book) == [(1, "next"), (2, "路灯补亮")]


@pytest.mark.rule("C20")
async def test_a_town_s_file_has_its_own_lines_with_the_numbers_of_the_whole(app: FastAPI) -> None:
    by_town = await workbook(Caller(app, Role.LIAISON, TOWN))
    by_office = await workbook(Caller(app, Role.OFFICE, COUNTY), f"year=2024&division={TOWN}")

    assert titles(by_town) == titles(by_office) == [(2, "路灯补亮")]


async def test_of_several_workbooks_one_is_made_at_a_time(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes a county's year into memory."""
    two, met = threading.Barrier(2), []

    def made(known: workbooks.Known, within: str) -> IO[bytes]:
        with suppress(threading.BrokenBarrierError):
            met.append(two.wait(timeout=0.2))
        return BytesIO(within.encode())

    monkeypatch.setattr(workbooks, "written", made)
    office = Caller(app, Role.OFFICE, COUNTY)
    answers = await asyncio.gather(*(office.ask("/ledger.xlsx?year=2024") for _ in range(2)))

    assert [answer.content for answer in answers] == [COUNTY.encode()] * 2
    assert met == []


async def test_another_year_is_another_ledger(app: FastAPI) -> None:
    assert titles(await workbook(Caller(app, Role.OFFICE, COUNTY), "year=2025")) == []


async def test_a_ledger_is_a_county_s_or_a_town_s(app: FastAPI) -> None:
    town, province = Caller(app, Role.LIAISON, TOWN), Caller(app, Role.AUDITOR, "37")

    assert await town.status_of(f"/ledger.xlsx?year=2024&division={NEXT_TOWN}") == 404
    assert problem(await province.ask("/ledger.xlsx?year=2024")) == (422, "county-missing", "division")
    assert titles(await workbook(province, f"year=2024&division={COUNTY}"))
    assert titles(await workbook(Caller(app, Role.OFFICE, OTHER_COUNTY))) == []


@pytest.mark.rule("C20")
async def test_the_marks_of_a_workbook_are_what_the_system_says_it_recorded(
    app: FastAPI, tmp_path: Path
) -> None:
    office = Caller(app, Role.OFFICE, COUNTY)
    path = tmp_path / "ledger.xlsx"
    path.write_bytes((await office.ask("/ledger.xlsx?year=2024")).content)

    recorded_at = (await office.get("/ledger/recorded?year=2024"))["recorded_at"]
    reading = read_ledger(path, DIVISIONS)

    assert reading.errors == ()
    assert {mark.thing: mark.recorded_at for mark in reading.marks.values()} == recorded_at
    assert set(recorded_at) == {"plan-2024", "hall", LAMPS, "next"}


def test_plans_and_venues_do_not_mind_what_else_happened() -> None:
    assert fold_all(LEDGER_PLANS, stream_of("topic-x", PROPOSED)) == {}
    assert fold_all(LEDGER_VENUES, stream_of("topic-x", PROPOSED)) == {}
