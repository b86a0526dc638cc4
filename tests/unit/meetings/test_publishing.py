"""A county publishes versions of venue standards: numbered, never changed, each with its six."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest

from services.meetings.deciders import STANDARD
from services.meetings.domain.standards import (
    Computed,
    PublishStandard,
    StandardItem,
    Standards,
    VenueStandard,
)
from shared.contracts.meetings import StandardItem as PublishedItem
from shared.contracts.meetings import StandardPublished
from shared.contracts.versions import Circumstances
from shared.eventsourcing.testing import given
from shared.platform.auth import Role
from tests.http import done
from tests.unit.meetings.http_tools import Caller, Log, problem

COUNTY, TOWN = "371621", "371621001"
MARCH_20, JULY_1 = date(2024, 3, 20), date(2024, 7, 1)

SIX = (
    *(StandardItem(f"i{n}", f"有{n}") for n in range(5)),
    StandardItem("activity", "有活动", Computed.MEETINGS, 4),
)
FIRST = VenueStandard("our-six", 1, "六有", SIX)
SECOND = replace(FIRST, version=2, title="新六有")
PUBLISH = PublishStandard(COUNTY, SECOND, MARCH_20, Circumstances(Standards({"our-six": (FIRST,)}), JULY_1))
PUBLISHED = StandardPublished(
    division=COUNTY,
    standard="our-six",
    standard_version=2,
    title="新六有",
    items=tuple(
        PublishedItem(code=i.code, title=i.title, computed=i.computed, at_least=i.at_least) for i in SIX
    ),
    published_on=MARCH_20,
)


def publishing(**changes: Any) -> PublishStandard:
    return replace(PUBLISH, standard=replace(SECOND, **changes))


@pytest.mark.rule("T06")
def test_a_county_goes_on_from_what_is_shipped_with_the_next_version() -> None:
    (
        given(STANDARD)
        .when(PUBLISH)
        .then(PUBLISHED)
        .when(publishing(version=3))
        .then(PUBLISHED.model_copy(update={"standard_version": 3}))
    )


@pytest.mark.rule("T06")
@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_published_version_never_changes_and_none_is_left_out(version: int) -> None:
    refusal = (
        given(STANDARD, PUBLISHED)
        .when(publishing(version=version, title="别的六有"))
        .then_refused("version-not-next", rule="T06")
    )

    assert refusal.field == "version"


@pytest.mark.rule("T06")
def test_publishing_the_same_again_changes_nothing() -> None:
    given(STANDARD, PUBLISHED).when(PUBLISH).then_nothing()


@pytest.mark.rule("M02")
@pytest.mark.parametrize("items", [SIX[:5], (*SIX, StandardItem("i9", "有九")), (*SIX[:5], SIX[0])])
def test_a_standard_has_six_items_each_with_its_code(items: tuple[StandardItem, ...]) -> None:
    refusal = given(STANDARD).when(publishing(items=items)).then_refused("items-not-six", rule="M02")

    assert refusal.field == "items"


@pytest.mark.rule("T06")
def test_no_version_is_published_on_a_day_to_come() -> None:
    tomorrow = replace(PUBLISH, published_on=JULY_1 + timedelta(days=1))

    given(STANDARD).when(tomorrow).then_refused("day-in-the-future", rule="T06")


def a_version(**changes: Any) -> dict[str, Any]:
    """Return the body that publishes a version of a shipped standard."""
    items = [{"code": f"i-{n}", "title": f"有{n}"} for n in range(6)]
    return {"version": 2, "title": "新六有", "items": items, "published_on": "2024-03-20", **changes}


@pytest.mark.rule("T06", "M02")
async def test_a_venue_is_held_against_the_newest_version_and_earlier_assessments_stay() -> None:
    log = Log()
    office, town = Caller(log, Role.OFFICE, COUNTY), Caller(log, Role.LIAISON, TOWN)
    venue = {
        "venue_id": "room-one",
        "division": TOWN,
        "title": "协商议事室",
        "tier": "room",
        "host_platform": "party-service-centre",
        "address": "中心街 1 号",
        "capacity": 40,
        "functions": ["协商议事"],
        "opened_on": "2024-01-10",
    }
    evidence = {"evidence": "照片"}
    marks = [{"code": code, "met": True, **evidence} for code in ("position", "signage", "rules", "process")]
    done(await town.post("/venues", venue))
    first = {"items": marks, "assessed_on": "2024-03-01", "assessor": "县政协办公室"}
    done(await town.post("/venues/room-one/assessments", first))

    done(await office.post("/standards/longkou/versions", a_version()))
    second = {
        **first,
        "items": [{"code": f"i-{n}", "met": n < 2, **evidence} for n in range(6)],
        "assessed_on": "2024-04-01",
    }
    done(await town.post("/venues/room-one/assessments", second))

    venue = await town.get("/venues/room-one")
    assert [a["standard_version"] for a in venue["assessments"]] == [1, 2]
    assert venue["met"] == 2
    assert (await town.get("/standards/longkou/versions/1"))["title"] == "六有(龙口)"
    assert (await town.get("/standards/longkou/versions/2"))["title"] == "新六有"


@pytest.mark.rule("T06")
async def test_a_version_that_is_not_the_next_names_the_field() -> None:
    office = Caller(Log(), Role.OFFICE, COUNTY)

    refused = await office.post("/standards/longkou/versions", a_version(version=1))

    assert problem(refused) == (422, "version-not-next", "version")


async def test_the_standards_are_a_workbook_to_save() -> None:
    office = Caller(Log(), Role.OFFICE, COUNTY)

    answer = await office.ask("/standards?format=xlsx")

    (sheet,) = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    rows = list(sheet.values)
    assert rows[0][:4] == ("代码", "版本", "标准", "六项")
    assert rows[1][:4] == ("longkou", 1, "六有(龙口)", "有阵地、有标识、有制度、有流程、有活动、有实效")
