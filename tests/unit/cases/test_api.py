"""Cases over HTTP: who may do what, what is looked up before a decision, what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from services.cases.app import SERVICE
from shared.contracts.meetings import AgreedOpinion, Attendance, MeetingHeld
from shared.contracts.types import MeetingForm
from shared.platform.auth import Role
from tests.http import EVERYBODY, Caller, Log, application, done, problem, react, who_may
from tests.unit.cases.examples import (
    COUNTY,
    HOUSING,
    LAMPS,
    MAY_10,
    NEXT_TOWN,
    OTHER_COUNTY,
    TOWN,
)

ENTRY = "meeting-on-lamps"
ENTRY_PATH, CORNER_PATH = f"/entries/{ENTRY}", "/problems/dark-corner"

OPENING: dict[str, Any] = {
    "entry_id": ENTRY,
    "topic_id": LAMPS,
    "division": TOWN,
    "held_on": "2024-05-10",
    "back_entry": True,
}
CASE: dict[str, Any] = {"title": "一盏灯照亮一条路", "written_on": "2024-07-01", "back_entry": True}
REPORT: dict[str, Any] = {
    "outlet": "惠民融媒",
    "level": "county",
    "title": "灯亮了",
    "page": "3 版",
    "reported_on": "2024-07-02",
}
EXEMPTION: dict[str, Any] = {
    "item": "report",
    "reason": "涉及个人隐私",
    "approver": "县政协主席会议",
    "exempted_on": "2024-07-02",
}
ASSIGNMENT: dict[str, Any] = {
    "problem_id": "dark-corner",
    "entry_id": ENTRY,
    "text": "村口没有路灯",
    "lead": HOUSING,
    "co_handlers": ["县供电公司"],
    "assigned_on": "2024-05-13",
}
REPLY: dict[str, Any] = {
    "result": "A",
    "replied_on": "2024-06-03",
    "text": "六盏路灯已装好",
    "contacted_on": "2024-05-20",
}
RATING: dict[str, Any] = {"rating": "satisfied", "rated_on": "2024-06-07"}
BAD_RATING: dict[str, Any] = {"rating": "dissatisfied", "rated_on": "2024-06-07", "reason": "还是太暗"}
CONFIRMATION: dict[str, Any] = {"reason": "提出人外出务工", "confirmed_on": "2024-06-25"}
REOPENING: dict[str, Any] = {"reason": "又不亮了", "due_on": "2024-09-02", "reopened_on": "2024-07-03"}

COMMANDS: dict[str, dict[str, Any]] = {
    "/entries": OPENING,
    f"{ENTRY_PATH}/case": CASE,
    f"{ENTRY_PATH}/reports": REPORT,
    f"{ENTRY_PATH}/exemptions": EXEMPTION,
    "/problems": ASSIGNMENT,
    f"{CORNER_PATH}/replies": REPLY,
    f"{CORNER_PATH}/rating": RATING,
    f"{CORNER_PATH}/confirmation": CONFIRMATION,
    f"{CORNER_PATH}/reopening": REOPENING,
}
NEEDED: dict[str, tuple[str, ...]] = {
    "/entries": ("entry_id", "topic_id", "division", "held_on"),
    f"{ENTRY_PATH}/case": ("title",),
    f"{ENTRY_PATH}/reports": ("outlet", "level"),
    f"{ENTRY_PATH}/exemptions": ("item", "reason", "approver"),
    "/problems": ("entry_id", "text", "lead", "assigned_on"),
    f"{CORNER_PATH}/replies": ("result", "replied_on"),
    f"{CORNER_PATH}/rating": ("rating",),
    f"{CORNER_PATH}/confirmation": ("reason", "confirmed_on"),
    f"{CORNER_PATH}/reopening": ("reason", "due_on"),
}


@pytest.fixture
def log() -> Log:
    """A log with nothing in it."""
    return Log()


@pytest.fixture
def app(log: Log) -> FastAPI:
    """The service on that log."""
    return application(SERVICE, log)


@pytest.fixture
def town(app: FastAPI) -> Caller:
    """The town's liaison office."""
    return Caller(app, Role.LIAISON, TOWN)


