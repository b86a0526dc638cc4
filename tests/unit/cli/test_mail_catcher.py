"""The demo's mail catcher: mails arrive, are shown, can do nothing, and reach nobody."""

from __future__ import annotations

import smtplib
import socket
from dataclasses import replace

import httpx
import pytest

from shared.cli.demo.mail_catcher import HOST, MailCatcher
from shared.platform.settings import load_settings
from tests.unit.notify.mails import circumstances, delivery, written
from tests.unit.notify.test_calendars import meeting

INVITED = written(
    replace(delivery(), title='邀请<script>alert("1")</script>'), circumstances(meeting=meeting())
)


def send(catcher: MailCatcher, content: bytes = INVITED) -> None:
    port = int(catcher.environment["HXS_SMTP_PORT"])
    with smtplib.SMTP(HOST, port) as client:
        client.sendmail("no-reply@hxs.invalid", ["clerk@example.org"], content)


def test_a_mail_that_is_sent_is_caught_whole() -> None:
    with MailCatcher() as mails:
        send(mails)
        assert mails.wait_for(1, 5)
        (caught,) = mails.messages
    assert caught.recipients == ("clerk@example.org",)
    assert caught.subject.startswith("【惠协商】邀请")
    assert caught.content == INVITED
    assert caught.message_id.startswith(f"<{delivery().delivery_id}@")


def test_mails_are_read_on_a_page_newest_first() -> None:
    with MailCatcher() as mails, httpx.Client(base_url=mails.url) as browser:
        assert "还没有邮件" in browser.get("/").text
        send(mails, written(delivery(title="先到的")))
        send(mails)
        listed = browser.get("/").text
        assert "共收到 2 封邮件" in listed
        assert listed.index('href="mails/2"') < listed.index('href="mails/1"')
        shown = browser.get("/mails/2").text
        assert "东关社区三处路灯不亮" in shown
        assert "日历邀请" in shown
        assert browser.get("/mails/2/invite.ics").content.startswith(b"BEGIN:VCALENDAR")
        assert browser.get("/mails/2/mail.eml").content == INVITED
        assert browser.get("/mails.json").json()["count"] == 2
        for missing in ("/mails/3", "/mails/1/invite.ics"):
            assert browser.get(missing).status_code == 404


def test_what_a_mail_brings_along_can_do_nothing() -> None:
    with MailCatcher() as mails, httpx.Client(base_url=mails.url) as browser:
        send(mails)
        for page in ("/", "/mails/1"):
            assert "<script" not in browser.get(page).text
        policy = browser.get("/mails/1/html").headers["content-security-policy"]
        assert policy.startswith("sandbox; default-src 'none'")


def test_a_service_is_told_by_its_environment() -> None:
    with MailCatcher() as mails, pytest.MonkeyPatch.context() as environment:
        for name, value in mails.environment.items():
            environment.setenv(name, value)
        assert load_settings().smtp_host == HOST


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_behind() -> None:
    with MailCatcher() as mails:
        taken = int(mails.environment["HXS_SMTP_PORT"])
        with pytest.raises(OSError, match="in use"), MailCatcher(http_port=taken):
            pass
    with socket.create_server((HOST, taken)):  # free again
        pass


def test_waiting_for_what_does_not_come_ends() -> None:
    with MailCatcher() as mails:
        assert not mails.wait_for(1, 0.05)
