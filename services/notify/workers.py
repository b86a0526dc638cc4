"""What notify does by the clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from services.notify import deliveries, digesting, planning, reminding, spreading, webhook_feed, webhook_watch
from services.notify.channels.registry import MAKERS, ChannelMaker
from services.notify.outgoing import LEASE, Desks
from shared.contracts.notify import NoticeChannel
from shared.eventsourcing.workers import Worker


def outgoing(makers: Mapping[NoticeChannel, ChannelMaker], lease: timedelta = LEASE) -> tuple[Worker, ...]:
    """Return the workers that take notices to their recipients.

    Args:
        makers: of the channels.
        lease: how long what a killed process was at stays untouched.
    """
    desks = Desks(makers, lease)
    return (planning.worker(desks), *(deliveries.worker(desks, channel) for channel in makers))


ALL = (
    *outgoing(MAKERS),
    webhook_feed.WORKER,
    webhook_watch.WORKER,
    spreading.worker(),
    reminding.worker(),
    digesting.WORKER,
)
