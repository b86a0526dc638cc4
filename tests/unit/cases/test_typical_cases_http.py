"""Typical cases over HTTP: from a draft that fills itself in to one that everybody reads (C13–C15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from services.cases.app import SERVICE
from services.cases.domain.typical_case import PARTS
from services.cases.drafts import CaseDraft, found_in
from services.cases.projections.entries import ENTRIES
from shared.platform.auth import Role
from shared.platform.people import Person
from shared.platform.privacy import FindingKind
from shared.platform.texts import ERASED, ORPHAN_AFTER, Texts, sha256_of
from tests.http import Log, done, problem, react
from tests.unit.cases.casework import EVENING, NOW, TEXT, TOWN, Editor, happened
from tests.unit.meetings.text_tools import store_of, texts_in_memory

NEXT_TOWN, COUNTY, OTHER_COUNTY = "371621002", "371621", "371622"
NAME, PHONE, IDENTITY = "欧阳惊鸿", "13977770001", "370102199003074514"
CLEAN: dict[str, Any] = vars(TEXT)
NAMING = {**CLEAN, "results": f"{NAME}说灯亮了，电话 {PHONE}。"}


@pytest.fixture
async def log() -> Log:
    return Log()


@pytest.fixture
async def town(log: Log) -> Editor:
    """The town's liaison office, after the meeting was held and its problem solved."""
    editor = Editor(log)
    await happened(log, editor)
    return editor


async def drafted(town: Editor, **said: Any) -> str:
    """Draft a case, and return its path."""
    response = await town.post(f"/entries/{EVENING}/cases", said)
    assert response.status_code == 201, response.text
    return response.headers["location"]


async def published(town: Editor, **said: Any) -> str:
    """Draft and publish a case, and return its path."""
    path = await drafted(town, **{**CLEAN, **said})
    done(await town.post(f"{path}/publication", {"number": 1}))
    return path


# C13


@pytest.mark.rule("C13")
async def test_a_draft_is_filled_in_from_what_happened(town: Editor) -> None:
    shown = await town.get(f"{await drafted(town)}/text")
    assert shown["text"]["title"] == "主路补装路灯"
    assert all(shown["text"][part] for part in PARTS)
    assert "群众7人" in shown["text"]["participants"]
    assert "孙武街道协商议事室" in shown["text"]["process"]
    assert "六盏路灯已装好" in shown["text"]["results"]
    assert (shown["shown"]["number"], shown["published"], shown["intact"]) == (1, None, True)


@pytest.mark.rule("C13")
async def test_what_the_editor_says_stands_before_what_is_filled_in(town: Editor) -> None:
    shown = await town.get(f"{await drafted(town, title='一盏灯', opinions='补灯')}/text")
    assert (shown["text"]["title"], shown["text"]["opinions"]) == ("一盏灯", "补灯")
    assert "群众7人" in shown["text"]["participants"]


@pytest.mark.rule("C13")
async def test_versions_are_kept_and_may_be_read_again(town: Editor) -> None:
    path = await drafted(town, names=[NAME])
    done(await town.put(f"{path}/text", CLEAN))
    newest, first = await town.get(f"{path}/text"), await town.get(f"{path}/text?number=1")
    assert newest["text"] == CLEAN
    assert newest["names"] == [NAME], "kept unless others are given"
    assert first["text"]["title"] == "主路补装路灯"
    assert [v["number"] for v in newest["versions"]] == [1, 2]
    assert problem(await town.ask(f"{path}/text?number=3"))[0] == 404
    done(await town.put(f"{path}/text", {**CLEAN, "names": []}))
    assert (await town.get(f"{path}/text"))["names"] == []


@pytest.mark.rule("C13")
async def test_what_happened_since_the_draft_is_suggested_anew(town: Editor) -> None:
    path = await drafted(town, **CLEAN)
    assert "六盏路灯已装好" in (await town.get(f"{path}/suggestion"))["results"]


