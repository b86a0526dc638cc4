"""Where and how somebody is told, over HTTP: whose it is to say, and what is never shown or kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from services.notify.app import SERVICE
from services.notify.domain.recipients import recipient_id
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.people import People
from shared.platform.receipts import receipt_number, receipt_of
from tests.http import SETTINGS, Caller, Log, application, done, problem
from tests.unit.notify.examples import COUNTY, HOUSING, LIAISON, NEXT_COUNTY, NEXT_TOWN, PROPOSED, TOWN

ADDRESS = "wang.dashan@example.org"
ME = f"person:{person_id('p-1')}"
QUIET: dict[str, Any] = {
    "choices": [{"notice_class": "follow", "channel": "email", "wanted": False}],
    "digest": "weekly",
    "digest_hour": 18,
    "quiet_from": "21:30",
    "quiet_to": "07:00",
}
RECEIPT = receipt_of("own-topic", receipt_number("own-topic", "HX"), SETTINGS.signing_secrets)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def app(log: Log) -> FastAPI:
    return application(SERVICE, log)


@pytest.fixture
def me(app: FastAPI) -> Caller:
    return Caller(app, Role.RESIDENT, TOWN)


def people_of(app: FastAPI) -> People:
    """Return the people whom the service knows."""
    found: People = app.state.people
    return found


# one's own


@pytest.mark.rule("N12")
async def test_an_address_is_kept_and_forgotten_and_is_in_no_event(me: Caller, log: Log) -> None:
    assert done(await me.put("/recipients/me", {"email": ADDRESS})) == {"recipient": ME, "email": ADDRESS}
    assert (await me.get("/recipients/me"))["email"] == ADDRESS

    done(await me.put("/recipients/me", {"email": None}))

    assert (await me.get("/recipients/me"))["email"] is None
    assert log.events == []


@pytest.mark.rule("N12")
@pytest.mark.parametrize(
    "address",
    [
        "",
        "wang",
        "wang@",
        "a@b.cn, c@d.cn",
        "a b@example.org",
        "a@example.org\r\nBcc: c@d.cn",
        "<a@b.cn>",
        "王@example.org",
    ],
)
async def test_what_is_no_single_address_is_refused(me: Caller, address: str) -> None:
    assert problem(await me.put("/recipients/me", {"email": address}))[:2] == (422, "invalid-fields")


@pytest.mark.rule("N01", "N02")
async def test_who_never_chose_sees_the_defaults(me: Caller) -> None:
    shown = await me.get("/recipients/me")

    wanted = {(c["notice_class"], c["channel"]): c["wanted"] for c in shown["choices"]}
    assert wanted["transactional", "inbox"]
    assert wanted["follow", "email"]
    assert not wanted["newsletter", "email"]
    assert (shown["digest"], shown["quiet_from"]) == ("off", None)


@pytest.mark.rule("N02", "N04")
async def test_what_was_chosen_is_shown_at_once_to_who_waits_for_it(me: Caller) -> None:
    chosen = await me.put("/recipients/me/preferences", QUIET)
    assert chosen.headers["Location"] == "/recipients/me"

    shown = await me.ask("/recipients/me", hxs_min_version=str(done(chosen)["version"]))

    body = shown.json()
    assert {name: body[name] for name in ("digest", "digest_hour", "quiet_from", "quiet_to")} == {
        name: QUIET[name] for name in ("digest", "digest_hour", "quiet_from", "quiet_to")
    }
    assert QUIET["choices"][0] in body["choices"]


@pytest.mark.rule("N01")
async def test_muting_what_somebody_has_to_do_is_refused_by_rule_and_field(me: Caller) -> None:
    muted = [{"notice_class": "transactional", "channel": "email", "wanted": False}]
    response = await me.put("/recipients/me/preferences", {"choices": muted})

    assert problem(response) == (422, "cannot-be-muted", "choices")


@pytest.mark.rule("N04")
@pytest.mark.parametrize("clock", ["24:00", "7:00", "07:00Z", "07:00:00", "noon"])
async def test_hours_are_hours(me: Caller, clock: str) -> None:
    response = await me.put("/recipients/me/preferences", {"quiet_from": clock, "quiet_to": "07:00"})

    assert problem(response)[0] == 422


async def test_who_moved_to_another_town_still_chooses(app: FastAPI, me: Caller) -> None:
    done(await me.put("/recipients/me/preferences", QUIET))
    moved = Caller(app, Role.RESIDENT, NEXT_TOWN)

    assert done(await moved.put("/recipients/me/preferences", {}))["version"] == 2


@pytest.mark.rule("N12")
async def test_an_erased_person_leaves_no_address_and_gives_none_again(
    app: FastAPI, me: Caller, log: Log
) -> None:
    done(await me.put("/recipients/me", {"email": ADDRESS}))
    done(await me.put("/recipients/me/preferences", QUIET))

    await people_of(app).erase(person_id("p-1"), by="operator", why="本人要求")

    assert problem(await me.put("/recipients/me", {"email": ADDRESS}))[:2] == (409, "erased")
    assert await people_of(app).emails_of([person_id("p-1")]) == {}
    assert ADDRESS not in repr([recorded.event for recorded in log.events])


# organisations'


@pytest.mark.rule("N12")
async def test_a_department_an_office_and_the_county_s_office_for_all_say_where_mail_goes(
    app: FastAPI,
) -> None:
    housing = Caller(app, Role.DEPARTMENT, COUNTY, organisation="县住建局")
    town = Caller(app, Role.LIAISON, TOWN)
    office = Caller(app, Role.OFFICE, COUNTY)

    for caller, recipient in ((housing, HOUSING), (town, LIAISON), (office, HOUSING), (office, LIAISON)):
        address = f"{caller is office}@example.gov.cn".lower()
        done(await caller.put(f"/recipients/{recipient}", {"email": address}))
        assert (await caller.get(f"/recipients/{recipient}"))["email"] == address

    kept = await people_of(app).emails_of([recipient_id(HOUSING, COUNTY), recipient_id(LIAISON, TOWN)])
    assert sorted(kept.values()) == ["true@example.gov.cn"] * 2


@pytest.mark.parametrize("name", ["县住建局 人防办", "县住建局/县人防办", "局" * 189])
async def test_a_department_is_reached_however_it_is_called(app: FastAPI, name: str) -> None:
    of_it = Caller(app, Role.DEPARTMENT, COUNTY, organisation=name)
    path = f"/recipients/{quote(f'department:{name}')}"

    done(await of_it.put(path, {"email": ADDRESS}))
    chosen = await of_it.put(f"{path}/preferences", {"digest": "daily"})
    done(chosen)
    for where in (path, chosen.headers["Location"]):
        shown = await of_it.get(where)
        assert (shown["email"], shown["digest"]) == (ADDRESS, "daily")


@pytest.mark.parametrize(
    ("role", "division", "recipient"),
    [
        (Role.LIAISON, NEXT_TOWN, LIAISON),
        (Role.LIAISON, TOWN, HOUSING),
        (Role.LIAISON, TOWN, f"office:{COUNTY}"),
        (Role.OFFICE, NEXT_COUNTY, LIAISON),
        (Role.OFFICE, TOWN, HOUSING),
        (Role.DEPARTMENT, COUNTY, "department:县财政局"),
    ],
)
async def test_nobody_reads_another_s_mail_by_changing_the_address(
    app: FastAPI, role: Role, division: str, recipient: str
) -> None:
    caller = Caller(app, role, division, organisation="县住建局")

    for path in (f"/recipients/{recipient}", f"/recipients/{recipient}/preferences"):
        assert (await caller.put(path, {"email": None} if path.count("/") == 2 else {})).status_code == 404
    assert await caller.status_of(f"/recipients/{recipient}") == 404


async def test_a_person_is_no_organisation(app: FastAPI) -> None:
    office = Caller(app, Role.OFFICE, COUNTY)

    assert problem(await office.put(f"/recipients/{ME}", {"email": ADDRESS}))[0] == 422


async def test_an_office_chooses_for_itself_and_is_told_where_to_see_it(app: FastAPI) -> None:
    housing = Caller(app, Role.DEPARTMENT, COUNTY, organisation="县住建局")
    response = await housing.put(f"/recipients/{HOUSING}/preferences", {"digest": "daily"})

    done(response)
    assert response.headers["Location"].isascii()
    assert (await housing.get(response.headers["Location"]))["digest"] == "daily"


# without an account


@pytest.fixture
def heard(log: Log) -> None:
    """The service has heard of a topic that somebody proposed without an account."""
    topic = PROPOSED.model_copy(
        update={"topic_id": "own-topic", "receipt": RECEIPT.number, "proposer": "person-1"}
    )
    log.hear("topic-own-topic", topic)


async def with_code(app: FastAPI, receipt: str, code: str, email: str | None = ADDRESS) -> Any:
    """Give an address with a receipt number and a query code."""
    nobody = Caller(app, None, TOWN)
    headers = {"HXS-Query-Code": code}
    return await nobody._client.put(f"/receipts/{receipt}/address", json={"email": email}, headers=headers)


@pytest.mark.rule("N12", "T08")
@pytest.mark.usefixtures("heard")
async def test_who_proposed_without_an_account_says_where_to_write_by_receipt_and_code(app: FastAPI) -> None:
    assert done(await with_code(app, RECEIPT.number, RECEIPT.query_code))["email"] == ADDRESS
    assert await people_of(app).emails_of(["person-1"]) == {"person-1": ADDRESS}

    done(await with_code(app, RECEIPT.number, RECEIPT.query_code, None))
    assert await people_of(app).emails_of(["person-1"]) == {}


@pytest.mark.rule("T08")
@pytest.mark.usefixtures("heard")
async def test_a_wrong_code_is_answered_like_a_wrong_number(app: FastAPI) -> None:
    wrong = await with_code(app, RECEIPT.number, "K7CM-4RTW")
    unknown = await with_code(app, receipt_number("another-topic", "HX"), RECEIPT.query_code)
    nonsense = await with_code(app, "HX-1", RECEIPT.query_code)

    assert [problem(answer)[:2] for answer in (wrong, unknown, nonsense)] == [(404, "not-found")] * 3
    assert await people_of(app).emails_of(["person-1"]) == {}


@pytest.mark.rule("T08")
@pytest.mark.usefixtures("heard")
async def test_codes_are_not_tried_one_after_the_other(app: FastAPI) -> None:
    answers = [(await with_code(app, RECEIPT.number, f"K7CM-4RT{n % 10}")).status_code for n in range(61)]

    assert answers.count(429) >= 1
    assert (await with_code(app, RECEIPT.number, RECEIPT.query_code)).status_code == 429
