"""Problems over HTTP: who acts on them, by which day, with which files; how they are found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from fastapi import FastAPI

from services.cases.app import SERVICE
from shared.contracts.types import FileRef
from shared.platform.auth import Role
from shared.platform.clock import current_time
from tests.http import Caller, Log, application, done, problem
from tests.unit.cases.examples import COUNTY, HOUSING, LAMPS, NEXT_TOWN, OTHER_COUNTY, POWER, TOWN, TRANSPORT

ENTRY, CORNER = "meeting-on-lamps", "/problems/dark-corner"

OPENING: dict[str, Any] = {
    "entry_id": ENTRY,
    "topic_id": LAMPS,
    "division": TOWN,
    "held_on": "2024-05-10",
    "opinions": ["村口补装路灯", "小路补装路灯"],
    "back_entry": True,
}
ASSIGNMENT: dict[str, Any] = {
    "problem_id": "dark-corner",
    "entry_id": ENTRY,
    "text": "村口没有路灯",
    "lead": HOUSING,
    "co_handlers": [POWER],
    "assigned_on": "2024-05-13",
}
RETURN: dict[str, Any] = {"reason": "村道归交通运输局管养", "returned_on": "2024-05-16"}
REASSIGNMENT: dict[str, Any] = {"lead": TRANSPORT, "assigned_on": "2024-05-17"}
CONTACT: dict[str, Any] = {"means": "phone", "outcome": "同意先装主路", "contacted_on": "2024-05-20"}
PROGRESS: dict[str, Any] = {"percent": 40, "note": "灯杆已到货", "reported_on": "2024-05-20"}
EXTENSION: dict[str, Any] = {
    "reason": "灯具到货推迟",
    "approver": "县政协主席会议",
    "due_on": "2024-11-13",
    "extended_on": "2024-07-01",
}
REPLY: dict[str, Any] = {
    "result": "A",
    "replied_on": "2024-06-03",
    "text": "六盏路灯已装好",
    "contacted_on": "2024-05-20",
}
RATING: dict[str, Any] = {"rating": "satisfied", "rated_on": "2024-06-07"}
BAD: dict[str, Any] = {"rating": "dissatisfied", "rated_on": "2024-06-07", "reason": "还是太暗"}
DECISION: dict[str, Any] = {"decision": "handle-again", "reason": "确未解决", "decided_on": "2024-07-03"}

COMMANDS: dict[str, dict[str, Any]] = {
    f"{CORNER}/return": RETURN,
    f"{CORNER}/reassignment": REASSIGNMENT,
    f"{CORNER}/contacts": CONTACT,
    f"{CORNER}/progress": PROGRESS,
    f"{CORNER}/extension": EXTENSION,
    f"{CORNER}/replies": REPLY,
    f"{CORNER}/rating": RATING,
    f"{CORNER}/decision": DECISION,
}
NEEDED: dict[str, tuple[str, ...]] = {
    f"{CORNER}/return": ("reason",),
    f"{CORNER}/reassignment": ("lead",),
    f"{CORNER}/contacts": ("means", "outcome"),
    f"{CORNER}/progress": ("percent", "note"),
    f"{CORNER}/extension": ("reason", "approver", "due_on"),
    f"{CORNER}/decision": ("decision", "reason"),
}


@dataclass
class County:
    """The service in a county, on a day that a test may choose."""

    log: Log = field(default_factory=Log)
    now: datetime = datetime(2024, 7, 4, 1, 0, tzinfo=UTC)
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        async def clock() -> datetime:
            return self.now

        self.app = application(SERVICE, self.log, instead={current_time: clock})

    def on(self, day: str) -> None:
        """Make it another day, in the morning."""
        self.now = datetime.fromisoformat(f"{day}T01:00:00+00:00")

    def caller(self, role: Role, division: str = TOWN, **who: Any) -> Caller:
        """Return somebody of the county."""
        return Caller(self.app, role, division, **who)

    def department(self, name: str) -> Caller:
        """Return a department of the county."""
        return self.caller(Role.DEPARTMENT, COUNTY, organisation=name)

    def names(self) -> list[str]:
        """Return what happened to the problem."""
        return self.log.names("problem-dark-corner")

    async def shown(self, query: str = "") -> Any:
        """Return the problem as the town sees it."""
        return await self.caller(Role.LIAISON).get(f"{CORNER}{query}")

    async def uploaded(self, division: str = COUNTY) -> FileRef:
        """Put a file, as somebody of a division."""

        async def chunks() -> AsyncIterator[bytes]:
            yield b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"

        ref: FileRef = await self.app.state.files.put(
            chunks(), name="现场.pdf", division=division, by="somebody"
        )
        return ref


@pytest.fixture
def county() -> County:
    """A county without a record."""
    return County()


@pytest.fixture
def town(county: County) -> Caller:
    """The town's liaison office."""
    return county.caller(Role.LIAISON)


