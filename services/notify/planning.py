"""The worker that settles by which channels a notice goes out, soon after it was posted (N02, N04).

What the recipient chose, and whether an address is known, counts as it is at that moment. Notices older than
`OLDEST` are left alone: whoever configures a mail server after a year does not send a year's mails. After a
longer standstill, what tells of an event and was read by nobody goes out all the same, up to `STALE_AFTER`:
an invitation, an assignment. Reminders and news have been overtaken by others; what is not sent is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.notify.addresses import Recipient, addresses_of
from services.notify.domain.delivery import PlanDeliveries
from services.notify.domain.notice import STALE_AFTER
from services.notify.domain.preferences import Preferences, plan_mail
from services.notify.domain.recipients import recipient_id
from services.notify.outgoing import Desk, Desks, side_by_side
from services.notify.projections.inbox import INBOX
from services.notify.projections.preferences import PREFERENCES, preferences_of
from services.notify.seen import seen_until
from shared.contracts.envelope import rfc3339
from shared.contracts.notify import DigestMode, NoticeChannel, NoticeClass
from shared.eventsourcing.workers import Workbench, Worker
from shared.platform.logs import logger

BATCH = 500
OLDEST = timedelta(days=3)
EVERY_SECONDS = 0.25

_log = logger(__name__)


def _recipient(notice: Mapping[str, Any]) -> Recipient:
    return notice["recipient"], notice["division"]


class Planning:
    """Plans what is not planned yet."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._looked_at: datetime | None = None

    async def step(self, bench: Workbench) -> None:
        """Go through all that waits, and plan what nobody else is planning."""
        desk, now = self._desks.of(bench), bench.clock()
        waiting = await _waiting(desk)
        if waiting is None:
            return
        if NoticeChannel.EMAIL in desk.channels and await self._stood_still(bench, now):
            await self._catch_up(desk, now)
        await self._plan_all(desk, waiting, now - OLDEST, now)

    async def _stood_still(self, bench: Workbench, now: datetime) -> bool:
        stood_still = self._looked_at is None or now - self._looked_at > OLDEST
        if stood_still and await seen_until(bench, INBOX) is None:
            return False  # not yet: what was posted meanwhile is not all in the inbox
        self._looked_at = now
        return stood_still

    async def _catch_up(self, desk: Desk, now: datetime) -> None:
        after, until = now - STALE_AFTER, now - OLDEST
        between = {"$gt": rfc3339(after), "$lte": rfc3339(until)}
        unplanned = await desk.bench.read_models[INBOX.name].count({"planned": False, "posted_at": between})
        if not unplanned:
            return
        to_be_done = {"planned": False, "event_name": {"$ne": None}, "read_at": None}
        planned = await self._plan_all(desk, to_be_done, after, until)
        left = max(0, unplanned - planned)
        _log.warning("notices of a standstill", planned=planned, too_old_to_be_mailed=left)
        desk.bench.metrics.deliveries.labels(NoticeChannel.EMAIL, "too-old").inc(left)

    async def _plan_all(
        self, desk: Desk, waiting: Mapping[str, Any], after: datetime, until: datetime
    ) -> int:
        model, planned = desk.bench.read_models[INBOX.name], 0
        last = rfc3339(after)
        while True:
            query = {**waiting, "posted_at": {"$gt": last, "$lte": rfc3339(until)}}
            found = await model.find(query, sort=(("posted_at", 1),), limit=BATCH)
            if not found:
                return planned
            # What is planned stays in sight until it is folded: on from there, not again from the beginning.
            last = found[-1]["posted_at"]
            taken = await desk.claims.take([notice["_id"] for notice in found], desk.bench.clock())
            await self._plan(desk, [notice for notice in found if notice["_id"] in taken])
            planned += len(taken)

    async def _plan(self, desk: Desk, notices: Sequence[Mapping[str, Any]]) -> None:
        bench = desk.bench
        addresses = await addresses_of(bench.people, {_recipient(notice) for notice in notices})
        chosen = await _chosen(bench, notices)

        async def plan(notice: Mapping[str, Any]) -> None:
            who, now = _recipient(notice), bench.clock()
            planned = plan_mail(
                chosen.get(recipient_id(*who), Preferences()),
                NoticeClass(notice["notice_class"]),
                reachable=who in addresses,
                now=now,
            )
            await desk.send_command(
                notice["_id"], notice["division"], PlanDeliveries((planned,), now), "planned"
            )

        async with desk.claims.given_back_on_failure(notice["_id"] for notice in notices):
            await side_by_side(notices, plan)


async def _waiting(desk: Desk) -> dict[str, Any] | None:
    """Return what is to be planned, as a database condition; None where nothing can be."""
    if NoticeChannel.EMAIL in desk.channels:
        return {"planned": False}
    # Without mail, only what a digest gathers is worth a line in the record.
    model = desk.bench.read_models[PREFERENCES.name]
    gathering = await model.find({"digest": {"$in": [DigestMode.DAILY, DigestMode.WEEKLY]}})
    if not gathering:
        return None
    recipients = sorted(each["recipient"] for each in gathering)
    return {"planned": False, "notice_class": NoticeClass.FOLLOW, "recipient": {"$in": recipients}}


async def _chosen(bench: Workbench, notices: Sequence[Mapping[str, Any]]) -> dict[str, Preferences]:
    ids = sorted({recipient_id(*_recipient(notice)) for notice in notices})
    found = await bench.read_models[PREFERENCES.name].find({"_id": {"$in": ids}})
    return {each["_id"]: preferences_of(each) for each in found}


def worker(desks: Desks) -> Worker:
    """Return the worker."""
    return Worker("planning", Planning(desks).step, EVERY_SECONDS)