@pytest.fixture
def housing(app: FastAPI) -> Caller:
    """The county's housing department."""
    return Caller(app, Role.DEPARTMENT, COUNTY, organisation=HOUSING)


async def assigned(town: Caller) -> None:
    """Bring a problem of a consultation to its department."""
    done(await town.post("/entries", OPENING))
    done(await town.post("/problems", ASSIGNMENT))


async def replied(town: Caller) -> None:
    """Bring a problem to its reply."""
    await assigned(town)
    done(await town.post(f"{CORNER_PATH}/replies", REPLY))


# from meeting to closed loop


@pytest.mark.rule("C01")
@pytest.mark.rule("C17")
@pytest.mark.rule("C18")
async def test_a_loop_from_its_meeting_to_its_closing_and_back(
    log: Log, town: Caller, housing: Caller
) -> None:
    log.hear(
        f"meeting-{ENTRY}",
        MeetingHeld(
            meeting_id=ENTRY,
            topic_id=LAMPS,
            division=TOWN,
            form=MeetingForm.MICRO,
            held_on=MAY_10,
            opinions=(AgreedOpinion(opinion_id="opinion-1", text="补装六盏路灯"),),
            attendance=Attendance(present=6),
        ),
    )
    await react(SERVICE, log)

    problem_id = done(await town.post("/problems", {**ASSIGNMENT, "problem_id": None}))["id"]
    done(await housing.post(f"/problems/{problem_id}/replies", REPLY))
    done(await town.post(f"/problems/{problem_id}/rating", RATING))
    await react(SERVICE, log)
    done(await town.post(f"{ENTRY_PATH}/case", CASE))
    done(await town.post(f"{ENTRY_PATH}/exemptions", EXEMPTION))
    await react(SERVICE, log)

    shown = await town.get(ENTRY_PATH)
    assert (shown["closed"], shown["closed_on"], shown["opinions"]) == (True, "2024-07-02", ["补装六盏路灯"])
    assert {item: said["status"] for item, said in shown["items"].items()} == {
        "topic": "done",
        "consultation": "done",
        "problem": "done",
        "case": "done",
        "report": "exempted",
    }
    assert shown["items"]["problem"]["evidence"] == [f"problem-{problem_id}:4"]

    done(await town.post(f"/problems/{problem_id}/reopening", REOPENING))
    await react(SERVICE, log)

    shown = await town.get(ENTRY_PATH)
    assert (shown["closed"], shown["items"]["problem"]["status"]) == (False, "open")
    assert log.names(f"entry-{ENTRY}") == [
        *("LedgerEntryOpened", "LoopItemDone", "TypicalCaseWritten", "LoopItemExempted", "LoopClosed"),
        *("LoopItemUndone", "LoopReopened"),
    ]


async def test_an_old_record_is_entered_with_what_its_source_says(log: Log, app: FastAPI) -> None:
    office = Caller(app, Role.OFFICE, COUNTY)
    said = {"back_entry": True, "source": "ledger.xlsx#协商活动台账!12"}
    done(await office.post("/entries", {**OPENING, **said}))
    done(await office.post("/problems", {**ASSIGNMENT, **said, "due_on": "2024-06-30"}))
    done(await office.post(f"{CORNER_PATH}/replies", {"result": "A", "replied_on": "2024-06-03", **said}))
    done(await office.post(f"{CORNER_PATH}/rating", {"rating": "satisfied", **said}))
    done(await office.post(f"{ENTRY_PATH}/case", {"title": "一盏灯", **said}))
    done(await office.post(f"{ENTRY_PATH}/reports", {"outlet": "惠民融媒", "level": "county", **said}))
    await react(SERVICE, log)

    entry, shown = await office.get(ENTRY_PATH), await office.get(CORNER_PATH)

    assert (entry["closed"], entry["closed_on"]) == (True, None)
    assert (shown["status"], shown["solved_on"], shown["due_on"]) == ("solved", None, "2024-06-30")
    assert all(recorded.event.back_entry for recorded in log.events)
    assert "ledger.xlsx" not in f"{entry}{shown}"


# entries


