"""File numbers of a town and year: in one series, without gap or double (C19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.cases.app import SERVICE
from services.cases.deciders import ARCHIVE
from services.cases.domain.archive import AssignNumber, file_number
from services.cases.projections.archive import ARCHIVE_FILES
from shared.contracts.cases import ArchiveNumberAssigned
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, given, stream_of
from shared.platform.auth import Role
from tests.http import Caller, Log, application, done, problem, react
from tests.unit.cases.examples import (
    COUNTY,
    EVENING,
    JULY_1,
    LAMPS,
    MAY_10,
    NEXT_TOWN,
    NUMBERED,
    TOWN,
)

ASSIGN = AssignNumber(EVENING, LAMPS, TOWN, MAY_10, JULY_1)
OPENING: dict[str, Any] = {
    "entry_id": EVENING,
    "topic_id": LAMPS,
    "division": TOWN,
    "held_on": "2024-05-10",
    "back_entry": True,
}
EXEMPTION = {"reason": "不适用", "approver": "县政协主席会议", "exempted_on": "2024-05-01"}
PATH = f"/entries/{EVENING}"


@pytest.mark.rule("C19")
def test_the_first_entry_of_a_town_and_year_gets_number_one() -> None:
    given(ARCHIVE).when(ASSIGN).then(NUMBERED)


@pytest.mark.rule("C19")
def test_an_entry_that_has_its_number_gets_no_second() -> None:
    given(ARCHIVE, NUMBERED).when(replace(ASSIGN, today=date(2025, 1, 2))).then_nothing()


@pytest.mark.rule("C19")
def test_what_a_community_consulted_on_is_filed_in_its_town_s_series() -> None:
    (event,) = ARCHIVE.decide(replace(ASSIGN, division=f"{TOWN}201"), ARCHIVE.initial)

    assert isinstance(event, ArchiveNumberAssigned)
    assert (event.town, event.division, event.file_number) == (TOWN, f"{TOWN}201", f"{TOWN}-2024-0001")


def test_a_file_number_grows_past_four_digits() -> None:
    assert file_number(COUNTY, 2024, 12_345) == "371621-2024-12345"


@pytest.mark.rule("C19")
@for_all(st.lists(st.integers(1, 9), max_size=30))
def test_whoever_asks_how_often_numbers_run_from_one_without_gap_or_double(asking: list[int]) -> None:
    state, numbers = ARCHIVE.initial, []
    for n in asking:
        events = ARCHIVE.decide(replace(ASSIGN, entry_id=f"entry-{n}"), state)
        numbers += [e.number for e in events if isinstance(e, ArchiveNumberAssigned)]
        state = ARCHIVE.fold(events, state)

    assert numbers == list(range(1, len(set(asking)) + 1))


@pytest.mark.rule("C19")
def test_files_of_several_series_do_not_mind_how_these_interleave() -> None:
    second = NUMBERED.model_copy(update={"number": 2, "file_number": f"{TOWN}-2024-0002"})
    next_town = NUMBERED.model_copy(update={"town": NEXT_TOWN, "file_number": f"{NEXT_TOWN}-2024-0001"})

    found = assert_interleaving_does_not_matter(
        ARCHIVE_FILES,
        stream_of(f"archive-{TOWN}-2024", NUMBERED, second),
        stream_of(f"archive-{NEXT_TOWN}-2024", next_town),
    )

    assert set(found) == {f"{TOWN}-2024-0001", f"{TOWN}-2024-0002", f"{NEXT_TOWN}-2024-0001"}


# over HTTP


@pytest.fixture
def log() -> Log:
    """A log with nothing in it."""
    return Log()


@pytest.fixture
def app(log: Log) -> FastAPI:
    """The service on that log."""
    return application(SERVICE, log)


async def closed(caller: Caller, **changes: Any) -> None:
    """Bring an entry to its closed loop, by exemptions."""
    opening = {**OPENING, **changes}
    done(await caller.post("/entries", opening))
    for item in ("problem", "case", "report"):
        done(await caller.post(f"/entries/{opening['entry_id']}/exemptions", {**EXEMPTION, "item": item}))


@pytest.mark.rule("C19")
async def test_a_closed_entry_is_filed_and_shows_its_number(log: Log, app: FastAPI) -> None:
    town = Caller(app, Role.LIAISON, TOWN)
    await closed(town)

    response = await town.post(f"{PATH}/archiving")
    await react(SERVICE, log)

    number = f"{TOWN}-2024-0001"
    assert (done(response)["id"], response.headers["Location"]) == (number, f"/archive/{number}")
    assert (await town.get(PATH))["file_number"] == number
    assert (await town.get(f"/archive/{number}"))["entry_id"] == EVENING


async def test_whoever_insists_on_another_version_of_the_entry_files_nothing(log: Log, app: FastAPI) -> None:
    town = Caller(app, Role.LIAISON, TOWN)
    await closed(town)
    version = (await town.ask(PATH)).headers["etag"]

    stale = await town.post(f"{PATH}/archiving", if_match='"1"')
    filed = await town.post(f"{PATH}/archiving", key="once", if_match=version)
    await react(SERVICE, log)
    again = await town.post(f"{PATH}/archiving", key="once", if_match=version)

    assert problem(stale)[:2] == (412, "version-conflict")
    assert done(again) == {**done(filed), "repeated": True}


@pytest.mark.rule("C19")
async def test_filing_again_gives_the_same_number_also_before_the_entry_has_heard_of_it(
    log: Log, app: FastAPI
) -> None:
    town = Caller(app, Role.LIAISON, TOWN)
    await closed(town)
    first = done(await town.post(f"{PATH}/archiving"))

    before_the_reaction = done(await town.post(f"{PATH}/archiving"))
    await react(SERVICE, log)
    after_it = done(await town.post(f"{PATH}/archiving"))

    assert first["id"] == before_the_reaction["id"] == after_it["id"]
    assert log.names(f"archive-{TOWN}-2024") == ["ArchiveNumberAssigned"]
    assert log.names(f"entry-{EVENING}").count("EntryArchived") == 1


@pytest.mark.rule("C19")
async def test_an_open_loop_is_not_filed(log: Log, app: FastAPI) -> None:
    town = Caller(app, Role.LIAISON, TOWN)
    done(await town.post("/entries", OPENING))

    assert problem(await town.post(f"{PATH}/archiving")) == (409, "loop-open", None)
    assert log.names(f"archive-{TOWN}-2024") == []


@pytest.mark.rule("C19")
async def test_each_town_and_year_has_its_own_series(log: Log, app: FastAPI) -> None:
    office = Caller(app, Role.OFFICE, COUNTY)
    for entry, change in {
        "first": {},
        "second": {},
        "next-town": {"division": NEXT_TOWN},
        "next-year": {"held_on": "2025-01-03"},
    }.items():
        await closed(office, entry_id=entry, **change)
        done(await office.post(f"/entries/{entry}/archiving"))

    listed = (await office.get("/archive"))["items"]
    of_town = (await office.get(f"/archive?division={TOWN}&year=2024"))["items"]

    assert [file["file_number"] for file in listed] == [
        f"{TOWN}-2024-0001",
        f"{TOWN}-2024-0002",
        f"{TOWN}-2025-0001",
        f"{NEXT_TOWN}-2024-0001",
    ]
    assert [file["entry_id"] for file in of_town] == ["first", "second"]


async def test_what_lies_elsewhere_is_neither_filed_nor_shown(log: Log, app: FastAPI) -> None:
    town = Caller(app, Role.LIAISON, TOWN)
    await closed(town)
    stranger = Caller(app, Role.LIAISON, NEXT_TOWN)

    assert problem(await stranger.post(f"{PATH}/archiving"))[:2] == (404, "not-found")
    number = done(await town.post(f"{PATH}/archiving"))["id"]
    assert await stranger.status_of(f"/archive/{number}") == 404
    assert (await stranger.get("/archive"))["items"] == []