@pytest.mark.rule("C13")
async def test_a_case_that_lacks_a_dimension_is_not_published(town: Editor) -> None:
    path = await drafted(town, **{**CLEAN, "opinions": "", "results": ""})
    refused = await town.post(f"{path}/publication", {"number": 1})
    assert problem(refused) == (422, "case-incomplete", "opinions")


async def test_a_request_sent_again_drafts_no_second_case(log: Log, town: Editor) -> None:
    first = done(await town.post(f"/entries/{EVENING}/cases", {"names": [NAME]}, key="once"))
    again = done(await town.post(f"/entries/{EVENING}/cases", {"names": [NAME]}, key="once"))
    assert (again["id"], again["repeated"]) == (first["id"], True)
    other = await town.post(f"/entries/{EVENING}/cases", {"names": []}, key="once")
    assert problem(other) == (422, "idempotency-key-reused", None)


async def test_who_read_an_older_version_does_not_overwrite_a_newer_one(town: Editor) -> None:
    path = await drafted(town)
    done(await town.put(f"{path}/text", CLEAN))
    late = await town.post(f"{path}/publication", {"number": 2}, if_match='"1"')
    assert problem(late)[0] == 412


# C14


@pytest.mark.rule("C14")
async def test_findings_are_shown_in_place_and_keep_a_case_from_everybody(log: Log, town: Editor) -> None:
    path = await drafted(town, **NAMING, names=[NAME])
    found = (await town.get(f"{path}/findings"))["items"]
    text = NAMING["results"]
    assert [(f["part"], f["kind"], text[f["start"] : f["end"]]) for f in found] == [
        ("results", "name", NAME),
        ("results", "phone", PHONE),
    ]
    assert all(text[f["start"] : f["end"]] in f["excerpt"] for f in found)

    refused = await town.post(f"{path}/publication", {"number": 1})
    assert problem(refused) == (422, "case-names-people", "results")
    assert "成效 2 处" in refused.text
    assert not any(value in refused.text for value in (NAME, PHONE))
    assert (await town.beside(None).ask(path)).status_code == 404

    done(await town.put(f"{path}/text", CLEAN))
    assert (await town.get(f"{path}/findings"))["items"] == []
    done(await town.post(f"{path}/publication", {"number": 2}))
    assert (await town.beside(None).get(path))["results"] == CLEAN["results"]


@pytest.mark.rule("C14")
@pytest.mark.parametrize("part", PARTS)
async def test_every_part_is_checked(town: Editor, part: str) -> None:
    path = await drafted(town, **{**CLEAN, part: f"身份证 {IDENTITY}"})
    assert problem(await town.post(f"{path}/publication", {"number": 1})) == (422, "case-names-people", part)


@pytest.mark.rule("C14")
async def test_who_was_listed_with_one_case_of_a_topic_is_found_in_the_others(town: Editor) -> None:
    other = await drafted(town, **CLEAN, names=[NAME])
    path = await drafted(town, **{**CLEAN, "process": f"由{NAME}提出"})
    (found,) = (await town.get(f"{path}/findings"))["items"]
    assert (found["part"], found["kind"]) == ("process", "name")
    assert problem(await town.post(f"{path}/publication", {"number": 1}))[1] == "case-names-people"

    done(await town.put(f"{other}/text", {**CLEAN, "names": []}))
    assert (await town.get(f"{path}/findings"))["items"] == []


@pytest.mark.rule("C14")
async def test_no_event_has_a_word_of_a_draft_nor_a_name(log: Log, town: Editor) -> None:
    path = await drafted(town, **NAMING, names=[NAME])
    await town.post(f"{path}/publication", {"number": 1})
    done(await town.put(f"{path}/text", {**CLEAN, "names": [NAME]}))
    done(await town.post(f"{path}/publication", {"number": 2}))
    done(
        await town.put(
            f"{path}/text", {**CLEAN, "title": "又一盏灯", "reason": f"{NAME}来电 {PHONE}，应删去"}
        )
    )
    recorded = "".join(each.event.model_dump_json() for each in log.events)
    assert NAME not in recorded
    assert PHONE not in recorded
    assert CLEAN["title"] in recorded
    assert "又一盏灯" not in recorded


