"""Webhooks over HTTP: registered, changed, tested, and what was sent to them (N10)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from inspect import cleandoc
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic import BaseModel, Field, StringConstraints

from services.notify.channels.webhook import messages
from services.notify.channels.webhook.attempts import AttemptsOf
from services.notify.channels.webhook.messages import MessagesOf
from services.notify.channels.webhook.targets import LONGEST_URL, TargetRefusedError, Targets
from services.notify.channels.webhook.vault import SealedError, Vault, VaultOf, new_secret, secret_id, url_id
from services.notify.deciders import NOTICE, WEBHOOK
from services.notify.domain import webhook as webhooks
from services.notify.domain.delivery import RequestDelivery, Status
from services.notify.domain.notice import PostNotice
from services.notify.domain.recipients import webhook as recipient_of
from services.notify.domain.webhook import Webhook
from services.notify.projections.webhooks import WEBHOOK_DELIVERIES, WEBHOOKS
from services.notify.views.webhooks import (
    AttemptView,
    EventNameView,
    OneDeliveryView,
    PingWritten,
    WebhookDeliveryView,
    WebhookView,
    WebhookWritten,
)
from services.notify.webhook_lists import DELIVERY_LIST, WEBHOOK_LIST
from services.notify.webhook_rights import Manager, Viewer, manages, owner_of, seen_by, sees
from services.notify.webhooks import Directory
from shared.contracts.base import registry
from shared.contracts.notify import DisablingReason, NoticeChannel, NoticeClass
from shared.contracts.refusal import RefusedError
from shared.contracts.titles import CHINESE, english
from shared.contracts.types import Id, Line
from shared.eventsourcing.history import HistoryAsked, HistoryEntry
from shared.eventsourcing.http import Commands, CommandsOf, Written
from shared.eventsourcing.reading import EXPORTS, Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.clock import Now
from shared.platform.http import Lang, MinVersion, Page
from shared.platform.language import Language, Text
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedLine
from shared.platform.problems import NotFoundError

router = APIRouter()

Address = Annotated[str, StringConstraints(pattern=r"^https?://[\x21-\x7e]+$", max_length=LONGEST_URL)]


async def targets_of(request: Request) -> Targets:
    """Return where webhooks may go."""
    settings = request.app.state.settings
    return Targets(settings.webhook_allow)


TargetsOf = Annotated[Targets, Depends(targets_of)]


async def directory_of(request: Request) -> Directory:
    """Return which webhooks there are."""
    return Directory(request.app.state.store)


DirectoryOf = Annotated[Directory, Depends(directory_of)]


class Registration(BaseModel):
    """What another system is told, and where.

    Attributes:
        url: https, public, unless the operator allows more; may carry a password of the receiver's.
        description: which system it is.
        event_names: see `GET /webhook-events`; none for a department.
        notice_classes: of its owner's inbox.
    """

    url: Address
    description: MaskedLine
    event_names: Annotated[frozenset[Line], Field(max_length=200)] = frozenset()
    notice_classes: frozenset[NoticeClass] = frozenset()


@router.get("/webhook-events")
async def list_webhook_events(caller: Viewer, language: Lang) -> list[EventNameView]:
    """List the events that a webhook can get; their JSON Schemas are published with the contracts."""
    return list(_event_names(language))


@lru_cache(2)
def _event_names(language: Language) -> Sequence[EventNameView]:
    newest = {event.name: event for event in registry if event.name in webhooks.event_names()}
    return [
        EventNameView(
            name=name,
            title=Text(CHINESE.get(name, name), english(name)).in_(language),
            type=event.type,
            about=cleandoc(event.__doc__ or ""),
        )
        for name, event in sorted(newest.items())
    ]


@router.post("/webhooks", status_code=status.HTTP_201_CREATED)
async def register_webhook(
    body: Registration,
    caller: Manager,
    commands: CommandsOf,
    now: Now,
    vault: VaultOf,
    targets: TargetsOf,
    directory: DirectoryOf,
) -> WebhookWritten:
    """Have another system told of what happens from now on; the answer has the key that signs."""
    owner, origin = owner_of(caller), await _origin(targets, body.url)
    others = [each for each in await directory.webhooks() if each.is_of(owner, caller.division)]
    webhook_id = commands.new_id()
    command = webhooks.RegisterWebhook(
        webhook_id=webhook_id,
        division=caller.division,
        owner=owner,
        description=body.description,
        origin=origin,
        url_id=await _put_url(vault, commands, webhook_id, body.url),
        secret_id=secret_id(webhook_id),
        event_names=body.event_names,
        notice_classes=body.notice_classes,
        at=webhooks.Registering(now, len(others)),
    )
    await vault.put(command.secret_id, webhook_id, new_secret())
    written = await commands.execute(
        WEBHOOK, webhook_id, command, location=f"/webhooks/{webhook_id}", division=caller.division
    )
    return await _with_secret(written, commands, vault, command.secret_id)


async def _origin(targets: Targets, url: str) -> str:
    try:
        return await targets.check(url)
    except TargetRefusedError as refused:
        raise RefusedError(
            "webhook-target-refused",
            rule="N10",
            zh="不能向该地址推送：须为可解析的公网 https 地址（443 或 8443 端口），"
            "本县内部系统须由管理员在 HXS_WEBHOOK_ALLOW 中允许。",
            en=f"Nothing is sent to this address: {refused}.",
            field="url",
        ) from None


async def _put_url(vault: Vault, commands: Commands, webhook_id: str, url: str) -> str:
    id_ = url_id(commands.new_id(), url)
    await vault.put(id_, webhook_id, url)
    return id_


async def _opened(vault: Vault, id_: str) -> str | None:
    try:
        return await vault.get(id_)
    except SealedError:
        return None


async def _with_secret(written: Written, commands: Commands, vault: Vault, id_: str) -> WebhookWritten:
    """Add the key, where it still is one of the webhook's: a request may be repeated long after."""
    state = await commands.state(WEBHOOK, written.id)
    held = isinstance(state, Webhook) and any(key.secret_id == id_ for key in state.keys)
    return WebhookWritten(**written.model_dump(), secret=await _opened(vault, id_) if held else None)


