"""Minutes over HTTP: from a suggestion to a published text, and what is left when somebody is erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.people import Person
from shared.platform.texts import ERASED, sha256_of, without
from tests import http
from tests.http import done
from tests.unit.meetings.examples import EVENING, NEXT_TOWN, PAST_HELD, PAST_SCHEDULED, SCHEDULED
from tests.unit.meetings.http_tools import Caller, Log, problem
from tests.unit.meetings.past import (
    HOST,
    PARTICIPANT,
    RECORDER,
    meeting_held,
    meeting_to_come,
)
from tests.unit.meetings.text_tools import store_of, texts_in_memory

pytestmark = pytest.mark.rule("M16")

MINUTES = f"/meetings/{EVENING}/minutes"
MAY_13, MAY_22 = datetime(2024, 5, 13, 1, tzinfo=UTC), datetime(2024, 5, 22, 1, tzinfo=UTC)
TEXT = "就路灯补亮开展协商。\n经协商，王大山等同意补装六盏路灯。"
CORRECTED = TEXT.replace("六", "八")


@pytest.fixture
async def log() -> Log:
    """A log in which a meeting was held."""
    log = Log()
    await meeting_held(log)
    return log


@pytest.fixture
def town(log: Log) -> Caller:
    """The town's liaison office, the Monday after the meeting."""
    return Caller(log, now=MAY_13)


def member(town: Caller, subject: str) -> http.Caller:
    return town.beside(Role.MEMBER, subject=subject)


async def drafted(town: http.Caller, text: str = TEXT, **more: Any) -> Any:
    response = await town.post(MINUTES, {"text": text, **more})
    assert response.status_code == 201, response.text
    return response.json()


def signature(number: int = 1, text: str = TEXT, role: str = "host") -> dict[str, Any]:
    return {"number": number, "sha256": sha256_of(text), "role": role}


async def signed(town: Caller, number: int = 1, text: str = TEXT) -> None:
    for subject, role in ((HOST, "host"), (RECORDER, "recorder")):
        done(await member(town, subject).post(f"{MINUTES}/signatures", signature(number, text, role)))


async def test_minutes_from_their_draft_to_their_correction(log: Log, town: Caller) -> None:
    assert (await town.post(MINUTES, {"text": TEXT})).headers["location"] == MINUTES
    await signed(town)
    done(await member(town, PARTICIPANT).post(f"{MINUTES}/signatures", signature(role="participant")))
    done(await town.post(f"{MINUTES}/publication", {"number": 1}))

    await drafted(town, CORRECTED, reason="路灯应为八盏")
    resident = town.beside(Role.RESIDENT)
    shown = await resident.get(MINUTES)
    assert (shown["text"], shown["published"], shown["intact"]) == (TEXT, 1, True), (
        "what counts is still the first"
    )
    assert [v["number"] for v in shown["versions"]] == [1]

    await signed(town, 2, CORRECTED)
    done(await town.post(f"{MINUTES}/publication", {"number": 2}))
    shown = await resident.get(MINUTES)
    assert (shown["text"], shown["published"]) == (CORRECTED, 2)
    assert shown["shown"]["reason"] == "路灯应为八盏"
    first = await resident.get(f"{MINUTES}?number=1")
    assert first["text"] == TEXT
    assert [(s["person"], s["role"]) for s in first["shown"]["signatures"]] == [
        (person_id(HOST), "host"),
        (person_id(RECORDER), "recorder"),
        (person_id(PARTICIPANT), "participant"),
    ]


async def test_no_event_has_a_word_of_the_text(log: Log, town: Caller) -> None:
    await drafted(town)
    await signed(town)
    recorded = "".join(each.event.model_dump_json() for each in log.events)
    assert "王大山" not in recorded
    assert sha256_of(TEXT) in recorded


async def test_who_signs_says_which_text_they_have_read(log: Log, town: Caller) -> None:
    await drafted(town)
    other = await member(town, HOST).post(f"{MINUTES}/signatures", signature(text=CORRECTED))
    assert problem(other) == (422, "minutes-differ", "sha256")
    older = await member(town, HOST).post(f"{MINUTES}/signatures", signature(number=2))
    assert problem(older) == (422, "minutes-not-newest", "number")


async def test_nobody_signs_as_the_host_but_the_host(log: Log, town: Caller) -> None:
    await drafted(town)
    for who in (member(town, PARTICIPANT), member(town, RECORDER), town):
        refused = await who.post(f"{MINUTES}/signatures", signature())
        assert problem(refused) == (422, "not-entitled-to-sign", "role")


async def test_who_was_not_checked_in_does_not_sign_as_a_participant(log: Log, town: Caller) -> None:
    await drafted(town)
    refused = await member(town, "stranger").post(f"{MINUTES}/signatures", signature(role="participant"))
    assert problem(refused) == (422, "not-entitled-to-sign", "role")


