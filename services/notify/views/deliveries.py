"""A delivery, as whoever runs the system sees it: how it goes, not what it says."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.notify.domain.delivery import Status
from shared.contracts.notify import DropReason, NoticeChannel, NoticeClass


class Attempt(BaseModel):
    """One attempt.

    Attributes:
        outcome: `delivered` or `failed`.
        said: by the other side; null where it said nothing.
    """

    model_config = ConfigDict(extra="ignore")

    attempt: int
    at: datetime
    outcome: str
    said: str | None


class DeliveryView(BaseModel):
    """One notice on its way by one channel; neither its text nor the address.

    Attributes:
        delivery_id: the `Message-ID` of the mail, the `webhook-id` of the request.
        due_at: when it is tried next; null once it is settled.
        reason: of the last failure; null where there was none since it was delivered.
        why: it was dropped.
        log: the last twenty attempts.
    """

    model_config = ConfigDict(extra="ignore")

    delivery_id: str
    notice_id: str
    division: str
    recipient: str
    channel: NoticeChannel
    notice_class: NoticeClass
    status: Status
    planned_at: datetime
    due_at: datetime | None
    settled_at: datetime | None
    attempts: int
    reason: str | None
    why: DropReason | None
    log: list[Attempt]