@pytest.fixture
def housing(county: County) -> Caller:
    """The lead handler."""
    return county.department(HOUSING)


async def assigned(town: Caller, **change: Any) -> None:
    done(await town.post("/entries", OPENING))
    done(await town.post("/problems", {**ASSIGNMENT, **change}))


async def referred(town: Caller) -> None:
    """Bring a problem to its second reply that does not satisfy."""
    await assigned(town)
    for replied_on, rated_on in (("2024-06-03", "2024-06-07"), ("2024-07-01", "2024-07-02")):
        done(await town.post(f"{CORNER}/replies", {**REPLY, "replied_on": replied_on}))
        done(await town.post(f"{CORNER}/rating", {**BAD, "rated_on": rated_on}))


# assignment


@pytest.mark.rule("C01")
@pytest.mark.rule("C02")
async def test_a_problem_takes_its_words_from_the_opinion_that_it_came_of(
    county: County, town: Caller
) -> None:
    await assigned(town, text=None, opinion=2)

    shown = await county.shown()
    assert (shown["text"], shown["opinion"]) == ("小路补装路灯", 2)


@pytest.mark.rule("C01")
@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"opinion": 3}, (422, "opinion-unknown", "opinion")),
        ({"opinion": 0}, (422, "invalid-fields", "opinion")),
        ({"text": None}, (422, "invalid-fields", "text")),
    ],
    ids=["no such opinion", "counted from one", "nothing said"],
)
async def test_a_problem_says_what_it_is_or_of_which_opinion(
    town: Caller, change: dict[str, Any], refused: tuple[int, str, str]
) -> None:
    done(await town.post("/entries", OPENING))

    assert problem(await town.post("/problems", {**ASSIGNMENT, **change})) == refused


async def test_telephone_numbers_do_not_get_into_what_is_kept_for_ever(
    county: County, town: Caller, housing: Caller
) -> None:
    number = "请联系 138-1234-5678"
    await assigned(town, text=number)
    done(await housing.post(f"{CORNER}/contacts", {**CONTACT, "outcome": number}))
    done(await housing.post(f"{CORNER}/progress", {**PROGRESS, "note": number}))
    done(await housing.post(f"{CORNER}/replies", {**REPLY, "text": number}))
    done(await town.post(f"{CORNER}/rating", {**BAD, "reason": number}))

    assert all("1234" not in recorded.event.model_dump_json() for recorded in county.log.events)
    assert (await county.shown())["text"] == "请联系 138-****-5678"


# returned and assigned anew