@pytest.mark.rule("C01")
async def test_an_entry_is_opened_once_and_says_where_it_is(log: Log, town: Caller) -> None:
    opened = await town.post("/entries", OPENING)
    again = await town.post("/entries", OPENING)

    assert (opened.status_code, opened.headers["location"], opened.headers["etag"]) == (
        201,
        ENTRY_PATH,
        '"1"',
    )
    assert done(again) == {"id": ENTRY, "version": 1, "repeated": False}
    assert log.names(f"entry-{ENTRY}") == ["LedgerEntryOpened"]


@pytest.mark.rule("C17")
async def test_topic_and_consultation_cannot_be_exempted(town: Caller) -> None:
    await assigned(town)

    refused = await town.post(f"{ENTRY_PATH}/exemptions", {**EXEMPTION, "item": "topic"})

    assert problem(refused) == (422, "item-not-exemptible", "item")
    assert refused.json()["errors"][0]["rule"] == "C17"


# problems


@pytest.mark.rule("C02")
@pytest.mark.parametrize(
    ("assigned_on", "due_on"),
    [
        ("2024-05-13", "2024-08-13"),
        ("2024-05-17", "2024-08-19"),
        ("2024-07-01", "2024-10-08"),
        ("2024-06-29", "2024-09-29"),
    ],
    ids=["a-working-day", "a-saturday", "a-holiday", "a-sunday-that-is-worked"],
)
async def test_a_reply_is_due_after_three_months_on_a_working_day(
    town: Caller, assigned_on: str, due_on: str
) -> None:
    done(await town.post("/entries", OPENING))

    done(await town.post("/problems", {**ASSIGNMENT, "assigned_on": assigned_on}))

    assert (await town.get(CORNER_PATH))["due_on"] == due_on


@pytest.mark.rule("C02")
async def test_a_due_date_that_is_given_is_kept(town: Caller) -> None:
    done(await town.post("/entries", OPENING))

    done(await town.post("/problems", {**ASSIGNMENT, "due_on": "2024-06-15"}))

    assert (await town.get(CORNER_PATH))["due_on"] == "2024-06-15"


@pytest.mark.rule("C01")
@pytest.mark.parametrize("division", [TOWN, OTHER_COUNTY])
async def test_a_problem_comes_of_a_consultation_that_the_caller_knows_of(
    app: FastAPI, town: Caller, division: str
) -> None:
    elsewhere = {**OPENING, "entry_id": "far-away", "division": NEXT_TOWN}
    done(await Caller(app, Role.LIAISON, NEXT_TOWN).post("/entries", elsewhere))
    caller = Caller(app, Role.LIAISON, division)

    unknown = await caller.post("/problems", {**ASSIGNMENT, "entry_id": "no-such-entry"})
    hidden = await caller.post("/problems", {**ASSIGNMENT, "entry_id": "far-away"})

    assert problem(unknown) == problem(hidden) == (422, "entry-unknown", "entry_id")


async def test_an_id_is_one_problem_s(town: Caller) -> None:
    await assigned(town)

    assert problem(await town.post("/problems", ASSIGNMENT)) == (422, "problem-exists", "problem_id")


@pytest.mark.parametrize("role", [Role.LIAISON, Role.OFFICE])
async def test_what_came_on_paper_is_entered_for_the_department(
    app: FastAPI, town: Caller, role: Role
) -> None:
    await assigned(town)

    assert (await Caller(app, role, COUNTY).post(f"{CORNER_PATH}/replies", REPLY)).status_code == 200


@pytest.mark.parametrize("organisation", ["县水利局", "县供电公司", None])
async def test_a_department_answers_its_own_assignments_only(
    log: Log, app: FastAPI, town: Caller, organisation: str | None
) -> None:
    await assigned(town)
    other = Caller(app, Role.DEPARTMENT, COUNTY, organisation=organisation)

    assert (await other.post(f"{CORNER_PATH}/replies", REPLY)).status_code == 404
    assert log.names("problem-dark-corner") == ["ProblemAssigned"]