async def test_where_the_host_is_known_by_office_only_whoever_runs_meetings_signs_for_it() -> None:
    log = Log()
    await meeting_held(log, SCHEDULED)
    town = Caller(log, now=MAY_13)
    await drafted(town)
    one, other = (town.beside(Role.CONVENER, subject=subject) for subject in ("p-1", "p-2"))
    done(await one.post(f"{MINUTES}/signatures", signature(role="host")))
    refused = await one.post(f"{MINUTES}/signatures", signature(role="recorder"))
    assert problem(refused) == (422, "signed-already", "role"), "host and recorder are two people"
    done(await other.post(f"{MINUTES}/signatures", signature(role="recorder")))


async def test_without_both_signatures_nothing_is_published(log: Log, town: Caller) -> None:
    await drafted(town)
    done(await member(town, HOST).post(f"{MINUTES}/signatures", signature()))
    refused = await town.post(f"{MINUTES}/publication", {"number": 1})
    assert problem(refused) == (409, "signatures-missing", None)
    assert "记录人" in refused.json()["detail"]


async def test_a_meeting_that_was_not_held_has_no_minutes_and_no_text_is_kept() -> None:
    log = Log()
    await meeting_to_come(log)
    assert problem(await Caller(log).post(MINUTES, {"text": TEXT})) == (409, "meeting-not-held", None)
    assert store_of(log).documents == {}


async def test_minutes_after_seven_working_days_are_flagged(log: Log) -> None:
    # Friday the 10th; Saturday the 11th was worked, so the seventh working day is Monday the 20th.
    late = Caller(log, now=MAY_22)
    await drafted(late)
    (flag,) = (await late.get(MINUTES))["shown"]["flags"]
    assert flag["rule"] == "M16"
    assert "2024-05-20" in flag["text"]


async def test_minutes_of_a_back_entry_are_not_flagged() -> None:
    log = Log()
    await meeting_to_come(log, PAST_SCHEDULED, PAST_HELD)
    town = Caller(log, now=datetime(2025, 1, 1, tzinfo=UTC))
    await drafted(town)
    assert (await town.get(MINUTES))["shown"]["flags"] == []


async def test_the_recorder_drafts_and_another_member_does_not(town: Caller) -> None:
    assert problem(await member(town, PARTICIPANT).post(MINUTES, {"text": TEXT})) == (
        403,
        "role-not-allowed",
        None,
    )
    await drafted(member(town, RECORDER))


async def test_a_draft_is_for_those_who_sign_or_run_meetings(log: Log, town: Caller) -> None:
    await drafted(town)
    for role in (Role.RESIDENT, Role.DEPARTMENT):
        assert await town.beside(role).status_of(MINUTES) == 404
    for role in (Role.MEMBER, Role.CONVENER, Role.AUDITOR):
        assert (await town.beside(role).get(MINUTES))["text"] == TEXT


async def test_minutes_of_another_town_are_not_there(log: Log, town: Caller) -> None:
    await drafted(town)
    elsewhere = town.beside(Role.LIAISON, NEXT_TOWN)
    assert await elsewhere.status_of(MINUTES) == 404
    assert await elsewhere.status_of(f"{MINUTES}/suggestion") == 404
    assert (await elsewhere.post(MINUTES, {"text": TEXT})).status_code == 404
    assert (await elsewhere.post(f"{MINUTES}/signatures", signature())).status_code == 404
    assert (await elsewhere.post(f"{MINUTES}/publication", {"number": 1})).status_code == 404


async def test_a_guest_from_another_town_reads_and_signs_the_minutes_of_where_they_were(
    log: Log, town: Caller
) -> None:
    await drafted(town)
    guest = town.beside(Role.MEMBER, NEXT_TOWN, subject=PARTICIPANT)
    assert (await guest.get(MINUTES))["text"] == TEXT
    done(await guest.post(f"{MINUTES}/signatures", signature(role="participant")))


async def test_minutes_that_nobody_drafted_are_not_there(town: Caller) -> None:
    assert await town.status_of(MINUTES) == 404
    assert (await town.post(f"{MINUTES}/publication", {"number": 1})).status_code == 404
    await drafted(town)
    assert await town.status_of(f"{MINUTES}?number=2") == 404


async def test_a_repeated_request_drafts_once(log: Log, town: Caller) -> None:
    first = await town.post(MINUTES, {"text": TEXT}, key="draft-1")
    again = await town.post(MINUTES, {"text": TEXT}, key="draft-1")
    assert (first.json()["version"], again.json()["version"]) == (1, 1)
    assert log.names(f"minutes-{EVENING}") == ["MinutesDrafted"]


async def test_how_lines_end_does_not_change_the_hash(log: Log, town: Caller) -> None:
    await drafted(town, TEXT.replace("\n", "\r\n") + "  ")
    assert (await town.get(MINUTES))["shown"]["sha256"] == sha256_of(TEXT)