@pytest.mark.rule("C03")
async def test_a_problem_is_returned_assigned_anew_and_both_are_kept(
    county: County, town: Caller, housing: Caller
) -> None:
    await assigned(town)
    done(await housing.post(f"{CORNER}/return", RETURN))
    returned = await county.shown()
    done(await town.post(f"{CORNER}/reassignment", REASSIGNMENT))

    shown = await county.shown()
    assert (returned["status"], returned["light"]) == ("returned", "none")
    assert (shown["status"], shown["lead"], shown["due_on"]) == ("handling", TRANSPORT, "2024-08-19")
    assert [(given["lead"], given["returned_on"]) for given in shown["assignments"]] == [
        (HOUSING, "2024-05-16"),
        (TRANSPORT, None),
    ]
    assert problem(await housing.post(f"{CORNER}/replies", REPLY))[0] == 404
    done(await county.department(TRANSPORT).post(f"{CORNER}/replies", REPLY))


@pytest.mark.rule("C03")
async def test_a_return_that_comes_too_late_is_told_until_when_it_could_have_come(
    county: County, town: Caller, housing: Caller
) -> None:
    await assigned(town)

    refused = await housing.post(f"{CORNER}/return", {"reason": "不归我局"})

    assert problem(refused) == (422, "returned-too-late", "returned_on")
    assert "2024-05-16" in refused.json()["detail"]
    assert refused.json()["errors"][0]["rule"] == "C03"


# whose hands it is in


@pytest.mark.rule("C05")
async def test_co_handlers_report_progress_and_do_nothing_else(county: County, town: Caller) -> None:
    await assigned(town)
    power = county.department(POWER)

    done(await power.post(f"{CORNER}/progress", PROGRESS))

    for action, body in (("return", RETURN), ("contacts", CONTACT), ("replies", REPLY)):
        assert problem(await power.post(f"{CORNER}/{action}", body))[:2] == (404, "not-found"), action
    (step,) = (await county.shown())["progress"]
    assert (step["by"], step["percent"]) == (POWER, 40)
    assert county.names() == ["ProblemAssigned", "ProgressReported"]


@pytest.mark.parametrize("division", [COUNTY, OTHER_COUNTY])
async def test_a_department_acts_on_its_own_assignments_only(
    county: County, town: Caller, division: str
) -> None:
    """Departments of two counties may have one name."""
    await assigned(town)
    name = HOUSING if division == OTHER_COUNTY else "县水利局"
    other = county.caller(Role.DEPARTMENT, division, organisation=name)

    for action, body in (
        *(("return", RETURN), ("contacts", CONTACT)),
        *(("progress", PROGRESS), ("replies", REPLY)),
    ):
        assert problem(await other.post(f"{CORNER}/{action}", body))[:2] == (404, "not-found"), action
    assert county.names() == ["ProblemAssigned"]


@pytest.mark.rule("C04")
async def test_a_reply_after_a_recorded_contact_need_not_state_it(
    county: County, town: Caller, housing: Caller
) -> None:
    await assigned(town)
    silent = {**REPLY, "contacted_on": None}

    assert problem(await housing.post(f"{CORNER}/replies", silent))[1] == "contact-missing"
    done(await housing.post(f"{CORNER}/contacts", CONTACT))
    done(await housing.post(f"{CORNER}/replies", silent))

    shown = await county.shown()
    assert shown["replies"][0]["contacted_on"] == "2024-05-20"
    assert shown["contacts"][0]["means"] == "phone"


# files


@pytest.mark.rule("C05")
@pytest.mark.rule("C07")
async def test_evidence_is_read_by_the_offices_and_by_those_it_was_assigned_to(
    county: County, town: Caller, housing: Caller
) -> None:
    await assigned(town)
    of_progress, of_reply = await county.uploaded(), await county.uploaded()
    done(await housing.post(f"{CORNER}/progress", {**PROGRESS, "files": [of_progress.file_id]}))
    done(await housing.post(f"{CORNER}/replies", {**REPLY, "files": [of_reply.file_id]}))

    readers = (
        *(town, housing, county.department(POWER), county.caller(Role.OFFICE, COUNTY)),
        *(county.caller(Role.AUDITOR, COUNTY), county.caller(Role.CONVENER)),
    )
    for file in (of_progress, of_reply):
        for reader in readers:
            answer = await reader.ask(f"{CORNER}/files/{file.file_id}")
            assert (answer.status_code, answer.headers["etag"]) == (200, f'"{file.sha256}"')
    (step,) = (await county.shown())["progress"]
    assert step["files"][0]["sha256"] == of_progress.sha256