@pytest.mark.rule("C04")
@pytest.mark.rule("C07")
@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"text": None}, "reply-without-text", "text"),
        ({"result": "B"}, "follow-up-date-missing", "follow_up_on"),
        ({"result": "B", "follow_up_on": "2024-06-02"}, "follow-up-before-reply", "follow_up_on"),
        ({"contacted_on": None}, "contact-missing", "contacted_on"),
        ({"contacted_on": "2024-06-04"}, "contact-after-reply", "contacted_on"),
        ({"replied_on": "2024-05-12"}, "reply-too-early", "replied_on"),
    ],
)
async def test_a_reply_that_lacks_something_names_it(
    town: Caller, change: dict[str, Any], code: str, field: str
) -> None:
    await assigned(town)

    assert problem(await town.post(f"{CORNER_PATH}/replies", {**REPLY, **change})) == (422, code, field)


@pytest.mark.rule("C08")
async def test_a_rating_has_its_day_unless_an_old_record_lacks_it(town: Caller) -> None:
    await replied(town)
    dayless = {"rating": "satisfied"}

    assert problem(await town.post(f"{CORNER_PATH}/rating", dayless)) == (
        422,
        "rating-day-missing",
        "rated_on",
    )
    assert done(await town.post(f"{CORNER_PATH}/rating", {**dayless, "back_entry": True}))["version"] == 4


@pytest.mark.rule("C08")
async def test_a_reply_is_rated_once(town: Caller) -> None:
    await replied(town)
    done(await town.post(f"{CORNER_PATH}/rating", RATING))

    refused = await town.post(f"{CORNER_PATH}/rating", BAD_RATING)

    assert problem(refused) == (409, "already-rated", None)
    assert (refused.json()["rule"], refused.json()["detail"]) == ("C08", "每次答复只评价一次。")


async def test_a_refusal_is_told_in_english_to_who_prefers_it(town: Caller) -> None:
    await assigned(town)

    refused = await town.post(f"{CORNER_PATH}/reopening", REOPENING, language="en")

    assert refused.json()["detail"] == "The problem is handling; this cannot be done now."


@pytest.mark.rule("C10")
@pytest.mark.parametrize(
    ("change", "due_on"),
    [({}, "2024-09-09"), ({"due_on": "2024-06-20"}, "2024-06-20"), ({"back_entry": True}, None)],
    ids=["three months", "as given", "not in the old record"],
)
async def test_what_does_not_satisfy_is_due_once_more(
    town: Caller, change: dict[str, Any], due_on: str | None
) -> None:
    await replied(town)

    done(await town.post(f"{CORNER_PATH}/rating", {**BAD_RATING, **change}))

    shown = await town.get(CORNER_PATH)
    assert (shown["status"], shown["attempt"], shown["due_on"]) == ("handling", 2, due_on)


@pytest.mark.rule("C09")
@pytest.mark.parametrize(
    ("confirmed_on", "status"),
    [("2024-06-24", 422), ("2024-06-25", 200)],
    ids=["14 working days", "15 working days"],
)
async def test_15_working_days_are_counted_without_holidays(
    app: FastAPI, town: Caller, confirmed_on: str, status: int
) -> None:
    """From 3 June 2024, over the Dragon Boat Festival on Monday 10 June."""
    await replied(town)
    convener = Caller(app, Role.CONVENER, TOWN)

    answer = await convener.post(
        f"{CORNER_PATH}/confirmation", {**CONFIRMATION, "confirmed_on": confirmed_on}
    )

    assert answer.status_code == status


@pytest.mark.rule("C09")
async def test_a_problem_without_a_reply_is_not_confirmed(town: Caller) -> None:
    await assigned(town)

    assert problem(await town.post(f"{CORNER_PATH}/confirmation", CONFIRMATION)) == (
        409,
        "problem-status",
        None,
    )


# versions and repetitions


async def test_the_same_key_is_the_same_command(log: Log, town: Caller) -> None:
    done(await town.post("/entries", OPENING))
    asked = {name: value for name, value in ASSIGNMENT.items() if name != "problem_id"}

    first = done(await town.post("/problems", asked, key="once"))
    again = done(await town.post("/problems", asked, key="once"))
    another = done(await town.post("/problems", asked, key="twice"))

    assert again == {**first, "repeated": True}
    assert another["id"] != first["id"]
    assert len(log.events) == 3


