"""Deliveries over HTTP: who sees what is stuck, without its words, and has it tried again."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from services.notify.app import SERVICE
from services.notify.deciders import NOTICE
from services.notify.domain.delivery import Plan, PlanDeliveries, RecordDelivered, RecordFailure
from shared.contracts.envelope import Meta
from shared.contracts.notify import NoticeChannel
from shared.eventsourcing.application import CommandHandler
from shared.platform.auth import Role
from tests.http import NOW, Caller, Log, application, done, problem
from tests.unit.notify.examples import COUNTY, NEXT_COUNTY, POST, TOWN
from tests.unit.notify.test_delivery import MAIL_ID

PATH = f"/deliveries/{MAIL_ID}"


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def app(log: Log) -> FastAPI:
    return application(SERVICE, log)


@pytest.fixture
def office(app: FastAPI) -> Caller:
    return Caller(app, Role.OFFICE, COUNTY)


async def mailed(log: Log, outcome: object) -> None:
    """Have a notice posted, planned and sent, with an outcome."""
    handler = CommandHandler(log, NOTICE, clock=lambda: NOW)
    planned = PlanDeliveries((Plan(NoticeChannel.EMAIL),), NOW)
    for n, command in enumerate((POST, planned, outcome)):
        stream, meta = NOTICE.stream(POST.notice_id), Meta(TOWN, "test", "c", "c")
        await handler.execute(command, stream=stream, meta=meta, command_id=f"command-{n}")  # type: ignore[arg-type]  # each is one of the notice's


@pytest.fixture
async def parked(log: Log) -> None:
    """A mail that the server refused for good."""
    await mailed(log, RecordFailure(MAIL_ID, 1, "550 no such user", NOW, permanent=True))


@pytest.mark.rule("N09")
@pytest.mark.usefixtures("parked")
async def test_what_is_parked_is_listed_with_its_reason_and_without_its_words(office: Caller) -> None:
    (shown,) = (await office.get("/deliveries?status=parked"))["items"]

    assert (shown["delivery_id"], shown["reason"], shown["attempts"]) == (MAIL_ID, "550 no such user", 1)
    assert [line["outcome"] for line in shown["log"]] == ["failed"]
    assert {"title", "body", "address", "email"}.isdisjoint(shown)
    assert (await office.get("/deliveries?status=waiting"))["items"] == []
    assert (await office.get("/deliveries?channel=webhook"))["items"] == []
    assert await office.get(PATH) == shown


@pytest.mark.usefixtures("parked")
async def test_the_list_is_had_as_a_file(office: Caller) -> None:
    answer = await office.ask("/deliveries?format=csv")

    assert "已暂停" in answer.text
    assert "550 no such user" in answer.text


@pytest.mark.rule("N09")
@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize("role", [Role.OFFICE, Role.ADMIN])
async def test_office_and_admin_have_it_tried_again_under_the_same_id(
    app: FastAPI, log: Log, role: Role
) -> None:
    caller = Caller(app, role, COUNTY)
    response = await caller.post(f"{PATH}/retry")

    done(response)
    assert response.headers["Location"] == PATH
    assert log.names(NOTICE.stream(POST.notice_id))[-1] == "DeliveryRequested"
    assert (await caller.get(PATH))["status"] == "waiting"


@pytest.mark.rule("N03")
async def test_what_was_delivered_is_not_sent_again(log: Log, office: Caller) -> None:
    await mailed(log, RecordDelivered(MAIL_ID, 1, NOW))

    assert problem(await office.post(f"{PATH}/retry"))[:2] == (409, "delivered-already")


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize(
    ("role", "division", "status"),
    [
        (Role.OFFICE, NEXT_COUNTY, 403),
        (Role.OFFICE, TOWN, 403),
        (Role.LIAISON, TOWN, 403),
        (Role.AUDITOR, COUNTY, 403),
        (None, TOWN, 401),
    ],
)
async def test_nobody_else_has_it_tried_again(
    app: FastAPI, role: Role | None, division: str, status: int
) -> None:
    assert (await Caller(app, role, division).post(f"{PATH}/retry")).status_code == status


async def test_what_there_is_not_is_not_found(office: Caller) -> None:
    assert await office.status_of("/deliveries/no-such-delivery") == 404
    assert (await office.post("/deliveries/no-such-delivery/retry")).status_code == 404
