"""The shape of webhooks and of what was sent to them, as OpenAPI shows it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.notify.views.deliveries import Attempt
from shared.contracts.notify import DisablingReason, NoticeClass
from shared.eventsourcing.http import Written


class _View(BaseModel):
    """A part of an answer; fields of the stored document that it does not name stay inside."""

    model_config = ConfigDict(extra="ignore")


class WebhookView(_View):
    """A webhook as it stands.

    Attributes:
        owner: on whose behalf, e.g. `office:371621`.
        origin: scheme, host and port of its address.
        url: the whole address; only of one webhook, and only for those who may change it.
        status: `enabled` or `disabled`; `status_since` UTC.
        disabled_for: why it is disabled.
        secret_since: since when the newest key signs, UTC.
        both_until: until when the key before signs, too, UTC; null without a rotation.
    """

    webhook_id: str
    division: str
    owner: str
    description: str
    origin: str
    url: str | None = None
    event_names: tuple[str, ...]
    notice_classes: tuple[NoticeClass, ...]
    status: str
    status_since: datetime
    disabled_for: DisablingReason | None = None
    registered_at: datetime
    secret_since: datetime
    both_until: datetime | None = None


class WebhookWritten(Written):
    """What a command did that made a key.

    Attributes:
        secret: the key, `whsec_…`, in this answer only (and where the same request is sent again soon).
    """

    secret: str | None


class PingWritten(Written):
    """A test that is on its way.

    Attributes:
        delivery_id: where to look what became of it.
    """

    delivery_id: str


class WebhookDeliveryView(_View):
    """A delivery to a webhook.

    Attributes:
        delivery_id: the `webhook-id` of every attempt.
        event_name: what it tells of, e.g. `ProblemSolved`; `hxs.ping` of a test.
        cause: id of the event.
        status: `waiting`, `delivered`, `parked` or `dropped`.
        attempts: how often it was tried.
        posted_at: when it became due, UTC.
        due_at: when it is tried next, UTC.
        settled_at: when it was delivered, parked or dropped, UTC.
        reason: why the last attempt failed, e.g. `HTTP 503`.
        log: the last twenty attempts.
    """

    delivery_id: str
    webhook_id: str
    event_name: str | None = None
    cause: str
    status: str = "waiting"
    attempts: int = 0
    posted_at: datetime
    due_at: datetime | None = None
    settled_at: datetime | None = None
    reason: str | None = None
    log: tuple[Attempt, ...] = ()


class AttemptView(_View):
    """What the receiver answered to one attempt; kept for a month.

    Attributes:
        number: 1 for the first.
        milliseconds: until the answer.
        status: of HTTP; null where none came.
        answer: beginning of its body, or what happened instead.
    """

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    answer: str


class OneDeliveryView(WebhookDeliveryView):
    """A delivery with what was sent and answered.

    Attributes:
        body: what is sent, byte for byte; null when it is not kept any more.
        answers: oldest first.
    """

    body: str | None = None
    answers: tuple[AttemptView, ...] = ()


class EventNameView(_View):
    """An event that a webhook can get.

    Attributes:
        type: as the newest is called on the wire; its JSON Schema is published under it.
        about: what it says happened.
    """

    name: str
    title: str
    type: str
    about: str
