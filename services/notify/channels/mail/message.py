"""A delivery as a mail (RFC 5322, 2045, 6047, 8058). Pure: the moment comes in, nothing is looked up.

What follows from the delivery alone is the same at every attempt, above all the `Message-ID`: a server that
took a mail and could not say so in time knows it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr

from services.notify.channels import Delivery
from services.notify.channels.mail.templates import HTML, PLAIN, Templates
from services.notify.channels.mail.words import fields_of, link_of
from services.notify.meeting_facts import Meeting
from shared.contracts.notify import NoticeClass
from shared.platform.settings import Settings
from shared.platform.working_days import SHANGHAI

_LONGEST_SUBJECT = 150
_AS_THEY_ARE = (
    *("Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language"),
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
)


class _Whole(UnstructuredHeader, BaseHeader):
    """A header that is written as it is: ASCII, one line.

    Folding would encode an address on the web, and so break it; and it is most of the work of writing a mail.
    """

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Encoded(UnstructuredHeader, BaseHeader):
    """A header whose text is encoded whole.

    Where the newer way of folding breaks a line between two encoded words, it loses the space there.
    """

    def fold(self, *, policy: Policy) -> str:
        words = Header(str(self), "utf-8", header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {words}{policy.linesep}"


def _headers() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in _AS_THEY_ARE:
        registry.map_to_type(name, _Whole)
    registry.map_to_type("Subject", _Encoded)
    return registry


POLICY = SMTP.clone(header_factory=_headers())


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails come from.

    Attributes:
        address: as the mail server and the recipient see it.
        answers_to: where answers go.
    """

    name: str
    address: str
    answers_to: str

    @property
    def domain(self) -> str:
        """Return the domain of the address."""
        return self.address.rpartition("@")[2]


def sender_of(settings: Settings) -> Sender:
    """Return who mails come from; `smtp_from` is set."""
    name, address = parseaddr(settings.smtp_from or "")
    _, answers_to = parseaddr(settings.smtp_reply_to or "")
    return Sender(name or "惠协商", address, answers_to or address)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a mail takes besides its delivery.

    Attributes:
        address: of the recipient.
        meeting: that they are invited to or told of a change of; else None.
        unsubscribe: address of the page that switches its class off; None where that cannot be (N01).
        division: name of the county or town.
        now: the moment, aware.
    """

    address: str
    meeting: Meeting | None
    unsubscribe: str | None
    division: str
    now: datetime


def compose(
    delivery: Delivery, about: Circumstances, sender: Sender, settings: Settings, templates: Templates
) -> EmailMessage:
    """Return the mail; its bytes are ASCII.

    Args:
        delivery: what is told.
        about: to whom, and what else is known.
        sender: who mails come from.
        settings: where the pages are to which it leads.
        templates: what it looks like.
    """
    message = EmailMessage(POLICY)
    _address(message, delivery, about, sender)
    link = link_of(delivery, settings)
    fields = fields_of(_cleaned(delivery), about.meeting, link, about.unsubscribe, about.division)
    message.set_content(templates.render(PLAIN, fields), cte="base64")
    message.add_alternative(templates.render(HTML, fields), subtype="html", cte="base64")
    if about.meeting is not None:
        _invite(message, delivery, about, about.meeting, sender)
    return message


def _address(message: EmailMessage, delivery: Delivery, about: Circumstances, sender: Sender) -> None:
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=about.address)
    if sender.answers_to != sender.address:
        message["Reply-To"] = Address(addr_spec=sender.answers_to)
    message["Subject"] = subject_of(delivery)
    message["Date"] = format_datetime(about.now.astimezone(SHANGHAI))
    message["Message-ID"] = f"<{delivery.delivery_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"  # Exchange knows only this one: no replies of absence
    message["Content-Language"] = "zh-CN"
    if about.unsubscribe is not None and delivery.notice_class is not NoticeClass.TRANSACTIONAL:
        message["List-Unsubscribe"] = f"<{about.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def subject_of(delivery: Delivery) -> str:
    """Return the subject, one line: what is told, and of which topic."""
    title, topic = _one_line(delivery.title), _one_line(delivery.topic_title or "")
    about = f"（{topic}）" if topic and topic not in title else ""
    subject = f"【惠协商】{title}{about}"
    return subject if len(subject) <= _LONGEST_SUBJECT else f"{subject[: _LONGEST_SUBJECT - 1]}…"


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Return a text without what no mail may carry: control characters, halves of characters."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t ")


def _cleaned(delivery: Delivery) -> Delivery:
    return replace(
        delivery,
        title=_one_line(delivery.title),
        body=_printable(delivery.body or ""),
        topic_title=_one_line(delivery.topic_title or "") or None,
        problem_text=_printable(delivery.problem_text or "") or None,
    )


def _invite(
    message: EmailMessage, delivery: Delivery, about: Circumstances, meeting: Meeting, sender: Sender
) -> None:
    """Add the invitation twice: for programs that answer to it in place, and as a file for all others."""
    from services.notify.calendars import Invitation, invitation  # six megabytes, when the first is wanted

    invited = Invitation(
        meeting=meeting,
        attendee=about.address,
        answers_to=sender.answers_to,
        organizer=about.division,
        because=delivery.event_name,
        written_at=delivery.posted_at,
    )
    content = invitation(invited)
    message.add_alternative(
        content.decode(), subtype="calendar", params={"method": invited.method}, cte="base64"
    )
    message.add_attachment(content, maintype="application", subtype="ics", filename="invite.ics")
