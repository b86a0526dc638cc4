"""A webhook: another system that is told of what happens, on behalf of an office or a department (N10).

The names and fields of its events are stored for good (`shared/contracts/notify.py`). Its whole address and
its keys are no part of them: an address may carry a password of the receiver's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from shared.contracts.base import DomainEvent, registry
from shared.contracts.cases import CasesEvent
from shared.contracts.meetings import MeetingsEvent
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
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.topics import TopicsEvent

OVERLAP = timedelta(hours=24)
"""How long the key before a rotation signs, too: in that time the receiver takes over the new one."""

MOST_OF_ONE_OWNER = 20
"""Each costs a notice for every event; what an office's systems need is a handful."""

SERVICES = frozenset(events.service for events in (TopicsEvent, MeetingsEvent, CasesEvent))
"""Whose events are told. Those of notify are left out: to tell of telling would have no end."""


@cache
def event_names() -> frozenset[str]:
    """Return the names of the events that a webhook can get."""
    return frozenset(event.name for event in registry if event.service in SERVICES)


# state


@dataclass(frozen=True)
class Unknown:
    """Nothing is registered under this id."""

    situation: Literal["unknown"] = "unknown"
    division: str = ""


@dataclass(frozen=True)
class Key:
    """A key that signs what is sent.

    Attributes:
        secret_id: under which it lies.
        until: until when it signs, UTC; None for the newest.
    """

    secret_id: str
    until: datetime | None = None


@dataclass(frozen=True)
class Webhook:
    """What is registered.

    Attributes:
        keys: newest first.
        since: since when it is enabled without a break, UTC; None while it is disabled.
        begins_at: what was recorded before is not told, UTC.
    """

    webhook_id: str
    division: str
    owner: str
    description: str
    origin: str
    url_id: str
    keys: tuple[Key, ...]
    event_names: frozenset[str]
    notice_classes: frozenset[NoticeClass]
    begins_at: datetime
    since: datetime | None
    situation: Literal["registered"] = "registered"

    @property
    def enabled(self) -> bool:
        """Whether it is sent to."""
        return self.since is not None

    def signing(self, now: datetime) -> tuple[str, ...]:
        """Return the ids of the keys that sign at a moment, newest first."""
        return tuple(key.secret_id for key in self.keys if key.until is None or now < key.until)

    def is_of(self, owner: str, division: str) -> bool:
        """Tell whether an owner has it; names of departments are unique within a county only."""
        return self.owner == owner and self.division[:6] == division[:6]

    def gets(self, name: str, division: str) -> bool:
        """Tell whether it is told of an event that lies in a division."""
        return name in self.event_names and division.startswith(self.division)

    def gets_notice(self, recipient: str, notice_class: NoticeClass, division: str) -> bool:
        """Tell whether it is told of a notice."""
        return self.is_of(recipient, division) and notice_class in self.notice_classes


@dataclass(frozen=True)
class Removed:
    """It was registered once."""

    division: str
    situation: Literal["removed"] = "removed"


WebhookState = Unknown | Webhook | Removed


def evolve(state: WebhookState, event: DomainEvent) -> WebhookState:
    """Return the webhook after an event."""
    if isinstance(event, WebhookRegistered):
        return Webhook(
            webhook_id=event.webhook_id,
            division=event.division,
            owner=event.owner,
            description=event.description,
            origin=event.origin,
            url_id=event.url_id,
            keys=(Key(event.secret_id),),
            event_names=frozenset(event.event_names),
            notice_classes=frozenset(event.notice_classes),
            begins_at=event.registered_at,
            since=event.registered_at,
        )
    return _evolved(state, event) if isinstance(state, Webhook) else state


def _evolved(webhook: Webhook, event: DomainEvent) -> WebhookState:
    match event:
        case WebhookChanged():
            return replace(
                webhook,
                description=event.description,
                origin=event.origin,
                url_id=event.url_id,
                event_names=frozenset(event.event_names),
                notice_classes=frozenset(event.notice_classes),
            )
        case WebhookSecretRotated():
            newest, *older = webhook.keys
            still = [key for key in older if key.until is not None and key.until > event.rotated_at]
            keys = (Key(event.secret_id), replace(newest, until=event.both_until), *still)
            return replace(webhook, keys=keys)
        case WebhookDisabled():
            return replace(webhook, since=None)
        case WebhookEnabled():
            return replace(webhook, since=event.enabled_at)
        case WebhookRemoved():
            return Removed(webhook.division)
    return webhook


# commands


@dataclass(frozen=True)
class Registering:
    """What a registration meets when it arrives.

    Attributes:
        now: UTC.
        others: how many webhooks its owner has; two that come at the same moment do not see each other.
    """

    now: datetime
    others: int = 0


@dataclass(frozen=True)
class RegisterWebhook:
    """Have another system told; fields as in `WebhookRegistered`."""

    webhook_id: str
    division: str
    owner: str
    description: str
    origin: str
    url_id: str
    secret_id: str
    event_names: frozenset[str]
    notice_classes: frozenset[NoticeClass]
    at: Registering


@dataclass(frozen=True)
class ChangeWebhook:
    """Give it another address or description, or something else to be told of; all of it anew."""

    description: str
    origin: str
    url_id: str
    event_names: frozenset[str]
    notice_classes: frozenset[NoticeClass]
    at: datetime


