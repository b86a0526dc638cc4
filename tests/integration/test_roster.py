"""Restricted facts and linked ids on the real database, as the service itself puts them together (M18)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.meetings import linked, restricted
from services.meetings.app import SERVICE
from services.meetings.domain.coverage import PartyFacts
from services.meetings.domain.member import Member
from shared.platform.auth import Principal, Role
from shared.platform.mongo import Database, connect
from shared.platform.people import Details, People
from shared.platform.settings import Settings

pytestmark = pytest.mark.rule("M18")

COUNTY = "371621"
OFFICE = Principal("office-1", frozenset({Role.OFFICE}), COUNTY)
LIN = Member("member-lin", COUNTY, "person-of-lin")
ACCOUNT = "account-of-lin"


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    """The database of meetings."""
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    yield mongo.database("meetings")
    mongo.close()


@pytest.fixture
async def people(database: Database) -> People:
    """The people whom meetings knows, with one member of the roster among them."""
    people = SERVICE.people(database)
    await people.prepare()
    await people.put(LIN.person, division=COUNTY, details=Details(name="林素问", phone="13812345678"))
    return people


async def facts_of(people: People) -> PartyFacts:
    return (await restricted.party_facts(people, {LIN.member_id: LIN.person}))[LIN.member_id]


async def test_what_was_entered_is_there_to_compute_with_and_may_be_entered_anew(people: People) -> None:
    said = restricted.Membership(party_member=True, branch_id="branch-of-health", secretary=True)
    await restricted.enter_membership(people, LIN, said, by=OFFICE)
    for activity, shown_by in (("visit", {LIN.member_id}), ("fair", {LIN.member_id}), ("fair", set[str]())):
        await restricted.enter_shown(people, activity, [LIN], shown_by, by=OFFICE)

    assert await facts_of(people) == PartyFacts(True, "branch-of-health", frozenset({"visit"}))
    assert await restricted.has_secretary(people, [LIN.person], "branch-of-health")
    assert not await restricted.has_secretary(people, [LIN.person], "branch-of-schools")

    await restricted.enter_membership(people, LIN, restricted.Membership(party_member=False), by=OFFICE)
    assert await facts_of(people) == PartyFacts(False, None, frozenset({"visit"}))


async def test_no_look_up_shows_what_is_restricted(people: People) -> None:
    await restricted.enter_membership(people, LIN, restricted.Membership(party_member=True), by=OFFICE)

    shown = (await people.look_up([LIN.person], reader=OFFICE, why="核对"))[LIN.person]

    assert shown.name == "林素问"
    assert "party" not in shown.model_dump_json()


@pytest.mark.parametrize("erased", [LIN.person, ACCOUNT])
async def test_who_is_erased_under_one_id_is_erased_under_all(
    people: People, database: Database, erased: str
) -> None:
    await restricted.enter_membership(people, LIN, restricted.Membership(party_member=True), by=OFFICE)
    assert await linked.link(people, LIN.person, ACCOUNT, division=COUNTY, by=OFFICE)
    assert (await people.find_person(ACCOUNT)) is not None

    erasure = await people.erase(erased, by="office", why="本人申请")

    assert "linked" in erasure.places
    kept = [document async for document in database["people"].find({})]
    assert {document["_id"] for document in kept} == {LIN.person, ACCOUNT}
    for document in kept:
        assert document.keys() == {"_id", "division", "erased_at", "erased_by"}
    assert not await linked.link(people, LIN.person, ACCOUNT, division=COUNTY, by=OFFICE)
    again = await people.erase(erased, by="office", why="本人申请")
    assert again.places == (), "nothing is found a second time"
