"""`webhooks`: which other systems are told of what. `webhook_deliveries`: what was sent to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.notify.projections.deliveries import fold_delivery
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.notify import (
    DeliveryDropped,
    DeliveryFailed,
    DeliveryParked,
    DeliveryPlanned,
    DeliveryRequested,
    NoticeChannel,
    NoticeDelivered,
    NoticePosted,
    WebhookChanged,
    WebhookDisabled,
    WebhookEnabled,
    WebhookRegistered,
    WebhookRemoved,
    WebhookSecretRotated,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

_KEPT = {
    "webhook_id",
    "division",
    "owner",
    "description",
    "origin",
    "url_id",
    "event_names",
    "notice_classes",
}


def webhook_key(recorded: Recorded) -> Iterable[str]:
    """Return the webhook's id."""
    return (recorded.stream.removeprefix("webhook-"),)


def fold_webhook(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a webhook's document after an event of its stream.

    Raises:
        OutOfOrderError: it was not registered first.
    """
    match recorded.event, document:
        case WebhookRegistered() as event, _:
            return {
                **event.model_dump(mode="json", include=_KEPT),
                "status": "enabled",
                "disabled_for": None,
                "registered_at": rfc3339(event.registered_at),
                "status_since": rfc3339(event.registered_at),
                "secret_since": rfc3339(event.registered_at),
                "both_until": None,
            }
        case WebhookChanged() as event, dict():
            return {**document, **event.model_dump(mode="json", include=_KEPT)}
        case WebhookSecretRotated() as event, dict():
            rotated = {"secret_since": rfc3339(event.rotated_at), "both_until": rfc3339(event.both_until)}
            return {**document, **rotated}
        case WebhookDisabled() as event, dict():
            return {**document, **_status("disabled", rfc3339(event.disabled_at), event.reason)}
        case WebhookEnabled() as event, dict():
            return {**document, **_status("enabled", rfc3339(event.enabled_at))}
        case WebhookRemoved() as event, dict():
            return {**document, **_status("removed", rfc3339(event.removed_at))}
    raise OutOfOrderError(recorded.event, document)


def _status(status: str, since: str, why: str | None = None) -> Document:
    return {"status": status, "status_since": since, "disabled_for": why}


WEBHOOKS = Projection(
    name="webhooks",
    version=1,
    events=(
        WebhookRegistered,
        WebhookChanged,
        WebhookSecretRotated,
        WebhookDisabled,
        WebhookEnabled,
        WebhookRemoved,
    ),
    keys=webhook_key,
    fold=fold_webhook,
    main_category="webhook",
    indexes=((("registered_at", 1), ("_id", 1), ("division", 1)),),
)

_OF_DELIVERY = (
    DeliveryPlanned,
    NoticeDelivered,
    DeliveryFailed,
    DeliveryParked,
    DeliveryRequested,
    DeliveryDropped,
)


def delivery_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of a notice to a webhook, which is its delivery's, too."""
    event = recorded.event
    of_webhook = isinstance(event, (NoticePosted, *_OF_DELIVERY)) and event.channel is NoticeChannel.WEBHOOK
    return (recorded.stream.removeprefix("notice-"),) if of_webhook else ()


def fold_webhook_delivery(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a delivery's document after an event of its notice's stream; most of it as in `deliveries`.

    Raises:
        OutOfOrderError: the notice was not posted first.
    """
    event = recorded.event
    if isinstance(event, NoticePosted):
        return {
            "delivery_id": key,
            "webhook_id": event.recipient.removeprefix("webhook:"),
            "division": event.division,
            "event_name": event.event_name,
            "cause": event.cause,
            "posted_at": rfc3339(recorded.recorded_at),
            "failing_from": None,
            "failing_to": None,
        }
    if document is None:
        raise OutOfOrderError(event, document)
    after = {**document, **fold_delivery(document, recorded, key)}
    if isinstance(event, DeliveryFailed):
        at = rfc3339(event.failed_at)
        return {**after, "failing_from": document["failing_from"] or at, "failing_to": at}
    if isinstance(event, DeliveryRequested):
        return {**after, "failing_from": None, "failing_to": None}
    return after


WEBHOOK_DELIVERIES = Projection(
    name="webhook_deliveries",
    version=2,
    events=(NoticePosted, *_OF_DELIVERY),
    keys=delivery_key,
    fold=fold_webhook_delivery,
    main_category="notice",
    indexes=(
        (("webhook_id", 1), ("posted_at", 1), ("_id", 1), ("division", 1)),
        (("webhook_id", 1), ("status", 1), ("settled_at", 1)),
        (("webhook_id", 1), ("failing_from", 1)),
        (("webhook_id", 1), ("failing_to", 1)),
    ),
)
"""Its documents say since when and until when an attempt failed, as far as nobody asked for it again."""
