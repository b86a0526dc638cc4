"""Opening an entry directly: of a topic that cases knows, inside its division (C01)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from services.cases.app import SERVICE
from shared.platform.auth import Role
from tests.http import Caller, Log, application, done, problem
from tests.unit.cases.examples import COUNTY, EVENING, LAMPS, NEXT_TOWN, OTHER_COUNTY, TOWN
from tests.unit.cases.test_ledger import PROPOSED

OPENING: dict[str, Any] = {"entry_id": EVENING, "topic_id": LAMPS, "division": TOWN, "held_on": "2024-05-10"}


@pytest.fixture
def log() -> Log:
    """A log in which a town's topic was heard of."""
    log = Log()
    log.hear(f"topic-{LAMPS}", PROPOSED)
    return log


@pytest.fixture
def app(log: Log) -> FastAPI:
    """The service on that log."""
    return application(SERVICE, log)


@pytest.mark.rule("C01")
async def test_an_entry_is_opened_for_a_topic_that_is_known(app: FastAPI) -> None:
    done(await Caller(app, Role.LIAISON, TOWN).post("/entries", OPENING))
    community = {**OPENING, "entry_id": "next", "division": f"{TOWN}201"}

    assert done(await Caller(app, Role.OFFICE, COUNTY).post("/entries", community))["version"] == 1


@pytest.mark.rule("C01")
@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"topic_id": "no-such-topic"}, "topic-unknown", "topic_id"),
        ({"division": NEXT_TOWN}, "division-outside-topic", "division"),
        ({"held_on": "2199-01-01"}, "day-in-future", "held_on"),
    ],
)
async def test_what_cannot_be_true_of_an_entry_names_its_field(
    log: Log, app: FastAPI, change: dict[str, str], code: str, field: str
) -> None:
    refused = await Caller(app, Role.OFFICE, COUNTY).post("/entries", {**OPENING, **change})

    assert problem(refused) == (422, code, field)
    assert refused.json()["rule"] == "C01"
    assert log.names(f"entry-{EVENING}") == []


@pytest.mark.rule("C01")
async def test_another_county_s_topic_is_as_unknown_as_none(app: FastAPI) -> None:
    office = Caller(app, Role.OFFICE, OTHER_COUNTY)

    refused = await office.post("/entries", {**OPENING, "division": OTHER_COUNTY})

    assert problem(refused)[1] == "topic-unknown"


@pytest.mark.rule("C01")
async def test_an_import_may_open_an_entry_before_its_topic_is_heard_of(app: FastAPI) -> None:
    said = {**OPENING, "topic_id": "from-a-paper-ledger", "back_entry": True}

    done(await Caller(app, Role.LIAISON, TOWN).post("/entries", said))