@pytest.mark.rule("C05")
async def test_evidence_is_not_there_for_anybody_else(county: County, town: Caller, housing: Caller) -> None:
    await assigned(town)
    file, other = await county.uploaded(), await county.uploaded()
    done(await housing.post(f"{CORNER}/progress", {**PROGRESS, "files": [file.file_id]}))
    path = f"{CORNER}/files/{file.file_id}"

    assert await county.department("县水利局").status_of(path) == 404
    assert await county.caller(Role.DEPARTMENT, COUNTY).status_of(path) == 404
    assert await county.caller(Role.OFFICE, NEXT_TOWN).status_of(path) == 404
    assert await county.caller(Role.MEMBER).status_of(path) == 403
    assert await town.status_of(f"{CORNER}/files/{other.file_id}") == 404


@pytest.mark.rule("C05")
async def test_a_file_of_another_division_or_none_is_no_evidence(
    county: County, town: Caller, housing: Caller
) -> None:
    await assigned(town)
    file = await county.uploaded(OTHER_COUNTY)

    for file_id in (file.file_id, "no-such-file"):
        refused = await housing.post(f"{CORNER}/progress", {**PROGRESS, "files": [file_id]})
        assert problem(refused)[0] == 404
    assert county.names() == ["ProblemAssigned"]


@pytest.mark.rule("C05")
async def test_what_is_refused_binds_no_file(county: County, town: Caller) -> None:
    """Not even that of a department of the same name in another county."""
    await assigned(town)
    file = await county.uploaded(OTHER_COUNTY)
    namesake = county.caller(Role.DEPARTMENT, OTHER_COUNTY, organisation=HOUSING)

    refused = await namesake.post(f"{CORNER}/progress", {**PROGRESS, "files": [file.file_id]})

    assert problem(refused)[:2] == (404, "not-found")
    assert (await county.app.state.files.open(file.file_id)).stream is None


# extension


@pytest.mark.rule("C06")
async def test_an_extension_is_shown_with_what_it_extended(county: County, town: Caller) -> None:
    await assigned(town)
    done(await town.post(f"{CORNER}/extension", EXTENSION))

    refused = await town.post(f"{CORNER}/extension", {**EXTENSION, "due_on": "2024-11-14"})

    assert problem(refused) == (422, "extension-too-long", "due_on")
    shown = await county.shown()
    assert (shown["due_on"], shown["next_due_on"]) == ("2024-11-13", "2024-11-13")
    (extension,) = shown["extensions"]
    assert (extension["due_before"], extension["approver"]) == ("2024-08-13", "县政协主席会议")


# decided by the office


@pytest.mark.rule("C10")
async def test_the_office_decides_what_did_not_satisfy_twice(county: County, town: Caller) -> None:
    await referred(town)
    office = county.caller(Role.OFFICE, COUNTY)

    done(await office.post(f"{CORNER}/decision", {**DECISION, "lead": TRANSPORT}))

    shown = await county.shown()
    assert (shown["status"], shown["lead"], shown["attempt"]) == ("handling", TRANSPORT, 3)
    assert shown["due_on"] == "2024-10-08", "3 October is a holiday"
    (decision,) = shown["decisions"]
    assert (decision["decision"], decision["reason"]) == ("handle-again", "确未解决")


