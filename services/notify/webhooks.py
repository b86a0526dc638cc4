"""What registering, feeding, sending and watching webhooks have in common: which there are, streams, ids, who
did it.
"""

from __future__ import annotations

import uuid
from typing import TypeAlias

from services.notify.deciders import WEBHOOK
from services.notify.domain.recipients import webhook as recipient
from services.notify.domain.webhook import Webhook, WebhookCommand, WebhookState
from shared.contracts.envelope import Meta
from shared.contracts.notify import DisablingReason
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.store import EventStore

WebhookHandler: TypeAlias = CommandHandler[WebhookCommand, WebhookState]

_COMMAND_IDS = uuid.UUID("1a5f2b1e-9d0c-5b57-a1f3-7c0b64f0a2d5")
_PREFIX = recipient("")


class Directory:
    """The webhooks that there are, as the store says."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._commits = 0
        self._webhooks: tuple[Webhook, ...] = ()

    async def webhooks(self) -> tuple[Webhook, ...]:
        """Return all that are not removed, disabled ones included."""
        commits = await self._store.count(WEBHOOK.category)
        if commits != self._commits:
            # Read after the count: what is new meanwhile is read once more, never missed.
            self._webhooks = await self._read()
            self._commits = commits
        return self._webhooks

    async def _read(self) -> tuple[Webhook, ...]:
        states: dict[str, WebhookState] = {}
        async for commit in self._store.read_category(WEBHOOK.category):
            before = states.get(commit.stream, WEBHOOK.initial)
            states[commit.stream] = WEBHOOK.fold((e.parse() for e in commit.events), before)
        return tuple(state for state in states.values() if isinstance(state, Webhook))


def stream_of(webhook_recipient: str) -> str:
    """Return the stream of the webhook that a recipient names."""
    return WEBHOOK.stream(webhook_recipient.removeprefix(_PREFIX))


def disabling_id(webhook: Webhook, reason: DisablingReason) -> str:
    """Return the id of the command that disables a webhook: one each time that it is enabled."""
    return str(uuid.uuid5(_COMMAND_IDS, f"{reason}/{webhook.webhook_id}/{webhook.since}"))


def meta_of(webhook: Webhook, actor: str, cause: str) -> Meta:
    """Return why a worker gives a command about a webhook."""
    return Meta(webhook.division, actor, correlation_id=cause, causation_id=cause)
