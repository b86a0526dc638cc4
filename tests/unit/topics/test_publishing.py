"""A county publishes versions of procedures: numbered, never changed, and no topic under way is touched."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from services.topics.app import SERVICE
from services.topics.deciders import PROCEDURE
from services.topics.domain.procedures import (
    Procedure,
    Procedures,
    PublishProcedure,
)
from shared.contracts.topics import ProcedurePublished, Step
from shared.contracts.types import MeetingRules
from shared.contracts.versions import Circumstances
from shared.eventsourcing.testing import given
from shared.platform.auth import Role
from tests.http import Caller, Log, application, done, problem
from tests.unit.topics.examples import CONSULT, CONVERT, FOUR_STEPS, JULY_1, LAMPS, MARCH_20, RAISE, SURVEY

COUNTY, TOWN = "371621", "371621001"

SECOND = replace(FOUR_STEPS, version=2, title="新四步", surveys_required=2, rules=MeetingRules(ballot=True))
PUBLISH = PublishProcedure(
    COUNTY, SECOND, MARCH_20, Circumstances(Procedures({"four-steps": (FOUR_STEPS,)}), JULY_1)
)
PUBLISHED = ProcedurePublished(
    division=COUNTY,
    procedure="four-steps",
    procedure_version=2,
    title="新四步",
    steps=FOUR_STEPS.steps,
    surveys_required=2,
    rules=MeetingRules(ballot=True),
    published_on=MARCH_20,
)


def publishing(**changes: Any) -> PublishProcedure:
    return replace(PUBLISH, procedure=replace(SECOND, **changes))


@pytest.mark.rule("T06")
def test_a_county_goes_on_from_what_is_shipped_with_the_next_version() -> None:
    (
        given(PROCEDURE)
        .when(PUBLISH)
        .then(PUBLISHED)
        .when(publishing(version=3))
        .then(PUBLISHED.model_copy(update={"procedure_version": 3}))
    )


@pytest.mark.rule("T06")
def test_a_county_may_begin_a_procedure_of_its_own() -> None:
    own = publishing(code="our-way", version=1)

    given(PROCEDURE).when(own).then(
        PUBLISHED.model_copy(update={"procedure": "our-way", "procedure_version": 1})
    )


@pytest.mark.rule("T06")
@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_published_version_never_changes_and_none_is_left_out(version: int) -> None:
    refusal = (
        given(PROCEDURE, PUBLISHED)
        .when(publishing(version=version, title="别的四步"))
        .then_refused("version-not-next", rule="T06")
    )

    assert refusal.field == "version"


@pytest.mark.rule("T06")
def test_publishing_the_same_again_changes_nothing() -> None:
    given(PROCEDURE, PUBLISHED).when(PUBLISH).then_nothing()


@pytest.mark.rule("T06")
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((CONSULT,), id="nothing comes of it"),
        pytest.param((CONVERT,), id="no consultation"),
        pytest.param((CONVERT, CONSULT), id="the outcome first"),
        pytest.param((CONSULT, CONSULT, CONVERT), id="a step twice"),
        pytest.param((SURVEY, RAISE, CONSULT, CONVERT), id="raised after the survey"),
        pytest.param(
            (Step(code="adopt", title="定", phase="前"), RAISE, CONSULT, CONVERT), id="adopted first"
        ),
    ],
)
def test_a_procedure_that_no_topic_could_follow_is_refused(steps: tuple[Step, ...]) -> None:
    refusal = given(PROCEDURE).when(publishing(steps=steps)).then_refused("steps-impossible", rule="T06")

    assert refusal.field == "steps"


@pytest.mark.rule("T06")
def test_no_version_is_published_on_a_day_to_come() -> None:
    tomorrow = replace(PUBLISH, published_on=JULY_1 + timedelta(days=1))

    given(PROCEDURE).when(tomorrow).then_refused("day-in-the-future", rule="T06")


@pytest.mark.rule("T06")
def test_a_preset_that_is_shipped_later_does_not_replace_what_the_county_published() -> None:
    later = Procedures({"four-steps": (FOUR_STEPS, replace(FOUR_STEPS, version=2, title="随产品发布"))})

    known = later.going_on_with([SECOND, replace(SECOND, version=3, title="再新四步")])

    assert [v.title for v in known.by_code["four-steps"]] == ["四步", "新四步", "再新四步"]


def a_version(procedure: Procedure = FOUR_STEPS, **changes: Any) -> dict[str, Any]:
    """Return the body that publishes a procedure."""
    return {
        "version": procedure.version,
        "title": procedure.title,
        "steps": [step.model_dump() for step in procedure.steps],
        "published_on": "2024-03-20",
        **changes,
    }


@pytest.fixture
def app() -> FastAPI:
    """The service with nothing in it."""
    return application(SERVICE, Log())


@pytest.fixture
def office(app: FastAPI) -> Caller:
    """The county's office."""
    return Caller(app, Role.OFFICE, COUNTY)


