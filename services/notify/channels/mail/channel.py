"""Notices by e-mail: the mail is written, an invitation added, and the county's server takes it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.notify.channels import Delivery, NotYetError, SendError, UndeliverableError
from services.notify.channels.mail.message import Circumstances, compose, sender_of
from services.notify.channels.mail.server import MailServer
from services.notify.channels.mail.templates import Templates
from services.notify.meeting_facts import Meeting, meeting_of
from services.notify.projections.meetings import MEETINGS, TOLD, VENUES
from services.notify.unsubscribing import address_to_unsubscribe
from shared.contracts.notify import NoticeClass
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.workers import Workbench
from shared.platform.divisions import load_divisions
from shared.platform.settings import MAIL_ADDRESS, Settings

_INVITING = frozenset(event.name for event in TOLD)

LONGEST_WAIT = timedelta(minutes=10)
"""For what is not known of a meeting yet. After that somebody has to look why (a parked key, a service that
is down): it counts as a failure, which `GET /deliveries` shows and which does not hold up other mails."""

_CAUSE = re.compile(r"meeting-([0-9a-z][0-9a-z-]{2,63}):([0-9]{1,9})")


class Mail:
    """E-mail as a channel.

    Args:
        settings: of the process; with a mail server.
        read_models: `meetings` and `venues` among them.
        clock: returns the present moment, aware.
    """

    def __init__(
        self, settings: Settings, read_models: Mapping[str, ReadModel], clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._sender = sender_of(settings)
        self._server = MailServer(settings)
        self._templates = Templates(settings.templates_dir)
        self._read_models = read_models
        self._clock = clock

    async def send(self, delivery: Delivery) -> str | None:
        """Hand a notice to the mail server; see `Channel`."""
        address = delivery.address or ""
        if not MAIL_ADDRESS.fullmatch(address):
            raise UndeliverableError("邮箱地址无法使用")
        about = Circumstances(
            address=address,
            meeting=await self._known_meeting(delivery),
            unsubscribe=self._unsubscribe(delivery),
            division=load_divisions().name(delivery.division),
            now=self._clock(),
        )
        # Mails are long to write, an invitation ten milliseconds and more: not where requests are answered.
        content = await asyncio.to_thread(self._written, delivery, about)
        return await self._server.send(self._sender.address, address, content)

    def _written(self, delivery: Delivery, about: Circumstances) -> bytes:
        return compose(delivery, about, self._sender, self._settings, self._templates).as_bytes()

    async def close(self) -> None:
        """Take leave of the mail server."""
        await self._server.close()

    def _unsubscribe(self, delivery: Delivery) -> str | None:
        if delivery.notice_class is NoticeClass.TRANSACTIONAL:
            return None
        return address_to_unsubscribe(self._settings, delivery.notice_id)

    async def _known_meeting(self, delivery: Delivery) -> Meeting | None:
        try:
            return await self._meeting(delivery)
        except NotYetError:
            if self._clock() - delivery.posted_at < LONGEST_WAIT:
                raise
            raise SendError("尚未收到会议的时间地点，邀请无法写出") from None

    async def _meeting(self, delivery: Delivery) -> Meeting | None:
        """Return the meeting that somebody is invited to, as of the event that they are told of or later."""
        caused = _CAUSE.fullmatch(delivery.cause)
        told_in_person = delivery.notice_class is NoticeClass.TRANSACTIONAL
        if caused is None or delivery.event_name not in _INVITING or not told_in_person:
            return None
        meeting_id, version = caused[1], int(caused[2])
        try:
            found = await self._read_models[MEETINGS.name].wait_for_version(meeting_id, version)
        except NotCaughtUpError:
            raise NotYetError from None
        venue_id = found["venue_id"]
        venue = await self._read_models[VENUES.name].get(venue_id) if venue_id else None
        if venue_id and venue is None:
            raise NotYetError
        return meeting_of(found, venue, delivery.topic_title)


def make(bench: Workbench) -> Mail | None:
    """Return the channel, or None where no mail server is set."""
    if bench.settings.smtp_host is None:
        return None
    return Mail(bench.settings, bench.read_models, bench.clock)
