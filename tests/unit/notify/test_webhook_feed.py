"""From the log to webhooks: who gets what, once, from the registration on; and who has failed too long."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

import orjson
import pytest

from services.notify.channels.webhook.messages import NOTICE as OF_A_NOTICE
from services.notify.deciders import NOTICE, WEBHOOK
from services.notify.domain.recipients import liaison
from services.notify.domain.recipients import webhook as recipient_of
from services.notify.domain.webhook import DisableWebhook, RemoveWebhook, WebhookCommand
from services.notify.projections.webhooks import WEBHOOK_DELIVERIES, WEBHOOKS
from services.notify.webhook_feed import GRACE, Feed, ShownLag
from services.notify.webhook_watch import disable_failing, failing_for
from services.notify.webhooks import Directory
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, RecordedHeaders, headers_of
from shared.contracts.notify import (
    DeliveryFailed,
    DeliveryParked,
    DeliveryPlanned,
    DeliveryRequested,
    DisablingReason,
    NoticeChannel,
    NoticeClass,
    NoticeDelivered,
    NoticePosted,
)
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.incoming import LogRecord, StoredRecord
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.subscription import Lag
from shared.eventsourcing.testing import (
    assert_interleaving_does_not_matter,
    fold_all,
    recorded,
    stream_of,
)
from shared.platform.metrics import Metrics
from tests.http import Log, Shelf
from tests.unit.notify.examples import ASSIGNED, COUNTY, NEXT_COUNTY, POSTED, SOLVED, TOWN
from tests.unit.notify.webhook_examples import (
    CHANGED,
    DAY,
    DISABLED,
    ENABLED,
    HOOK,
    NOON,
    OWNER,
    REGISTER,
    REGISTERED,
    REMOVED,
    ROTATED,
    MemoryMessages,
    as_webhook,
)

pytestmark = pytest.mark.rule("N10")

META = Meta(COUNTY, "p-1", "correlation", "cause")
LATER = NOON + timedelta(minutes=1)


def record(
    event: DomainEvent,
    stream: str = "problem-dark-corner",
    version: int = 5,
    *,
    division: str = TOWN,
    at: datetime = LATER,
    value: bytes | None = None,
) -> LogRecord:
    envelope = RecordedHeaders(event.type, stream, version, at, division, "correlation", "cause", None, 1)
    said = event.model_dump_json().encode() if value is None else value
    headers = headers_of(envelope, event.service)
    return StoredRecord(f"hxs.{event.service}.events", 0, version, stream.encode(), said, headers)


class World:
    """A feed with everything around it in memory.

    Attributes:
        reads: how often all commits of webhooks were read.
    """

    def __init__(self) -> None:
        self.log = Log()
        self.reads = 0
        self.webhooks = CommandHandler(self.log, WEBHOOK, clock=lambda: NOON)
        self.messages = MemoryMessages()
        self.feed = self.another()

    def another(self) -> Feed:
        """Return the feed of another process."""
        notices = CommandHandler(self.log, NOTICE, clock=lambda: LATER)
        return Feed(Directory(self._counting()), notices, self.messages)

    def _counting(self) -> Log:
        world = self

        class Counting:
            def __getattr__(self, name: str) -> Any:
                if name == "read_category":
                    world.reads += 1
                return getattr(world.log, name)

        return cast(Log, Counting())

    async def tell(self, command: WebhookCommand, webhook_id: str = HOOK) -> None:
        await self.webhooks.execute(
            command, stream=WEBHOOK.stream(webhook_id), meta=META, command_id=f"{webhook_id}{command!r}"
        )

    def told(self) -> list[tuple[str, str]]:
        """Return to whom of what notices were posted."""
        events = [recorded.event for recorded in self.log.events]
        return sorted((e.recipient, e.cause) for e in events if isinstance(e, NoticePosted))


async def test_without_webhooks_an_event_costs_nothing() -> None:
    world = World()
    await world.feed.accept([record(SOLVED)])
    assert world.log.events == []
    assert world.messages.bodies == {}
    assert world.reads == 0


async def test_an_event_that_was_asked_for_is_told_with_its_body_and_goes_out_at_once() -> None:
    world = World()
    await world.tell(REGISTER)
    await world.feed.accept([record(SOLVED), record(ASSIGNED, version=6)])
    assert world.told() == [(recipient_of(HOOK), "problem-dark-corner:5")]
    body = orjson.loads(world.messages.bodies["problem-dark-corner:5"])
    assert body["type"] == "hxs.cases.ProblemSolved.v1"
    assert body["data"]["event"] == SOLVED.model_dump(mode="json")
    [planned] = [r.event for r in world.log.events if isinstance(r.event, DeliveryPlanned)]
    assert (planned.not_before, planned.channel) == (LATER, NoticeChannel.WEBHOOK)


async def test_whatever_is_delivered_again_to_whomever_is_told_once() -> None:
    world = World()
    await world.tell(REGISTER)
    await world.feed.accept([record(SOLVED)])
    await world.feed.accept([record(SOLVED), record(SOLVED)])
    await asyncio.gather(*(world.another().accept([record(SOLVED)]) for _ in range(3)))
    assert len(world.told()) == 1


async def test_a_webhook_is_told_of_what_happens_from_its_registration_on() -> None:
    world = World()
    await world.tell(REGISTER)
    before = record(SOLVED, "problem-before", at=NOON - GRACE - timedelta(milliseconds=1))
    at_once = record(SOLVED, "problem-at-once", at=NOON)
    await world.feed.accept([before, at_once])
    assert [cause for _, cause in world.told()] == ["problem-at-once:5"]


async def test_an_event_after_a_registration_is_never_missed_however_soon_it_comes() -> None:
    """The feed has just looked, and looks again: what no read model has shown yet is in the store."""
    world = World()
    await world.feed.accept([record(SOLVED)])
    for n in range(5):
        await world.tell(replace(REGISTER, webhook_id=f"hook-{n}"), f"hook-{n}")
        await world.feed.accept([record(SOLVED, f"problem-{n}")])
        assert (recipient_of(f"hook-{n}"), f"problem-{n}:5") in world.told()


async def test_webhooks_are_read_again_only_when_something_happened_to_them() -> None:
    world = World()
    await world.tell(REGISTER)
    for n in range(10):
        await world.feed.accept([record(SOLVED, f"problem-{n}")])
    assert world.reads == 1


async def test_a_disabled_webhook_is_told_all_the_same_and_a_removed_one_is_not() -> None:
    world = World()
    await world.tell(REGISTER)
    await world.tell(DisableWebhook(DisablingReason.BY_HAND, LATER))
    await world.feed.accept([record(SOLVED, "problem-while-disabled")])
    await world.tell(RemoveWebhook(LATER))
    await world.feed.accept([record(SOLVED, "problem-when-gone")])
    assert [cause for _, cause in world.told()] == ["problem-while-disabled:5"]


async def test_what_lies_elsewhere_is_not_told() -> None:
    world = World()
    town = replace(REGISTER, webhook_id="town", division=TOWN, owner=liaison(TOWN))
    await world.tell(town, "town")
    elsewhere = ("371621002", COUNTY, NEXT_COUNTY)
    await world.feed.accept([record(SOLVED, f"problem-{d}", division=d) for d in elsewhere])
    await world.feed.accept([record(SOLVED, "problem-here", division=f"{TOWN}201")])
    assert [cause for _, cause in world.told()] == ["problem-here:5"]


async def test_the_owners_notices_are_told_and_no_notice_to_a_webhook_ever_is() -> None:
    world = World()
    await world.tell(REGISTER)
    to_owner = POSTED.model_copy(update={"recipient": OWNER, "division": TOWN})
    to_webhook = to_owner.model_copy(
        update={"recipient": recipient_of(HOOK), "channel": NoticeChannel.WEBHOOK}
    )
    await world.feed.accept(
        [
            record(to_owner, "notice-1", 1),
            record(to_webhook, "notice-2", 1),
            record(POSTED, "notice-3", 1),
            record(to_owner.model_copy(update={"channel": NoticeChannel.EMAIL}), "notice-5", 1),
            record(to_owner.model_copy(update={"notice_class": NoticeClass.DIGEST}), "notice-4", 1),
            record(to_owner.model_copy(update={"caused_at": NOON - timedelta(days=1)}), "notice-6", 1),
        ]
    )
    assert world.told() == [(recipient_of(HOOK), "notice-1:1")]
    body = orjson.loads(world.messages.bodies["notice-1:1"])
    assert (body["type"], body["data"]["notice"]["title"]) == (OF_A_NOTICE, POSTED.title)


@pytest.mark.parametrize("value", [b"{", b"", b'["no object"]'])
async def test_an_event_whose_body_cannot_be_read_does_not_keep_others_from_being_told(value: bytes) -> None:
    world = World()
    await world.tell(REGISTER)
    await world.feed.accept([record(SOLVED, value=value), record(SOLVED, version=6)])
    assert world.told() == [(recipient_of(HOOK), "problem-dark-corner:6")]


def test_how_far_the_feed_is_behind_is_shown_as_long_as_a_partition_is_its_own() -> None:
    metrics = Metrics(of_process=False)
    lag, read = ShownLag(metrics), metrics.registry.get_sample_value
    about = {"service": "notify", "projection": "webhook-feed", "partition": "cases-3"}

    lag.show({"cases-3": Lag(position=5, end=12, as_of=NOON)})
    assert read("hxs_projection_lag_events", about) == 7
    assert (read("hxs_projection_lag_seconds", about) or 0) > 60

    lag.show({})
    assert read("hxs_projection_lag_events", about) is None
    assert read("hxs_projection_lag_seconds", about) is None


async def test_what_cannot_be_read_does_not_keep_others_from_being_told() -> None:
    world = World()
    await world.tell(REGISTER)
    headless = StoredRecord("hxs.cases.events", 0, 1, b"x", b"{}", [])
    strange = StoredRecord("hxs.cases.events", 0, 2, b"x", b"{}", [("ce_type", b"\xff")])
    no_envelope = StoredRecord("hxs.cases.events", 0, 3, b"x", b"{}", [("ce_type", SOLVED.type.encode())])
    not_a_notice = record(POSTED, "notice-5", 1, value=b"{}")
    await world.feed.accept([headless, strange, no_envelope, not_a_notice, record(SOLVED)])
    assert len(world.told()) == 1


# read models


def test_a_webhook_as_it_stands() -> None:
    life = stream_of(WEBHOOK.stream(HOOK), REGISTERED, CHANGED, ROTATED, DISABLED, division=COUNTY)
    shown = fold_all(WEBHOOKS, life)[HOOK]
    assert (shown["status"], shown["disabled_for"]) == ("disabled", "failing")
    assert (shown["url_id"], shown["origin"]) == ("url-2", CHANGED.origin)
    assert shown["both_until"] == "2024-09-07T04:00:00.000000Z"
    again = fold_all(WEBHOOKS, [*life, recorded(ENABLED, WEBHOOK.stream(HOOK), 5)])[HOOK]
    assert (again["status"], again["disabled_for"]) == ("enabled", None)


def test_webhooks_come_out_the_same_for_every_interleaving() -> None:
    one = stream_of(WEBHOOK.stream(HOOK), REGISTERED, ROTATED, DISABLED, ENABLED, CHANGED, REMOVED)
    other = stream_of(WEBHOOK.stream("other"), REGISTERED.model_copy(update={"webhook_id": "other"}))
    assert_interleaving_does_not_matter(WEBHOOKS, one, other)


def notice(n: int, *after: DomainEvent, at: datetime = NOON) -> list[Any]:
    """Return the stream of a notice to the webhook."""
    id_ = f"notice-{n}"
    posted = POSTED.model_copy(
        update={
            "notice_id": id_,
            "recipient": recipient_of(HOOK),
            "channel": NoticeChannel.WEBHOOK,
            "event_name": "ProblemSolved",
            "cause": f"problem-{n}:5",
        }
    )
    planned = DeliveryPlanned(
        **_of(n),
        division=TOWN,
        recipient=recipient_of(HOOK),
        notice_class=NoticeClass.TRANSACTIONAL,
        not_before=at,
        planned_at=at,
    )
    return stream_of(f"notice-{id_}", posted, planned, *after)


def _of(n: int) -> dict[str, Any]:
    return {"notice_id": f"notice-{n}", "delivery_id": f"notice-{n}", "channel": NoticeChannel.WEBHOOK}


def failed(n: int, attempt: int, at: datetime) -> DeliveryFailed:
    return DeliveryFailed(**_of(n), attempt=attempt, reason="HTTP 500", next_at=at, failed_at=at)


def delivered(n: int, attempt: int, at: datetime) -> NoticeDelivered:
    return NoticeDelivered(**_of(n), attempt=attempt, answer="HTTP 204", delivered_at=at)


def parked(n: int, at: datetime) -> DeliveryParked:
    return DeliveryParked(**_of(n), attempts=8, reason="HTTP 500", parked_at=at)


def test_a_delivery_says_of_what_it_tells_and_how_it_went() -> None:
    asked = DeliveryRequested(**_of(1), requested_at=NOON + 2 * DAY)
    shown = fold_all(
        WEBHOOK_DELIVERIES,
        notice(1, failed(1, 1, NOON), parked(1, NOON + DAY), asked, delivered(1, 2, NOON + 2 * DAY)),
    )["notice-1"]
    assert (shown["webhook_id"], shown["event_name"], shown["cause"]) == (
        HOOK,
        "ProblemSolved",
        "problem-1:5",
    )
    assert (shown["status"], shown["attempts"], shown["failing_from"]) == ("delivered", 2, None)
    assert [line["said"] for line in shown["log"]] == ["HTTP 500", "HTTP 204"]


def test_deliveries_come_out_the_same_for_every_interleaving_and_those_of_mails_are_left_out() -> None:
    in_the_inbox = stream_of("notice-inbox", POSTED)
    documents = assert_interleaving_does_not_matter(
        WEBHOOK_DELIVERIES,
        notice(1, failed(1, 1, NOON), parked(1, NOON + DAY)),
        notice(2, delivered(2, 1, NOON)),
        in_the_inbox,
    )
    assert set(documents) == {"notice-1", "notice-2"}


# long failure


def shelf(*streams: Sequence[Any]) -> ReadModel:
    log = Log()
    for stream in streams:
        log.events += stream
    Random(1).shuffle(log.events)
    log.events.sort(key=lambda r: (r.stream, r.version))
    return cast(ReadModel, Shelf(WEBHOOK_DELIVERIES, log))


ENDPOINT = as_webhook(WEBHOOK.fold([REGISTERED]))


async def test_a_webhook_fails_from_its_first_failure_to_its_last() -> None:
    model = shelf(
        notice(1, failed(1, 1, NOON + DAY), parked(1, NOON + DAY)), notice(2, failed(2, 1, NOON + 4 * DAY))
    )
    assert await failing_for(model, ENDPOINT) == 3 * DAY


async def test_whatever_went_through_ends_a_failure() -> None:
    model = shelf(
        notice(1, failed(1, 1, NOON + DAY), parked(1, NOON + 2 * DAY)),
        notice(2, failed(2, 1, NOON + 2 * DAY), delivered(2, 2, NOON + 3 * DAY)),
        notice(3, failed(3, 1, NOON + 9 * DAY)),
    )
    assert await failing_for(model, ENDPOINT) == timedelta()


async def test_one_failure_and_then_silence_says_little() -> None:
    assert await failing_for(shelf(notice(1, failed(1, 1, NOON + DAY))), ENDPOINT) == timedelta()
    assert await failing_for(shelf(), ENDPOINT) == timedelta()


async def test_failures_from_before_it_was_enabled_do_not_count() -> None:
    enabled = as_webhook(WEBHOOK.fold([REGISTERED, DISABLED, ENABLED]))
    model = shelf(notice(1, failed(1, 1, NOON + DAY)), notice(2, failed(2, 1, NOON + 7 * DAY)))
    assert await failing_for(model, enabled) == timedelta()


@pytest.mark.parametrize(("days", "disabled"), [(4, False), (5, True)])
async def test_five_days_without_success_disable_a_webhook_once(days: int, disabled: bool) -> None:
    log = Log()
    handler = CommandHandler(log, WEBHOOK, clock=lambda: NOON)
    await handler.execute(REGISTER, stream=WEBHOOK.stream(HOOK), meta=META, command_id="register")
    model = shelf(notice(1, failed(1, 1, NOON + DAY)), notice(2, failed(2, 1, NOON + (1 + days) * DAY)))
    for _ in range(2):
        await disable_failing(handler, model, ENDPOINT, NOON + 7 * DAY)
    assert ("WebhookDisabled" in log.names(WEBHOOK.stream(HOOK))) is disabled
    assert len(log.names(WEBHOOK.stream(HOOK))) == 1 + disabled
