"""A mail server that delivers nothing: what is sent to it is shown on a page, for the demo and developers.

    with MailCatcher() as mails:
        environment |= mails.environment
        print(mails.url)

It listens on this machine only, without encryption, and forgets everything when it ends.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from types import TracebackType

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from shared.platform.working_days import SHANGHAI

HOST = "127.0.0.1"
SENDER = "惠协商演示 <no-reply@hxs.invalid>"
START_SECONDS = 10.0
MOST_KEPT = 2000
MOST_SHOWN = 200

_PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
# What a mail brings along is shown, and can do nothing: no script, no form, nothing fetched.
_FOREIGN = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}


@dataclass(frozen=True, slots=True)
class Caught:
    """A mail that was sent.

    Attributes:
        number: 1 for the first.
        at: when it came, UTC.
        recipients: addresses that it was handed over for.
        content: as it travelled.
        message: as a mail program reads it.
    """

    number: int
    at: datetime
    recipients: Sequence[str]
    content: bytes
    message: EmailMessage

    @property
    def subject(self) -> str:
        """Return its subject."""
        return str(self.message["Subject"] or "（无主题）")

    @property
    def message_id(self) -> str:
        """Return its Message-ID; a mail that was sent twice has it twice."""
        return str(self.message["Message-ID"] or "")

    def part(self, kind: str) -> bytes | None:
        """Return the first part of a media type, decoded; None where there is none."""
        for each in self.message.walk():
            if each.get_content_type() == kind:
                content = each.get_payload(decode=True)
                return content if isinstance(content, bytes) else None
        return None

    @property
    def text(self) -> str:
        """Return what it says as text."""
        return (self.part("text/plain") or b"").decode("utf-8", "replace")


class MailCatcher:
    """Catches mails while it is entered.

    Args:
        smtp_port, http_port: where it listens; 0 for a free one.
    """

    def __init__(self, *, smtp_port: int = 0, http_port: int = 0) -> None:
        self._smtp_port = smtp_port
        self._http_port = http_port
        self._kept: deque[Caught] = deque(maxlen=MOST_KEPT)
        self._count = 0
        self._news = threading.Condition()
        self._running: _Running | None = None

    def __enter__(self) -> MailCatcher:
        """Begin to listen.

        Raises:
            OSError: a port is taken.
        """
        sockets = []
        try:
            for port in (self._smtp_port, self._http_port):
                sockets.append(socket.create_server((HOST, port)))  # noqa: PERF401 - closed where one fails
            self._smtp_port, self._http_port = (each.getsockname()[1] for each in sockets)
            self._running = _Running(self, *sockets)
            self._running.start()
        except BaseException:
            for each in sockets:
                each.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"http://{HOST}:{self._http_port}/"

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what makes a service send its mails here."""
        return {
            "HXS_SMTP_HOST": HOST,
            "HXS_SMTP_PORT": str(self._smtp_port),
            "HXS_SMTP_TLS": "none",
            "HXS_SMTP_FROM": SENDER,
        }

    @property
    def messages(self) -> list[Caught]:
        """Return the mails that came, oldest first; of very many the last."""
        with self._news:
            return list(self._kept)

    @property
    def count(self) -> int:
        """Return how many came in all."""
        with self._news:
            return self._count

    def wait_for(self, count: int, seconds: float) -> bool:
        """Wait until so many mails have come in all; False where they do not come in time."""
        with self._news:
            return self._news.wait_for(lambda: self._count >= count, seconds)

    def catch(self, recipients: Sequence[str], content: bytes) -> None:
        """Keep a mail."""
        message = message_from_bytes(content, policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise TypeError("the default policy makes an EmailMessage")
        with self._news:
            self._count += 1
            self._kept.append(Caught(self._count, datetime.now(UTC), recipients, content, message))
            self._news.notify_all()


class _Handler:
    def __init__(self, catcher: MailCatcher) -> None:
        self._catcher = catcher

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        self._catcher.catch(tuple(envelope.rcpt_tos), content)
        return "250 OK"


class _Running:
    """The thread in which both servers run."""

    def __init__(self, catcher: MailCatcher, smtp: socket.socket, http: socket.socket) -> None:
        self._catcher = catcher
        self._smtp = smtp
        self._http = http
        config = uvicorn.Config(pages(catcher), log_config=None, access_log=False, lifespan="off")
        self._pages = uvicorn.Server(config)  # which leaves signals alone outside of the main thread
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="mails", daemon=True)
        self._listening = threading.Event()

    def start(self) -> None:
        self._thread.start()
        if not self._listening.wait(START_SECONDS):
            raise OSError("the mail catcher did not start")

    def stop(self) -> None:
        self._pages.should_exit = True
        self._thread.join(START_SECONDS)

    async def _serve(self) -> None:
        handler = _Handler(self._catcher)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(handler, hostname="hxs.invalid"), sock=self._smtp)
        async with server:
            self._listening.set()
            await self._pages.serve(sockets=[self._http])


# the page


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("shared.cli.demo", "mail_pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _time(caught: Caught) -> str:
    return caught.at.astimezone(SHANGHAI).strftime("%H:%M:%S")


def pages(catcher: MailCatcher) -> Starlette:
    """Return the page on which mails are read."""

    def asked_for(request: Request) -> Caught:
        number = request.path_params["number"]
        for caught in catcher.messages:
            if caught.number == number:
                return caught
        raise HTTPException(404)

    async def listed(request: Request) -> Response:
        newest = catcher.messages[: -MOST_SHOWN - 1 : -1]
        page = _environment().get_template("list.html").render(mails=newest, count=catcher.count, time=_time)
        return HTMLResponse(page, headers=_PAGE)

    async def shown(request: Request) -> Response:
        caught = asked_for(request)
        heads = [
            (name, str(caught.message[field] or ""))
            for name, field in (
                ("发件人", "From"),
                ("收件人", "To"),
                ("时间", "Date"),
                ("编号", "Message-ID"),
            )
        ]
        page = _environment().get_template("mail.html").render(mail=caught, heads=heads)
        return HTMLResponse(page, headers=_PAGE)

    async def html(request: Request) -> Response:
        return HTMLResponse(asked_for(request).part("text/html") or b"", headers=_FOREIGN)

    async def raw(request: Request) -> Response:
        return Response(asked_for(request).content, media_type="message/rfc822", headers=_FOREIGN)

    async def calendar(request: Request) -> Response:
        content = asked_for(request).part("text/calendar")
        if content is None:
            raise HTTPException(404)
        return Response(content, media_type="text/calendar", headers=_FOREIGN)

    async def facts(request: Request) -> Response:
        found = [
            {"number": each.number, "to": each.recipients, "subject": each.subject, "id": each.message_id}
            for each in catcher.messages
        ]
        return JSONResponse({"count": catcher.count, "mails": found})

    return Starlette(
        routes=[
            Route("/", listed),
            Route("/mails.json", facts),
            Route("/mails/{number:int}", shown),
            Route("/mails/{number:int}/html", html),
            Route("/mails/{number:int}/mail.eml", raw),
            Route("/mails/{number:int}/invite.ics", calendar),
        ]
    )
