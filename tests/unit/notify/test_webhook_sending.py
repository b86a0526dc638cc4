"""One delivery to one endpoint, to a real receiver on this machine: what is sent, and what answers mean."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from services.notify.channels import Delivery, NotYetError, SendError, UndeliverableError
from services.notify.channels.webhook import sending
from services.notify.channels.webhook.attempts import LONGEST_ANSWER_BYTES, legible
from services.notify.channels.webhook.messages import LARGEST_BYTES, body_of, of_event, ping
from services.notify.channels.webhook.sending import AT_ONCE, WebhookChannel
from services.notify.channels.webhook.targets import Targets
from services.notify.deciders import WEBHOOK
from services.notify.domain.recipients import webhook as recipient_of
from services.notify.domain.webhook import RemoveWebhook, RotateSecret, WebhookCommand, WebhookState
from shared.cli.demo.webhook_receiver import Answer, Received, WebhookReceiver
from shared.contracts.envelope import Meta, RecordedHeaders
from shared.contracts.notify import NoticeChannel, NoticeClass
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.memory_store import MemoryEventStore
from tests.documentation import ROOT, blocks
from tests.unit.notify.examples import COUNTY, TOWN
from tests.unit.notify.webhook_examples import (
    HOOK,
    NOON,
    REGISTER,
    SECRET,
    SECRET_2,
    MemoryAttempts,
    MemoryMessages,
    Names,
    as_webhook,
    vault,
)

pytestmark = pytest.mark.rule("N10")

META = Meta(COUNTY, "p-1", "correlation", "cause")
CAUSE = "problem-dark-corner:5"
BODY = body_of(
    {"type": "hxs.cases.ProblemSolved.v1", "timestamp": "2024-09-05T04:00:00Z", "data": {"id": CAUSE}}
)


def delivery(attempt: int = 1, cause: str = CAUSE) -> Delivery:
    return Delivery(
        delivery_id="delivery-1",
        notice_id="delivery-1",
        channel=NoticeChannel.WEBHOOK,
        recipient=recipient_of(HOOK),
        division=TOWN,
        notice_class=NoticeClass.TRANSACTIONAL,
        title="销号",
        body=None,
        cause=cause,
        attempt=attempt,
        posted_at=NOON,
    )


class Desk:
    """A channel with everything around it in memory.

    Attributes:
        now: the present moment; the receiver's is the real one.
    """

    def __init__(self, *, targets: Targets | None = None) -> None:
        self.now = datetime.now(UTC)
        self.store = MemoryEventStore()
        self.handler: CommandHandler[WebhookCommand, WebhookState] = CommandHandler(
            self.store, WEBHOOK, clock=lambda: self.now
        )
        self.vault = vault()
        self.messages = MemoryMessages({CAUSE: BODY})
        self.attempts = MemoryAttempts()
        self.channel = WebhookChannel(
            self.handler,
            self.vault,
            targets or Targets(["127.0.0.1"]),
            self.messages,
            self.attempts,
            lambda: self.now,
        )

    async def tell(self, command: WebhookCommand) -> None:
        await self.handler.execute(command, stream=WEBHOOK.stream(HOOK), meta=META, command_id=f"{command!r}")

    async def registered(self, url: str) -> Desk:
        await self.vault.put("url-1", HOOK, url)
        await self.vault.put("secret-1", HOOK, SECRET)
        await self.vault.put("secret-2", HOOK, SECRET_2)
        await self.tell(REGISTER)
        return self

    async def refused(self, **of: Any) -> SendError:
        with pytest.raises(SendError) as error:
            await self.channel.send(delivery(**of))
        return error.value


@contextmanager
def receiving(answer: Answer | None = None, *secrets: str) -> Iterator[WebhookReceiver]:
    def always(_: Received | None) -> Answer:
        return answer or Answer()

    with WebhookReceiver(secrets or (SECRET,), answer=always) as receiver:
        yield receiver


async def test_a_receiver_verifies_what_is_sent() -> None:
    with receiving() as receiver:
        desk = await Desk().registered(receiver.url)
        assert await desk.channel.send(delivery()) == "HTTP 204"
    [received] = receiver.received
    assert (received.id, received.type) == ("delivery-1", "hxs.cases.ProblemSolved.v1")
    assert received.body == BODY
    assert received.headers["content-type"] == "application/json"
    assert int(received.headers["webhook-timestamp"]) == int(desk.now.timestamp())
    [attempt] = await desk.attempts.of("delivery-1")
    assert (attempt.number, attempt.status, attempt.answer) == (1, 204, "")


async def test_the_receiver_of_the_documentation_takes_it_once() -> None:
    [example] = blocks(ROOT / "docs" / "webhooks.md", "python")
    names: dict[str, Any] = {}
    exec(compile(example.text, str(example), "exec"), names)
    with receiving() as receiver:
        await (await Desk().registered(receiver.url)).channel.send(delivery())
    [received] = receiver.received
    seen: set[str] = set()
    answers = [names["receive"](received.headers, received.body, SECRET, seen) for _ in range(2)]
    assert (answers, seen) == ([204, 204], {"delivery-1"})
    assert names["receive"](received.headers, received.body + b" ", SECRET, seen) == 401


async def test_each_attempt_has_the_same_id_and_body_and_a_timestamp_of_its_own() -> None:
    with receiving(Answer(500)) as receiver:
        desk = await Desk().registered(receiver.url)
        await desk.refused()
        desk.now += timedelta(seconds=90)
        await desk.refused(attempt=2)
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    assert second.again
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 90


async def test_while_a_key_is_rotated_receivers_with_either_verify_and_then_with_the_new_one_only() -> None:
    with receiving() as old, receiving(None, SECRET_2) as new:
        for receiver in (old, new):
            desk = await Desk().registered(receiver.url)
            await desk.tell(RotateSecret("secret-2", desk.now))
            await desk.channel.send(delivery())
            assert len(receiver.received[0].headers["webhook-signature"].split()) == 2
        webhook = as_webhook((await desk.handler.load(WEBHOOK.stream(HOOK))).state)
        desk = await Desk().registered(old.url)
        await desk.tell(RotateSecret("secret-2", desk.now - timedelta(hours=24)))
        await desk.channel.send(delivery())
    assert len(webhook.signing(desk.now)) == 2
    assert len(old.received) == 1
    assert old.refused == ["No matching signature found"]


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 409, 418, 500, 502])
async def test_whatever_is_not_2xx_is_not_taken_and_tried_again(status: int) -> None:
    with receiving(Answer(status, body=b"" if status == 304 else b"no")) as receiver:
        error = await (await Desk().registered(receiver.url)).refused()
    assert (error.reason, error.permanent, error.retry_after) == (f"HTTP {status}", False, None)


@pytest.mark.parametrize("status", [200, 201, 202, 299])
async def test_every_2xx_is_taken(status: int) -> None:
    with receiving(Answer(status, body=b"ok")) as receiver:
        desk = await Desk().registered(receiver.url)
        assert await desk.channel.send(delivery()) == f"HTTP {status}"


async def test_a_redirect_into_the_cloud_is_not_followed() -> None:
    to_metadata = Answer(302, {"location": "http://169.254.169.254/latest/meta-data/"})
    with receiving(to_metadata) as receiver:
        error = await (await Desk().registered(receiver.url)).refused()
    assert error.reason == "HTTP 302"
    assert len(receiver.received) == 1


async def test_a_redirect_is_not_followed_to_anywhere() -> None:
    with receiving() as elsewhere, receiving(Answer(307, {"location": elsewhere.url})) as receiver:
        await (await Desk().registered(receiver.url)).refused()
    assert elsewhere.received == []


async def test_a_name_that_leads_elsewhere_when_it_is_called_is_refused_then() -> None:
    """DNS rebinding: public when it was registered, inside when it is called."""
    names = Names({"hooks.example.org": ["93.184.215.14", "127.0.0.1"]})
    targets = Targets(resolver=names)
    url = "https://hooks.example.org:8443/hxs"
    await targets.check(url)
    error = await (await Desk(targets=targets).registered(url)).refused()
    assert error.reason.startswith("not called: ")
    assert names.asked == ["hooks.example.org"] * 2


async def test_a_connection_goes_to_the_address_that_was_checked() -> None:
    """The name is looked up once a connection: a second look-up would lead to another place."""
    with receiving() as receiver:
        names = Names({"oa.county.internal": ["127.0.0.1", "169.254.169.254"]})
        targets = Targets(["oa.county.internal"], resolver=names)
        desk = await Desk(targets=targets).registered(f"http://oa.county.internal:{receiver.port}/hxs")
        await desk.channel.send(delivery())
    assert names.asked == ["oa.county.internal"]
    assert receiver.received[0].headers["host"] == f"oa.county.internal:{receiver.port}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority of the county's own."""
    return trustme.CA()


