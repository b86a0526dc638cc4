"""One click in a mail switches its class off, without signing in, and nothing else (N01, RFC 8058)."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from services.notify.app import SERVICE
from services.notify.deciders import NOTICE, RECIPIENT
from services.notify.domain.notice import notice_id
from services.notify.domain.preferences import Preferences
from services.notify.domain.recipients import person, recipient_id
from services.notify.unsubscribing import address_to_unsubscribe
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted
from shared.platform.settings import load_settings
from tests.http import SETTINGS, Caller, Log, application
from tests.unit.notify.examples import TOWN

READER = person("a-reader")
CAUSE = "topic-street-lamps:3"


@dataclass
class Mailed:
    """A notice that was mailed, and the way from its mail."""

    log: Log
    caller: Caller
    path: str

    def preferences(self) -> Preferences:
        """Return what the recipient has chosen by now."""
        stream = RECIPIENT.stream(recipient_id(READER, TOWN))
        return RECIPIENT.fold([each.event for each in self.log.events if each.stream == stream])


def mailed(kind: NoticeClass = NoticeClass.FOLLOW) -> Mailed:
    log = Log()
    id_ = notice_id(CAUSE, READER, NoticeChannel.INBOX)
    said = {"notice_id": id_, "division": TOWN, "recipient": READER, "cause": CAUSE, "title": "议题有新进展"}
    posted = NoticePosted.model_validate({**said, "channel": NoticeChannel.INBOX, "notice_class": kind})
    log.hear(NOTICE.stream(id_), posted)
    path = address_to_unsubscribe(SETTINGS, id_).removeprefix(SETTINGS.public_notify_url)
    return Mailed(log, Caller(application(SERVICE, log), None, TOWN), path)


async def click(sent: Mailed) -> httpx.Response:
    """Do what a mail program does when its own button is pressed."""
    client = sent.caller._client
    return await client.post(sent.path, data={"List-Unsubscribe": "One-Click"})


@pytest.mark.rule("N01", "N02")
async def test_one_click_switches_the_class_off_by_mail_and_nothing_else() -> None:
    sent = mailed()
    assert sent.preferences().wants(NoticeClass.FOLLOW, NoticeChannel.EMAIL)
    assert (await click(sent)).status_code == 200
    after = sent.preferences()
    assert not after.wants(NoticeClass.FOLLOW, NoticeChannel.EMAIL)
    assert after.wants(NoticeClass.FOLLOW, NoticeChannel.INBOX)
    assert after.wants(NoticeClass.DIGEST, NoticeChannel.EMAIL)


async def test_a_second_click_changes_nothing() -> None:
    sent = mailed()
    await click(sent)
    written = len(sent.log.events)
    assert (await click(sent)).status_code == 200
    assert len(sent.log.events) == written


async def test_opening_the_address_only_asks() -> None:
    sent = mailed(NoticeClass.DIGEST)
    response = await sent.caller.ask(sent.path)
    assert (response.status_code, response.headers["content-language"]) == (200, "zh")
    assert "定期汇总" in response.text
    assert '<form method="post">' in response.text
    assert sent.preferences().wants(NoticeClass.DIGEST, NoticeChannel.EMAIL)
    english = await sent.caller.ask(sent.path, accept_language="en")
    assert "Unsubscribe" in english.text


async def test_the_page_that_thanks_says_how_to_come_back() -> None:
    assert "已退订：所关注议题的进展" in (await click(mailed())).text


async def test_the_style_of_the_page_is_served() -> None:
    assert await mailed().caller.status_of("/unsubscribe/static/unsubscribe.css") == 200


@pytest.mark.rule("N01")
async def test_what_cannot_be_switched_off_has_no_address_that_does_it() -> None:
    sent = mailed(NoticeClass.TRANSACTIONAL)
    assert (await click(sent)).status_code == 404
    assert await sent.caller.status_of(sent.path) == 404


async def test_an_address_that_no_mail_carried_leads_nowhere() -> None:
    sent = mailed()
    notice, _, code = sent.path.removeprefix("/unsubscribe/").rpartition(".")
    other = notice_id(CAUSE, person("somebody-else"), NoticeChannel.INBOX)
    for wrong in (f"{notice}.{'A' * 24}", f"{other}.{code}"):
        assert await sent.caller.status_of(f"/unsubscribe/{wrong}") == 404
        assert (await sent.caller.post(f"/unsubscribe/{wrong}")).status_code == 404
    for malformed in (notice, f"{notice}.{code[:-1]}", f"..{code}"):
        assert await sent.caller.status_of(f"/unsubscribe/{malformed}") == 422
    assert sent.preferences() == Preferences()


async def test_a_mail_whose_notice_is_not_there_any_more_leads_nowhere() -> None:
    unknown = address_to_unsubscribe(SETTINGS, "never-posted").removeprefix(SETTINGS.public_notify_url)
    assert await mailed().caller.status_of(unknown) == 404


def test_an_address_is_the_same_at_every_attempt_and_names_nobody() -> None:
    settings = load_settings(signing_secrets="n" * 40, public_notify_url="https://tz.example.gov.cn/")
    address = address_to_unsubscribe(settings, "0a1b2c3d")
    assert address == address_to_unsubscribe(settings, "0a1b2c3d")
    assert address.startswith("https://tz.example.gov.cn/unsubscribe/0a1b2c3d.")