@pytest.mark.rule("T06", "T10")
async def test_a_topic_under_way_keeps_its_version_and_a_new_one_gets_the_newest(
    app: FastAPI, office: Caller
) -> None:
    town = Caller(app, Role.LIAISON, TOWN)
    topic = {"division": TOWN, "title": "路灯补亮", "origin": "residents", "proposed_on": "2024-03-01"}
    adoption = {"procedure": "luxian-4", "adopted_on": "2024-03-04"}
    done(await town.post("/topics", {**topic, "topic_id": LAMPS}))
    done(await town.post(f"/topics/{LAMPS}/adoption", adoption))

    done(await office.post("/procedures/luxian-4/versions", a_version(version=2)))
    done(await town.post("/topics", {**topic, "topic_id": "later"}))
    done(await town.post("/topics/later/adoption", adoption))

    pinned = [(await town.get(f"/topics/{topic_id}"))["procedure"] for topic_id in (LAMPS, "later")]
    assert [p["version"] for p in pinned] == [1, 2]


@pytest.mark.rule("T06")
async def test_every_version_can_be_read_for_ever(app: FastAPI, office: Caller) -> None:
    anybody = Caller(app, None, TOWN)
    shipped = await anybody.get("/procedures/luxian-4/versions/1")

    done(await office.post("/procedures/luxian-4/versions", a_version(version=2, surveys_required=1)))

    assert await anybody.get("/procedures/luxian-4/versions/1") == shipped
    newest = await anybody.get("/procedures/luxian-4/versions/2")
    assert (newest["title"], newest["surveys_required"], newest["official"]) == ("四步", 1, False)
    listed = [(p["code"], p["version"]) for p in await anybody.get("/procedures")]
    assert ("luxian-4", 1) in listed
    assert ("luxian-4", 2) in listed
    assert await anybody.status_of("/procedures/luxian-4/versions/3") == 404


@pytest.mark.rule("T06")
async def test_another_county_has_its_own_versions(app: FastAPI, office: Caller) -> None:
    done(await office.post("/procedures/luxian-4/versions", a_version(version=2)))

    assert await Caller(app, Role.OFFICE, "371622").status_of("/procedures/luxian-4/versions/2") == 404


@pytest.mark.rule("T06")
async def test_a_version_that_is_not_the_next_names_the_field(office: Caller) -> None:
    refused = await office.post("/procedures/luxian-4/versions", a_version(version=1))

    assert problem(refused) == (422, "version-not-next", "version")


async def test_the_procedures_are_a_file_to_save(app: FastAPI, office: Caller) -> None:
    done(await office.post("/procedures/luxian-4/versions", a_version(version=2)))

    answer = await Caller(app, None, TOWN).ask("/procedures?format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    versions = [(row["代码"], row["版本"], row["步骤"]) for row in rows if row["代码"] == "luxian-4"]
    assert versions == [
        ("luxian-4", "1", "确立主题、调查研究、面对面协商、成果转化"),
        ("luxian-4", "2", "、".join(step.title for step in FOUR_STEPS.steps)),
    ]
    assert "attachment" in answer.headers["content-disposition"]
