"""What registering, feeding, sending and watching webhooks have in common: streams, ids, who did it."""

from __future__ import annotations

import uuid
from typing import TypeAlias

from services.notify.domain.recipients import webhook as recipient
from services.notify.domain.webhook import Webhook, WebhookCommand, WebhookState
from shared.contracts.envelope import Meta
from shared.contracts.notify import DisablingReason
from shared.eventsourcing.application import CommandHandler

WebhookHandler: TypeAlias = CommandHandler[WebhookCommand, WebhookState]

CATEGORY = "webhook"

_COMMAND_IDS = uuid.UUID("1a5f2b1e-9d0c-5b57-a1f3-7c0b64f0a2d5")
_PREFIX = recipient("")


def stream_of(webhook_recipient: str) -> str:
    """Return the stream of the webhook that a recipient names."""
    return f"{CATEGORY}-{webhook_recipient.removeprefix(_PREFIX)}"


def disabling_id(webhook: Webhook, reason: DisablingReason) -> str:
    """Return the id of the command that disables a webhook: one each time that it is enabled."""
    return str(uuid.uuid5(_COMMAND_IDS, f"{reason}/{webhook.webhook_id}/{webhook.since}"))


def meta_of(webhook: Webhook, actor: str, cause: str) -> Meta:
    """Return why a worker gives a command about a webhook."""
    return Meta(webhook.division, actor, correlation_id=cause, causation_id=cause)
