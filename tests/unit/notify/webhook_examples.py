"""A system of the county government that wants to hear of solved problems, and stand-ins for stores."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.notify.channels.webhook.attempts import Attempt
from services.notify.channels.webhook.vault import Vault
from services.notify.domain.recipients import office
from services.notify.domain.webhook import ChangeWebhook, Registering, RegisterWebhook, Webhook
from shared.contracts.notify import (
    DisablingReason,
    NoticeClass,
    WebhookChanged,
    WebhookDisabled,
    WebhookEnabled,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
)
from tests.http import SETTINGS
from tests.unit.notify.examples import COUNTY

HOOK = "county-platform"
OWNER = office(COUNTY)
URL = "https://hooks.example.org/hxs?token=of-the-receiver"
ORIGIN = "https://hooks.example.org:443"
NOON = datetime(2024, 9, 5, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET_2 = "whsec_" + "bm90LXRoZS1zYW1lLWtleS1hcy1iZWZvcmU="

REGISTER = RegisterWebhook(
    webhook_id=HOOK,
    division=COUNTY,
    owner=OWNER,
    description="县政务协同平台",
    origin=ORIGIN,
    url_id="url-1",
    secret_id="secret-1",
    event_names=frozenset({"ProblemSolved", "MeetingHeld"}),
    notice_classes=frozenset({NoticeClass.TRANSACTIONAL}),
    at=Registering(NOON),
)
REGISTERED = WebhookRegistered(
    webhook_id=HOOK,
    division=COUNTY,
    owner=OWNER,
    description="县政务协同平台",
    origin=ORIGIN,
    url_id="url-1",
    secret_id="secret-1",
    event_names=("MeetingHeld", "ProblemSolved"),
    notice_classes=(NoticeClass.TRANSACTIONAL,),
    registered_at=NOON,
)
CHANGE = ChangeWebhook(
    description="县政务协同平台",
    origin="https://other.example.org:443",
    url_id="url-2",
    event_names=frozenset({"ProblemSolved"}),
    notice_classes=frozenset(),
    at=NOON + DAY,
)
CHANGED = WebhookChanged(
    webhook_id=HOOK,
    description="县政务协同平台",
    origin="https://other.example.org:443",
    url_id="url-2",
    event_names=("ProblemSolved",),
    changed_at=NOON + DAY,
)
ROTATED = WebhookSecretRotated(
    webhook_id=HOOK, secret_id="secret-2", both_until=NOON + 2 * DAY, rotated_at=NOON + DAY
)
DISABLED = WebhookDisabled(
    webhook_id=HOOK,
    division=COUNTY,
    owner=OWNER,
    description="县政务协同平台",
    origin=ORIGIN,
    reason=DisablingReason.FAILING,
    disabled_at=NOON + DAY,
)
ENABLED = WebhookEnabled(webhook_id=HOOK, enabled_at=NOON + 2 * DAY)
REMOVED = WebhookRemoved(webhook_id=HOOK, removed_at=NOON + 3 * DAY)


@dataclass
class MemoryVaultStore:
    """See `VaultStore`."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def insert(self, document: dict[str, Any]) -> None:
        self.documents.setdefault(document["_id"], dict(document))["at"] = document["at"]

    async def find(self, id_: str) -> dict[str, Any] | None:
        return self.documents.get(id_)

    async def sealed_otherwise(self, under: str) -> list[dict[str, Any]]:
        return [d for d in self.documents.values() if d["under"] != under]

    async def reseal(self, id_: str, sealed: bytes, under: str) -> None:
        self.documents[id_] |= {"sealed": sealed, "under": under}

    async def remove_orphans(self, named: Collection[str], before: datetime) -> int:
        orphans = [id_ for id_, d in self.documents.items() if id_ not in named and d["at"] < before]
        for id_ in orphans:
            del self.documents[id_]
        return len(orphans)


@dataclass
class MemoryMessages:
    """See `Messages`."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    async def put(self, cause: str, body: bytes) -> None:
        self.bodies.setdefault(cause, body)

    async def get(self, cause: str) -> bytes | None:
        return self.bodies.get(cause)


@dataclass
class MemoryAttempts:
    """See `Attempts`."""

    kept: dict[tuple[str, int], Attempt] = field(default_factory=dict)

    async def add(self, attempt: Attempt) -> None:
        self.kept[attempt.delivery_id, attempt.number] = attempt

    async def of(self, delivery_id: str) -> Sequence[Attempt]:
        return [attempt for (id_, _), attempt in sorted(self.kept.items()) if id_ == delivery_id]


def vault(store: MemoryVaultStore | None = None) -> Vault:
    """Return a vault in memory."""
    return Vault(store or MemoryVaultStore(), SETTINGS.signing_secrets)


class Names:
    """A resolver: what a name leads to, one answer after the other and the last one again and again.

    Attributes:
        asked: names that were looked up.
    """

    def __init__(self, answers: Mapping[str, Sequence[str | Sequence[str]]]) -> None:
        self._answers = {name: list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, *_: Any) -> list[Any]:
        self.asked.append(host)
        try:
            return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass
        answers = self._answers.get(host.rstrip(".").lower())
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        addresses = [answer] if isinstance(answer, str) else answer
        return [
            each
            for address in addresses
            for each in socket.getaddrinfo(address, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
        ]


def as_webhook(state: object) -> Webhook:
    """Return a state that is a registered webhook."""
    assert isinstance(state, Webhook)
    return state
