"""Members' activities over HTTP: who records and sees them, what comes of them (M19)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.contracts.topics import TopicProposed
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from tests.http import done, problem
from tests.unit.meetings.examples import COUNTY, NEXT_TOWN, TOWN
from tests.unit.meetings.roster_http import ACTIVITY, ZHAO, County

VISIT = "/activities/visit-to-sunwu"
LOG = "/members/member-lin/activities"
CONTENT = {name: value for name, value in ACTIVITY.items() if name not in ("activity_id", "division")}
ADVICE = {
    **ACTIVITY,
    "activity_id": "advice-at-fair",
    "kind": "advice",
    "done_on": "2024-04-01",
    "issues": [],
    "direction": None,
    "showed_member_identity": None,
}


@pytest.fixture
async def county() -> County:
    """A county with two members."""
    return await (await County().with_member()).with_member(ZHAO)


def ids(page: Any) -> list[str]:
    return [activity["activity_id"] for activity in page["items"]]


@pytest.mark.rule("M19")
async def test_an_activity_is_recorded_corrected_and_shown(county: County) -> None:
    recorded = await county.town.post("/activities", {**ACTIVITY, "members": ["member-lin", "member-zhao"]})
    assert (recorded.status_code, recorded.headers["location"]) == (201, VISIT)
    correction = {**CONTENT, "people_met": 53, "reason": "人数写错"}

    done(await county.town.post(f"{VISIT}/corrections", correction))

    shown = await county.town.get(VISIT)
    assert (shown["people_met"], shown["members"]) == (53, ["member-lin"])
    assert (shown["correction_reason"], shown["situation"]) == ("人数写错", "recorded")
    assert (await county.town.get(f"{VISIT}?version=1"))["people_met"] == 35
    history = (await county.town.get(f"{VISIT}/history"))["items"]
    assert [entry["event"] for entry in history] == ["MemberActivityRecorded", "MemberActivityCorrected"]


@pytest.mark.rule("M19")
async def test_a_member_records_and_corrects_the_own_activities_only(county: County) -> None:
    done(await county.lin.post("/activities", ACTIVITY))
    done(await county.lin.post(f"{VISIT}/corrections", {**CONTENT, "people_met": 40, "reason": "更正"}))
    done(await county.town.post("/activities", {**ADVICE, "members": ["member-zhao"]}))

    for members in (["member-zhao"], ["member-lin", "member-zhao"]):
        others = {**ACTIVITY, "activity_id": "another", "members": members}
        assert problem(await county.lin.post("/activities", others)) == (422, "not-own-activity", "members")
    for path, body in (
        ("corrections", {**CONTENT, "kind": "advice", "reason": "更正"}),
        ("striking", {"reason": "误登"}),
    ):
        assert (await county.lin.post(f"/activities/advice-at-fair/{path}", body)).status_code == 404
    handed_on = {**CONTENT, "members": ["member-zhao"], "reason": "转记"}
    assert problem(await county.lin.post(f"{VISIT}/corrections", handed_on))[1] == "not-own-activity"


@pytest.mark.rule("M19")
@pytest.mark.parametrize("role", [None, Role.RESIDENT, Role.DEPARTMENT, Role.AUDITOR, Role.ADMIN])
async def test_nobody_else_records_activities(county: County, role: Role | None) -> None:
    refused = await county.caller(role).post("/activities", ACTIVITY)

    assert refused.status_code == (401 if role is None else 403)


@pytest.mark.rule("M19")
async def test_members_are_of_the_county_and_serve_on_the_day(county: County) -> None:
    stranger = {**ACTIVITY, "members": ["nobody-known"]}
    early = {**ACTIVITY, "done_on": "2024-01-09"}

    for body in (stranger, early):
        refused = await county.town.post("/activities", body)
        assert problem(refused) == (422, "member-not-serving", "members")


@pytest.mark.rule("M19")
@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"done_on": "2024-05-07"}, "activity-in-future", "done_on"),
        ({"direction": None}, "show-and-visit-incomplete", "direction"),
        ({"members": []}, "invalid-fields", "members"),
        ({"members": ["member-lin", "member-lin"]}, "member-twice", "members"),
        ({"people_met": -1}, "invalid-fields", "people_met"),
        ({"kind": "party"}, "invalid-fields", "kind"),
        ({"showed_party_identity": ["member-zhao"]}, "invalid-fields", ""),
    ],
)
async def test_what_cannot_be_is_refused_and_named(
    county: County, changed: dict[str, Any], code: str, field: str
) -> None:
    before = len(county.log.events)

    status, found, named = problem(await county.town.post("/activities", {**ACTIVITY, **changed}))

    assert (status, found) == (422, code)
    assert not field or named == field
    assert len(county.log.events) == before


@pytest.mark.rule("M19")
async def test_a_member_s_log_is_all_to_them_and_of_the_own_division_to_clerks(county: County) -> None:
    done(await county.lin.post("/activities", ACTIVITY))
    elsewhere = county.caller(Role.LIAISON, NEXT_TOWN)
    done(await elsewhere.post("/activities", {**ADVICE, "division": NEXT_TOWN}))

    assert ids(await county.lin.get(LOG)) == ["visit-to-sunwu", "advice-at-fair"]
    assert ids(await county.office.get(LOG)) == ["visit-to-sunwu", "advice-at-fair"]
    assert ids(await county.caller(Role.AUDITOR).get(LOG)) == ["visit-to-sunwu", "advice-at-fair"]
    assert ids(await county.town.get(LOG)) == ["visit-to-sunwu"]
    assert ids(await elsewhere.get(LOG)) == ["advice-at-fair"]
    assert ids(await county.town.get("/members/member-zhao/activities")) == []


@pytest.mark.rule("M19")
@pytest.mark.parametrize(
    ("role", "division", "status"),
    [
        (Role.MEMBER, COUNTY, 404),
        (Role.CONVENER, TOWN, 404),
        (Role.RESIDENT, TOWN, 403),
        (Role.OFFICE, "371622", 404),
    ],
)
async def test_nobody_else_sees_a_member_s_log(
    county: County, role: Role, division: str, status: int
) -> None:
    done(await county.lin.post("/activities", ACTIVITY))
    other = county.caller(role, division, subject="somebody-else")

    assert await other.status_of(LOG) == status
    assert await other.status_of(VISIT) == status


@pytest.mark.rule("M19")
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["visit-to-sunwu", "advice-at-fair"]),
        ("?with_issues=true", ["visit-to-sunwu"]),
        ("?with_issues=false", ["advice-at-fair"]),
        ("?kind=advice", ["advice-at-fair"]),
        ("?q=路灯", ["visit-to-sunwu"]),
        ("?since=2024-05-01", ["visit-to-sunwu"]),
        ("?until=2024-04-30", ["advice-at-fair"]),
        ("?since=2024-04-01&until=2024-05-06&sort=done_on", ["advice-at-fair", "visit-to-sunwu"]),
        ("?division=371621002", None),
        ("?situation=struck", ["struck-one"]),
        ("?as_of=2024-04-15", ["advice-at-fair"]),
    ],
)
async def test_a_town_finds_its_activities_by_kind_day_words_and_issues(
    county: County, question: str, found: list[str] | None
) -> None:
    for body in (ACTIVITY, ADVICE, {**ACTIVITY, "activity_id": "struck-one"}):
        done(await county.town.post("/activities", body))
    done(await county.town.post("/activities/struck-one/striking", {"reason": "重复登记"}))

    answer = await county.town.ask(f"/activities{question}")

    assert (ids(answer.json()) if answer.status_code == 200 else None) == found


@pytest.mark.rule("M19")
async def test_a_topic_that_came_of_an_activity_shows_with_it(county: County) -> None:
    topic = TopicProposed(
        topic_id="street-lamps",
        division=TOWN,
        title="路灯补亮",
        origin=Origin.MEMBER,
        channel=Channel.MEMBER,
        proposed_on=date(2024, 5, 6),
        activity_id="visit-to-sunwu",
    )
    county.log.hear("topic-street-lamps", topic)
    assert await county.town.status_of(VISIT) == 404, "of an activity that is still on its way"
    assert await county.town.status_of(f"{VISIT}/history") == 404

    done(await county.town.post("/activities", ACTIVITY))

    assert (await county.town.get(VISIT))["topics"] == ["street-lamps"]


@pytest.mark.rule("M19")
async def test_numbers_of_people_in_an_issue_do_not_get_into_the_record(county: County) -> None:
    issue = "王大爷 13712345678 反映三组没有路灯"

    done(await county.town.post("/activities", {**ACTIVITY, "issues": [issue]}))

    (told,) = (await county.town.get(VISIT))["issues"]
    assert "13712345678" not in str(county.log.events)
    assert told.endswith("反映三组没有路灯")


@pytest.mark.rule("M19")
async def test_the_export_has_the_log_and_no_figure_that_compares_people(county: County) -> None:
    done(await county.town.post("/activities", ACTIVITY))

    lines = (await county.office.ask("/activities?format=csv")).text.splitlines()

    assert "双亮双进" in lines[1]
    assert "政协走进群众" in lines[1]
    for word in ("排名", "积分", "次数", "合计"):
        assert word not in lines[0]


# Party identity


@pytest.mark.rule("M18")
@pytest.mark.rule("M19")
async def test_who_showed_party_identity_goes_beside_the_person_and_into_no_event(county: County) -> None:
    body = {**ACTIVITY, "members": ["member-lin", "member-zhao"], "showed_party_identity": ["member-lin"]}

    answered = await county.town.post("/activities", body)

    done(answered)
    assert "arty" not in answered.text + str(county.log.events) + (await county.town.ask(VISIT)).text
    facts = county.people.people[person_id("lin@example.org")]["restricted"]
    assert facts == {"showed_party_identity_in:visit-to-sunwu": True}
    written = [line for line in county.accesses() if line[1] == "restrict"]
    assert len(written) == 2, "of all who took part: else the line itself would tell"


@pytest.mark.rule("M19")
async def test_a_correction_leaves_who_showed_party_identity_unless_it_says_so(county: County) -> None:
    done(await county.town.post("/activities", {**ACTIVITY, "showed_party_identity": ["member-lin"]}))
    facts = county.people.people[person_id("lin@example.org")]["restricted"]

    done(await county.town.post(f"{VISIT}/corrections", {**CONTENT, "people_met": 40, "reason": "更正"}))
    assert facts == {"showed_party_identity_in:visit-to-sunwu": True}
    none = {**CONTENT, "people_met": 41, "reason": "更正", "showed_party_identity": []}
    done(await county.town.post(f"{VISIT}/corrections", none))
    assert facts == {"showed_party_identity_in:visit-to-sunwu": None}


@pytest.mark.rule("M18")
async def test_an_activity_that_is_refused_says_nothing_of_anybody(county: County) -> None:
    done(await county.town.post("/activities", ACTIVITY))
    elsewhere = county.caller(Role.LIAISON, NEXT_TOWN)
    shown = {"showed_party_identity": ["member-lin"]}

    taken = await elsewhere.post("/activities", {**ACTIVITY, **shown, "division": NEXT_TOWN})
    ahead = await county.town.post(
        "/activities", {**ACTIVITY, **shown, "activity_id": "ahead", "done_on": "2024-05-07"}
    )

    assert (taken.status_code, ahead.status_code) == (404, 422)
    assert [line for line in county.accesses() if line[1] == "restrict"] == []