@pytest.mark.rule("C10")
@pytest.mark.rule("C11")
async def test_what_the_office_ends_is_closed_and_not_solved(county: County, town: Caller) -> None:
    await referred(town)
    office = county.caller(Role.OFFICE, COUNTY)

    done(await office.post(f"{CORNER}/decision", {"decision": "close", "reason": "受规划所限"}))

    shown = await county.shown()
    assert (shown["status"], shown["closed_because"], shown["solved_on"]) == ("closed", "受规划所限", None)
    assert shown["closed_on"] == "2024-07-04", "today"
    assert "ProblemSolved" not in county.names()


@pytest.mark.rule("C10")
@pytest.mark.parametrize(("role", "division"), [(Role.OFFICE, TOWN), (Role.LIAISON, COUNTY)])
async def test_only_the_county_s_office_decides(
    county: County, town: Caller, role: Role, division: str
) -> None:
    await referred(town)

    refused = await county.caller(role, division).post(f"{CORNER}/decision", DECISION)

    assert problem(refused)[:2] == (403, "role-not-allowed")


# days


@pytest.mark.rule("C07")
async def test_no_reply_is_of_tomorrow(county: County, town: Caller) -> None:
    county.on("2024-06-02")
    await assigned(town)

    assert problem(await town.post(f"{CORNER}/replies", REPLY)) == (422, "day-in-future", "replied_on")

    county.on("2024-06-03")
    done(await town.post(f"{CORNER}/replies", REPLY))


@pytest.mark.rule("C09")
async def test_a_solution_is_not_confirmed_with_a_day_that_has_not_come(county: County, town: Caller) -> None:
    await assigned(town)
    done(await town.post(f"{CORNER}/replies", REPLY))
    county.on("2024-06-24")
    confirmation = {"reason": "提出人外出务工", "confirmed_on": "2024-06-25"}

    ahead = await town.post(f"{CORNER}/confirmation", confirmation)
    county.on("2024-06-25")
    first = done(await town.post(f"{CORNER}/confirmation", confirmation, key="once"))
    county.on("2024-07-04")
    again = done(await town.post(f"{CORNER}/confirmation", confirmation, key="once"))

    assert problem(ahead) == (422, "day-in-future", "confirmed_on")
    assert again == {**first, "repeated": True}


# reading


@pytest.mark.rule("C12")
async def test_a_light_is_of_the_day_that_is_asked_for(county: County, town: Caller) -> None:
    await assigned(town)

    lights = {
        day: (await county.shown(f"?as_of={day}"))["light"]
        for day in ("2024-05-13", "2024-08-02", "2024-08-14")
    }
    county.on("2024-08-20")
    today = await county.shown()

    assert lights == {"2024-05-13": "green", "2024-08-02": "yellow", "2024-08-14": "red"}
    assert (today["light"], today["working_days_left"]) == ("red", -5)


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("light=red", ["late"]),
        ("light=yellow", ["soon", "today"]),
        ("light=green", ["far"]),
        ("light=none", ["answered"]),
        ("light=red&as_of=2024-07-03", []),
        ("due_from=2024-07-04&due_to=2024-07-15", ["soon", "today"]),
        ("due_to=2024-07-03", ["late"]),
        (f"lead={HOUSING}&light=green", ["far"]),
        (f"lead={POWER}", []),
        ("status=replied", ["answered"]),
        ("sort=next_due_on&light=yellow", ["today", "soon"]),
    ],
)
async def test_problems_are_found_by_light_due_date_and_lead(
    county: County, town: Caller, question: str, found: list[str]
) -> None:
    done(await town.post("/entries", OPENING))
    days = {
        "late": "2024-07-03",
        "today": "2024-07-04",
        "soon": "2024-07-15",
        "far": "2024-07-16",
        "answered": "2024-07-04",
    }
    for name, due_on in days.items():
        done(await town.post("/problems", {**ASSIGNMENT, "problem_id": name, "due_on": due_on}))
    done(await town.post("/problems/answered/replies", REPLY))

    answer = await town.get(f"/problems?{question}")

    shown = [item["problem_id"] for item in answer["items"]]
    assert shown == found if "sort" in question else sorted(shown) == sorted(found)