async def test_a_repeated_request_gets_the_first_answer_whatever_has_changed_since(town: Caller) -> None:
    await replied(town)
    first = done(await town.post(f"{CORNER_PATH}/rating", RATING, key="once"))
    done(await town.post(f"{CORNER_PATH}/reopening", REOPENING))

    assert done(await town.post(f"{CORNER_PATH}/rating", RATING, key="once")) == {**first, "repeated": True}


async def test_a_key_stands_for_one_command(town: Caller) -> None:
    await replied(town)
    done(await town.post(f"{CORNER_PATH}/rating", RATING, key="once"))

    other = await town.post(f"{CORNER_PATH}/rating", BAD_RATING, key="once")

    assert problem(other)[:2] == (422, "idempotency-key-reused")


async def test_a_colleague_with_the_same_key_says_the_same_again(app: FastAPI, town: Caller) -> None:
    """A ledger that two clerks import gives an activity one media report, not two."""
    done(await town.post("/entries", OPENING))
    done(await town.post(f"{ENTRY_PATH}/reports", REPORT, key="once"))
    colleague = Caller(app, Role.LIAISON, TOWN, subject="p-2")

    assert done(await colleague.post(f"{ENTRY_PATH}/reports", REPORT, key="once"))["repeated"]


async def test_a_change_of_what_has_changed_since_is_refused(log: Log, town: Caller) -> None:
    await replied(town)

    refused = await town.post(f"{CORNER_PATH}/rating", RATING, if_match='"1"')

    assert problem(refused)[:2] == (412, "version-conflict")
    assert log.names("problem-dark-corner") == ["ProblemAssigned", "ProblemReplied"]
    assert done(await town.post(f"{CORNER_PATH}/rating", RATING, if_match='"2"'))["version"] == 4


async def test_a_read_waits_for_the_version_it_asks_for(town: Caller) -> None:
    await assigned(town)

    there = await town.ask(CORNER_PATH, hxs_min_version="1")
    not_yet = await town.ask(CORNER_PATH, hxs_min_version="2")

    assert (there.status_code, there.headers["etag"]) == (200, '"1"')
    assert problem(not_yet)[:2] == (503, "not-caught-up")


# input


@pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, fields in NEEDED.items() for field in fields]
)
async def test_what_a_command_needs_is_named_where_it_is_missing(
    log: Log, town: Caller, path: str, field: str
) -> None:
    body = {name: value for name, value in COMMANDS[path].items() if name != field}

    assert problem(await town.post(path, body)) == (422, "invalid-fields", field)
    assert not log.events


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/entries", "entry_id", "NOT AN ID"),
        ("/entries", "division", "3716210"),
        ("/entries", "held_on", "2024-02-30"),
        (f"{ENTRY_PATH}/case", "title", "  "),
        (f"{ENTRY_PATH}/case", "written_on", "0001-01-01"),
        (f"{ENTRY_PATH}/reports", "level", "town"),
        (f"{ENTRY_PATH}/exemptions", "item", "prize"),
        ("/problems", "assigned_on", "9999-12-31"),
        ("/problems", "lead", "x" * 201),
        (f"{CORNER_PATH}/replies", "result", "E"),
        (f"{CORNER_PATH}/replies", "follow_up_on", "2200-01-01"),
        (f"{CORNER_PATH}/rating", "rating", "5 stars"),
        (f"{CORNER_PATH}/rating", "rated_on", "9999-12-31"),
        (f"{CORNER_PATH}/confirmation", "confirmed_on", "soon"),
        (f"{CORNER_PATH}/reopening", "due_on", None),
    ],
)
async def test_bad_input_is_named_and_nothing_is_written(
    log: Log, town: Caller, path: str, field: str, value: object
) -> None:
    refused = await town.post(path, {**COMMANDS[path], field: value})

    assert problem(refused) == (422, "invalid-fields", field)
    assert not log.events


# rights

LIAISONS = {Role.LIAISON, Role.OFFICE}
CONVENERS = {Role.CONVENER, *LIAISONS}
HANDLERS = {Role.DEPARTMENT, *LIAISONS}
READERS = {Role.MEMBER, Role.DEPARTMENT, Role.AUDITOR, *CONVENERS}


