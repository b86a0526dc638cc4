"""Published by notify: notices (streams `notice-<id>`), what recipients choose (`recipient-<id>`), other
systems that are told (`webhook-<id>`), what people follow (`follow-<id>`), newsletters (`newsletter-<id>`),
and that all were told of some news (`news-<id>`).

Names and fields are stored for good; see `base.py` for how they may grow.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from shared.contracts.base import DomainEvent
from shared.contracts.types import DivisionCode, Id, Line, Text, Value


class NoticeClass(StrEnum):
    """What kind of notice, which decides whether it may be muted (N01)."""

    TRANSACTIONAL = "transactional"
    FOLLOW = "follow"
    DIGEST = "digest"
    NEWSLETTER = "newsletter"


class NoticeChannel(StrEnum):
    """Where a notice goes (N02)."""

    INBOX = "inbox"
    EMAIL = "email"
    WEBHOOK = "webhook"


class DigestMode(StrEnum):
    """How often what somebody follows is summed up for them (N01)."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class DropReason(StrEnum):
    """Why a notice does not go to a channel, and never will by itself."""

    NO_ADDRESS = "no-address"  # none known, or its owner was erased
    MUTED = "muted"
    IN_DIGEST = "in-digest"  # it comes with the next digest instead
    UNDELIVERABLE = "undeliverable"  # the other side takes nothing more: the address was given up


class NotifyEvent(DomainEvent, service="notify"):
    """An event of the notify service."""


class NoticePosted(NotifyEvent):
    """Somebody was told something, once per cause, recipient and channel (N03).

    Attributes:
        recipient: who: `department:县医保局`, `liaison:371621001`, `office:371621`, `person:<opaque id>`, or
            `webhook:<endpoint id>`.
        cause: id of the event that it tells of, or what else it comes of, e.g. `digest:<recipient>:<date>`.
        caused_at: when that event was recorded, UTC; None for what comes of the clock.
        title, body: Chinese; organisations and official roles only, no person's name.
        event_name: of the event that it tells of, e.g. `MeetingRescheduled`.
        meeting_id, problem_id: what it is about, besides the topic.
        gathers: of a digest, the notices that it sums up.
    """

    notice_id: Id
    division: DivisionCode
    recipient: Line
    channel: NoticeChannel
    notice_class: NoticeClass
    cause: Line
    topic_id: Id | None = None
    title: Line
    body: Text | None = None
    event_name: Line | None = None
    meeting_id: Id | None = None
    problem_id: Id | None = None
    gathers: tuple[Id, ...] = ()
    caused_at: AwareDatetime | None = None


class NoticeRead(NotifyEvent):
    """The recipient opened the notice."""

    notice_id: Id
    read_at: AwareDatetime


class DeliveryPlanned(NotifyEvent):
    """A notice is to go out by a channel besides the inbox, not before a moment (N02, N04).

    Once more of the same delivery where an attempt would have fallen into quiet hours: it is put off.

    Attributes:
        delivery_id: the same however often it is tried: what the other side knows it by (N09).
        not_before: UTC; later than `planned_at` where quiet hours delay it.
        planned_at: UTC.
    """

    notice_id: Id
    delivery_id: Id
    division: DivisionCode
    recipient: Line
    channel: NoticeChannel
    notice_class: NoticeClass
    not_before: AwareDatetime
    planned_at: AwareDatetime


class NoticeDelivered(NotifyEvent):
    """The other side took a notice: a mail server, a system; not that anybody has read it.

    Attributes:
        attempt: 1 for the first.
        answer: what the other side said, shortened; no address.
        delivered_at: UTC.
    """

    notice_id: Id
    delivery_id: Id
    channel: NoticeChannel
    attempt: Annotated[int, Field(ge=1)]
    answer: Line | None = None
    delivered_at: AwareDatetime


class DeliveryFailed(NotifyEvent):
    """A notice could not be delivered this time (N09).

    Attributes:
        attempt: 1 for the first.
        reason: what the other side said, shortened; no address.
        next_at: when it is tried again, UTC; None where it is parked instead.
        failed_at: UTC.
    """

    notice_id: Id
    delivery_id: Id
    channel: NoticeChannel
    attempt: Annotated[int, Field(ge=1)]
    reason: Line
    next_at: AwareDatetime | None = None
    failed_at: AwareDatetime


class DeliveryParked(NotifyEvent):
    """A notice is not tried any more, until somebody asks for it (N09).

    Attributes:
        attempts: how often it was tried.
        reason: of the last failure.
        parked_at: UTC.
    """

    notice_id: Id
    delivery_id: Id
    channel: NoticeChannel
    attempts: Annotated[int, Field(ge=1)]
    reason: Line
    parked_at: AwareDatetime


class DeliveryRequested(NotifyEvent):
    """Somebody asked for a notice to be tried again, with the same delivery id (N09).

    Attributes:
        requested_at: UTC.
    """

    notice_id: Id
    delivery_id: Id
    channel: NoticeChannel
    requested_at: AwareDatetime


class DeliveryDropped(NotifyEvent):
    """A notice does not go out by a channel, for a reason that trying again does not change (N02, N12).

    Attributes:
        delivery_id: that it has, or would have had.
        dropped_at: UTC.
    """

    notice_id: Id
    delivery_id: Id
    division: DivisionCode
    recipient: Line
    channel: NoticeChannel
    notice_class: NoticeClass
    why: DropReason
    dropped_at: AwareDatetime


