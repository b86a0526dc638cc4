"""The workers that take notices to their recipients, and record what became of it (N03, N09, N12).

There is one for each channel: while the mail server does not answer, systems are told all the same.

Whoever claims a delivery looks into the record whether it is still to be done, sends, and records. A kill
between sending and recording is the one moment after which something is sent again, under the same id.

What the recipient of a mail wants counts at every attempt: hours or days may lie between planning and the
last of them, and who has muted its class meanwhile, sleeps by now, or was erased, is not written to.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notify.addresses import addresses_of
from services.notify.channels import Delivery, KeptError, NotYetError, SendError, UndeliverableError
from services.notify.deciders import NOTICE, RECIPIENT
from services.notify.domain.delivery import (
    DropDelivery,
    PutOffDelivery,
    RecordDelivered,
    RecordFailure,
    Status,
)
from services.notify.domain.notice import Posted
from services.notify.domain.preferences import Preferences, plan_mail
from services.notify.domain.recipients import recipient_id
from services.notify.outgoing import Desk, Desks, side_by_side
from services.notify.projections.deliveries import DELIVERIES
from services.notify.projections.subjects import SUBJECTS
from shared.contracts.envelope import rfc3339
from shared.contracts.notify import DropReason, NoticeChannel, NoticeClass
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.workers import Workbench, Worker
from shared.platform.logs import logger

BATCH = 500
EVERY_SECONDS = 0.25
SEND_SECONDS = 52.0
"""After which sending counts as failed; shorter than a claim lasts."""

RECORD_SECONDS = 15.0
"""For which it is tried to record an outcome: a database that changes its primary is back by then.