async def test_who_may_do_what(app: FastAPI) -> None:
    assert await who_may(app, TOWN) == {
        "GET /archive": READERS,
        "GET /archive/{file_number}": READERS,
        "GET /cases": set(EVERYBODY),
        "GET /cases/drafts": LIAISONS,
        "GET /cases/{case_id}": set(EVERYBODY),
        "GET /cases/{case_id}/case.docx": set(EVERYBODY),
        "GET /cases/{case_id}/findings": LIAISONS,
        "GET /cases/{case_id}/history": {*CONVENERS, Role.AUDITOR},
        "POST /cases/{case_id}/publication": LIAISONS,
        "POST /cases/{case_id}/selections": set(),  # nobody of a town: the county's office
        "GET /cases/{case_id}/suggestion": LIAISONS,
        "GET /cases/{case_id}/text": LIAISONS,
        "PUT /cases/{case_id}/text": LIAISONS,
        "GET /cases/{case_id}/text.docx": LIAISONS,
        "GET /cases/{case_id}/versions": READERS,
        "GET /entries": READERS,
        "POST /entries": LIAISONS,
        "GET /entries/{entry_id}": READERS,
        "GET /entries/{entry_id}/history": {*CONVENERS, Role.AUDITOR},
        "POST /entries/{entry_id}/archiving": LIAISONS,
        "GET /ledger.xlsx": READERS,
        "GET /ledger/recorded": LIAISONS,
        "POST /entries/{entry_id}/case": LIAISONS,
        "POST /entries/{entry_id}/cases": LIAISONS,
        "POST /entries/{entry_id}/exemptions": LIAISONS,
        "GET /entries/{entry_id}/files/{file_id}": READERS,
        "POST /entries/{entry_id}/reports": LIAISONS,
        "GET /problems": READERS,
        "POST /problems": LIAISONS,
        "GET /problems/{problem_id}": READERS,
        "GET /problems/{problem_id}/history": {*CONVENERS, Role.AUDITOR},
        "POST /problems/{problem_id}/confirmation": CONVENERS,
        "GET /problems/{problem_id}/files/{file_id}": {Role.DEPARTMENT, Role.AUDITOR, *CONVENERS},
        "POST /problems/{problem_id}/contacts": HANDLERS,
        "POST /problems/{problem_id}/decision": set(),  # nobody of a town: the county's office
        "POST /problems/{problem_id}/extension": LIAISONS,
        "POST /problems/{problem_id}/progress": HANDLERS,
        "POST /problems/{problem_id}/rating": {Role.RESIDENT, Role.MEMBER, *CONVENERS},
        "POST /problems/{problem_id}/reassignment": LIAISONS,
        "POST /problems/{problem_id}/reopening": LIAISONS,
        "POST /problems/{problem_id}/replies": HANDLERS,
        "POST /problems/{problem_id}/return": HANDLERS,
        "GET /receipts/{receipt}/problems": set(EVERYBODY),
        "POST /receipts/{receipt}/problems/{problem_id}/rating": set(EVERYBODY),
    }


@pytest.mark.parametrize("path", [p for p in COMMANDS if not p.endswith(("confirmation", "reopening"))])
async def test_only_liaison_and_office_enter_what_happened_before(log: Log, app: FastAPI, path: str) -> None:
    body = {**COMMANDS[path], "back_entry": True}
    for role in (Role.CONVENER, Role.DEPARTMENT):
        caller = Caller(app, role, TOWN, organisation=HOUSING)
        assert problem(await caller.post(path, body))[:2] == (403, "role-not-allowed")

    assert not log.events


@pytest.mark.parametrize("division", [NEXT_TOWN, OTHER_COUNTY, f"{TOWN}201"])
async def test_what_lies_elsewhere_is_not_there(log: Log, app: FastAPI, town: Caller, division: str) -> None:
    await replied(town)
    before = len(log.events)
    stranger = Caller(app, Role.OFFICE, division)

    for path, body in COMMANDS.items():
        if path != "/problems":
            assert problem(await stranger.post(path, body))[:2] == (404, "not-found"), path
    assert await stranger.status_of(ENTRY_PATH) == 404
    assert await stranger.status_of(CORNER_PATH) == 404
    assert (await stranger.get("/entries"))["items"] == []
    assert (await stranger.get("/problems"))["items"] == []
    assert len(log.events) == before


