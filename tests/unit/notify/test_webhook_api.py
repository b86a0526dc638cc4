"""Webhooks over HTTP: who registers what, the key that is shown once, tests, deliveries and redelivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from services.notify.api.webhooks import targets_of
from services.notify.app import SERVICE
from services.notify.channels.webhook.attempts import Attempt, Attempts, attempts_of
from services.notify.channels.webhook.messages import Messages, messages_of
from services.notify.channels.webhook.targets import Targets
from services.notify.channels.webhook.vault import Vault, vault_of
from services.notify.deciders import NOTICE, WEBHOOK
from services.notify.domain.webhook import MOST_OF_ONE_OWNER, Webhook
from shared.contracts.notify import DeliveryParked, NoticeChannel, NoticeClass, NoticePosted
from shared.eventsourcing.testing import recorded
from shared.platform.auth import Role
from shared.platform.clock import current_time
from tests.http import NOW, Caller, Log, application, problem
from tests.unit.notify.examples import COUNTY, NEXT_COUNTY, NEXT_TOWN, TOWN
from tests.unit.notify.webhook_examples import (
    URL,
    MemoryAttempts,
    MemoryMessages,
    MemoryVaultStore,
    Names,
    vault,
)

pytestmark = pytest.mark.rule("N10")

BODY: Mapping[str, Any] = {
    "url": URL,
    "description": "县政务协同平台",
    "event_names": ["ProblemSolved"],
    "notice_classes": ["transactional"],
}
OTHER_URL = "https://other.example.org/hxs"


class Service:
    """Notify in memory, with its callers."""

    def __init__(self) -> None:
        self.log = Log()
        self.store = MemoryVaultStore()
        self.vault = vault(self.store)
        self.messages = MemoryMessages()
        self.attempts = MemoryAttempts()
        self.app = application(
            SERVICE,
            self.log,
            instead={
                vault_of: self._vault,
                messages_of: self._messages,
                attempts_of: self._attempts,
                targets_of: self._targets,
                current_time: self._now,
            },
        )
        self.office = self.caller(Role.OFFICE, COUNTY)
        self.town = self.caller(Role.LIAISON, TOWN)
        self.housing = self.caller(Role.DEPARTMENT, COUNTY, organisation="县住建局")

    def caller(self, role: Role | None, division: str, *, organisation: str | None = None) -> Caller:
        return Caller(self.app, role, division, organisation=organisation)

    async def _vault(self) -> Vault:
        return self.vault

    async def _messages(self) -> Messages:
        return self.messages

    async def _attempts(self) -> Attempts:
        return self.attempts

    async def _targets(self) -> Targets:
        names = {"hooks.example.org": ["93.184.215.14"], "other.example.org": ["93.184.215.14"]}
        return Targets(resolver=Names({**names, "inside.example.org": ["10.0.0.1"]}))

    async def _now(self) -> Any:
        return NOW

    async def registered(self, who: Caller | None = None, **changed: Any) -> dict[str, Any]:
        response = await (who or self.office).post("/webhooks", {**BODY, **changed})
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def state(self, webhook_id: str) -> Webhook:
        stream = WEBHOOK.stream(webhook_id)
        state = WEBHOOK.fold(r.event for r in self.log.events if r.stream == stream)
        assert isinstance(state, Webhook)
        return state


@pytest.fixture
def service() -> Service:
    return Service()


async def test_the_key_is_in_the_answer_and_nowhere_else(service: Service) -> None:
    answer = await service.registered()
    secret = answer["secret"]
    Verifier(secret)  # a key as the specification writes it
    everything = f"{[r.event for r in service.log.events]}"
    shown = (await service.office.ask(f"/webhooks/{answer['id']}")).text
    kept = f"{service.store.documents}"
    for place in (everything, shown, kept):
        assert secret not in place
        assert secret.removeprefix("whsec_") not in place
    assert "of-the-receiver" not in everything + kept, "an address may carry a password"


async def test_the_same_request_again_gets_the_same_key(service: Service) -> None:
    first = await service.office.post("/webhooks", BODY, key="once")
    again = await service.office.post("/webhooks", BODY, key="once")
    assert (again.json()["id"], again.json()["secret"]) == (first.json()["id"], first.json()["secret"])
    assert again.json()["repeated"]
    other = await service.office.post("/webhooks", {**BODY, "url": OTHER_URL}, key="once")
    assert problem(other)[:2] == (422, "idempotency-key-reused")


async def test_an_owner_has_twenty_webhooks_at_most_and_others_theirs(service: Service) -> None:
    ids = [(await service.registered())["id"] for _ in range(MOST_OF_ONE_OWNER)]

    one_more = await service.office.post("/webhooks", BODY)
    assert problem(one_more) == (422, "webhooks-too-many", "url")
    assert (one_more.json()["rule"], MOST_OF_ONE_OWNER) == ("N10", 20)
    await service.registered(service.town)

    await service.office.delete(f"/webhooks/{ids[0]}")
    await service.registered()


async def test_who_may_change_a_webhook_sees_its_whole_address_the_auditor_does_not(service: Service) -> None:
    id_ = (await service.registered())["id"]
    shown = (await service.office.ask(f"/webhooks/{id_}")).json()
    assert (shown["url"], shown["origin"], shown["status"]) == (
        URL,
        "https://hooks.example.org:443",
        "enabled",
    )
    auditor = service.caller(Role.AUDITOR, COUNTY)
    assert (await auditor.ask(f"/webhooks/{id_}")).json()["url"] is None
    assert "of-the-receiver" not in (await service.office.ask("/webhooks")).text
    assert "of-the-receiver" not in (await service.office.ask(f"/webhooks/{id_}/history")).text


@pytest.mark.parametrize(
    "url",
    [
        "https://inside.example.org/",
        "https://127.0.0.1/",
        "http://hooks.example.org/",
        "https://nowhere.example/",
    ],
)
async def test_an_address_that_leads_inside_is_not_registered(service: Service, url: str) -> None:
    refused = await service.office.post("/webhooks", {**BODY, "url": url})
    assert problem(refused) == (422, "webhook-target-refused", "url")
    id_ = (await service.registered())["id"]
    refused = await service.office.put(f"/webhooks/{id_}", {**BODY, "url": url})
    assert problem(refused) == (422, "webhook-target-refused", "url")


@pytest.mark.parametrize(
    "url", ["hooks.example.org", "javascript:alert(1)", "https://a b", "https://路灯.cn/", ""]
)
async def test_what_is_no_address_is_no_field_of_a_request(service: Service, url: str) -> None:
    refused = await service.office.post("/webhooks", {**BODY, "url": url})
    assert problem(refused) == (422, "invalid-fields", "url")


async def test_each_has_webhooks_of_their_own(service: Service) -> None:
    mine = {
        "office": (await service.registered())["id"],
        "town": (await service.registered(service.town))["id"],
        "housing": (await service.registered(service.housing, event_names=[]))["id"],
    }
    states = {name: service.state(id_) for name, id_ in mine.items()}
    assert {name: state.owner for name, state in states.items()} == {
        "office": f"office:{COUNTY}",
        "town": f"liaison:{TOWN}",
        "housing": "department:县住建局",
    }
    seen = {
        name: {item["webhook_id"] for item in (await caller.ask("/webhooks")).json()["items"]}
        for name, caller in (("office", service.office), ("town", service.town), ("housing", service.housing))
    }
    assert seen == {"office": set(mine.values()), "town": {mine["town"]}, "housing": {mine["housing"]}}


async def test_of_others_webhooks_nothing_is_there(service: Service) -> None:
    id_ = (await service.registered(service.town))["id"]
    others = (
        service.caller(Role.LIAISON, NEXT_TOWN),
        service.caller(Role.OFFICE, NEXT_COUNTY),
        service.caller(Role.DEPARTMENT, COUNTY, organisation="县财政局"),
    )
    for other in others:
        assert (await other.ask(f"/webhooks/{id_}")).status_code == 404
        assert (await other.ask(f"/webhooks/{id_}/deliveries")).status_code == 404
        assert (await other.ask(f"/webhooks/{id_}/history")).status_code == 404
        assert (await other.put(f"/webhooks/{id_}", {**BODY, "event_names": []})).status_code == 404
        assert (await other.delete(f"/webhooks/{id_}")).status_code == 404
        for action in ("rotation", "disabling", "enabling", "test"):
            assert (await other.post(f"/webhooks/{id_}/{action}")).status_code == 404
    assert service.log.names(WEBHOOK.stream(id_)) == ["WebhookRegistered"]


async def test_a_department_gets_no_events(service: Service) -> None:
    refused = await service.housing.post("/webhooks", BODY)
    assert problem(refused) == (422, "webhook-notices-only", "event_names")


async def test_a_department_without_a_name_registers_nothing(service: Service) -> None:
    nameless = service.caller(Role.DEPARTMENT, COUNTY)
    assert problem(await nameless.post("/webhooks", BODY))[:2] == (409, "organisation-unknown")


async def test_a_change_of_the_address_keeps_the_key(service: Service) -> None:
    id_ = (await service.registered())["id"]
    before = service.state(id_)
    assert (await service.office.put(f"/webhooks/{id_}", BODY)).json()["version"] == 1, "nothing changed"
    assert (await service.office.put(f"/webhooks/{id_}", {**BODY, "url": OTHER_URL})).json()["version"] == 2
    after = service.state(id_)
    assert (await service.vault.get(after.url_id), after.keys) == (OTHER_URL, before.keys)


async def test_a_rotation_answers_with_a_new_key(service: Service) -> None:
    answer = await service.registered()
    rotated = await service.office.post(f"/webhooks/{answer['id']}/rotation", key="rotate")
    again = await service.office.post(f"/webhooks/{answer['id']}/rotation", key="rotate")
    assert rotated.json()["secret"] not in (None, answer["secret"])
    assert again.json()["secret"] == rotated.json()["secret"]
    assert len(service.state(answer["id"]).signing(NOW)) == 2


async def test_a_disabled_webhook_is_enabled_again_by_hand(service: Service) -> None:
    id_ = (await service.registered())["id"]
    for action in ("disabling", "disabling", "enabling", "enabling"):
        assert (await service.office.post(f"/webhooks/{id_}/{action}")).status_code == 200
    names = ["WebhookRegistered", "WebhookDisabled", "WebhookEnabled"]
    assert service.log.names(WEBHOOK.stream(id_)) == names


async def test_a_removed_webhook_is_not_there_any_more(service: Service) -> None:
    id_ = (await service.registered())["id"]
    assert (await service.office.delete(f"/webhooks/{id_}")).status_code == 200
    assert (await service.office.ask(f"/webhooks/{id_}")).status_code == 404
    assert (await service.office.ask("/webhooks")).json()["items"] == []
    assert (await service.office.delete(f"/webhooks/{id_}")).status_code == 404


async def test_a_test_is_on_its_way_as_everything_else(service: Service) -> None:
    id_ = (await service.registered())["id"]
    sent = (await service.office.post(f"/webhooks/{id_}/test")).json()
    shown = (await service.office.ask(f"/webhooks/{id_}/deliveries/{sent['delivery_id']}")).json()
    assert (shown["event_name"], shown["status"], shown["attempts"]) == ("hxs.ping", "waiting", 0)
    assert '"type":"hxs.ping"' in shown["body"]


async def parked(service: Service, webhook_id: str) -> str:
    """Send a test that was parked; return its id."""
    sent = (await service.office.post(f"/webhooks/{webhook_id}/test")).json()
    id_: str = sent["delivery_id"]
    event = DeliveryParked(
        notice_id=id_,
        delivery_id=id_,
        channel=NoticeChannel.WEBHOOK,
        attempts=8,
        reason="HTTP 500",
        parked_at=NOW,
    )
    service.log.events.append(recorded(event, NOTICE.stream(id_), 3))
    return id_


async def test_the_log_says_what_became_of_each_and_what_was_answered(service: Service) -> None:
    id_ = (await service.registered())["id"]
    delivery = await parked(service, id_)
    service.attempts.kept[delivery, 8] = Attempt(delivery, 8, NOW, 12, 500, "内部错误")
    [item] = (await service.office.ask(f"/webhooks/{id_}/deliveries?status=parked")).json()["items"]
    assert (item["delivery_id"], item["status"]) == (delivery, "parked")
    assert (await service.office.ask(f"/webhooks/{id_}/deliveries?status=delivered")).json()["items"] == []
    one = (await service.office.ask(f"/webhooks/{id_}/deliveries/{delivery}")).json()
    assert one["answers"] == [
        {"number": 8, "at": "2024-05-06T01:00:00Z", "milliseconds": 12, "status": 500, "answer": "内部错误"}
    ]
    csv = await service.office.ask(f"/webhooks/{id_}/deliveries?format=csv")
    assert "已暂停" in csv.text


async def test_whatever_was_sent_is_sent_again_by_hand_under_the_same_id(service: Service) -> None:
    id_ = (await service.registered())["id"]
    sent = (await service.office.post(f"/webhooks/{id_}/test")).json()["delivery_id"]
    path = f"/webhooks/{id_}/deliveries/{sent}/redelivery"
    assert (await service.office.post(path)).json()["version"] == 2, "it is about to be tried"


async def test_what_is_kept_no_more_and_what_is_disabled_is_not_sent_again(service: Service) -> None:
    id_ = (await service.registered())["id"]
    sent = (await service.office.post(f"/webhooks/{id_}/test")).json()["delivery_id"]
    path = f"/webhooks/{id_}/deliveries/{sent}/redelivery"
    bodies, service.messages.bodies = service.messages.bodies, {}
    assert problem(await service.office.post(path))[:2] == (409, "webhook-body-gone")
    service.messages.bodies = bodies
    await service.office.post(f"/webhooks/{id_}/disabling")
    for wanted in (path, f"/webhooks/{id_}/test"):
        assert problem(await service.office.post(wanted))[:2] == (409, "webhook-disabled")


async def test_a_delivery_is_one_of_its_webhook_only(service: Service) -> None:
    mine, other = (await service.registered())["id"], (await service.registered(service.town))["id"]
    sent = (await service.office.post(f"/webhooks/{mine}/test")).json()["delivery_id"]
    assert (await service.office.ask(f"/webhooks/{other}/deliveries/{sent}")).status_code == 404
    path = f"/webhooks/{other}/deliveries/{sent}/redelivery"
    assert (await service.office.post(path)).status_code == 404
    in_the_inbox = NoticePosted(
        notice_id="mail-1",
        division=COUNTY,
        recipient=f"office:{COUNTY}",
        channel=NoticeChannel.INBOX,
        notice_class=NoticeClass.TRANSACTIONAL,
        cause="problem-1:1",
        title="新交办问题",
    )
    service.log.hear(NOTICE.stream("mail-1"), in_the_inbox)
    assert (await service.office.post(f"/webhooks/{mine}/deliveries/mail-1/redelivery")).status_code == 404


async def test_the_events_to_choose_from_have_names_in_both_languages(service: Service) -> None:
    listed = (await service.office.ask("/webhook-events")).json()
    titles = {item["name"]: (item["title"], item["type"]) for item in listed}
    assert titles["ProblemSolved"] == ("销号", "hxs.cases.ProblemSolved.v1")
    assert "NoticePosted" not in titles


async def test_an_event_that_does_not_exist_is_named(service: Service) -> None:
    refused = await service.office.post("/webhooks", {**BODY, "event_names": ["ProblemDissolved"]})
    assert problem(refused) == (422, "event-unknown", "event_names")
    assert "ProblemDissolved" in refused.json()["errors"][0]["message"]