async def _managed(commands: Commands, caller: Principal, webhook_id: str) -> Webhook:
    found = await commands.state(WEBHOOK, webhook_id)
    if not isinstance(found, Webhook) or not manages(caller, found):
        raise NotFoundError
    return found


async def _do(commands: Commands, webhook_id: str, command: webhooks.WebhookCommand) -> Written:
    return await commands.execute(WEBHOOK, webhook_id, command, location=f"/webhooks/{webhook_id}")


@router.put("/webhooks/{webhook_id}")
async def change_webhook(
    webhook_id: Id,
    body: Registration,
    caller: Manager,
    commands: CommandsOf,
    now: Now,
    vault: VaultOf,
    targets: TargetsOf,
) -> Written:
    """Change where it goes and what it gets, all of it anew."""
    known = await _managed(commands, caller, webhook_id)
    origin = await _origin(targets, body.url)
    same = await _opened(vault, known.url_id) == body.url
    command = webhooks.ChangeWebhook(
        description=body.description,
        origin=origin,
        url_id=known.url_id if same else await _put_url(vault, commands, webhook_id, body.url),
        event_names=body.event_names,
        notice_classes=body.notice_classes,
        at=now,
    )
    return await _do(commands, webhook_id, command)


@router.post("/webhooks/{webhook_id}/rotation")
async def rotate_secret(
    webhook_id: Id, caller: Manager, commands: CommandsOf, now: Now, vault: VaultOf
) -> WebhookWritten:
    """Make a new key, which the answer has; for 24 hours the one before signs, too."""
    await _managed(commands, caller, webhook_id)
    id_ = secret_id(commands.new_id())
    await vault.put(id_, webhook_id, new_secret())
    written = await _do(commands, webhook_id, webhooks.RotateSecret(id_, now))
    return await _with_secret(written, commands, vault, id_)


@router.post("/webhooks/{webhook_id}/disabling")
async def disable_webhook(webhook_id: Id, caller: Manager, commands: CommandsOf, now: Now) -> Written:
    """Send nothing more until it is enabled; what happens meanwhile is kept for it."""
    await _managed(commands, caller, webhook_id)
    return await _do(commands, webhook_id, webhooks.DisableWebhook(DisablingReason.BY_HAND, now))


@router.post("/webhooks/{webhook_id}/enabling")
async def enable_webhook(webhook_id: Id, caller: Manager, commands: CommandsOf, now: Now) -> Written:
    """Send to it again; what was kept meanwhile is sent again by hand."""
    await _managed(commands, caller, webhook_id)
    return await _do(commands, webhook_id, webhooks.EnableWebhook(now))


@router.delete("/webhooks/{webhook_id}")
async def remove_webhook(webhook_id: Id, caller: Manager, commands: CommandsOf, now: Now) -> Written:
    """Forget it, with its address and its keys."""
    await _managed(commands, caller, webhook_id)
    return await _do(commands, webhook_id, webhooks.RemoveWebhook(now))


def _check_enabled(webhook: Webhook) -> None:
    if not webhook.enabled:
        raise RefusedError(
            "webhook-disabled",
            rule="N10",
            zh="该端点已停用，请先启用。",
            en="The webhook is disabled; enable it first.",
        )


@router.post("/webhooks/{webhook_id}/test")
async def send_test(
    webhook_id: Id, caller: Manager, commands: CommandsOf, now: Now, bodies: MessagesOf
) -> PingWritten:
    """Send a `hxs.ping`, as everything else is sent."""
    known = await _managed(commands, caller, webhook_id)
    _check_enabled(known)
    cause = f"{WEBHOOK.stream(webhook_id)}:ping:{commands.new_id()}"
    await bodies.put(cause, messages.body_of(messages.ping(webhook_id, known.division, now)))
    command = PostNotice(
        division=known.division,
        recipient=recipient_of(webhook_id),
        cause=cause,
        title="推送测试",
        channel=NoticeChannel.WEBHOOK,
        event_name=messages.PING,
        at=now,
    )
    id_ = command.notice_id
    written = await _do_on_delivery(commands, webhook_id, id_, command, division=known.division)
    return PingWritten(**written.model_dump(), delivery_id=id_)


