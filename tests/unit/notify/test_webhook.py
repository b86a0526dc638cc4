"""A webhook: what each command does, refuses and leaves alone; its vault."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from pydantic import SecretStr

from services.notify.channels.webhook.vault import SealedError, Vault, new_secret, secret_id, url_id
from services.notify.deciders import WEBHOOK
from services.notify.domain.recipients import department
from services.notify.domain.webhook import (
    DisableWebhook,
    EnableWebhook,
    Registering,
    RegisterWebhook,
    RemoveWebhook,
    RotateSecret,
    Webhook,
    WebhookCommand,
    event_names,
)
from services.notify.domain.webhook_news import news_of
from services.notify.reactions import tell_webhook_owner
from shared.contracts.notify import DisablingReason, NoticeClass
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.testing import given, recorded
from tests.unit.notify.examples import COUNTY, NEXT_COUNTY, TOWN
from tests.unit.notify.lives import for_any
from tests.unit.notify.webhook_examples import (
    CHANGE,
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
    MemoryVaultStore,
    as_webhook,
)

pytestmark = pytest.mark.rule("N10")

FAILING = DisableWebhook(DisablingReason.FAILING, NOON + DAY, since=NOON)


def test_a_registered_webhook_is_enabled_and_one_key_signs() -> None:
    after = given(WEBHOOK).when(REGISTER).then(REGISTERED)
    webhook = as_webhook(after.state)
    assert webhook.enabled
    assert webhook.signing(NOON) == ("secret-1",)


def test_an_id_is_registered_once() -> None:
    given(WEBHOOK, REGISTERED).when(REGISTER).then_refused("webhook-exists", rule="N10")


def test_a_webhook_gets_something() -> None:
    nothing = replace(REGISTER, event_names=frozenset(), notice_classes=frozenset())
    refusal = given(WEBHOOK).when(nothing).then_refused("webhook-gets-nothing", rule="N10")
    assert refusal.field == "event_names"


@pytest.mark.parametrize("name", ["NoticePosted", "ProblemDissolved", ""])
def test_only_events_of_topics_meetings_and_cases_are_told(name: str) -> None:
    """Those of notify are not: telling of telling would have no end."""
    unknown = replace(REGISTER, event_names=frozenset({name}))
    given(WEBHOOK).when(unknown).then_refused("event-unknown", rule="N10")


def test_a_department_gets_its_notices_and_no_events_of_others() -> None:
    housing = replace(REGISTER, owner=department("县住建局"))
    given(WEBHOOK).when(housing).then_refused("webhook-notices-only", rule="N10")
    given(WEBHOOK).when(replace(housing, event_names=frozenset())).then(
        REGISTERED.model_copy(update={"owner": housing.owner, "event_names": ()})
    )


def test_a_change_replaces_all_of_it_and_the_same_again_changes_nothing() -> None:
    given(WEBHOOK, REGISTERED).when(CHANGE).then(CHANGED)
    given(WEBHOOK, REGISTERED, CHANGED).when(CHANGE).then_nothing()
    bare = replace(CHANGE, event_names=frozenset())
    given(WEBHOOK, REGISTERED).when(bare).then_refused("webhook-gets-nothing", rule="N10")


def test_for_a_day_after_a_rotation_both_keys_sign() -> None:
    after = given(WEBHOOK, REGISTERED).when(RotateSecret("secret-2", NOON + DAY)).then(ROTATED)
    webhook = as_webhook(after.state)
    assert webhook.signing(NOON + DAY) == ("secret-2", "secret-1")
    assert webhook.signing(NOON + 2 * DAY - timedelta(seconds=1)) == ("secret-2", "secret-1")
    assert webhook.signing(NOON + 2 * DAY) == ("secret-2",)


def test_a_rotation_within_a_rotation_takes_no_key_away_before_its_day_is_over() -> None:
    soon = NOON + DAY + timedelta(hours=1)
    state = WEBHOOK.fold([REGISTERED, ROTATED])
    webhook = as_webhook(WEBHOOK.fold(WEBHOOK.decide(RotateSecret("secret-3", soon), state), state))
    assert webhook.signing(soon) == ("secret-3", "secret-2", "secret-1")
    assert webhook.signing(NOON + 2 * DAY) == ("secret-3", "secret-2")
    assert webhook.signing(soon + DAY) == ("secret-3",)


def test_what_fails_is_disabled_once_and_can_be_enabled_again() -> None:
    given(WEBHOOK, REGISTERED).when(FAILING).then(DISABLED)
    given(WEBHOOK, REGISTERED, DISABLED).when(FAILING).then_nothing()
    given(WEBHOOK, REGISTERED, DISABLED).when(EnableWebhook(NOON + 2 * DAY)).then(ENABLED)
    given(WEBHOOK, REGISTERED).when(EnableWebhook(NOON)).then_nothing()


def test_who_enabled_it_meanwhile_knew_better_than_who_counted_failures_before() -> None:
    given(WEBHOOK, REGISTERED, DISABLED, ENABLED).when(FAILING).then_nothing()


def test_a_removed_webhook_is_not_there() -> None:
    given(WEBHOOK, REGISTERED).when(RemoveWebhook(NOON + 3 * DAY)).then(REMOVED)
    for command in (CHANGE, FAILING, EnableWebhook(NOON), RotateSecret("x", NOON), RemoveWebhook(NOON)):
        given(WEBHOOK, REGISTERED, REMOVED).when(command).then_refused("webhook-unknown")
        given(WEBHOOK).when(command).then_refused("webhook-unknown")


def test_a_webhook_gets_what_it_asked_for_inside_its_division() -> None:
    webhook = as_webhook(WEBHOOK.fold([REGISTERED]))
    assert webhook.gets("ProblemSolved", TOWN)
    assert not webhook.gets("ProblemSolved", NEXT_COUNTY)
    assert not webhook.gets("ProblemReplied", TOWN)


def test_a_webhook_gets_its_owners_notices_of_the_classes_that_it_asked_for() -> None:
    webhook = as_webhook(WEBHOOK.fold([REGISTERED]))
    assert webhook.gets_notice(OWNER, NoticeClass.TRANSACTIONAL, TOWN)
    assert not webhook.gets_notice(OWNER, NoticeClass.DIGEST, TOWN)
    assert not webhook.gets_notice(department("县住建局"), NoticeClass.TRANSACTIONAL, TOWN)
    assert not webhook.gets_notice(OWNER, NoticeClass.TRANSACTIONAL, NEXT_COUNTY)


def test_the_owner_is_told_why_a_webhook_was_disabled() -> None:
    [sent] = tell_webhook_owner(recorded(DISABLED, WEBHOOK.stream(HOOK), 2, division=COUNTY))
    assert sent.command.recipient == OWNER
    assert sent.command.notice_class is NoticeClass.TRANSACTIONAL
    assert "县政务协同平台" in sent.command.title
    assert "5 天" in sent.command.body


def test_who_disabled_it_by_hand_is_not_told() -> None:
    assert news_of(DISABLED.model_copy(update={"reason": DisablingReason.BY_HAND})) is None


def test_the_events_that_can_be_chosen_are_those_of_three_services() -> None:
    assert {"TopicProposed", "MeetingHeld", "ProblemSolved"} <= event_names()
    assert not {"NoticePosted", "WebhookRegistered"} & event_names()


_moments = st.integers(-72, 72).map(lambda hours: NOON + timedelta(hours=hours))
_keys = st.sampled_from(["secret-1", "secret-2", "secret-3"])
_commands: st.SearchStrategy[WebhookCommand] = st.one_of(
    st.builds(lambda at: replace(REGISTER, at=at), st.builds(Registering, _moments, st.integers(0, 20))),
    st.builds(lambda at: replace(CHANGE, at=at), _moments),
    st.builds(RotateSecret, _keys, _moments),
    st.builds(DisableWebhook, st.sampled_from(DisablingReason), _moments),
    st.builds(EnableWebhook, _moments),
    st.builds(RemoveWebhook, _moments),
)


@for_any(st.lists(_commands, max_size=8), _moments, examples=100)
def test_whatever_happens_one_key_at_least_signs_and_the_newest_always_does(
    commands: list[WebhookCommand], now: datetime
) -> None:
    state = WEBHOOK.initial
    for command in commands:
        with suppress(RefusedError):
            state = WEBHOOK.fold(WEBHOOK.decide(command, state), state)
        if isinstance(state, Webhook):
            assert state.signing(now)[0] == state.keys[0].secret_id
            assert [key.until is None for key in state.keys] == [True] + [False] * (len(state.keys) - 1)
            assert state.event_names or state.notice_classes


@for_any(st.lists(_commands, max_size=8), examples=100)
def test_the_same_command_again_changes_nothing(commands: list[WebhookCommand]) -> None:
    state = WEBHOOK.initial
    for command in commands:
        with suppress(RefusedError):
            state = WEBHOOK.fold(WEBHOOK.decide(command, state), state)
            if not isinstance(command, RegisterWebhook | RemoveWebhook):  # which is refused then
                assert WEBHOOK.decide(command, state) == []


# the vault

OLD, NEW = SecretStr("o" * 40), SecretStr("n" * 40)


async def test_what_lies_in_the_vault_cannot_be_read_without_the_secret() -> None:
    store = MemoryVaultStore()
    await Vault(store, [NEW]).put("key", HOOK, "whsec_abc")
    assert b"whsec_abc" not in store.documents["key"]["sealed"]
    assert await Vault(store, [NEW]).get("key") == "whsec_abc"
    with pytest.raises(SealedError):
        await Vault(store, [OLD]).get("key")


async def test_what_was_put_first_stays() -> None:
    vault = Vault(MemoryVaultStore(), [NEW])
    await vault.put("key", HOOK, "first")
    await vault.put("key", HOOK, "second")
    assert await vault.get("key") == "first"


async def test_one_thing_cannot_be_passed_off_as_another() -> None:
    store = MemoryVaultStore()
    vault = Vault(store, [NEW])
    await vault.put("mine", "hook-1", "key of mine")
    await vault.put("theirs", "hook-2", "key of theirs")
    store.documents["mine"]["sealed"] = store.documents["theirs"]["sealed"]
    with pytest.raises(SealedError):
        await vault.get("mine")


async def test_a_signing_secret_can_go_once_everything_is_sealed_anew() -> None:
    store = MemoryVaultStore()
    await Vault(store, [OLD]).put("key", HOOK, "whsec_abc")
    assert await Vault(store, [NEW, OLD]).reseal() == 1
    assert await Vault(store, [NEW, OLD]).reseal() == 0
    assert await Vault(store, [NEW]).get("key") == "whsec_abc"


async def test_what_no_webhook_names_is_removed_after_an_hour() -> None:
    store = MemoryVaultStore()
    vault = Vault(store, [NEW])
    for id_ in ("named", "orphan", "young"):
        await vault.put(id_, HOOK, id_)
    for id_ in ("named", "orphan"):
        store.documents[id_]["at"] = datetime.now(UTC) - timedelta(hours=2)
    assert await vault.sweep({"named"}) == 1
    assert set(store.documents) == {"named", "young"}


def test_another_address_has_another_id_and_a_repeated_request_the_same() -> None:
    assert url_id("request", "https://a.example") == url_id("request", "https://a.example")
    assert url_id("request", "https://a.example") != url_id("request", "https://b.example")
    assert secret_id("request") == secret_id("request")
    assert new_secret() != new_secret()