ClockTime = Annotated[str, StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Hour and minute of a day, e.g. `21:30`."""


class ChannelChoice(Value):
    """Whether a recipient wants a class of notices by a channel (N02)."""

    notice_class: NoticeClass
    channel: NoticeChannel
    wanted: bool


class PreferencesChosen(NotifyEvent):
    """A recipient said how they want to be told; replaces what they said before (N01, N02, N04).

    Attributes:
        recipient: as in `NoticePosted`.
        choices: those that differ from the defaults; none about transactional notices.
        digest_hour: at which a digest is sent, 0 to 23, Asia/Shanghai.
        quiet_from, quiet_to: between which only transactional notices go out, Asia/Shanghai; may span
            midnight; both or neither.
        chosen_at: UTC.
    """

    recipient: Line
    division: DivisionCode
    choices: tuple[ChannelChoice, ...] = ()
    digest: DigestMode = DigestMode.OFF
    digest_hour: Annotated[int, Field(ge=0, le=23)] = 8
    quiet_from: ClockTime | None = None
    quiet_to: ClockTime | None = None
    chosen_at: AwareDatetime


class DisablingReason(StrEnum):
    """Why an endpoint gets nothing more until somebody enables it (N10)."""

    BY_HAND = "by-hand"
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # nothing went through for days


class WebhookRegistered(NotifyEvent):
    """Another system is told of what happens, on behalf of an office or a department (N10).

    Attributes:
        owner: on whose behalf, as a recipient: `office:371621`, `liaison:371621001`, `department:县住建局`.
        origin: scheme, host and port of its address; the rest may be a secret of the receiver's.
        url_id: under which the whole address lies, outside of events.
        secret_id: under which the key lies that signs what is sent.
        event_names: events inside the division that it gets, e.g. `ProblemSolved`.
        notice_classes: classes of its owner's notices that it gets.
        registered_at: UTC.
    """

    webhook_id: Id
    division: DivisionCode
    owner: Line
    description: Line
    origin: Line
    url_id: Id
    secret_id: Id
    event_names: tuple[Line, ...] = ()
    notice_classes: tuple[NoticeClass, ...] = ()
    registered_at: AwareDatetime


class WebhookChanged(NotifyEvent):
    """An endpoint has another address, another description, or gets something else; all of it anew.

    Attributes:
        changed_at: UTC.
    """

    webhook_id: Id
    description: Line
    origin: Line
    url_id: Id
    event_names: tuple[Line, ...] = ()
    notice_classes: tuple[NoticeClass, ...] = ()
    changed_at: AwareDatetime


class WebhookSecretRotated(NotifyEvent):
    """An endpoint has a new key; for a while the one before signs, too (N10).

    Attributes:
        secret_id: under which the new key lies.
        both_until: until when both sign, UTC.
        rotated_at: UTC.
    """

    webhook_id: Id
    secret_id: Id
    both_until: AwareDatetime
    rotated_at: AwareDatetime


class WebhookDisabled(NotifyEvent):
    """Nothing more is sent to an endpoint until it is enabled; what happens meanwhile is kept for it (N10).

    Attributes:
        disabled_at: UTC.
    """

    webhook_id: Id
    division: DivisionCode
    owner: Line
    description: Line
    origin: Line
    reason: DisablingReason
    disabled_at: AwareDatetime


class WebhookEnabled(NotifyEvent):
    """An endpoint is sent to again, from what happens now on.

    Attributes:
        enabled_at: UTC.
    """

    webhook_id: Id
    enabled_at: AwareDatetime


class WebhookRemoved(NotifyEvent):
    """An endpoint is no more; nothing is sent to it, nor kept for it.

    Attributes:
        removed_at: UTC.
    """

    webhook_id: Id
    removed_at: AwareDatetime


class TopicFollowed(NotifyEvent):
    """Somebody wants to hear how a topic goes on.

    Attributes:
        follow_id: of this person's following of this topic.
        division: of the topic.
        person: opaque id of the account.
        followed_at: UTC.
    """

    follow_id: Id
    topic_id: Id
    division: DivisionCode
    person: Id
    followed_at: AwareDatetime


class TopicUnfollowed(NotifyEvent):
    """Somebody wants to hear no more of a topic; what it came to is told to its proposer even so (N01).

    Attributes:
        follow_id, division, person: as in `TopicFollowed`; people who support a topic follow it unasked.
        unfollowed_at: UTC.
    """

    follow_id: Id
    topic_id: Id
    division: DivisionCode
    person: Id
    unfollowed_at: AwareDatetime


class NewsletterWritten(NotifyEvent):
    """The county's office wrote to those who asked for its newsletter (N01).

    Attributes:
        division: whose people it is for: the county's, or a town's.
        written_at: UTC.
    """

    newsletter_id: Id
    division: DivisionCode
    title: Line
    body: Text
    written_at: AwareDatetime


class NewsSpread(NotifyEvent):
    """All whom some news concerned were told of it: a stage of a topic (N08), or a newsletter.

    Attributes:
        cause: id of the event that was the news.
        told: how many people it concerned.
        spread_at: UTC.
    """

    cause: Line
    division: DivisionCode
    told: int = Field(ge=0)
    spread_at: AwareDatetime
