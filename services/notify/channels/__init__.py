"""Ways out of the system: what a channel is given, and how it says that something failed.

A channel sends one delivery and returns, or raises. When to try, how often, what is recorded and that no two
processes send at once is `deliveries.py`'s business. It is made once a process, by its entry in
`registry.py`, and may keep connections open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.contracts.notify import NoticeChannel, NoticeClass


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice on its way to one recipient by one channel.

    Attributes:
        delivery_id: the same at every attempt: the `Message-ID`, the `webhook-id`.
        recipient: e.g. `department:县医保局`, `webhook:<endpoint id>`.
        address: e-mail address; None for channels that have none. Never to be logged or put into a reason.
        cause, event_name: see `NoticePosted`.
        topic_title, problem_text: None until this service has heard of them.
        attempt: 1 for the first.
        posted_at: when it was settled that it goes out by this channel, about when it was posted, UTC.
    """

    delivery_id: str
    notice_id: str
    channel: NoticeChannel
    recipient: str
    division: str
    notice_class: NoticeClass
    title: str
    body: str | None
    cause: str
    attempt: int
    posted_at: datetime
    address: str | None = None
    event_name: str | None = None
    topic_id: str | None = None
    topic_title: str | None = None
    meeting_id: str | None = None
    problem_id: str | None = None
    problem_text: str | None = None


class SendError(Exception):
    """The other side did not take a delivery.

    Attributes:
        reason: what it said or what happened, for the operator; at most 200 characters are kept, and the
            address is taken out.
        permanent: it will say so again: parked at once.
        retry_after: how long it wants to be left alone; at least the usual pause is made.
    """

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: timedelta | None = None) -> None:
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        super().__init__(reason)


class KeptError(SendError):
    """The other side takes nothing at present, on purpose: parked at once, and nobody has to look why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)


class UndeliverableError(Exception):
    """The recipient takes nothing more by this channel (gone for good): dropped, not parked."""


class NotYetError(Exception):
    """Something that the channel needs is not known yet: tried again in a moment, and nothing is recorded."""


class Channel(Protocol):
    """A way out. It may send several deliveries at once."""

    async def send(self, delivery: Delivery) -> str | None:
        """Send a delivery, within a minute; return what the other side said, for the record.

        Raises:
            SendError: it was not taken.
            KeptError: it is not to be taken now.
            UndeliverableError: the recipient takes nothing more.
            NotYetError: it cannot be written yet.
            Exception: anything else counts as a `SendError` with the exception's name as reason.
        """
        ...