@pytest.mark.rule("C14", "C17")
async def test_a_published_case_is_the_one_that_the_loop_asks_for_and_a_correction_no_second_one(
    log: Log, town: Editor
) -> None:
    path = await published(town)
    await react(SERVICE, log)
    entry = f"/entries/{EVENING}"
    evidence = [f"case-{path.removeprefix('/cases/')}:2"]
    item = (await town.get(entry))["items"]["case"]
    assert (item["status"], log.names(f"entry-{EVENING}").count("LoopItemDone")) == ("done", 2), item
    assert str(evidence[0]) in str(item["evidence"])
    done(await town.put(f"{path}/text", {**CLEAN, "title": "又一盏灯", "reason": "更名"}))
    done(await town.post(f"{path}/publication", {"number": 2}))
    await react(SERVICE, log)
    assert log.names(f"entry-{EVENING}").count("LoopItemDone") == 2


@pytest.mark.rule("C14")
async def test_a_case_typed_in_at_once_is_for_old_records_only(log: Log, town: Editor) -> None:
    case: dict[str, Any] = {"title": "一盏灯", "written_on": "2024-07-01"}
    refused = await town.post(f"/entries/{EVENING}/case", case)
    assert problem(refused) == (422, "case-unchecked", "back_entry")
    done(await town.post(f"/entries/{EVENING}/case", {**case, "back_entry": True}))
    assert "TypicalCaseWritten" in log.names(f"entry-{EVENING}")


# C15


@pytest.mark.rule("C15")
async def test_a_correction_says_why_and_leaves_what_was_published_before_readable(town: Editor) -> None:
    path = await published(town)
    corrected = {**CLEAN, "results": "八盏路灯亮起。"}
    assert problem(await town.put(f"{path}/text", corrected)) == (422, "correction-without-reason", "reason")
    done(await town.put(f"{path}/text", {**corrected, "reason": "应为八盏"}))
    resident = town.beside(None)
    assert (await resident.get(path))["results"] == CLEAN["results"], "until it is published"
    done(await town.post(f"{path}/publication", {"number": 2}))
    shown = await resident.get(path)
    assert (shown["results"], shown["reason"], shown["number"]) == ("八盏路灯亮起。", "应为八盏", 2)
    versions = await town.beside(Role.MEMBER).get(f"{path}/versions")
    assert [(v["number"], v["results"]) for v in versions] == [
        (1, CLEAN["results"]),
        (2, "八盏路灯亮起。"),
    ]
    assert (await resident.ask(f"{path}/versions")).status_code == 401


@pytest.mark.rule("C15")
async def test_the_office_records_who_selected_a_published_case(town: Editor) -> None:
    path, office = await published(town), town.beside(Role.OFFICE, COUNTY)
    selection = {"year": 2024, "level": "city", "body": "滨州市政协"}
    assert (await town.post(f"{path}/selections", selection)).status_code == 403
    done(await office.post(f"{path}/selections", selection))
    resident = town.beside(None)
    assert (await resident.get(path))["selections"] == [{**selection, "selected_on": "2024-07-01"}]
    for query, there in {
        "year=2024&level=city": 1,
        "year=2023": 0,
        "level=nation": 0,
        "level=city": 1,
        "": 1,
    }.items():
        assert len((await resident.get(f"/cases?{query}"))["items"]) == there, query


@pytest.mark.rule("C15")
async def test_a_draft_is_not_selected(town: Editor) -> None:
    path, office = await drafted(town, **CLEAN), town.beside(Role.OFFICE, COUNTY)
    refused = await office.post(f"{path}/selections", {"year": 2024, "level": "city"})
    assert problem(refused) == (409, "case-not-published", None)


