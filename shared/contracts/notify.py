"""Published by notify: notices (streams `notice-<id>`).

Names and fields are stored for good; see `base.py` for how they may grow.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime

from shared.contracts.base import DomainEvent
from shared.contracts.types import DivisionCode, Id, Line, Text


class NoticeClass(StrEnum):
    """What kind of notice, which decides whether it may be muted (N01)."""

    TRANSACTIONAL = "transactional"
    FOLLOW = "follow"
    DIGEST = "digest"
    NEWSLETTER = "newsletter"


class NoticeChannel(StrEnum):
    """Where a notice goes (N02)."""

    INBOX = "inbox"
    EMAIL = "email"
    WEBHOOK = "webhook"


class NotifyEvent(DomainEvent, service="notify"):
    """An event of the notify service."""


class NoticePosted(NotifyEvent):
    """Somebody was told something, once per cause, recipient and channel (N03).

    Attributes:
        recipient: who: `department:县医保局`, `liaison:371621001`, `office:371621` or `person:<opaque id>`.
        cause: id of the event that it tells of.
        title, body: Chinese; organisations and official roles only, no person's name.
    """

    notice_id: Id
    division: DivisionCode
    recipient: Line
    channel: NoticeChannel
    notice_class: NoticeClass
    cause: Line
    topic_id: Id | None = None
    title: Line
    body: Text | None = None


class NoticeRead(NotifyEvent):
    """The recipient opened the notice."""

    notice_id: Id
    read_at: AwareDatetime
