"""The roster over HTTP: who may do what, where names go, what is answered (M18)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from tests.http import done, problem
from tests.unit.meetings.examples import COUNTY, NEXT_TOWN, TOWN
from tests.unit.meetings.roster_http import BRANCH, MEMBER, ZHAO, County

LIN = "/members/member-lin"
ACCOUNT = person_id("lin@example.org")
POSTING = {"posted_to": TOWN, "specialty": "中医义诊", "from_on": "2024-03-01"}
MEMBERSHIP = {"party_member": True}


@pytest.fixture
async def county() -> County:
    """A county with one member."""
    return await County().with_member()


# the roster


@pytest.mark.rule("M18")
async def test_a_member_from_enrolment_to_retirement(county: County) -> None:
    change = {"sector": "教育界", "liaison_office": "县政协办公室", "changed_on": "2024-04-01"}
    retirement = {"reason": "调离本县", "retired_on": "2024-05-01"}

    for path, body in (("changes", change), ("postings", POSTING), ("retirement", retirement)):
        written = await county.office.post(f"{LIN}/{path}", body)
        assert written.headers["location"] == LIN
        done(written)

    shown = await county.town.get(LIN)
    assert (shown["sector"], shown["skills"], shown["situation"]) == ("教育界", [], "retired")
    assert shown["postings"] == [{**POSTING, "until": None}]
    assert county.log.names("member-member-lin") == [
        "MemberEnrolled",
        "MemberChanged",
        "MemberPosted",
        "MemberRetired",
    ]
    assert problem(await county.office.post(f"{LIN}/postings", POSTING))[:2] == (409, "member-retired")


@pytest.mark.rule("M18")
async def test_the_same_enrolment_again_is_the_same_member() -> None:
    county = County()
    unnamed = {name: value for name, value in ZHAO.items() if name != "member_id"}

    first = done(await county.office.post("/members", unnamed, key="roster!7"))
    again = done(await county.office.post("/members", unnamed, key="roster!7"))

    assert again == {**first, "repeated": True}
    assert len(county.people.people) == 1


@pytest.mark.rule("M18")
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.DEPARTMENT, Role.MEMBER, Role.AUDITOR])
async def test_everybody_of_the_county_reads_the_roster_without_names(county: County, role: Role) -> None:
    reader = county.caller(role, NEXT_TOWN)

    (member,) = (await reader.get("/members"))["items"]

    assert member == await reader.get(LIN)
    assert member.keys().isdisjoint({"name", "phone", "person", "account"})
    assert "林素问" not in (await reader.ask("/members")).text


@pytest.mark.rule("M18")
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["member-lin", "member-zhao"]),
        ("?sector=农业界", ["member-zhao"]),
        ("?q=中医", ["member-lin"]),
        ("?posted_to=371621001", ["member-lin"]),
        ("?posted_to=371621002", []),
        ("?situation=retired", ["member-zhao"]),
        ("?as_of=2024-02-01&situation=serving", ["member-lin", "member-zhao"]),
        ("?sort=-sector", ["member-lin", "member-zhao"]),
    ],
)
async def test_members_are_found_by_sector_words_posting_and_situation(
    county: County, question: str, found: list[str]
) -> None:
    await county.with_member({**ZHAO, "skills": ["果树栽培"]})
    done(await county.office.post(f"{LIN}/postings", POSTING))
    retirement = {"reason": "任期届满", "retired_on": "2024-04-30"}
    done(await county.office.post("/members/member-zhao/retirement", retirement))

    items = (await county.town.get(f"/members{question}"))["items"]

    assert sorted(member["member_id"] for member in items) == found


@pytest.mark.rule("M18")
async def test_the_exported_roster_has_states_and_ids_and_no_names(county: County) -> None:
    done(await county.office.post(f"{LIN}/postings", POSTING))

    exported = (await county.office.ask("/members?format=csv")).text

    assert "医药卫生界" in exported
    assert "在任" in exported
    assert "中医义诊" in exported
    assert "member-lin" in exported
    for personal in ("林素问", "13812345678", ACCOUNT, "lin@example.org"):
        assert personal not in exported


@pytest.mark.rule("M18")
async def test_another_county_s_members_are_not_there(county: County) -> None:
    stranger = county.caller(Role.OFFICE, "371622")

    assert await stranger.status_of(LIN) == 404
    assert (await stranger.get("/members"))["items"] == []


@pytest.mark.rule("M18")
@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.OFFICE)])
async def test_the_roster_is_the_office_s_alone_to_change(county: County, role: Role | None) -> None:
    caller = county.caller(role)
    change = {"sector": "教育界", "liaison_office": "县政协办公室", "changed_on": "2024-04-01"}
    status = 401 if role is None else 403

    assert (await caller.post("/members", ZHAO)).status_code == status
    for path, body in (
        ("changes", change),
        ("account", {"account": "someone"}),
        ("postings", POSTING),
        ("retirement", {"reason": "调离", "retired_on": "2024-05-01"}),
    ):
        assert (await caller.post(f"{LIN}/{path}", body)).status_code == status, path
    assert (await caller.put(f"{LIN}/contact", {"name": "林"})).status_code == status
    assert (await caller.put(f"{LIN}/party-membership", MEMBERSHIP)).status_code == status
    assert county.log.names("member-member-lin") == ["MemberEnrolled"]


@pytest.mark.rule("M18")
async def test_a_town_s_office_changes_no_county_s_roster(county: County) -> None:
    town = county.caller(Role.OFFICE, TOWN)

    assert problem(await town.post("/members", ZHAO))[:2] == (403, "role-not-allowed")


@pytest.mark.rule("M18")
async def test_a_roster_of_another_county_is_not_there_to_write(county: County) -> None:
    assert (await county.office.post("/members", {**ZHAO, "division": "371622"})).status_code == 404
    assert "赵青禾" not in str(county.people.people)


@pytest.mark.rule("M18")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"account": "two words"}, "account"),
        ({"skills": ["中医"] * 21}, "skills"),
        ({"division": TOWN}, "division"),
        ({"enrolled_on": "1900-01-01"}, "enrolled_on"),
    ],
)
async def test_bad_input_is_named_and_nobody_is_written_down(changed: dict[str, Any], field: str) -> None:
    county = County()

    status, _, named = problem(await county.office.post("/members", {**MEMBER, **changed}))

    assert (status, named) == (422, field)
    assert (county.log.events, county.people.people) == ([], {})


# names


@pytest.mark.rule("M18")
async def test_names_are_looked_up_by_clerks_with_a_reason_that_is_logged(county: County) -> None:
    await county.with_member(ZHAO)

    found = (await county.office.get("/members/names?why=会议通知"))["items"]

    assert [(m["member_id"], m["name"], m["phone"]) for m in found] == [
        ("member-lin", "林素问", "13812345678"),
        ("member-zhao", "赵青禾", "13987654321"),
    ]
    looked_at = [line for line in county.accesses() if line[1] == "look-up"]
    assert sorted(looked_at) == sorted((m["person"], "look-up", "会议通知") for m in found)


@pytest.mark.rule("M18")
@pytest.mark.parametrize(
    ("posting", "known"),
    [
        (POSTING, ["member-lin"]),
        ({**POSTING, "posted_to": "371621001201"}, ["member-lin"]),
        ({**POSTING, "posted_to": NEXT_TOWN}, []),
        ({**POSTING, "until": "2024-05-05"}, []),
        ({**POSTING, "from_on": "2024-05-07"}, []),
    ],
    ids=["here", "in-a-community", "elsewhere", "no-longer", "not-yet"],
)
async def test_a_town_s_clerk_knows_those_who_are_posted_there_now(
    county: County, posting: dict[str, Any], known: list[str]
) -> None:
    await county.with_member(ZHAO)
    done(await county.office.post(f"{LIN}/postings", posting))

    found = (await county.town.get("/members/names?why=走访安排"))["items"]

    assert [(m["member_id"], m["name"]) for m in found] == [(member, "林素问") for member in known]


@pytest.mark.rule("M18")
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.DEPARTMENT, Role.MEMBER, Role.CONVENER, Role.AUDITOR])
async def test_nobody_else_looks_names_up(county: County, role: Role) -> None:
    assert await county.caller(role).status_of("/members/names?why=好奇") == 403


async def test_names_take_a_reason(county: County) -> None:
    assert problem(await county.office.ask("/members/names"))[0] == 422
    assert county.accesses() == []


@pytest.mark.rule("M18")
async def test_a_name_is_put_right_outside_of_the_record(county: County) -> None:
    answered = await county.office.put(f"{LIN}/contact", {"name": "林素文"})

    assert (answered.status_code, answered.text) == (204, "")
    (member,) = (await county.office.get("/members/names?why=核对"))["items"]
    assert (member["name"], member["phone"]) == ("林素文", "13812345678")
    assert county.log.names("member-member-lin") == ["MemberEnrolled"]


# accounts


@pytest.mark.rule("M18")
async def test_a_member_finds_the_own_entry_by_the_account(county: County) -> None:
    assert (await county.lin.get("/my/member"))["member_id"] == "member-lin"
    assert await county.caller(Role.MEMBER, subject="someone").status_of("/my/member") == 404


@pytest.mark.rule("M18")
async def test_an_account_that_comes_later_is_linked_and_known_by_the_same_name() -> None:
    county = await County().with_member({**MEMBER, "account": None})
    assert await county.lin.status_of("/my/member") == 404

    linked = await county.office.post(f"{LIN}/account", {"account": "lin@example.org"})
    again = await county.office.post(f"{LIN}/account", {"account": "lin@example.org"})

    assert done(linked)["version"] == done(again)["version"] == 2
    assert (await county.lin.get("/my/member"))["member_id"] == "member-lin"
    assert county.people.people[ACCOUNT]["name"] == "林素问"
    await county.office.put(f"{LIN}/contact", {"name": "林素文"})
    assert county.people.people[ACCOUNT]["name"] == "林素文"


@pytest.mark.rule("M18")
async def test_an_account_belongs_to_one_serving_member(county: County) -> None:
    await county.with_member(ZHAO)
    taken = {"account": "lin@example.org"}

    linked = await county.office.post("/members/member-zhao/account", taken)
    enrolled = await county.office.post("/members", {**ZHAO, **taken, "member_id": "member-sun"})

    assert problem(linked) == problem(enrolled) == (422, "account-taken", "account")


@pytest.mark.rule("M18")
@pytest.mark.parametrize("erased", ["person", "account"])
async def test_who_is_erased_is_erased_under_every_id_and_never_written_again(erased: str) -> None:
    county = await County().with_member({**MEMBER, "account": None})
    done(await county.office.post(f"{LIN}/account", {"account": "lin@example.org"}))
    await county.office.put(f"{LIN}/party-membership", MEMBERSHIP)
    (entry,) = (await county.office.get("/members/names?why=核对"))["items"]
    ids = {"person": entry["person"], "account": ACCOUNT}

    done(await county.office.post(f"/people/{ids[erased]}/erasure", {"why": "本人申请"}))

    assert "林素问" not in str(county.people.people)
    assert "party" not in str(county.people.people)
    assert all("erased_at" in document for document in county.people.people.values())
    assert (await county.office.get(LIN))["sector"] == "医药卫生界", "events stay readable"
    contact = await county.office.put(f"{LIN}/contact", {"name": "林素问"})
    membership = await county.office.put(f"{LIN}/party-membership", MEMBERSHIP)
    assert problem(contact)[:2] == problem(membership)[:2] == (409, "person-erased")


# Party membership


@pytest.mark.rule("M18")
async def test_party_membership_is_entered_by_the_office_and_answered_by_nothing(county: County) -> None:
    done(await county.office.post("/branches", BRANCH))
    before = len(county.log.events)

    entered = {"party_member": True, "branch_id": "branch-of-health", "secretary": True}
    answered = await county.office.put(f"{LIN}/party-membership", entered)

    assert (answered.status_code, answered.text) == (204, "")
    assert "etag" not in answered.headers
    assert len(county.log.events) == before
    assert county.people.people[ACCOUNT]["restricted"] == {
        "party_member": True,
        "party_branch": "branch-of-health",
        "branch_secretary": True,
    }


@pytest.mark.rule("M18")
@pytest.mark.parametrize("said", [{"party_member": True}, {"party_member": False}])
async def test_the_log_says_of_whom_something_was_entered_and_not_what(
    county: County, said: dict[str, bool]
) -> None:
    await county.office.put(f"{LIN}/party-membership", said)

    assert county.accesses() == [(ACCOUNT, "restrict", "登记委员限制信息")]
    (line,) = (await county.caller(Role.AUDITOR).get("/people/accesses"))["items"]
    assert (line["person"], line["roles"], line["action"]) == (ACCOUNT, ["office"], "restrict")
    assert "arty" not in str(line)


@pytest.mark.rule("M18")
async def test_looking_somebody_up_shows_no_party_membership(county: County) -> None:
    await county.office.put(f"{LIN}/party-membership", MEMBERSHIP)

    shown = await county.office.ask(f"/people/{ACCOUNT}?why=核对")

    assert shown.json()["name"] == "林素问"
    assert "party" not in shown.text


@pytest.mark.rule("M18")
@pytest.mark.parametrize(
    "said",
    [
        {"party_member": False, "branch_id": "branch-of-health"},
        {"party_member": True, "secretary": True},
        {"party_member": "yes"},
        {},
    ],
)
async def test_contradictory_membership_is_refused_without_repeating_it(
    county: County, said: dict[str, Any]
) -> None:
    refused = await county.office.put(f"{LIN}/party-membership", said)

    assert problem(refused)[:2] == (422, "invalid-fields")
    assert "branch-of-health" not in refused.text
    assert county.people.people[ACCOUNT].get("restricted") is None


@pytest.mark.rule("M20")
async def test_a_member_belongs_to_a_branch_of_the_county_that_stands(county: County) -> None:
    done(await county.office.post("/branches", BRANCH))
    end = {"reason": "界别调整", "dissolved_on": "2024-05-01"}
    said = {"party_member": True, "branch_id": "branch-of-health"}

    unknown = await county.office.put(f"{LIN}/party-membership", {**said, "branch_id": "no-such-branch"})
    done(await county.office.post("/branches/branch-of-health/dissolution", end))
    dissolved = await county.office.put(f"{LIN}/party-membership", said)

    assert problem(unknown) == problem(dissolved) == (422, "branch-unknown", "branch_id")


async def test_nothing_is_entered_of_somebody_who_is_not_there(county: County) -> None:
    for caller in (county.office, county.caller(Role.OFFICE, "37")):
        assert (await caller.put("/members/nobody/party-membership", MEMBERSHIP)).status_code == 404
        assert (await caller.put("/members/nobody/contact", {"name": "林"})).status_code == 404


# the past


@pytest.mark.rule("M18")
async def test_a_member_is_shown_as_of_a_day_and_the_office_sees_who_did_what(county: County) -> None:
    done(await county.office.post(f"{LIN}/postings", POSTING))

    before = await county.town.get(f"{LIN}?as_of=2024-02-01")
    history = (await county.office.get(f"{LIN}/history"))["items"]

    assert before["postings"] == []
    assert [entry["event"] for entry in history] == ["MemberEnrolled", "MemberPosted"]
    assert await county.town.status_of(f"{LIN}/history") == 404, "a county's record is its own clerks'"
    assert await county.caller(Role.RESIDENT, COUNTY).status_of(f"{LIN}/history") == 403
