"""Which channels there are. A maker returns None where its channel is not configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.notify.channels import Channel
from services.notify.channels.mail import channel as mail
from services.notify.channels.webhook import sending as webhook
from shared.contracts.notify import NoticeChannel
from shared.eventsourcing.workers import Workbench

ChannelMaker = Callable[[Workbench], Channel | None]

MAKERS: Mapping[NoticeChannel, ChannelMaker] = {
    NoticeChannel.WEBHOOK: webhook.make,
    NoticeChannel.EMAIL: mail.make,
}
"""Besides the inbox, which is this service's own read model."""


def make_channels(
    bench: Workbench, makers: Mapping[NoticeChannel, ChannelMaker]
) -> dict[NoticeChannel, Channel]:
    """Return the channels that are configured."""
    made = {name: make(bench) for name, make in makers.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
