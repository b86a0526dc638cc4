"""A notice: posted once, read once, delivered by further channels (N01–N04, N09).

The names and fields of its events are stored for good (`shared/contracts/notify.py`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from services.notify.domain import delivery
from services.notify.domain.delivery import (
    DeliveryCommand,
    DeliveryEvent,
    DeliveryState,
    Plan,
    PlanDeliveries,
    Told,
)
from shared.contracts.base import DomainEvent
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted, NoticeRead
from shared.contracts.refusal import NotThereError, RefusedError

_NOTICE_IDS = uuid.UUID("c2a9d4de-53f8-5d0b-9f0e-6a9f8f6c3b71")
"""What ids of notices are derived in; it never changes."""


STALE_AFTER = timedelta(days=14)
"""What happened longer ago rings nobody's bell any more. A service that stood still over the longest holidays
tells what it missed; one that reads a record of years for the first time, or once more, stays silent."""


def notice_id(cause: str, recipient: str, channel: NoticeChannel) -> str:
    """Return the id of the one notice that there is for these three (N03).

    Of a notice in the inbox, it is also the id of its delivery by another channel.

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
    """Somebody was told, and may have read it.

    Attributes:
        said: what they were told.
        deliveries: by channel; of a channel that is not there nothing is settled yet.
    """

    said: NoticePosted
    read: bool = False
    deliveries: Mapping[NoticeChannel, DeliveryState] = field(default_factory=dict)
    situation: Literal["posted"] = "posted"

    @property
    def division(self) -> str:
        """Return the division of what it is about."""
        return self.said.division

    def delivery(self, delivery_id: str) -> DeliveryState | None:
        """Return the delivery with an id."""
        return next((d for d in self.deliveries.values() if d.delivery_id == delivery_id), None)

    def told(self) -> Told:
        """Return what the events of its deliveries repeat."""
        said = self.said
        return Told(said.notice_id, said.division, said.recipient, said.notice_class)


Notice = Unknown | Posted


def evolve(notice: Notice, event: DomainEvent) -> Notice:
    """Return the notice after an event."""
    if isinstance(event, DeliveryEvent) and isinstance(notice, Posted):
        after = delivery.evolve(notice.deliveries.get(event.channel), event)
        return replace(notice, deliveries={**notice.deliveries, event.channel: after})
    match event, notice:
        case NoticePosted(), _:
            return Posted(event)
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
        caused_at: when that was recorded, UTC.
        at: when it goes out by a channel other than the inbox, UTC.
    """

    division: str
    recipient: str
    cause: str
    title: str
    body: str | None = None
    topic_id: str | None = None
    channel: NoticeChannel = NoticeChannel.INBOX
    notice_class: NoticeClass = NoticeClass.TRANSACTIONAL
    event_name: str | None = None
    meeting_id: str | None = None
    problem_id: str | None = None
    gathers: tuple[str, ...] = ()
    caused_at: datetime | None = None
    at: datetime | None = None

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


NoticeCommand = PostNotice | ReadNotice | DeliveryCommand

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
    return _deliver(command, notice)


def _post(command: PostNotice, notice: Notice) -> Sequence[DomainEvent]:
    if isinstance(notice, Unknown):
        said = {name: value for name, value in vars(command).items() if name != "at"}
        posted = NoticePosted(notice_id=command.notice_id, **said)
        if command.channel is NoticeChannel.INBOX or command.at is None:
            return [posted]  # to be planned when it is known what the recipient wants
        going_out = PlanDeliveries((Plan(command.channel),), command.at)
        return [posted, *_deliver(going_out, evolve(notice, posted))]
    there = notice.said.notice_id
    if there != command.notice_id:
        raise RefusedError(
            "another-notice",
            rule="N03",
            zh="此编号下已有另一条通知。",
            en=f"Notice {command.notice_id} belongs in a stream of its own; not in {there}'s.",
        )
    return []  # told already, perhaps in other words


def _deliver(command: DeliveryCommand, notice: Notice) -> Sequence[DomainEvent]:
    if isinstance(notice, Unknown):
        raise NotThereError("notice-unknown", zh="没有这条通知。", en="There is no such notice.")
    if isinstance(command, PlanDeliveries):
        ids = [notice_id(notice.said.cause, notice.said.recipient, each.channel) for each in command.plans]
        return delivery.plan(command, notice.told(), ids, frozenset(notice.deliveries))
    return delivery.decide(command, notice.delivery(command.delivery_id), notice.told())


def _read(command: ReadNotice, notice: Notice) -> Sequence[DomainEvent]:
    if (
        isinstance(notice, Unknown)
        or notice.said.channel is not NoticeChannel.INBOX
        or notice.said.recipient not in command.inboxes
    ):
        raise NotThereError("notice-unknown", zh="没有这条通知。", en="There is no such notice.")
    return [] if notice.read else [NoticeRead(notice_id=notice.said.notice_id, read_at=command.at)]
