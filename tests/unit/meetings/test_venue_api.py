"""Venues over HTTP: changed, closed and reopened, shown with evidence, computed today, listed (M01–M04)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from shared.contracts.cases import ProblemSolved
from shared.contracts.meetings import MeetingHeld, MeetingScheduled
from shared.contracts.types import MeetingForm
from shared.eventsourcing.testing import stream_of
from shared.platform.auth import Role
from tests.http import Caller, done, problem
from tests.unit.meetings.examples import EVIDENCE, NEXT_TOWN, STATION, TOWN
from tests.unit.meetings.roster_http import County

PATH = f"/venues/{STATION}"
VENUE: dict[str, Any] = {
    "venue_id": STATION,
    "division": TOWN,
    "title": "孙武街道协商议事站",
    "tier": "station",
    "host_platform": "community-service-centre",
    "address": "孙武街道文安路 8 号",
    "capacity": 40,
    "opened_on": "2024-03-01",
}
CHANGE = {
    "title": "孙武街道协商议事站",
    "host_platform": "party-service-centre",
    "address": "孙武街道老街 3 号",
    "capacity": 60,
    "reason": "搬入党群服务中心",
    "changed_on": "2024-05-06",
}
CLOSURE = {"reason": "装修", "closed_on": "2024-04-01"}
REOPENING = {"reason": "装修完成", "reopened_on": "2024-05-01"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64 + b"IEND\xaeB`\x82"


def assessment(**evidence: Any) -> dict[str, Any]:
    """Return an assessment by words, but for items whose evidence is given."""
    items = [{"code": code, "met": True, "evidence": "照片"} for code in EVIDENCE]
    for item in items:
        item |= evidence.get(str(item["code"]), {})
    return {"items": items, "assessor": "县政协办公室", "assessed_on": "2024-05-06"}


@pytest.fixture
async def county() -> County:
    """A county with a venue, on 6 May 2024."""
    county = County()
    done(await county.town.post("/venues", VENUE))
    return county


# changes


@pytest.mark.rule("M01")
async def test_a_venue_that_moves_is_shown_at_its_new_address_and_at_the_old_one_as_of_before(
    county: County,
) -> None:
    done(await county.town.post(f"{PATH}/changes", CHANGE))

    assert (await county.town.get(PATH))["address"] == "孙武街道老街 3 号"
    assert (await county.town.get(f"{PATH}?as_of=2024-05-05"))["address"] == "孙武街道文安路 8 号"
    assert (await county.town.get("/venues?as_of=2024-05-05"))["items"][0]["capacity"] == 40
    history = (await county.town.get(f"{PATH}/history"))["items"]
    assert [entry["event"] for entry in history] == ["VenueOpened", "VenueChanged"]


@pytest.mark.rule("M04")
async def test_a_closed_venue_is_reopened_and_takes_meetings_again(county: County) -> None:
    done(await county.town.post(f"{PATH}/closure", CLOSURE))
    assert (await county.town.get(PATH))["closing_reason"] == "装修"

    early = {**REOPENING, "reopened_on": "2024-03-31"}
    assert problem(await county.town.post(f"{PATH}/reopening", early))[1:] == (
        "reopened-before-closed",
        "reopened_on",
    )
    done(await county.town.post(f"{PATH}/reopening", REOPENING))

    shown = await county.town.get(PATH)
    assert (shown["situation"], shown["closed_on"]) == ("open", None)
    assert (await county.town.get(f"{PATH}?as_of=2024-04-15"))["situation"] == "closed"


@pytest.mark.rule("M01")
@pytest.mark.parametrize("role", [None, Role.RESIDENT, Role.MEMBER, Role.CONVENER, Role.AUDITOR, Role.ADMIN])
async def test_venues_are_changed_by_the_liaison_office_and_the_county_s(
    county: County, role: Role | None
) -> None:
    caller = county.caller(role, TOWN)

    for path, body in (("changes", CHANGE), ("reopening", REOPENING), ("assessments", assessment())):
        answered = await caller.post(f"{PATH}/{path}", body)
        assert answered.status_code == (401 if role is None else 403), path


@pytest.mark.rule("M01")
async def test_another_town_s_venue_is_not_there(county: County) -> None:
    neighbour = county.caller(Role.LIAISON, NEXT_TOWN)

    for path, body in (("changes", CHANGE), ("reopening", REOPENING), ("assessments", assessment())):
        assert (await neighbour.post(f"{PATH}/{path}", body)).status_code == 404, path
    assert await neighbour.status_of(f"{PATH}/history") == 404


# evidence


async def upload(caller: Caller, content: bytes = PNG) -> str:
    """Send a file, and return its id."""
    form = httpx.Request("POST", "http://service/files", files={"file": ("门牌.png", content)})
    headers = {"content-type": form.headers["content-type"]}
    answered = await caller._client.post("/files", content=form.read(), headers=headers)
    return str(done(answered)["file_id"])


@pytest.mark.rule("M02")
async def test_a_photograph_is_evidence_and_downloaded_by_clerks_alone(county: County) -> None:
    photo = await upload(county.town)
    by_photo = assessment(signage={"evidence": None, "files": [photo]})

    done(await county.town.post(f"{PATH}/assessments", by_photo))

    signage = (await county.town.get(PATH))["assessments"][0]["items"][1]
    assert (signage["met"], [file["media_type"] for file in signage["files"]]) == (True, ["image/png"])
    answered = await county.town.ask(f"{PATH}/files/{photo}")
    assert (answered.status_code, answered.content) == (200, PNG)
    assert answered.headers["content-disposition"].endswith("%E9%97%A8%E7%89%8C.png")
    assert await county.caller(Role.AUDITOR).status_of(f"{PATH}/files/{photo}") == 200
    assert await county.caller(Role.RESIDENT).status_of(f"{PATH}/files/{photo}") == 403
    assert await county.caller(Role.LIAISON, NEXT_TOWN).status_of(f"{PATH}/files/{photo}") == 404


@pytest.mark.rule("M02")
async def test_a_file_that_no_assessment_names_is_not_there(county: County) -> None:
    photo = await upload(county.town)
    unknown = assessment(signage={"files": ["no-such-file"]})

    assert (await county.town.post(f"{PATH}/assessments", unknown)).status_code == 404
    assert await county.town.status_of(f"{PATH}/files/{photo}") == 404


@pytest.mark.rule("M02")
@pytest.mark.parametrize("day", ["2024-05-07", "2199-12-31"])
async def test_a_venue_is_not_assessed_before_the_day_has_come(county: County, day: str) -> None:
    ahead = {**assessment(), "assessed_on": day}

    refused = await county.town.post(f"{PATH}/assessments", ahead)

    assert problem(refused) == (422, "assessed-in-future", "assessed_on")


# computed today


def hold_meetings(county: County, *days: date, solved: int = 0) -> None:
    """Let meetings be held at the venue, and problems of the first be solved a day later."""
    for n, day in enumerate(days):
        about: dict[str, Any] = {
            "meeting_id": f"meeting-{n}",
            "topic_id": "street-lamps",
            "division": TOWN,
            "form": MeetingForm.MICRO,
            "venue_id": STATION,
        }
        held = MeetingHeld(**about, held_on=day, attendance={"present": 6})
        county.log.events += stream_of(f"meeting-meeting-{n}", MeetingScheduled(**about, day=day), held)
    for n in range(solved):
        problem_solved = ProblemSolved(
            problem_id=f"problem-{n}",
            entry_id="meeting-0",
            topic_id="street-lamps",
            division=TOWN,
            solved_on=date(2024, 4, 2),
        )
        county.log.hear(f"problem-problem-{n}", problem_solved)


@pytest.mark.rule("M03")
async def test_activity_and_effect_are_computed_of_the_twelve_months_up_to_today(county: County) -> None:
    days = [date(2023, 5, 7), *(date(2024, 4, day) for day in (1, 8, 15))]
    hold_meetings(county, *days, solved=1)

    assert (await county.town.get(PATH))["now"] == {
        "until": "2024-05-06",
        "meetings": 4,
        "solutions": 1,
        "active": True,
        "effective": True,
    }
    county.now = datetime(2024, 5, 6, 16, 0, tzinfo=UTC)  # 7 May in Shanghai
    later = (await county.town.get(PATH))["now"]
    assert (later["until"], later["meetings"], later["active"]) == ("2024-05-07", 3, False)
    before = (await county.town.get(f"{PATH}?as_of=2024-04-01"))["now"]
    assert (before["meetings"], before["solutions"]) == (2, 0)


@pytest.mark.rule("M03")
async def test_of_a_standard_that_computes_nothing_nothing_is_said_to_be_enough(county: County) -> None:
    zhongshan = next(s for s in await county.town.get("/standards") if s["code"] == "zhongshan")
    items = [{"code": item["code"], "met": True, "evidence": "照片"} for item in zhongshan["items"]]
    done(
        await county.town.post(
            f"{PATH}/assessments", {**assessment(), "standard": "zhongshan", "items": items}
        )
    )

    now = (await county.town.get(PATH))["now"]

    assert (now["meetings"], now["active"], now["effective"]) == (0, None, None)


# lists


@pytest.mark.rule("M01")
@pytest.mark.rule("M02")
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["hall", STATION]),
        ("?tier=hall", ["hall"]),
        ("?situation=closed", ["hall"]),
        ("?below_standard=true", [STATION]),
        ("?below_standard=false", []),
        ("?q=文安路", [STATION]),
        ("?q=政协大楼", ["hall"]),
        ("?sort=-met", [STATION, "hall"]),
        ("?sort=opened_on", ["hall", STATION]),
        ("?division=371621001&tier=station", [STATION]),
    ],
)
async def test_venues_are_found_by_tier_situation_standard_and_words(
    county: County, question: str, found: list[str]
) -> None:
    hall = {"venue_id": "hall", "division": "371621", "title": "县协商议事厅", "tier": "hall"}
    about = {"address": "政协大楼一楼", "opened_on": "2023-01-01"}
    done(await county.office.post("/venues", {**VENUE, **hall, **about}))
    done(await county.office.post("/venues/hall/closure", CLOSURE))
    done(await county.town.post(f"{PATH}/assessments", assessment()))

    items = (await county.office.get(f"/venues{question}"))["items"]

    assert [venue["venue_id"] for venue in items] == found


@pytest.mark.rule("M01")
@pytest.mark.rule("M02")
async def test_the_exported_list_says_how_many_of_the_six_each_venue_meets(county: County) -> None:
    done(await county.town.post(f"{PATH}/assessments", assessment()))

    heading, line = (await county.town.ask("/venues?format=csv")).text.lstrip("\ufeff").splitlines()

    row = dict(zip(heading.split(","), line.split(","), strict=True))
    assert (row["阵地名称"], row["类型"], row["状态"]) == ("孙武街道协商议事站", "协商议事站", "开放")
    assert (row["达标条数（六有）"], row["依托平台"]) == ("4", "社区服务中心")


@pytest.mark.rule("M01")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", 10**20),
        ("functions", ["协商"] * 21),
        ("host_platform", None),
        ("changed_on", "9999-12-31"),
    ],
)
async def test_bad_input_is_named(county: County, field: str, value: object) -> None:
    refused = await county.town.post(f"{PATH}/changes", {**CHANGE, field: value})

    assert problem(refused) == (422, "invalid-fields", field)