async def _do_on_delivery(
    commands: Commands,
    webhook_id: str,
    delivery_id: str,
    command: PostNotice | RequestDelivery,
    *,
    division: str = "",
) -> Written:
    location = f"/webhooks/{webhook_id}/deliveries/{delivery_id}"
    return await commands.execute(NOTICE, delivery_id, command, location=location, division=division)


@router.get("/webhooks", response_model=Page[WebhookView], responses=EXPORTS)
async def list_webhooks(
    caller: Viewer, reading: ReadingOf, asked: Annotated[ListRequest, Depends(WEBHOOK_LIST)]
) -> Page[WebhookView] | Response:
    """List the webhooks of the caller's office or department; for office and auditor, the county's."""
    return await reading.listed(WEBHOOKS, WEBHOOK_LIST, seen_by(caller), asked)


@router.get("/webhooks/{webhook_id}")
async def get_webhook(
    webhook_id: Id, caller: Viewer, reading: ReadingOf, minimum: MinVersion, vault: VaultOf
) -> WebhookView:
    """Return a webhook; its whole address only to those who may change it."""
    found = await reading.document(WEBHOOKS, webhook_id, minimum=minimum, visible=lambda d: sees(caller, d))
    url = await _opened(vault, found["url_id"]) if manages(caller, found) else None
    return WebhookView(**found, url=url)


@router.get("/webhooks/{webhook_id}/history")
async def get_webhook_history(
    webhook_id: Id, caller: Viewer, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a webhook, oldest first."""
    return await reading.history(
        WEBHOOKS, webhook_id, asked, caller=caller, visible=lambda d: sees(caller, d)
    )


async def _check_seen(reading: Reading, caller: Principal, webhook_id: str) -> None:
    await reading.document(WEBHOOKS, webhook_id, minimum=None, visible=lambda d: sees(caller, d))


@router.get("/webhooks/{webhook_id}/deliveries", response_model=Page[WebhookDeliveryView], responses=EXPORTS)
async def list_deliveries(
    webhook_id: Id,
    caller: Viewer,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(DELIVERY_LIST)],
    status_: Annotated[Status | None, Query(alias="status")] = None,
    event_name: Annotated[Line | None, Query()] = None,
) -> Page[WebhookDeliveryView] | Response:
    """List what was sent to a webhook, newest first, with every attempt's outcome."""
    await _check_seen(reading, caller, webhook_id)
    query = {"webhook_id": webhook_id}
    query |= {k: v for k, v in (("status", status_), ("event_name", event_name)) if v is not None}
    return await reading.listed(WEBHOOK_DELIVERIES, DELIVERY_LIST, query, asked)


@router.get("/webhooks/{webhook_id}/deliveries/{delivery_id}")
async def get_delivery(
    webhook_id: Id,
    delivery_id: Id,
    caller: Viewer,
    reading: ReadingOf,
    minimum: MinVersion,
    bodies: MessagesOf,
    attempts: AttemptsOf,
) -> OneDeliveryView:
    """Return a delivery, with what was sent and what the receiver answered."""
    await _check_seen(reading, caller, webhook_id)
    found = await reading.document(
        WEBHOOK_DELIVERIES, delivery_id, minimum=minimum, visible=lambda d: d["webhook_id"] == webhook_id
    )
    body = await bodies.get(found["cause"])
    answers = tuple(AttemptView(**vars(each)) for each in await attempts.of(delivery_id))
    return OneDeliveryView(**found, body=body.decode() if body is not None else None, answers=answers)


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/redelivery")
async def redeliver(
    webhook_id: Id, delivery_id: Id, caller: Manager, commands: CommandsOf, now: Now, bodies: MessagesOf
) -> Written:
    """Send it once more, under the same `webhook-id`; also what was delivered, for a receiver may lose it."""
    known = await _managed(commands, caller, webhook_id)
    notice = await commands.state(NOTICE, delivery_id)
    if notice.situation == "unknown" or notice.said.recipient != recipient_of(webhook_id):
        raise NotFoundError
    _check_enabled(known)
    if await bodies.get(notice.said.cause) is None:
        raise RefusedError(
            "webhook-body-gone",
            rule="N10",
            zh=f"内容只保留 {messages.KEPT.days} 天，已不能重新投递。",
            en=f"What it says is kept for {messages.KEPT.days} days, and is not there any more.",
        )
    return await _do_on_delivery(
        commands, webhook_id, delivery_id, RequestDelivery(delivery_id, now, again=True)
    )
