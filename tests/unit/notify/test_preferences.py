"""How recipients want to be told: what can be chosen, what cannot, and what follows for a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st

from services.notify.deciders import RECIPIENT
from services.notify.domain.delivery import Plan
from services.notify.domain.preferences import (
    DEFAULTS,
    ChoosePreferences,
    MuteMail,
    Preferences,
    plan_mail,
)
from services.notify.domain.recipients import department, person, recipient_id
from shared.contracts.notify import (
    ChannelChoice,
    DigestMode,
    DropReason,
    NoticeChannel,
    NoticeClass,
    PreferencesChosen,
)
from shared.eventsourcing.testing import given
from tests.unit.notify.examples import COUNTY, NEXT_COUNTY, NOON, TOWN
from tests.unit.notify.lives import for_any

ME = person("person-1")
INBOX, EMAIL = NoticeChannel.INBOX, NoticeChannel.EMAIL
NO_FOLLOW_MAIL = ChannelChoice(notice_class=NoticeClass.FOLLOW, channel=EMAIL, wanted=False)
CHOOSE = ChoosePreferences(recipient=ME, division=TOWN, at=NOON)
QUIET = replace(CHOOSE, quiet_from="21:30", quiet_to="07:00")
CHOSEN = PreferencesChosen(recipient=ME, division=TOWN, choices=(NO_FOLLOW_MAIL,), chosen_at=NOON)


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of September 2024, UTC."""
    return datetime(2024, 9, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


# choosing


@pytest.mark.rule("N02")
def test_a_class_is_chosen_by_channel() -> None:
    given(RECIPIENT).when(replace(CHOOSE, choices=(NO_FOLLOW_MAIL,))).then(CHOSEN)


@pytest.mark.rule("N02")
def test_what_is_as_by_default_is_no_choice() -> None:
    everything = tuple(
        ChannelChoice(notice_class=kind, channel=channel, wanted=wanted)
        for (kind, channel), wanted in DEFAULTS.items()
    )

    given(RECIPIENT).when(replace(CHOOSE, choices=everything)).then_nothing()
    given(RECIPIENT, CHOSEN).when(replace(CHOOSE, choices=(NO_FOLLOW_MAIL, *everything[:2]))).then_nothing()
    given(RECIPIENT, CHOSEN).when(CHOOSE).then(CHOSEN.model_copy(update={"choices": ()}))


@pytest.mark.rule("N01")
@pytest.mark.parametrize("channel", [INBOX, EMAIL])
def test_what_somebody_has_to_do_cannot_be_muted(channel: NoticeChannel) -> None:
    muted = ChannelChoice(notice_class=NoticeClass.TRANSACTIONAL, channel=channel, wanted=False)

    given(RECIPIENT).when(replace(CHOOSE, choices=(muted,))).then_refused("cannot-be-muted", rule="N01")


@pytest.mark.rule("N02")
def test_what_a_system_is_told_is_not_chosen_here() -> None:
    by_webhook = ChannelChoice(notice_class=NoticeClass.FOLLOW, channel=NoticeChannel.WEBHOOK, wanted=True)

    given(RECIPIENT).when(replace(CHOOSE, choices=(by_webhook,))).then_refused(
        "channel-not-chosen-here", rule="N02"
    )


@pytest.mark.rule("N04")
def test_quiet_hours_begin_and_end() -> None:
    given(RECIPIENT).when(replace(QUIET, quiet_to=None)).then_refused("quiet-hours-incomplete", rule="N04")
    given(RECIPIENT).when(replace(QUIET, quiet_from=None)).then_refused("quiet-hours-incomplete", rule="N04")


@pytest.mark.rule("N02")
def test_one_click_mutes_one_class_of_mails_and_leaves_the_rest() -> None:
    daily = CHOSEN.model_copy(update={"choices": (), "digest": DigestMode.DAILY, "digest_hour": 18})
    mute = MuteMail(ME, TOWN, NoticeClass.FOLLOW, NOON)
    muted = daily.model_copy(update={"choices": (NO_FOLLOW_MAIL,)})

    given(RECIPIENT, daily).when(mute).then(muted)
    given(RECIPIENT, muted).when(mute).then_nothing()
    given(RECIPIENT).when(replace(mute, notice_class=NoticeClass.TRANSACTIONAL)).then_refused(
        "cannot-be-muted", rule="N01"
    )


@pytest.mark.rule("N02")
def test_one_click_in_a_mail_from_elsewhere_moves_nobody_there() -> None:
    chosen = CHOSEN.model_copy(update={"choices": ()})
    mute = MuteMail(ME, NEXT_COUNTY, NoticeClass.FOLLOW, NOON)

    given(RECIPIENT, chosen).when(mute).then(chosen.model_copy(update={"choices": (NO_FOLLOW_MAIL,)}))


# defaults


@pytest.mark.rule("N01")
def test_a_newsletter_comes_to_those_only_who_asked_for_it() -> None:
    unasked = Preferences()

    assert not unasked.wants(NoticeClass.NEWSLETTER, INBOX)
    assert not unasked.wants(NoticeClass.NEWSLETTER, EMAIL)
    assert all(unasked.wants(kind, INBOX) for kind in NoticeClass if kind is not NoticeClass.NEWSLETTER)


# what follows for a mail


def planned(chosen: Preferences, kind: NoticeClass, *, reachable: bool = True, now: datetime = NOON) -> Plan:
    """Return what becomes of a notice by e-mail."""
    return plan_mail(chosen, kind, reachable=reachable, now=now)


@pytest.mark.rule("N12")
def test_without_an_address_there_is_no_mail() -> None:
    assert planned(Preferences(), NoticeClass.TRANSACTIONAL, reachable=False) == Plan(
        EMAIL, why=DropReason.NO_ADDRESS
    )


@pytest.mark.rule("N02")
def test_what_was_muted_is_not_mailed() -> None:
    assert planned(Preferences(choices=(NO_FOLLOW_MAIL,)), NoticeClass.FOLLOW).why is DropReason.MUTED


@pytest.mark.rule("N01", "N05")
@pytest.mark.parametrize("mode", [DigestMode.DAILY, DigestMode.WEEKLY])
def test_what_somebody_follows_waits_for_the_digest_that_they_want(mode: DigestMode) -> None:
    chosen = Preferences(digest=mode)

    assert planned(chosen, NoticeClass.FOLLOW).why is DropReason.IN_DIGEST
    assert planned(chosen, NoticeClass.FOLLOW, reachable=False).why is DropReason.IN_DIGEST
    assert planned(chosen, NoticeClass.TRANSACTIONAL) == Plan(EMAIL, NOON)
    assert planned(chosen, NoticeClass.DIGEST) == Plan(EMAIL, NOON)


OVERNIGHT = Preferences(quiet_from="21:30", quiet_to="07:00")
AT_NOON = Preferences(quiet_from="12:00", quiet_to="14:00")


@pytest.mark.rule("N04")
@pytest.mark.parametrize(
    ("chosen", "now", "until"),
    [
        (OVERNIGHT, shanghai(5, 21, 29), None),
        (OVERNIGHT, shanghai(5, 21, 30), shanghai(6, 7)),
        (OVERNIGHT, shanghai(6, 0), shanghai(6, 7)),
        (OVERNIGHT, shanghai(6, 6, 59), shanghai(6, 7)),
        (OVERNIGHT, shanghai(6, 7), None),
        (AT_NOON, shanghai(5, 11, 59), None),
        (AT_NOON, shanghai(5, 12), shanghai(5, 14)),
        (AT_NOON, shanghai(5, 14), None),
        (Preferences(), shanghai(5, 3), None),
        (Preferences(quiet_from="07:00", quiet_to="07:00"), shanghai(5, 7), None),
    ],
)
def test_quiet_hours_delay_to_their_end_in_local_time(
    chosen: Preferences, now: datetime, until: datetime | None
) -> None:
    assert chosen.quiet_until(now) == until
    assert planned(chosen, NoticeClass.FOLLOW, now=now) == Plan(EMAIL, until or now)


_clocks = st.times().map(lambda moment: f"{moment:%H:%M}")


@pytest.mark.rule("N01", "N04")
@for_any(_clocks, _clocks, st.datetimes(timezones=st.just(UTC)), st.sampled_from(NoticeClass))
def test_what_somebody_has_to_do_never_waits_and_nothing_waits_a_day(
    begins: str, ends: str, now: datetime, kind: NoticeClass
) -> None:
    not_before = planned(Preferences(quiet_from=begins, quiet_to=ends), kind, now=now).not_before

    if kind is NoticeClass.TRANSACTIONAL:
        assert not_before == now
    elif kind is not NoticeClass.NEWSLETTER:
        assert not_before is not None
        assert timedelta() <= not_before - now <= timedelta(days=1)


# whose


def test_departments_of_two_counties_are_two_and_of_one_county_s_towns_one() -> None:
    housing = department("县住建局")

    assert recipient_id(housing, COUNTY) == recipient_id(housing, TOWN)
    assert recipient_id(housing, COUNTY) != recipient_id(housing, NEXT_COUNTY)


@pytest.mark.rule("N12")
def test_a_person_s_address_is_kept_under_the_person_s_own_id() -> None:
    assert recipient_id(ME, TOWN) == "person-1"
