"""How a recipient wants to be told: which classes by which channel, digests, quiet hours (N01, N02, N04).

What nobody chose follows from `DEFAULTS`. Quiet hours and digests concern e-mail; the inbox rings nobody's
bell, and a system does not sleep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from services.notify.domain.delivery import Plan
from services.notify.domain.wording import SHANGHAI
from shared.contracts.base import DomainEvent
from shared.contracts.notify import (
    ChannelChoice,
    DigestMode,
    DropReason,
    NoticeChannel,
    NoticeClass,
    PreferencesChosen,
)
from shared.contracts.refusal import RefusedError

DEFAULT_DIGEST_HOUR = 8

DEFAULTS: Mapping[tuple[NoticeClass, NoticeChannel], bool] = {
    (NoticeClass.TRANSACTIONAL, NoticeChannel.INBOX): True,
    (NoticeClass.TRANSACTIONAL, NoticeChannel.EMAIL): True,
    (NoticeClass.FOLLOW, NoticeChannel.INBOX): True,
    (NoticeClass.FOLLOW, NoticeChannel.EMAIL): True,
    (NoticeClass.DIGEST, NoticeChannel.INBOX): True,
    (NoticeClass.DIGEST, NoticeChannel.EMAIL): True,
    (NoticeClass.NEWSLETTER, NoticeChannel.INBOX): False,
    (NoticeClass.NEWSLETTER, NoticeChannel.EMAIL): False,
}
"""Whoever has something to do is always told; a newsletter comes to those only who asked for it (N01)."""


@dataclass(frozen=True)
class Preferences:
    """What a recipient chose; at first, the defaults.

    Attributes:
        choices: those that differ from the defaults.
        digest_hour: Asia/Shanghai.
        quiet_from, quiet_to: `21:30`, Asia/Shanghai; both or neither.
    """

    recipient: str = ""
    division: str = ""
    choices: tuple[ChannelChoice, ...] = ()
    digest: DigestMode = DigestMode.OFF
    digest_hour: int = DEFAULT_DIGEST_HOUR
    quiet_from: str | None = None
    quiet_to: str | None = None

    def wants(self, notice_class: NoticeClass, channel: NoticeChannel) -> bool:
        """Tell whether notices of a class are wanted by a channel."""
        for choice in self.choices:
            if (choice.notice_class, choice.channel) == (notice_class, channel):
                return choice.wanted
        return DEFAULTS[notice_class, channel]

    def quiet_until(self, moment: datetime) -> datetime | None:
        """Return when the quiet hours end in which a moment lies; None where it lies in none.

        Asia/Shanghai has no summer time, so hours are hours.
        """
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return None
        local = moment.astimezone(SHANGHAI)
        clock, over_midnight = f"{local:%H:%M}", self.quiet_from > self.quiet_to
        after_begin, before_end = clock >= self.quiet_from, clock < self.quiet_to
        if not (after_begin or before_end if over_midnight else after_begin and before_end):
            return None
        ends_on = local.date() + timedelta(days=1 if over_midnight and after_begin else 0)
        return datetime.combine(ends_on, time.fromisoformat(self.quiet_to), SHANGHAI).astimezone(
            moment.tzinfo
        )


def plan_mail(preferences: Preferences, notice_class: NoticeClass, *, reachable: bool, now: datetime) -> Plan:
    """Return what becomes of a notice by e-mail.

    Args:
        preferences: of the recipient.
        notice_class: of the notice.
        reachable: an address is known.
        now: the moment, UTC.
    """
    email = NoticeChannel.EMAIL
    if notice_class is NoticeClass.FOLLOW and preferences.digest is not DigestMode.OFF:
        return Plan(email, why=DropReason.IN_DIGEST)
    if not preferences.wants(notice_class, email):
        return Plan(email, why=DropReason.MUTED)
    if not reachable:
        return Plan(email, why=DropReason.NO_ADDRESS)
    quiet_until = None if notice_class is NoticeClass.TRANSACTIONAL else preferences.quiet_until(now)
    return Plan(email, not_before=quiet_until or now)


def evolve(preferences: Preferences, event: DomainEvent) -> Preferences:
    """Return a recipient's preferences after an event."""
    if not isinstance(event, PreferencesChosen):
        return preferences
    return Preferences(
        recipient=event.recipient,
        division=event.division,
        choices=event.choices,
        digest=event.digest,
        digest_hour=event.digest_hour,
        quiet_from=event.quiet_from,
        quiet_to=event.quiet_to,
    )