# who sees what


@pytest.mark.rule("C14")
async def test_published_cases_are_for_everybody_and_drafts_for_those_who_write_them(town: Editor) -> None:
    await published(town)
    path = await drafted(town, **{**CLEAN, "title": "未发布的"})
    for reader in (town.beside(None), town.beside(Role.RESIDENT, OTHER_COUNTY)):
        assert [c["title"] for c in (await reader.get("/cases"))["items"]] == [CLEAN["title"]]
        assert (await reader.ask(path)).status_code == 404
    drafts = (await town.get("/cases/drafts"))["items"]
    assert [(d["title"], d["number"], d["published"]) for d in drafts] == [("未发布的", 1, None)]
    neighbour = town.beside(Role.LIAISON, NEXT_TOWN)
    assert (await neighbour.get("/cases/drafts"))["items"] == []
    for question in ("text", "findings", "suggestion", "text.docx"):
        assert (await neighbour.ask(f"{path}/{question}")).status_code == 404, question
        assert (await town.beside(Role.AUDITOR).ask(f"{path}/{question}")).status_code == 403, question
    commands: Mapping[str, Mapping[str, Any]] = {"publication": {"number": 1}}
    for command, body in commands.items():
        assert (await neighbour.post(f"{path}/{command}", body)).status_code == 404, command
    assert (await neighbour.put(f"{path}/text", CLEAN)).status_code == 404
    assert (await neighbour.post(f"/entries/{EVENING}/cases", {})).status_code == 404


async def test_published_cases_are_searched_and_narrowed(town: Editor) -> None:
    path = await published(town)
    found = {
        "q=照亮": 1,
        "q=集市": 0,
        f"division={TOWN}": 1,
        f"division={NEXT_TOWN}": 0,
        f"entry_id={EVENING}": 1,
        "entry_id=another": 0,
    }
    for query, there in found.items():
        assert len((await town.beside(None).get(f"/cases?{query}"))["items"]) == there, query
    done(await town.put(f"{path}/text", {**CLEAN, "title": "更名", "reason": "更名"}))
    assert [d["published"] for d in (await town.get(f"/cases/drafts?entry_id={EVENING}"))["items"]] == [1]


async def test_the_history_of_a_case_says_what_was_done_when(town: Editor) -> None:
    path = await published(town)
    history = (await town.get(f"{path}/history"))["items"]
    assert [each["title"] for each in history] == ["起草典型案例", "发布典型案例"]


# forgetting


def person(**known: str) -> Person:
    return Person(id="a-resident", **known)


@pytest.mark.rule("C14")
async def test_who_is_erased_is_gone_from_drafts_and_from_the_names_beside_them(
    log: Log, town: Editor
) -> None:
    path = await drafted(town, **NAMING, names=[NAME])
    assert await texts_in_memory(log, NOW).erase(person(name=NAME, phone=PHONE)) == 1
    assert NAME not in repr(store_of(log).documents)
    shown = await town.get(f"{path}/text")
    assert (shown["intact"], shown["erased_on"], shown["names"]) == (False, "2024-07-01", [])
    assert shown["text"]["results"] == f"{ERASED}说灯亮了，电话 {ERASED}。"
    assert shown["text"]["title"] == CLEAN["title"], "what stands around it is as it was"
    assert (await town.get(f"{path}/findings"))["items"] == []
    refused = await town.post(f"{path}/publication", {"number": 1})
    assert problem(refused) == (409, "case-text-changed", None)
    done(await town.put(f"{path}/text", CLEAN))
    done(await town.post(f"{path}/publication", {"number": 2}))


@pytest.mark.rule("C14")
def test_whoever_has_the_name_of_a_part_takes_nothing_else_with_them_when_erased() -> None:
    draft = CaseDraft(TEXT, ("title", "names"), "salt")
    written = draft.written().replace("title", ERASED)
    assert CaseDraft.read(written) == CaseDraft(TEXT, ("names",), "salt")


