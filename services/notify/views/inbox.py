"""The shape of what notify answers, as OpenAPI shows it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.notify import NoticeClass


class NoticeView(BaseModel):
    """A notice in an inbox.

    Attributes:
        recipient: whose inbox, e.g. `department:县住建局`.
        event_name: of the event that it tells of; null for what comes of no event.
        topic_title, problem_text: what it is about; null until this service has heard of it.
        posted_at, read_at: UTC; `read_at` is null while it is unread.
    """

    model_config = ConfigDict(extra="ignore")

    notice_id: str
    recipient: str
    notice_class: NoticeClass
    title: str
    body: str | None = None
    topic_id: str | None = None
    topic_title: str | None = None
    problem_id: str | None = None
    problem_text: str | None = None
    meeting_id: str | None = None
    event_name: str | None = None
    posted_at: datetime
    read_at: datetime | None = None


class Unread(BaseModel):
    """How many notices wait to be read."""

    unread: int


class MarkedAsRead(BaseModel):
    """What was marked as read.

    Attributes:
        read: how many notices.
        more: there were more than one request takes.
    """

    read: int
    more: bool