@dataclass(frozen=True)
class ChoosePreferences:
    """Say how a recipient wants to be told; replaces what was said before.

    Attributes:
        at: the moment, UTC.
    """

    recipient: str
    division: str
    at: datetime
    choices: tuple[ChannelChoice, ...] = ()
    digest: DigestMode = DigestMode.OFF
    digest_hour: int = DEFAULT_DIGEST_HOUR
    quiet_from: str | None = None
    quiet_to: str | None = None


@dataclass(frozen=True)
class MuteMail:
    """Want no more mails of a class; everything else stays as it was chosen.

    Attributes:
        at: the moment, UTC.
    """

    recipient: str
    division: str
    notice_class: NoticeClass
    at: datetime


PreferencesCommand = ChoosePreferences | MuteMail


def decide(command: PreferencesCommand, preferences: Preferences) -> Sequence[DomainEvent]:
    """Return what choosing does.

    Raises:
        RefusedError: what cannot be muted would be; half of the quiet hours is missing; a channel that is
            not for people to choose.
    """
    if isinstance(command, MuteMail):
        command = _with_mail_muted(command, preferences)
    _check(command)
    differing = tuple(
        ChannelChoice(notice_class=kind, channel=channel, wanted=wanted)
        for (kind, channel), default in DEFAULTS.items()
        if (wanted := _chosen(command, kind, channel, default)) != default
    )
    chosen = PreferencesChosen(
        recipient=command.recipient,
        division=command.division,
        choices=differing,
        digest=command.digest,
        digest_hour=command.digest_hour,
        quiet_from=command.quiet_from,
        quiet_to=command.quiet_to,
        chosen_at=command.at,
    )
    after = evolve(preferences, chosen)
    unchanged = after == preferences or (not preferences.recipient and after == _defaults_of(command))
    return [] if unchanged else [chosen]


def _with_mail_muted(command: MuteMail, preferences: Preferences) -> ChoosePreferences:
    muted = ChannelChoice(notice_class=command.notice_class, channel=NoticeChannel.EMAIL, wanted=False)
    return ChoosePreferences(
        recipient=command.recipient,
        # Not where the mail came from: by their division people get its newsletters.
        division=preferences.division or command.division,
        at=command.at,
        choices=(*preferences.choices, muted),
        digest=preferences.digest,
        digest_hour=preferences.digest_hour,
        quiet_from=preferences.quiet_from,
        quiet_to=preferences.quiet_to,
    )


def _check(command: ChoosePreferences) -> None:
    if (command.quiet_from is None) != (command.quiet_to is None):
        raise RefusedError(
            "quiet-hours-incomplete",
            rule="N04",
            zh="免打扰时段须同时填写开始和结束时间。",
            en="Quiet hours have a beginning and an end.",
            field="quiet_from" if command.quiet_from is None else "quiet_to",
        )
    for choice in command.choices:
        if (choice.notice_class, choice.channel) not in DEFAULTS:
            raise RefusedError(
                "channel-not-chosen-here",
                rule="N02",
                zh="其他系统接收的通知在登记接口时选择。",
                en="What another system is told is chosen where its endpoint is registered.",
                field="choices",
            )
        if choice.notice_class is NoticeClass.TRANSACTIONAL and not choice.wanted:
            raise RefusedError(
                "cannot-be-muted",
                rule="N01",
                zh="需要您办理或与您直接有关的通知不能关闭。",
                en="Notices about what you have to do, or what concerns you directly, cannot be muted.",
                field="choices",
            )


def _chosen(command: ChoosePreferences, kind: NoticeClass, channel: NoticeChannel, default: bool) -> bool:
    found = [c.wanted for c in command.choices if (c.notice_class, c.channel) == (kind, channel)]
    return found[-1] if found else default


def _defaults_of(command: ChoosePreferences) -> Preferences:
    return Preferences(recipient=command.recipient, division=command.division)