@dataclass(frozen=True)
class RotateSecret:
    """Sign with a new key, and for a day with the one before, too."""

    secret_id: str
    at: datetime


@dataclass(frozen=True)
class DisableWebhook:
    """Send nothing more until it is enabled.

    Attributes:
        since: only if it has been enabled since that moment: who enabled it meanwhile knew better.
    """

    reason: DisablingReason
    at: datetime
    since: datetime | None = None


@dataclass(frozen=True)
class EnableWebhook:
    """Send to it again."""

    at: datetime


@dataclass(frozen=True)
class RemoveWebhook:
    """Forget it."""

    at: datetime


WebhookCommand = (
    RegisterWebhook | ChangeWebhook | RotateSecret | DisableWebhook | EnableWebhook | RemoveWebhook
)

# decisions


def decide(command: WebhookCommand, state: WebhookState) -> Sequence[DomainEvent]:
    """Return what a command does to a webhook.

    Raises:
        NotThereError: there is none, or none any more.
        RefusedError: it would get nothing, or what its owner may not have, or the id is taken.
    """
    if isinstance(command, RegisterWebhook):
        return _register(command, state)
    if not isinstance(state, Webhook):
        raise NotThereError("webhook-unknown", zh="没有这个推送端点。", en="There is no such webhook.")
    match command:
        case ChangeWebhook():
            return _change(command, state)
        case RotateSecret():
            return _rotate(command, state)
        case DisableWebhook():
            return _disable(command, state)
        case EnableWebhook():
            return (
                [] if state.enabled else [WebhookEnabled(webhook_id=state.webhook_id, enabled_at=command.at)]
            )
        case RemoveWebhook():
            return [WebhookRemoved(webhook_id=state.webhook_id, removed_at=command.at)]


def _register(command: RegisterWebhook, state: WebhookState) -> Sequence[DomainEvent]:
    if not isinstance(state, Unknown):
        raise RefusedError(
            "webhook-exists", zh="此编号已登记。", en="Something is registered under this id.", rule="N10"
        )
    _check(command, command.owner)
    if command.at.others >= MOST_OF_ONE_OWNER:
        raise RefusedError(
            "webhooks-too-many",
            rule="N10",
            zh=f"一个单位最多登记 {MOST_OF_ONE_OWNER} 个推送端点；请先移除不再使用的端点。",
            en=f"An owner has at most {MOST_OF_ONE_OWNER} webhooks; remove one that is not needed any more.",
            field="url",
        )
    return [
        WebhookRegistered(
            webhook_id=command.webhook_id,
            division=command.division,
            owner=command.owner,
            description=command.description,
            origin=command.origin,
            url_id=command.url_id,
            secret_id=command.secret_id,
            event_names=tuple(sorted(command.event_names)),
            notice_classes=tuple(sorted(command.notice_classes)),
            registered_at=command.at.now,
        )
    ]


def _check(command: RegisterWebhook | ChangeWebhook, owner: str) -> None:
    if not command.event_names and not command.notice_classes:
        raise RefusedError(
            "webhook-gets-nothing",
            rule="N10",
            zh="请至少选择一种事件或一类通知。",
            en="Choose at least one event or one class of notices.",
            field="event_names",
        )
    if unknown := sorted(command.event_names - event_names()):
        raise RefusedError(
            "event-unknown",
            rule="N10",
            zh=f"没有这种事件：{'、'.join(unknown)}。",
            en=f"There are no such events: {', '.join(unknown)}.",
            field="event_names",
        )
    if command.event_names and owner.startswith("department:"):
        # Events are of the whole division; what concerns the department alone comes as its notices.
        raise RefusedError(
            "webhook-notices-only",
            rule="N10",
            zh="部门的端点只接收发给本部门的通知，不接收事件。",
            en="A department's webhook gets the department's notices, not events.",
            field="event_names",
        )


def _change(command: ChangeWebhook, webhook: Webhook) -> Sequence[DomainEvent]:
    _check(command, webhook.owner)
    changed = replace(
        webhook,
        description=command.description,
        origin=command.origin,
        url_id=command.url_id,
        event_names=command.event_names,
        notice_classes=command.notice_classes,
    )
    if changed == webhook:
        return []
    return [
        WebhookChanged(
            webhook_id=webhook.webhook_id,
            description=command.description,
            origin=command.origin,
            url_id=command.url_id,
            event_names=tuple(sorted(command.event_names)),
            notice_classes=tuple(sorted(command.notice_classes)),
            changed_at=command.at,
        )
    ]


def _rotate(command: RotateSecret, webhook: Webhook) -> Sequence[DomainEvent]:
    if any(key.secret_id == command.secret_id for key in webhook.keys):
        return []  # it signs already, or did
    return [
        WebhookSecretRotated(
            webhook_id=webhook.webhook_id,
            secret_id=command.secret_id,
            both_until=command.at + OVERLAP,
            rotated_at=command.at,
        )
    ]


def _disable(command: DisableWebhook, webhook: Webhook) -> Sequence[DomainEvent]:
    if not webhook.enabled or (command.since is not None and command.since != webhook.since):
        return []
    return [
        WebhookDisabled(
            webhook_id=webhook.webhook_id,
            division=webhook.division,
            owner=webhook.owner,
            description=webhook.description,
            origin=webhook.origin,
            reason=command.reason,
            disabled_at=command.at,
        )
    ]