@pytest.mark.parametrize(
    ("host", "taken"), [("hooks.county.internal", True), ("other.county.internal", False)]
)
async def test_the_certificate_has_to_be_for_the_name_not_for_the_address(
    authority: trustme.CA, tmp_path: Path, host: str, taken: bool
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hooks.county.internal").configure_cert(context)
    receiver = WebhookReceiver([SECRET])
    receiver.over_tls(context)
    targets = Targets([host], ca_file=ca_file, resolver=Names({host: ["127.0.0.1"]}))
    with receiver:
        desk = await Desk(targets=targets).registered(f"https://{host}:{receiver.port}/hxs")
        if taken:
            assert await desk.channel.send(delivery()) == "HTTP 204"
        else:
            assert (await desk.refused()).reason == "no answer: ConnectError"
        await desk.channel.close()


async def test_a_certificate_of_nobody_is_not_trusted(authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    receiver = WebhookReceiver([SECRET])
    receiver.over_tls(context)
    with receiver:
        desk = await Desk().registered(f"https://127.0.0.1:{receiver.port}/hxs")
        assert (await desk.refused()).reason == "no answer: ConnectError"
    assert receiver.received == []


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_receiver_is_left_alone_for_as_long_as_it_wants(status: int) -> None:
    with receiving(Answer(status, {"retry-after": "120"})) as receiver:
        error = await (await Desk().registered(receiver.url)).refused()
    assert error.retry_after == timedelta(seconds=120)


async def test_a_busy_receiver_may_say_until_when() -> None:
    desk = Desk()
    until = format_datetime((desk.now + timedelta(minutes=10)).astimezone(UTC), usegmt=True)
    with receiving(Answer(503, {"retry-after": until})) as receiver:
        error = await (await desk.registered(receiver.url)).refused()
    assert error.retry_after is not None
    assert timedelta(minutes=9) < error.retry_after <= timedelta(minutes=10)


@pytest.mark.parametrize("said", ["", "soon", "-5", "Fri, 99 Foo", "٣"])
async def test_what_cannot_be_understood_of_a_pause_is_passed_over(said: str) -> None:
    with receiving(Answer(503, {"retry-after": said.encode().decode("latin-1")})) as receiver:
        error = await (await Desk().registered(receiver.url)).refused()
    assert error.retry_after is None


async def test_gone_disables_the_webhook_once() -> None:
    with receiving(Answer(410)) as receiver:
        desk = await Desk().registered(receiver.url)
        error = await desk.refused()
        assert error.permanent
        assert not as_webhook((await desk.handler.load(WEBHOOK.stream(HOOK))).state).enabled
        await desk.refused()
    assert len(receiver.received) == 1, "nothing is sent to what is disabled"


async def test_nothing_is_sent_to_a_removed_webhook() -> None:
    desk = await Desk().registered("http://127.0.0.1:9/")
    await desk.tell(RemoveWebhook(desk.now))
    with pytest.raises(UndeliverableError):
        await desk.channel.send(delivery())


async def test_a_body_that_is_not_kept_any_more_is_not_tried_again() -> None:
    desk = await Desk().registered("http://127.0.0.1:9/")
    assert (await desk.refused(cause="another:1")).permanent


async def test_a_closed_port_is_tried_again() -> None:
    error = await (await Desk().registered("http://127.0.0.1:9/")).refused()
    assert (error.reason, error.permanent) == ("no answer: ConnectError", False)


async def test_who_does_not_answer_in_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_SECONDS", 0.2)
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await (await Desk().registered(f"http://127.0.0.1:{port}/")).refused()
    assert asked.is_set()
    assert error.reason.startswith("no answer within")


async def test_of_an_answer_the_beginning_is_kept_without_headers() -> None:
    long = Answer(500, {"set-cookie": "session=secret", "content-type": "text/plain"}, b"x" * 50_000)
    with receiving(long) as receiver:
        desk = await Desk().registered(receiver.url)
        error = await desk.refused()
    [attempt] = await desk.attempts.of("delivery-1")
    assert attempt.answer == "x" * LONGEST_ANSWER_BYTES
    assert error.reason == "HTTP 500", "the record has no word of a receiver's answer"
    assert "session" not in repr(attempt)


async def test_the_rest_of_a_long_answer_is_not_waited_for() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Oops\r\ncontent-length: 1000000000\r\n\r\n" + b"x" * 4096)
        await writer.drain()
        await reader.read()  # until the other side has gone away
        writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await (await Desk().registered(f"http://127.0.0.1:{port}/")).refused()
    assert error.reason == "HTTP 500"


def test_an_answer_is_kept_as_text_that_can_be_shown() -> None:
    assert legible("错误\x00\x1b[31m\n".encode() + b"\xff") == "错误[31m\n\ufffd"


async def test_one_that_lets_everybody_wait_takes_few_places() -> None:
    held = asyncio.Event()

    async def waiting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.close()

    server = await asyncio.start_server(waiting, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        desk = await Desk().registered(f"http://127.0.0.1:{port}/")
        first = [asyncio.create_task(desk.channel.send(delivery())) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)  # each has begun
        with pytest.raises(NotYetError):
            await desk.channel.send(delivery())
        held.set()
        outcomes = await asyncio.gather(*first, return_exceptions=True)
        assert all(isinstance(outcome, SendError) for outcome in outcomes)
        assert (await desk.refused()).reason.startswith("no answer"), "there are places again"


def _headers(division: str = TOWN) -> RecordedHeaders:
    return RecordedHeaders(
        type="hxs.cases.ProblemSolved.v1",
        stream="problem-dark-corner",
        version=5,
        recorded_at=NOON,
        division=division,
        correlation_id="c",
        causation_id="c",
        traceparent=None,
        generation=1,
    )


def test_an_event_is_told_with_its_envelope() -> None:
    assert json.loads(body_of(of_event(_headers(), {"solved_on": "2024-09-05"}))) == {
        "type": "hxs.cases.ProblemSolved.v1",
        "timestamp": "2024-09-05T04:00:00.000000Z",
        "data": {
            "id": CAUSE,
            "stream": "problem-dark-corner",
            "division": TOWN,
            "event": {"solved_on": "2024-09-05"},
        },
    }


def test_of_what_is_very_large_the_envelope_is_sent() -> None:
    large = of_event(_headers(), {"text": "路灯" * LARGEST_BYTES})
    assert large["data"] == {
        "id": CAUSE,
        "stream": "problem-dark-corner",
        "division": TOWN,
        "truncated": True,
    }


def test_a_ping_says_whose_it_is() -> None:
    assert ping(HOOK, COUNTY, NOON)["type"] == "hxs.ping"
