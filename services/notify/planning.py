"""The worker that settles by which channels a notice goes out, soon after it was posted (N02, N04).

What the recipient chose, and whether an address is known, counts as it is at that moment. Notices older than
`OLDEST` are left alone: whoever configures a mail server after a year does not send a year's mails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.notify.addresses import Recipient, addresses_of
from services.notify.domain.delivery import PlanDeliveries
from services.notify.domain.preferences import Preferences, plan_mail
from services.notify.domain.recipients import recipient_id
from services.notify.outgoing import Desk, Desks, side_by_side
from services.notify.projections.inbox import INBOX
from services.notify.projections.preferences import PREFERENCES, preferences_of
from shared.contracts.envelope import rfc3339
from shared.contracts.notify import DigestMode, NoticeChannel, NoticeClass
from shared.eventsourcing.workers import Workbench, Worker

BATCH = 500
OLDEST = timedelta(days=3)
EVERY_SECONDS = 0.25


def _recipient(notice: Mapping[str, Any]) -> Recipient:
    return notice["recipient"], notice["division"]


class Planning:
    """Plans what is not planned yet."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    async def step(self, bench: Workbench) -> None:
        """Go through all that waits, and plan what nobody else is planning."""
        desk = self._desks.of(bench)
        waiting = await _waiting(desk)
        after = rfc3339(bench.clock() - OLDEST)
        while waiting is not None:
            query = {**waiting, "posted_at": {"$gt": after}}
            found = await bench.read_models[INBOX.name].find(query, sort=(("posted_at", 1),), limit=BATCH)
            if not found:
                return
            # What is planned stays in sight until it is folded: on from there, not again from the beginning.
            after = found[-1]["posted_at"]
            taken = await desk.claims.take([notice["_id"] for notice in found], bench.clock())
            await self._plan(desk, [notice for notice in found if notice["_id"] in taken])

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