@pytest.mark.rule("C14")
def test_what_is_found_is_what_the_editor_listed_and_what_the_service_knows() -> None:
    draft = CaseDraft(CaseDraft.read("王二\x1e\x1e李四\x1e\x1e\x1e\x1esalt").text, ("王二",), "salt")
    assert [(f.part, f.kind) for f in found_in(draft, {"李四"})] == [
        ("title", FindingKind.NAME),
        ("participants", FindingKind.NAME),
    ]


@pytest.mark.rule("C14")
async def test_nobody_finds_a_name_by_trying_names_until_the_hash_is_right(log: Log, town: Editor) -> None:
    path = await drafted(town, **CLEAN, names=[NAME])
    done(await town.post(f"{path}/publication", {"number": 1}))
    shown = await town.beside(None).get(path)
    guessed = "\x1e".join([*(shown[part] for part in PARTS), NAME])
    assert shown["sha256"] != sha256_of(guessed)
    done(await town.put(f"{path}/text", {**CLEAN, "title": "又亮了", "reason": "改标题"}))
    done(await town.put(f"{path}/text", {**CLEAN, "title": "又亮了", "reason": "改标题"}))
    versions = (await town.get(f"{path}/text"))["versions"]
    assert len(versions) == 2, "the same text is the same version, though it is salted"


async def test_a_text_without_an_event_is_swept_away_by_the_next_draft(log: Log, town: Editor) -> None:
    earlier = NOW - ORPHAN_AFTER - timedelta(minutes=1)
    await Texts(store_of(log), clock=lambda: earlier).put("killed", "无人引用")
    await drafted(town)
    assert [d["committed"] for d in store_of(log).documents.values()] == [True]


async def test_what_is_refused_leaves_no_text_behind(log: Log, town: Editor) -> None:
    path = await published(town)
    before = len(store_of(log).documents)
    await town.put(f"{path}/text", NAMING)
    await town.beside(Role.LIAISON, NEXT_TOWN).post(f"/entries/{EVENING}/cases", NAMING)
    assert len(store_of(log).documents) == before


# what may be sent


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "两\n行"),
        ("title", "字" * 201),
        ("results", "响\x07铃"),
        ("results", "字" * 4001),
        ("names", ["王"]),
        ("names", [f"名字{n}" for n in range(101)]),
        ("names", ["王\x1e二"]),
    ],
)
async def test_what_no_text_holds_is_not_taken(town: Editor, field: str, value: Any) -> None:
    path = await drafted(town)
    response = await town.put(f"{path}/text", {**CLEAN, field: value})
    assert problem(response)[:2] == (422, "invalid-fields")


async def test_lines_end_in_one_way(town: Editor) -> None:
    path = await drafted(town)
    done(await town.put(f"{path}/text", {**CLEAN, "process": "五月\r\n六月\r七月"}))
    assert (await town.get(f"{path}/text"))["text"]["process"] == "五月\n六月\n七月"


@pytest.mark.parametrize("question", ["text", "findings", "suggestion", "versions", "history", "text.docx"])
async def test_of_a_case_that_is_not_there_nothing_is_told(town: Editor, question: str) -> None:
    assert (await town.ask(f"/cases/no-such-case/{question}")).status_code == 404


async def test_versions_of_a_case_that_was_never_published_are_none(town: Editor) -> None:
    path = await drafted(town)
    assert (await town.ask(f"{path}/versions")).status_code == 404
    assert (await town.ask(f"{path}/case.docx")).status_code == 404


async def test_of_an_entry_that_was_opened_this_moment_a_case_waits_for_what_is_known(town: Editor) -> None:
    entries = town.app.state.read_models["entries"]
    town.app.state.read_models["entries"] = type(entries)(ENTRIES, Log())
    response = await town.post(f"/entries/{EVENING}/cases", {})
    assert (response.status_code, response.json()["code"]) == (503, "not-caught-up")