@pytest.mark.rule("C12")
async def test_the_list_is_exported_with_its_lights(town: Caller) -> None:
    await assigned(town)

    headings, line = (await town.ask("/problems?format=csv")).text.lstrip("\ufeff").splitlines()

    shown = dict(zip(headings.split(","), line.split(","), strict=True))
    assert (shown["亮灯"], shown["剩余工作日"]) == ("绿", "28")


async def test_the_history_tells_each_step_with_its_day(county: County, town: Caller) -> None:
    await assigned(town)
    for action, body in (("return", RETURN), ("reassignment", REASSIGNMENT), ("contacts", CONTACT)):
        done(await town.post(f"{CORNER}/{action}", body))

    told = (await town.get(f"{CORNER}/history"))["items"]

    assert [(event["title"], event["happened_on"]) for event in told] == [
        ("交办", "2024-05-13"),
        ("退回交办", "2024-05-16"),
        ("重新交办", "2024-05-17"),
        ("与提出人沟通", "2024-05-20"),
    ]


# input and reach


@pytest.mark.parametrize(
    ("path", "field_"), [(path, name) for path, names in NEEDED.items() for name in names]
)
async def test_what_a_command_needs_is_named_where_it_is_missing(
    county: County, path: str, field_: str
) -> None:
    body = {name: value for name, value in COMMANDS[path].items() if name != field_}
    office = county.caller(Role.OFFICE, COUNTY)

    assert problem(await office.post(path, body)) == (422, "invalid-fields", field_)


@pytest.mark.parametrize("path", COMMANDS)
async def test_what_lies_elsewhere_is_not_there(county: County, town: Caller, path: str) -> None:
    await assigned(town)
    stranger = county.caller(Role.OFFICE, OTHER_COUNTY)
    if path.endswith("decision"):
        assert problem(await stranger.post(path, COMMANDS[path]))[0] == 403
    else:
        assert problem(await stranger.post(path, COMMANDS[path]))[:2] == (404, "not-found")
    assert county.names() == ["ProblemAssigned"]


@pytest.mark.parametrize("path", COMMANDS)
async def test_what_is_not_there_is_answered_as_what_lies_elsewhere(county: County, path: str) -> None:
    office = county.caller(Role.OFFICE, COUNTY)

    assert problem(await office.post(path, COMMANDS[path]))[:2] == (404, "not-found")


@pytest.mark.parametrize("path", [path for path in COMMANDS if not path.endswith("decision")])
async def test_only_liaison_and_office_enter_what_happened_before(
    county: County, town: Caller, housing: Caller, path: str
) -> None:
    await assigned(town)
    convener = county.caller(Role.CONVENER)

    for caller in (housing, convener):
        refused = await caller.post(path, {**COMMANDS[path], "back_entry": True})
        assert problem(refused)[:2] == (403, "role-not-allowed")


async def test_an_old_record_tells_the_whole_life_of_a_problem(county: County, town: Caller) -> None:
    said = {"back_entry": True, "source": "ledger.xlsx#协商活动台账!12"}
    await assigned(town, **said)
    late = {**RETURN, "returned_on": date(2024, 5, 24).isoformat()}
    done(await town.post(f"{CORNER}/return", {**late, **said}))
    done(await town.post(f"{CORNER}/reassignment", {**REASSIGNMENT, "assigned_on": "2024-05-27", **said}))
    done(await town.post(f"{CORNER}/extension", {**EXTENSION, "due_on": "2025-01-06", **said}))
    done(await town.post(f"{CORNER}/replies", {**REPLY, "contacted_on": None, "text": None, **said}))

    shown = await county.shown()
    assert [flag["rule"] for flag in shown["assignments"][0]["flags"]] == ["C03"]
    assert [flag["rule"] for flag in shown["extensions"][0]["flags"]] == ["C06"]
    assert shown["status"] == "replied"
