"""Sector branches and the two coverages over HTTP (M18, M20)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.platform.auth import Role
from tests.http import done, problem
from tests.unit.meetings.examples import NEXT_TOWN, TOWN
from tests.unit.meetings.roster_http import ACTIVITY, BRANCH, MEMBER, County

HEALTH = "/branches/branch-of-health"
HELD = {"kind": "quarterly", "done_on": "2024-04-20", "title": "送医下乡"}


@pytest.fixture
async def county() -> County:
    """A county with a branch, on 6 May 2024."""
    county = County()
    done(await county.office.post("/branches", BRANCH))
    return county


def standings(branch: dict[str, Any]) -> dict[str, str]:
    return {duty["period"]: duty["standing"] for duty in branch["duties"]}


# branches


@pytest.mark.rule("M20")
async def test_a_branch_shows_what_is_done_due_and_overdue_today(county: County) -> None:
    owed = {"2023-Q3": "overdue", "2023-Q4": "overdue", "2024-Q1": "overdue"}
    assert standings(await county.lin.get(HEALTH)) == {**owed, "2024-Q2": "due", "2024": "due"}

    for kind in ("quarterly", "yearly-meeting"):
        done(await county.office.post(f"{HEALTH}/activities", {**HELD, "kind": kind}))

    (shown,) = (await county.lin.get("/branches"))["items"]
    assert standings(shown) == {**owed, "2024-Q2": "done", "2024": "done"}
    county.now = datetime(2024, 6, 30, 16, 0, tzinfo=UTC)  # the first minute of July in Shanghai
    assert standings(await county.lin.get(HEALTH))["2024-Q3"] == "due"
    assert standings(await county.lin.get(f"{HEALTH}?as_of=2024-04-19"))["2024-Q2"] == "due"


@pytest.mark.rule("M20")
async def test_a_branch_is_changed_and_dissolved_by_the_office(county: County) -> None:
    change = {"title": "医卫教育界党支部", "base": "县人民医院", "sectors": ["医药卫生界", "教育界"]}
    end = {"reason": "界别调整", "dissolved_on": "2024-05-06"}

    done(await county.office.post(f"{HEALTH}/changes", {**change, "changed_on": "2024-05-01"}))
    done(await county.office.post(f"{HEALTH}/dissolution", end))

    shown = await county.office.get(HEALTH)
    assert (shown["sectors"], shown["situation"]) == (["医药卫生界", "教育界"], "dissolved")
    assert ids(await county.office.get("/branches?situation=standing")) == []
    assert ids(await county.office.get("/branches?q=人民医院")) == ["branch-of-health"]
    assert "已撤销" in (await county.office.ask("/branches?format=csv")).text
    history = (await county.office.get(f"{HEALTH}/history"))["items"]
    assert [entry["event"] for entry in history] == [
        "SectorBranchFounded",
        "SectorBranchChanged",
        "SectorBranchDissolved",
    ]


def ids(page: Any) -> list[str]:
    return [branch["branch_id"] for branch in page["items"]]


@pytest.mark.rule("M20")
async def test_a_branch_s_base_is_a_venue_of_the_county(county: County) -> None:
    refused = await county.office.post(
        "/branches", {**BRANCH, "branch_id": "branch-of-schools", "venue_id": "no-such-venue"}
    )

    assert problem(refused) == (422, "venue-unknown", "venue_id")


@pytest.mark.rule("M20")
@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.OFFICE)])
async def test_branches_are_the_office_s_to_found_and_members_to_read(
    county: County, role: Role | None
) -> None:
    caller = county.caller(role, NEXT_TOWN)
    readers = {Role.MEMBER, Role.CONVENER, Role.LIAISON, Role.AUDITOR}

    for path, body in (("/branches", BRANCH), (f"{HEALTH}/activities", HELD)):
        assert (await caller.post(path, body)).status_code == (401 if role is None else 403)
    may_not = 401 if role is None else 403
    assert await caller.status_of(HEALTH) == (200 if role in readers else may_not)


@pytest.mark.rule("M20")
async def test_another_county_s_branch_is_not_there(county: County) -> None:
    stranger = county.caller(Role.MEMBER, "371622")

    assert await stranger.status_of(HEALTH) == 404
    assert ids(await stranger.get("/branches")) == []


@pytest.mark.rule("M20")
async def test_of_the_secretary_it_shows_only_that_there_is_one(county: County) -> None:
    await county.with_member()
    said = {"party_member": True, "branch_id": "branch-of-health"}
    await county.office.put("/members/member-lin/party-membership", said)
    assert (await county.lin.get(HEALTH))["secretary_entered"] is False

    await county.office.put("/members/member-lin/party-membership", {**said, "secretary": True})

    shown = await county.lin.ask(HEALTH)
    assert shown.json()["secretary_entered"] is True
    assert "member-lin" not in shown.text


# the two coverages


async def enrol(county: County, number: int, sector: str = "医药卫生界", **said: Any) -> None:
    """Enrol a member, and enter whether they are a Party member."""
    member_id = f"member-{number}"
    body = {**MEMBER, "member_id": member_id, "account": f"account-{number}", "sector": sector}
    await county.with_member(body)
    if said:
        answered = await county.office.put(f"/members/{member_id}/party-membership", said)
        assert answered.status_code == 204


@pytest.mark.rule("M18")
async def test_the_coverages_are_percentages_of_the_county(county: County) -> None:
    for number in range(4):
        await enrol(county, number, party_member=True, branch_id="branch-of-health")
    await enrol(county, 4, sector="农业界", party_member=True)
    await enrol(county, 5, sector="农业界", party_member=False)
    shown = {**ACTIVITY, "members": ["member-0", "member-4"], "showed_party_identity": ["member-0"]}
    done(await county.town.post("/activities", shown))

    assert await county.office.get("/coverages") == {
        "division": "371621",
        "as_of": "2024-05-06",
        "party_organisation": {"percent": 80, "why_not": None},
        "party_work": {"percent": 66, "why_not": None},
        "showed_party_identity": {"percent": 20, "why_not": None},
        "complete": True,
    }


@pytest.mark.rule("M18")
async def test_over_fewer_than_five_people_there_is_no_percentage_but_the_reason(county: County) -> None:
    for number in range(4):
        await enrol(county, number, party_member=True, branch_id="branch-of-health")
    await enrol(county, 4)

    found = await county.office.get("/coverages")

    assert found["party_organisation"] == {"percent": None, "why_not": "fewer-than-five"}
    assert found["showed_party_identity"] == {"percent": None, "why_not": "fewer-than-five"}
    assert found["party_work"] == {"percent": 100, "why_not": None}
    assert found["complete"] is False


@pytest.mark.rule("M18")
async def test_who_retired_or_was_erased_and_a_dissolved_branch_no_longer_count(county: County) -> None:
    for number in range(7):
        await enrol(county, number, party_member=True, branch_id="branch-of-health")
    retirement = {"reason": "调离", "retired_on": "2024-05-01"}
    done(await county.office.post("/members/member-0/retirement", retirement))
    assert (await county.office.get("/coverages"))["party_organisation"]["percent"] == 100

    (person, *_) = [m["person"] for m in (await county.office.get("/members/names?why=核对"))["items"]]
    done(await county.office.post(f"/people/{person}/erasure", {"why": "本人申请"}))
    assert (await county.office.get("/coverages"))["party_organisation"]["percent"] == 100
    end = {"reason": "界别调整", "dissolved_on": "2024-05-06"}
    done(await county.office.post(f"{HEALTH}/dissolution", end))

    found = await county.office.get("/coverages")
    assert found["party_organisation"]["percent"] == found["party_work"]["percent"] == 0


@pytest.mark.rule("M18")
async def test_a_struck_activity_and_one_of_another_year_show_nobody_s_identity(county: County) -> None:
    for number in range(5):
        await enrol(county, number, party_member=True)
    shown = {**ACTIVITY, "members": ["member-0"], "showed_party_identity": ["member-0"]}
    done(await county.town.post("/activities", shown))
    assert (await county.office.get("/coverages"))["showed_party_identity"]["percent"] == 20
    county.now = datetime(2025, 1, 1, 1, 0, tzinfo=UTC)
    assert (await county.office.get("/coverages"))["showed_party_identity"]["percent"] == 0
    county.now = datetime(2024, 5, 7, 1, 0, tzinfo=UTC)

    done(await county.town.post("/activities/visit-to-sunwu/striking", {"reason": "重复登记"}))

    assert (await county.office.get("/coverages"))["showed_party_identity"]["percent"] == 0


@pytest.mark.rule("M18")
@pytest.mark.parametrize("role", [None, *Role])
async def test_only_office_and_auditor_of_the_whole_county_see_the_coverages(
    county: County, role: Role | None
) -> None:
    may = role in (Role.OFFICE, Role.AUDITOR)

    assert await county.caller(role).status_of("/coverages") == (200 if may else 401 if role is None else 403)
    assert await county.caller(role, TOWN).status_of("/coverages") == (401 if role is None else 403)
