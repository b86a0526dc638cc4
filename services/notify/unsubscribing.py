"""The address in a mail by which its class is switched off, without signing in (RFC 8058, N01).

It carries the notice's id and a code that follows from it (`shared/platform/codes.py`); nothing is stored.
Whoever has it can do this one thing to this one recipient. It is no secret worth more: addresses are logged.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.notify import NoticeClass
from shared.platform.codes import Secrets, is_short_code, short_code
from shared.platform.language import Language, Text
from shared.platform.pages import Pages
from shared.platform.settings import Settings

PURPOSE = "unsubscribe"
CODE_LENGTH = 24
"""Of the alphabet of codes: 110 bits, which nobody tries out."""

PAGES = Pages("services.notify")

CLASSES: Mapping[NoticeClass, Text] = {
    NoticeClass.FOLLOW: Text("所关注议题的进展", "News of topics that you follow"),
    NoticeClass.DIGEST: Text("定期汇总", "Digests"),
    NoticeClass.NEWSLETTER: Text("工作通讯", "The newsletter"),
}
"""What can be switched off, as people call it; transactional notices cannot (N01)."""

_SAY = {
    "name": Text("有事多商量 · 惠协商", "Consultation"),
    "ask": Text("不再用邮件接收这类通知？", "No more mails of this kind?"),
    "confirm": Text("确认退订", "Unsubscribe"),
    "done": Text("已退订", "Unsubscribed"),
    "after": Text(
        "今后不再用邮件发送这类通知。需要您办理或与您直接有关的通知仍会发送。",
        "No more of these will be mailed. What you have to do, or concerns you directly, will still be.",
    ),
    "again": Text(
        "想重新接收，请登录惠协商更改，或联系当地政协联络室。",
        "To get them again, sign in and switch them on, or ask the liaison office.",
    ),
}


def address_to_unsubscribe(settings: Settings, notice_id: str) -> str:
    """Return the address for a mail about a notice: the same at every attempt."""
    code = short_code(settings.signing_secrets, PURPOSE, notice_id, CODE_LENGTH)
    return f"{settings.public_notify_url}/unsubscribe/{notice_id}.{code}"


def notice_of(token: str, secrets: Secrets) -> str | None:
    """Return the id of the notice that the last part of such an address is about; None for a wrong one."""
    notice_id, _, code = token.rpartition(".")
    return notice_id if is_short_code(secrets, PURPOSE, notice_id, code, CODE_LENGTH) else None


def unsubscribe_page(kind: NoticeClass, language: Language, *, done: bool) -> str:
    """Return the page that asks, or says that it is done.

    Args:
        kind: of the notices; one of `CLASSES`.
        language: the reader's.
        done: it has been switched off.
    """
    say = {name: text.in_(language) for name, text in _SAY.items()}
    return PAGES.render(
        "unsubscribe.html", language=language, say=say, kind=CLASSES[kind].in_(language), done=done
    )
