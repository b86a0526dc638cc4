"""One delivery to one endpoint: loaded, signed, sent, and what came back (N10).

What is sent of a delivery is the same at every attempt, and so is its `webhook-id`; the timestamp and with it
the signatures are the attempt's own, for receivers refuse old ones. While a key is being rotated there are
two signatures.

    2xx            taken
    410            gone: the webhook is disabled, its owner told
    429, 503       busy: left alone as long as `Retry-After` says
    anything else  not taken, redirects included: they are not followed

An endpoint that lets everybody wait must not take the places of the others: few deliveries at once go to
one, the next are put off for a moment.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version as version_of

import httpx
from ssrfguard import SSRFGuardError
from standardwebhooks import Webhook as Signer

from services.notify.channels import Delivery, KeptError, NotYetError, SendError, UndeliverableError
from services.notify.channels.webhook.attempts import (
    LONGEST_ANSWER_BYTES,
    Attempt,
    Attempts,
    MongoAttempts,
    legible,
)
from services.notify.channels.webhook.messages import KEPT, Messages, MongoMessages
from services.notify.channels.webhook.targets import Targets, reason_of
from services.notify.channels.webhook.vault import SealedError, Vault, vault_in
from services.notify.domain.webhook import DisableWebhook, Webhook
from services.notify.webhooks import WebhookHandler, disabling_id, meta_of, stream_of
from shared.contracts.notify import DisablingReason
from shared.eventsourcing.workers import Workbench

TIMEOUT_SECONDS = 10.0
AT_ONCE = 4
"""Deliveries of a process that are on their way to one webhook."""

USER_AGENT = f"huixieshang/{version_of('huixieshang')} (webhooks)"


@dataclass(frozen=True)
class _Answer:
    """What came back: a status, or in words what happened instead."""

    status: int | None
    text: str
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def said(self) -> str:
        """Return what goes on the record: the status without the body."""
        return self.text if self.status is None else f"HTTP {self.status}"


class WebhookChannel:
    """See `Channel`.

    Args:
        handler: of webhooks' commands.
        vault: has addresses and keys.
        targets: where to go.
        messages: has what is sent.
        attempts: what came back is kept there.
        clock: returns the present moment, aware.
    """

    def __init__(
        self,
        handler: WebhookHandler,
        vault: Vault,
        targets: Targets,
        messages: Messages,
        attempts: Attempts,
        clock: Callable[[], datetime],
    ) -> None:
        self._handler = handler
        self._vault = vault
        self._targets = targets
        self._messages = messages
        self._attempts = attempts
        self._clock = clock
        self._under_way: Counter[str] = Counter()

    async def send(self, delivery: Delivery) -> str | None:
        """See `Channel.send`."""
        recipient = delivery.recipient
        if self._under_way[recipient] >= AT_ONCE:
            raise NotYetError("enough are on their way to it")
        self._under_way[recipient] += 1
        try:
            return await self._send(delivery)
        finally:
            self._under_way[recipient] -= 1
            self._under_way += Counter()  # forgets those of which there are none

    async def _send(self, delivery: Delivery) -> str:
        webhook = await self._webhook(delivery)
        body = await self._messages.get(delivery.cause)
        if body is None:
            raise SendError(f"what it says is not kept any more, after {KEPT.days} days", permanent=True)
        now = self._clock()
        try:
            url = await self._vault.get(webhook.url_id)
            keys = [await self._vault.get(id_) for id_ in webhook.signing(now)]
        except SealedError as error:
            raise SendError("its address or key cannot be opened; see HXS_SIGNING_SECRETS") from error
        began = time.monotonic()
        answer = await self._exchange(url, body, _headers(keys, delivery.delivery_id, body, now))
        milliseconds = round(1000 * (time.monotonic() - began))
        await self._attempts.add(
            Attempt(delivery.delivery_id, delivery.attempt, now, milliseconds, answer.status, answer.text)
        )
        if answer.taken:
            return answer.said
        if answer.status == HTTPStatus.GONE:
            await self._disable(webhook, delivery, now)
            raise SendError(f"{answer.said}: disabled", permanent=True)
        raise SendError(answer.said, retry_after=answer.retry_after)

    async def _webhook(self, delivery: Delivery) -> Webhook:
        found = (await self._handler.load(stream_of(delivery.recipient))).state
        if not isinstance(found, Webhook):
            raise UndeliverableError("the webhook was removed")
        if not found.enabled:
            raise KeptError("the webhook is disabled")
        return found

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> _Answer:
        client = self._targets.client(url, TIMEOUT_SECONDS)
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                client.stream("POST", url, content=body, headers=headers) as response,
            ):
                beginning = await _beginning(response)
        except SSRFGuardError as refused:
            return _Answer(None, f"not called: {reason_of(refused)}"[:200])
        except (TimeoutError, httpx.TimeoutException):
            return _Answer(None, f"no answer within {TIMEOUT_SECONDS:.0f} seconds")
        except httpx.HTTPError as error:
            return _Answer(None, f"no answer: {type(error).__name__}")
        return _Answer(response.status_code, legible(beginning), _retry_after(response, self._clock()))

    async def close(self) -> None:
        """Close all connections."""
        await self._targets.aclose()

    async def _disable(self, webhook: Webhook, delivery: Delivery, now: datetime) -> None:
        await self._handler.execute(
            DisableWebhook(DisablingReason.GONE, now, since=webhook.since),
            stream=stream_of(delivery.recipient),
            meta=meta_of(webhook, "worker:deliveries", delivery.cause),
            command_id=disabling_id(webhook, DisablingReason.GONE),
        )


def _headers(keys: Sequence[str], delivery_id: str, body: bytes, now: datetime) -> dict[str, str]:
    text, at = body.decode(), now.astimezone(UTC)
    return {
        "content-type": "application/json",
        "accept-encoding": "identity",  # what is kept of the answer is read as it comes
        "user-agent": USER_AGENT,
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(key).sign(delivery_id, at, text) for key in keys),
    }


async def _beginning(response: httpx.Response) -> bytes:
    """Return as much of the body as is kept; the rest is not waited for."""
    body = b""
    # Raw: a small body may unpack to a very large one.
    async for part in response.aiter_raw():
        body += part
        if len(body) >= LONGEST_ANSWER_BYTES:
            break
    return body


def _retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Return how long a busy receiver wants to be left alone: in seconds or until a date (RFC 9110)."""
    said = response.headers.get("retry-after", "").strip()
    if response.status_code not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE) or not said:
        return None
    if said.isdecimal() and said.isascii():
        return timedelta(seconds=min(int(said[:9]), 10**6))
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    # Without a zone it is GMT, as all dates of HTTP are.
    return max(timedelta(), (until if until.tzinfo else until.replace(tzinfo=UTC)) - now)


def make(bench: Workbench) -> WebhookChannel:
    """Return the channel; see `registry.py`."""
    settings = bench.settings
    return WebhookChannel(
        bench.handlers["webhook"],
        vault_in(bench.database, settings.signing_secrets),
        Targets(settings.webhook_allow, ca_file=settings.webhook_ca_file),
        MongoMessages(bench.database),
        MongoAttempts(bench.database),
        bench.clock,
    )
