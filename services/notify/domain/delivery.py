"""Deliveries of a notice: planned, tried, delivered or parked (N02, N04, N09).

They belong to the notice's stream, one a channel at most. Who may send, and how, is not decided here; only
what follows from it: when to try again, and when to stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from shared.contracts.base import DomainEvent
from shared.contracts.notify import (
    DeliveryDropped,
    DeliveryFailed,
    DeliveryParked,
    DeliveryPlanned,
    DeliveryRequested,
    DropReason,
    NoticeChannel,
    NoticeClass,
    NoticeDelivered,
)
from shared.contracts.refusal import NotThereError, RefusedError

PAUSES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""Between attempts: eight within about a day. A server's restart costs seconds, a lost weekend is parked."""

JITTER = 0.2
"""A pause is up to a fifth longer or shorter, so that what failed together does not come back together."""

LONGEST_PAUSE = timedelta(days=1)
"""However long the other side wants to be left alone."""


class Status(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    PARKED = "parked"
    DROPPED = "dropped"


@dataclass(frozen=True)
class DeliveryState:
    """A delivery as its notice's stream tells it.

    Attributes:
        due_at: when it is to be tried, UTC; only while it waits.
        attempts: how often it was tried in all.
        failures: how often it failed since it was planned or asked for by hand.
        why: it was dropped.
    """

    delivery_id: str
    channel: NoticeChannel
    status: Status = Status.WAITING
    due_at: datetime | None = None
    attempts: int = 0
    failures: int = 0
    why: DropReason | None = None


DeliveryEvent = (
    DeliveryPlanned | NoticeDelivered | DeliveryFailed | DeliveryParked | DeliveryRequested | DeliveryDropped
)


def evolve(delivery: DeliveryState | None, event: DeliveryEvent) -> DeliveryState:
    """Return a delivery after an event about it."""
    known = delivery or DeliveryState(event.delivery_id, event.channel)
    match event:
        case DeliveryPlanned():
            return replace(known, due_at=event.not_before)
        case NoticeDelivered():
            return replace(known, status=Status.DELIVERED, due_at=None, attempts=event.attempt, failures=0)
        case DeliveryFailed():
            return replace(known, due_at=event.next_at, attempts=event.attempt, failures=known.failures + 1)
        case DeliveryParked():
            return replace(known, status=Status.PARKED, due_at=None)
        case DeliveryRequested():
            return replace(known, status=Status.WAITING, due_at=event.requested_at, failures=0, why=None)
        case DeliveryDropped():
            return replace(known, status=Status.DROPPED, due_at=None, why=event.why)


# commands


@dataclass(frozen=True)
class Plan:
    """What becomes of a notice on a channel.

    Attributes:
        not_before: when it may go out, UTC; None where it is dropped.
        why: it is dropped; None where it goes out.
    """

    channel: NoticeChannel
    not_before: datetime | None = None
    why: DropReason | None = None


@dataclass(frozen=True)
class PlanDeliveries:
    """Settle by which channels a notice goes out; what is settled stays.

    Attributes:
        at: the moment, UTC.
    """

    plans: tuple[Plan, ...]
    at: datetime


@dataclass(frozen=True)
class RecordDelivered:
    """Note that the other side took it."""

    delivery_id: str
    attempt: int
    at: datetime
    answer: str | None = None


@dataclass(frozen=True)
class RecordFailure:
    """Note that the other side did not take it.

    Attributes:
        permanent: trying again would change nothing.
        retry_after_seconds: how long the other side wants to be left alone.
    """

    delivery_id: str
    attempt: int
    reason: str
    at: datetime
    permanent: bool = False
    retry_after_seconds: float | None = None


@dataclass(frozen=True)
class PutOffDelivery:
    """Leave a delivery for later, because its recipient wants quiet by now (N04).

    Attributes:
        until: UTC.
    """

    delivery_id: str
    until: datetime
    at: datetime


@dataclass(frozen=True)
class DropDelivery:
    """Give a delivery up, for a reason that trying again does not change."""

    delivery_id: str
    why: DropReason
    at: datetime


@dataclass(frozen=True)
class RequestDelivery:
    """Ask by hand for it to be tried again, under the same id.

    Attributes:
        again: also where it was delivered: a system that lost it may want it twice, a person not.
    """

    delivery_id: str
    at: datetime
    again: bool = False


DeliveryCommand = (
    PlanDeliveries | RecordDelivered | RecordFailure | PutOffDelivery | DropDelivery | RequestDelivery
)


# decisions


def pause_after(delivery_id: str, failures: int) -> timedelta | None:
    """Return how long to wait after so many failures in a row; None to give up (N09).

    The jitter follows from the id and the count: whoever computes it gets the same, and no two deliveries do.
    """
    if failures > len(PAUSES):
        return None
    digest = blake2b(f"{delivery_id}/{failures}".encode(), digest_size=8).digest()
    between_0_and_1 = int.from_bytes(digest) / 2**64
    return PAUSES[failures - 1] * (1 + JITTER * (2 * between_0_and_1 - 1))


@dataclass(frozen=True)
class Told:
    """What of its notice a delivery's events repeat."""

    notice_id: str
    division: str
    recipient: str
    notice_class: NoticeClass


def plan(
    command: PlanDeliveries, told: Told, ids: Sequence[str], taken: frozenset[NoticeChannel]
) -> Sequence[DomainEvent]:
    """Return the events that settle a notice's channels, except for those that are settled.

    Args:
        command: what is planned.
        told: the notice.
        ids: of the deliveries, in the order of the plans.
        taken: channels that are settled.
    """
    events: list[DomainEvent] = []
    for each, delivery_id in zip(command.plans, ids, strict=True):
        if each.channel in taken:
            continue
        about = {**vars(told), "delivery_id": delivery_id, "channel": each.channel}
        if each.why is not None:
            events.append(DeliveryDropped(**about, why=each.why, dropped_at=command.at))
        else:
            events.append(
                DeliveryPlanned(**about, not_before=each.not_before or command.at, planned_at=command.at)
            )
    return events


def decide(
    command: RecordDelivered | RecordFailure | PutOffDelivery | DropDelivery | RequestDelivery,
    delivery: DeliveryState | None,
    told: Told,
) -> Sequence[DomainEvent]:
    """Return what a command does to a delivery.

    Raises:
        NotThereError: the notice has no such delivery.
        RefusedError: it was delivered, or comes with a digest, and is not to be asked for again.
    """
    if delivery is None:
        raise NotThereError("delivery-unknown", zh="没有这次投递。", en="There is no such delivery.")
    about = {
        "notice_id": told.notice_id,
        "delivery_id": delivery.delivery_id,
        "channel": delivery.channel,
    }
    if isinstance(command, RequestDelivery):
        return _request(command, delivery, about)
    if delivery.status is not Status.WAITING:
        return []  # it was settled by somebody else
    match command:
        case RecordDelivered() if command.attempt == delivery.attempts + 1:
            return [
                NoticeDelivered(
                    **about, attempt=command.attempt, answer=command.answer, delivered_at=command.at
                )
            ]
        case RecordFailure() if command.attempt == delivery.attempts + 1:
            return _failed(command, delivery, about)
        case PutOffDelivery():
            of_notice = {**vars(told), **about}
            return [DeliveryPlanned(**of_notice, not_before=command.until, planned_at=command.at)]
        case DropDelivery():
            of_notice = {**vars(told), **about}
            return [DeliveryDropped(**of_notice, why=command.why, dropped_at=command.at)]
    return []  # another attempt has been recorded meanwhile


def _failed(
    command: RecordFailure, delivery: DeliveryState, about: Mapping[str, object]
) -> Sequence[DomainEvent]:
    pause = None if command.permanent else pause_after(delivery.delivery_id, delivery.failures + 1)
    if pause is not None and command.retry_after_seconds is not None:
        asked = min(command.retry_after_seconds, LONGEST_PAUSE.total_seconds())
        pause = max(pause, timedelta(seconds=asked))
    failed = DeliveryFailed.model_validate(
        {
            **about,
            "attempt": command.attempt,
            "reason": command.reason,
            "next_at": None if pause is None else command.at + pause,
            "failed_at": command.at,
        }
    )
    if pause is not None:
        return [failed]
    parked = DeliveryParked.model_validate(
        {**about, "attempts": command.attempt, "reason": command.reason, "parked_at": command.at}
    )
    return [failed, parked]


def _request(
    command: RequestDelivery, delivery: DeliveryState, about: Mapping[str, object]
) -> Sequence[DomainEvent]:
    if delivery.status is Status.DELIVERED and not command.again:
        raise RefusedError(
            "delivered-already",
            rule="N03",
            zh="这条通知已经送达，不再重复投递。",
            en="It was delivered; nobody is told twice.",
        )
    if delivery.why is DropReason.IN_DIGEST:
        raise RefusedError(
            "in-digest",
            rule="N03",
            zh="这条通知已并入汇总，不再单独投递。",
            en="It comes with a digest; nobody is told twice.",
        )
    if delivery.status is Status.WAITING and delivery.failures == 0:
        return []  # it is about to be tried
    return [DeliveryRequested.model_validate({**about, "requested_at": command.at})]