async def test_what_is_not_there_is_answered_as_what_lies_elsewhere(town: Caller) -> None:
    for path, body in COMMANDS.items():
        if path not in ("/entries", "/problems"):
            assert problem(await town.post(path, body))[:2] == (404, "not-found"), path


# lists


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["next-door", "in-town"]),
        (f"?division={TOWN}", ["in-town"]),
        ("?closed=false", ["next-door"]),
        ("?closed=true", ["in-town"]),
        (f"?closed=true&division={NEXT_TOWN}", []),
    ],
)
async def test_entries_are_found_by_division_and_whether_their_loop_is_closed(
    app: FastAPI, question: str, found: list[str]
) -> None:
    office = Caller(app, Role.OFFICE, COUNTY)
    done(await office.post("/entries", {**OPENING, "entry_id": "in-town"}))
    done(await office.post("/entries", {**OPENING, "entry_id": "next-door", "division": NEXT_TOWN}))
    for item in ("problem", "case", "report"):
        done(await office.post("/entries/in-town/exemptions", {**EXEMPTION, "item": item}))

    answer = await office.get(f"/entries{question}")

    assert [entry["entry_id"] for entry in answer["items"]] == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["dark-path", "dark-corner"]),
        ("?status=handling", ["dark-path"]),
        ("?status=replied", ["dark-corner"]),
        (f"?entry_id={ENTRY}", ["dark-path", "dark-corner"]),
        ("?entry_id=another", []),
        (f"?division={TOWN}&status=replied", ["dark-corner"]),
    ],
)
async def test_problems_are_found_by_status_and_entry(town: Caller, question: str, found: list[str]) -> None:
    await replied(town)
    done(await town.post("/problems", {**ASSIGNMENT, "problem_id": "dark-path"}))

    answer = await town.get(f"/problems{question}")

    assert [shown["problem_id"] for shown in answer["items"]] == found


async def test_a_list_is_read_page_by_page_newest_first(town: Caller) -> None:
    done(await town.post("/entries", OPENING))
    for name, day in (("first", "2024-05-06"), ("second", "2024-05-07"), ("third", "2024-05-07")):
        done(await town.post("/problems", {**ASSIGNMENT, "problem_id": name, "assigned_on": day}))

    first = await town.get("/problems?limit=2")
    last = await town.get(f"/problems?limit=2&cursor={first['next']}")

    assert [shown["problem_id"] for shown in first["items"]] == ["third", "second"]
    assert ([shown["problem_id"] for shown in last["items"]], last["next"]) == (["first"], None)


@pytest.mark.parametrize("path", ["/entries", "/problems"])
async def test_a_list_is_exported_with_its_status_in_chinese(town: Caller, path: str) -> None:
    await replied(town)

    headings, line = (await town.ask(f"{path}?format=csv")).text.lstrip("\ufeff").splitlines()

    shown = dict(zip(headings.split(","), line.split(","), strict=True))
    expected = {"/entries": ("已闭环", "否"), "/problems": ("状态", "已答复")}[path]
    assert expected in shown.items()


async def test_a_problem_and_the_list_are_shown_as_they_stood_on_a_day(town: Caller) -> None:
    await replied(town)
    before = ASSIGNMENT["assigned_on"]

    problem_then = await town.get(f"/problems/dark-corner?as_of={before}")
    (listed_then,) = (await town.get(f"/problems?as_of={before}"))["items"]

    assert problem_then == listed_then
    assert problem_then["status"] == "handling"
    assert (await town.get("/problems/dark-corner"))["status"] == "replied"


async def test_histories_tell_in_chinese_what_was_done_on_which_day(town: Caller) -> None:
    await replied(town)

    entry = (await town.get(f"{ENTRY_PATH}/history"))["items"]
    problem_ = (await town.get(f"{CORNER_PATH}/history"))["items"]

    assert [event["title"] for event in entry] == ["登记入台账"]
    assert [(event["title"], event["happened_on"]) for event in problem_] == [
        ("交办", ASSIGNMENT["assigned_on"]),
        ("答复", REPLY["replied_on"]),
    ]
