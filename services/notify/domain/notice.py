"""A notice: posted once, read once (N01–N03).

The names and fields of its events are stored for good (`shared/contracts/notify.py`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.contracts.base import DomainEvent
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted, NoticeRead
from shared.contracts.refusal import NotThereError, RefusedError

_NOTICE_IDS = uuid.UUID("c2a9d4de-53f8-5d0b-9f0e-6a9f8f6c3b71")
"""What ids of notices are derived in; it never changes."""


def notice_id(cause: str, recipient: str, channel: NoticeChannel) -> str:
    """Return the id of the one notice that there is for these three (N03).

    Args:
        cause: id of the event that it tells of.
        recipient: e.g. `department:县医保局`.
        channel: where it goes.
    """
    return str(uuid.uuid5(_NOTICE_IDS, f"{cause}/{recipient}/{channel}"))


# state


@dataclass(frozen=True)
class Unknown:
    """Nothing has been posted under this id."""

    situation: Literal["unknown"] = "unknown"
    division: str = ""


@dataclass(frozen=True)
class Posted:
    """Somebody was told, and may have read it."""

    notice_id: str
    division: str
    recipient: str
    cause: str
    channel: NoticeChannel
    read: bool = False
    situation: Literal["posted"] = "posted"


Notice = Unknown | Posted


def evolve(notice: Notice, event: DomainEvent) -> Notice:
    """Return the notice after an event."""
    match event, notice:
        case NoticePosted(), _:
            return Posted(event.notice_id, event.division, event.recipient, event.cause, event.channel)
        case NoticeRead(), Posted():
            return replace(notice, read=True)
    return notice


# commands


@dataclass(frozen=True)
class PostNotice:
    """Tell somebody something.

    Attributes:
        division: of what it is about.
        recipient: see `NoticePosted`.
        cause: id of the event that it tells of.
    """

    division: str
    recipient: str
    cause: str
    title: str
    body: str
    topic_id: str | None = None
    channel: NoticeChannel = NoticeChannel.INBOX
    notice_class: NoticeClass = NoticeClass.TRANSACTIONAL

    @property
    def notice_id(self) -> str:
        """Return the id that the notice gets: it follows from cause, recipient and channel."""
        return notice_id(self.cause, self.recipient, self.channel)


@dataclass(frozen=True)
class ReadNotice:
    """Note that the recipient opened a notice.

    Attributes:
        inboxes: the recipients for whom the caller reads.
        at: when, UTC.
    """

    inboxes: frozenset[str]
    at: datetime


NoticeCommand = PostNotice | ReadNotice

# decisions


def decide(command: NoticeCommand, notice: Notice) -> Sequence[DomainEvent]:
    """Return what a command does to a notice.

    Raises:
        NotThereError: there is no such notice in the inboxes of whoever reads.
        RefusedError: the stream holds another notice.
    """
    match command:
        case PostNotice():
            return _post(command, notice)
        case ReadNotice():
            return _read(command, notice)


def _post(command: PostNotice, notice: Notice) -> Sequence[DomainEvent]:
    if isinstance(notice, Unknown):
        return [NoticePosted(notice_id=command.notice_id, **vars(command))]
    if notice.notice_id != command.notice_id:
        raise RefusedError(
            "another-notice",
            rule="N03",
            zh="此编号下已有另一条通知。",
            en=f"Notice {command.notice_id} belongs in a stream of its own, not in {notice.notice_id}'s.",
        )
    return []  # told already, perhaps in other words


def _read(command: ReadNotice, notice: Notice) -> Sequence[DomainEvent]:
    if (
        isinstance(notice, Unknown)
        or notice.channel is not NoticeChannel.INBOX
        or notice.recipient not in command.inboxes
    ):
        raise NotThereError("notice-unknown", zh="没有这条通知。", en="There is no such notice.")
    return [] if notice.read else [NoticeRead(notice_id=notice.notice_id, read_at=command.at)]
