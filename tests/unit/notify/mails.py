"""Deliveries to be mailed, and how a mail program reads what they become."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from services.notify.channels import Delivery
from services.notify.channels.mail.message import Circumstances, compose, sender_of
from services.notify.channels.mail.templates import Templates
from shared.contracts.notify import NoticeChannel, NoticeClass
from shared.platform.settings import Settings, load_settings

NOW = datetime(2024, 9, 5, 1, 30, tzinfo=UTC)
CLERK = "clerk@zhujian.example.gov.cn"
SENDER = "no-reply@hxs.example.gov.cn"
MAIL_SETTINGS = load_settings(
    smtp_host="127.0.0.1",
    smtp_from=f"惠民县政协 有事多商量 <{SENDER}>",
    smtp_reply_to="office@example.gov.cn",
    public_url="https://xs.example.gov.cn",
    public_meetings_url="https://hy.example.gov.cn",
    public_board_url="https://kb.example.gov.cn",
    public_notify_url="https://tz.example.gov.cn",
    signing_secrets="s" * 40,
)
PACKAGED = Templates(None)
UNSUBSCRIBE = f"https://tz.example.gov.cn/unsubscribe/{'0' * 36}.{'A' * 24}"


def delivery(**more: Any) -> Delivery:
    """Return an assignment on its way to a department."""
    said: dict[str, Any] = {
        "delivery_id": "6f1f5b0e-1111-5222-8333-444455556666",
        "notice_id": "0a1b2c3d-1111-5222-8333-444455556666",
        "channel": NoticeChannel.EMAIL,
        "recipient": "department:县住建局",
        "division": "371621001",
        "notice_class": NoticeClass.TRANSACTIONAL,
        "title": "新交办问题，最迟2024年12月5日答复",
        "body": "问题：东关社区三处路灯不亮\n请先与提出人沟通，再答复办理结果。",
        "cause": "problem-dark-corner:1",
        "attempt": 1,
        "posted_at": NOW,
        "address": CLERK,
        "event_name": "ProblemAssigned",
        "topic_id": "street-lamps",
        "topic_title": "路灯补亮",
        "problem_id": "dark-corner",
        "problem_text": "东关社区三处路灯不亮",
    }
    return Delivery(**(said | more))


def circumstances(**more: Any) -> Circumstances:
    """Return what else a mail takes."""
    said: dict[str, Any] = {
        "address": CLERK,
        "meeting": None,
        "unsubscribe": None,
        "division": "孙武街道",
        "now": NOW,
    }
    return Circumstances(**(said | more))


def written(about: Delivery, more: Circumstances | None = None, settings: Settings = MAIL_SETTINGS) -> bytes:
    """Return a delivery as it travels."""
    templates = PACKAGED if settings.templates_dir is None else Templates(settings.templates_dir)
    composed = compose(about, more or circumstances(), sender_of(settings), settings, templates)
    return composed.as_bytes()


def read(content: bytes) -> EmailMessage:
    """Return a mail as a mail program reads it."""
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def part(mail: EmailMessage, kind: str) -> str:
    """Return the one part of a media type, as text."""
    (found,) = [each for each in mail.walk() if each.get_content_type() == kind]
    content = found.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()