@pytest.mark.parametrize("text", ["", " ", "含\u0000控制符", "长" * 50_001])
async def test_a_text_that_no_paper_can_hold_is_refused(town: Caller, text: str) -> None:
    assert problem(await town.post(MINUTES, {"text": text})) == (422, "invalid-fields", "text")


async def test_a_draft_is_suggested_from_what_is_known(log: Log, town: Caller) -> None:
    text = (await town.get(f"{MINUTES}/suggestion"))["text"]
    for known in (
        "2024年5月10日",
        "09:00",
        "孙武街道协商议事站",
        "路灯补亮",
        "微协商",
        "孙武街道政协联络室主任主持",
    ):
        assert known in text
    for known in ("实到6人", "政协委员1人", "群众3人", "（一）三组主路补装六盏路灯（群众、县住建局同意）"):
        assert known in text


# texts


async def test_a_draft_sweeps_away_what_a_killed_process_left_behind(log: Log, town: Caller) -> None:
    long_ago = texts_in_memory(log, MAY_13 - timedelta(hours=2))
    await long_ago.put(EVENING, "没有写完的纪要")
    await texts_in_memory(log, MAY_13 - timedelta(minutes=5)).put("another-meeting", "正在提交的纪要")
    await drafted(town)
    assert sorted(d["text"] for d in store_of(log).documents.values()) == sorted([TEXT, "正在提交的纪要"])


async def test_a_drafted_text_is_marked_so_that_sweeping_need_not_ask_for_it(log: Log, town: Caller) -> None:
    await drafted(town)
    assert [kept["committed"] for kept in store_of(log).documents.values()] == [True]


async def test_a_text_that_was_drafted_stays_though_its_mark_was_lost(log: Log, town: Caller) -> None:
    await drafted(town)
    for kept in store_of(log).documents.values():
        kept |= {"committed": False, "stored_at": MAY_13 - timedelta(hours=2)}
    await drafted(town, CORRECTED)
    assert (await town.get(f"{MINUTES}?number=1"))["text"] == TEXT


async def test_who_is_erased_is_taken_out_of_the_text_which_says_so(log: Log, town: Caller) -> None:
    await drafted(town)
    await signed(town)
    person = Person(id="person-1", name="王大山", phone="13800000000")
    texts = texts_in_memory(log, MAY_22)
    assert await texts.erase(person) == 1
    assert await texts.erase(person) == 0, "doing it again does no harm"

    shown = await town.get(MINUTES)
    assert shown["text"] == TEXT.replace("王大山", ERASED)
    assert (shown["intact"], shown["erased_on"]) == (False, "2024-05-22")
    assert shown["shown"]["sha256"] == sha256_of(TEXT), "what was signed stays on the record"
    assert len(shown["shown"]["signatures"]) == 2


async def test_a_text_that_was_erased_does_not_come_back_with_the_same_draft(log: Log, town: Caller) -> None:
    await drafted(town)
    await texts_in_memory(log, MAY_22).erase(Person(id="person-1", name="王大山"))
    await town.post(MINUTES, {"text": TEXT})
    assert "王大山" not in (await town.get(MINUTES))["text"]


def test_the_longer_of_two_names_is_erased_as_a_whole() -> None:
    assert without("王大和王大山", ["王大", "王大山"]) == f"{ERASED}和{ERASED}"
    assert without("无人", []) == "无人"


async def test_nothing_is_erased_for_somebody_of_whom_nothing_is_known(log: Log) -> None:
    assert await texts_in_memory(log, MAY_22).erase(Person(id="person-1")) == 0


async def test_a_text_that_is_missing_is_told(log: Log, town: Caller) -> None:
    await drafted(town)
    store_of(log).documents.clear()
    shown = await town.get(MINUTES)
    assert (shown["text"], shown["intact"]) == (None, False)


async def test_minutes_are_read_as_they_stood_and_who_did_what_is_told(log: Log, town: Caller) -> None:
    await drafted(town)
    await signed(town)
    later = Caller(log, now=MAY_22)
    done(await later.post(f"{MINUTES}/publication", {"number": 1}))
    await drafted(later, CORRECTED, reason="路灯应为八盏")

    as_signed = await town.get(f"{MINUTES}?as_of=2024-05-21")
    assert (as_signed["text"], as_signed["published"]) == (TEXT, None)
    assert await town.beside(Role.RESIDENT).status_of(f"{MINUTES}?as_of=2024-05-21") == 404
    assert len((await town.get(f"{MINUTES}?version=1"))["shown"]["signatures"]) == 0
    history = await town.get(f"{MINUTES}/history")
    assert [entry["version"] for entry in history["items"]] == [1, 2, 3, 4, 5]
    assert await town.beside(Role.LIAISON, NEXT_TOWN).status_of(f"{MINUTES}/history") == 404