What was sent and is not recorded is sent again.
"""

STEP_SECONDS = 20.0
"""After which a step begins nothing more; so it ends before its process is taken for stuck."""

_LONGEST_SAID = 200  # what the events take
_ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+")

_log = logger(__name__)


def without_addresses(said: str | None, address: str | None = None) -> str | None:
    """Return what the other side said as one line without addresses; None if nothing is left."""
    if said is None:
        return None
    if address:
        said = said.replace(address, "***")
    return " ".join(_ADDRESS.sub("***", said).split())[:_LONGEST_SAID].strip() or None


@dataclass(frozen=True, slots=True)
class _Due:
    """A delivery that this process has claimed, and found in the record to be still waiting.

    Attributes:
        since: from when on it was due: tells one attempt from another.
        claim: under which this process has it.
    """

    delivery: Delivery
    since: datetime
    claim: str

    def command_name(self, outcome: str) -> str:
        """Return what the command that records an outcome is known by."""
        return f"{self.delivery.delivery_id}/{rfc3339(self.since)}/{outcome}"


def _claim(document: Mapping[str, Any]) -> str:
    # One due anew, by hand perhaps a moment after it was delivered, is not what was claimed before.
    return f"{document['_id']} {document['due_at']}"


class Deliveries:
    """Delivers what is due by one channel."""

    def __init__(self, desks: Desks, channel: NoticeChannel) -> None:
        self._desks = desks
        self._channel = channel

    async def step(self, bench: Workbench) -> None:
        """Go through what is due, and deliver what nobody else is delivering, for a while."""
        desk = self._desks.of(bench)
        if self._channel not in desk.channels:
            return
        model, ends = bench.read_models[DELIVERIES.name], time.monotonic() + STEP_SECONDS
        after, until = "", rfc3339(bench.clock())
        waiting = {"channel": self._channel, "status": Status.WAITING}
        while (left := ends - time.monotonic()) > 0:
            query = {**waiting, "due_at": {"$gt": after, "$lte": until}}
            found = await model.find(query, sort=(("due_at", 1),), limit=BATCH)
            if not found:
                return
            # What is delivered stays in sight until it is folded: on from there, not from the beginning.
            after = found[-1]["due_at"]
            taken = await desk.claims.take([_claim(due) for due in found], bench.clock())
            await self._deliver_all(desk, [due for due in found if _claim(due) in taken], left)

    async def _deliver_all(self, desk: Desk, due: Sequence[Mapping[str, Any]], seconds: float) -> None:
        async def deliver(document: Mapping[str, Any]) -> None:
            await self._deliver(desk, document)

        # What is begun late would still be under way when its claim ends, and somebody else begins it, too.
        seconds = min(seconds, desk.claims.lasting.total_seconds() / 4)
        async with desk.claims.given_back_on_failure(map(_claim, due)):
            left = await side_by_side(due, deliver, seconds=seconds)
        await desk.claims.give_back([*map(_claim, left)])

    async def _deliver(self, desk: Desk, document: Mapping[str, Any]) -> None:
        """Deliver one; its claim stays until the read model shows the outcome, unless it is tried again."""
        bench, notice_id, delivery_id = desk.bench, document["notice_id"], document["delivery_id"]
        state = (await bench.handlers[NOTICE.category].load(NOTICE.stream(notice_id))).state
        waiting = state.delivery(delivery_id) if isinstance(state, Posted) else None
        if not isinstance(state, Posted) or waiting is None or waiting.status is not Status.WAITING:
            return  # settled; the read model is behind
        if waiting.due_at is None or waiting.due_at > bench.clock():
            await desk.claims.give_back([_claim(document)])
            return
        delivery = await _written(bench, state, document, waiting.attempts + 1)
        due = _Due(delivery, waiting.due_at, _claim(document))
        unwanted = await _unwanted(bench, delivery) if self._channel is NoticeChannel.EMAIL else None
        if unwanted is not None:
            await _record(desk, due, unwanted)
            await desk.claims.give_back([due.claim])
        else:
            await self._send(desk, due)

    async def _send(self, desk: Desk, due: _Due) -> None:
        delivery, clock = due.delivery, desk.bench.clock
        id_, attempt = delivery.delivery_id, delivery.attempt
        try:
            async with asyncio.timeout(min(SEND_SECONDS, desk.claims.lasting.total_seconds() / 2)):
                answer = await desk.channels[delivery.channel].send(delivery)
        except NotYetError:
            await desk.claims.give_back([due.claim])
        except UndeliverableError:
            await _record(desk, due, DropDelivery(id_, DropReason.UNDELIVERABLE, clock()))
        except KeptError as error:
            await _record(desk, due, _failure(delivery, error, clock()), counted_as="kept")
            await desk.claims.give_back([due.claim])
        except Exception as error:  # whatever it is: the other deliveries go on, and the record says so
            await _record(desk, due, _failure(delivery, error, clock()))
            await desk.claims.give_back([due.claim])
        else:
            said = without_addresses(answer, delivery.address)
            await _record(desk, due, RecordDelivered(id_, attempt, clock(), said))


async def _unwanted(bench: Workbench, delivery: Delivery) -> PutOffDelivery | DropDelivery | None:
    """Return what becomes of a mail instead of being sent now; None where it is to be sent."""
    chosen, now = Preferences(), bench.clock()
    if delivery.notice_class is not NoticeClass.TRANSACTIONAL:  # of which nothing can be chosen (N01)
        stream = RECIPIENT.stream(recipient_id(delivery.recipient, delivery.division))
        chosen = (await bench.handlers[RECIPIENT.category].load(stream)).state
    plan = plan_mail(chosen, delivery.notice_class, reachable=delivery.address is not None, now=now)
    if plan.why is not None:
        return DropDelivery(delivery.delivery_id, plan.why, now)
    if plan.not_before is not None and plan.not_before > now:
        return PutOffDelivery(delivery.delivery_id, plan.not_before, now)
    return None


def _failure(delivery: Delivery, error: Exception, now: datetime) -> RecordFailure:
    known = error if isinstance(error, SendError) else None
    reason = without_addresses(known.reason, delivery.address) if known else None
    retry_after = known.retry_after if known else None
    return RecordFailure(
        delivery.delivery_id,
        delivery.attempt,
        reason or type(error).__name__,
        now,
        permanent=known.permanent if known else False,
        retry_after_seconds=retry_after.total_seconds() if retry_after else None,
    )


async def _record(
    desk: Desk,
    due: _Due,
    command: RecordDelivered | RecordFailure | PutOffDelivery | DropDelivery,
    *,
    counted_as: str | None = None,
) -> None:
    delivery = due.delivery
    outcome = _OUTCOMES[type(command)]
    name = due.command_name(outcome)
    async with asyncio.timeout(min(RECORD_SECONDS, desk.claims.lasting.total_seconds() / 4)):
        await Patience(f"deliveries-{delivery.channel}").run(
            lambda: desk.send_command(delivery.notice_id, delivery.division, command, name), RefusedError
        )
    desk.bench.metrics.deliveries.labels(delivery.channel, counted_as or outcome).inc()
    if isinstance(command, (RecordFailure, DropDelivery)) and counted_as is None:
        _log.warning(
            "not delivered",
            channel=delivery.channel,
            delivery=delivery.delivery_id,
            attempt=delivery.attempt,
            outcome=outcome,
        )


_OUTCOMES = {
    RecordDelivered: "delivered",
    RecordFailure: "failed",
    PutOffDelivery: "put-off",
    DropDelivery: "dropped",
}


async def _written(bench: Workbench, state: Posted, document: Mapping[str, Any], attempt: int) -> Delivery:
    said = state.said
    recipient = (said.recipient, said.division)
    addresses = await addresses_of(bench.people, [recipient]) if document["channel"] == "email" else {}
    topic, problem = f"topic-{said.topic_id}", f"problem-{said.problem_id}"
    found = await bench.read_models[SUBJECTS.name].find({"_id": {"$in": [topic, problem]}})
    texts = {subject["_id"]: subject["text"] for subject in found}
    return Delivery(
        delivery_id=document["delivery_id"],
        notice_id=said.notice_id,
        channel=NoticeChannel(document["channel"]),
        recipient=said.recipient,
        division=said.division,
        notice_class=said.notice_class,
        title=said.title,
        body=said.body,
        cause=said.cause,
        attempt=attempt,
        posted_at=datetime.fromisoformat(document["planned_at"]),
        address=addresses.get(recipient),
        event_name=said.event_name,
        topic_id=said.topic_id,
        topic_title=texts.get(topic),
        meeting_id=said.meeting_id,
        problem_id=said.problem_id,
        problem_text=texts.get(problem),
    )


def worker(desks: Desks, channel: NoticeChannel) -> Worker:
    """Return the worker of a channel."""
    return Worker(f"deliveries-{channel}", Deliveries(desks, channel).step, EVERY_SECONDS)
