"""A mail server for tests, as a process of its own: `python -m tests.mail_server FOLDER …`.

It keeps what it took as files in a folder, speaks TLS as a real one does, and does what a recipient's name
asks for, up to a `+`: `busy@…` is refused with 451 the first time, `unknown@…` with 550 5.1.1 for good,
`refused@…` with 550, `spam@…` after its data with 554; in the middle of `hang@…` the server never answers.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "hxs", "correct horse"


def _told_by(address: str) -> str:
    return address.partition("@")[0].partition("+")[0]


class Handler:
    """What the server does with each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._busy: set[str] = set()
        self._taken = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        """Answer to a recipient."""
        match _told_by(address):
            case "unknown":
                return f"550 5.1.1 <{address}>: no such user here"
            case "refused":
                return f"550 <{address}> is not welcome"
            case "busy" if address not in self._busy:
                self._busy.add(address)
                return f"451 4.3.2 <{address}>: come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail, or do something worse."""
        content = envelope.original_content or b""
        recipient = envelope.rcpt_tos[0]
        match _told_by(recipient):
            case "spam":
                return "554 5.7.1 refused by policy"
            case "hang":
                (self._folder / "hanging").write_bytes(content)
                await asyncio.Event().wait()
        self._taken += 1
        peer = session.peer[1] if isinstance(session.peer, tuple) else 0
        assert server.transport is not None
        secured = "plain" if server.transport.get_extra_info("sslcontext") is None else "tls"
        who = "known" if session.authenticated else "anonymous"
        partial = self._folder / "partial"
        partial.write_bytes(content)
        partial.rename(self._folder / f"{self._taken:04}-{secured}-{who}-{peer}.eml")
        return f"250 2.0.0 queued for {recipient} as {self._taken:04}"


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    right = isinstance(data, LoginPassword) and hmac.compare_digest(data.password, PASSWORD.encode())
    return AuthResult(success=right, handled=right)


async def serve(options: argparse.Namespace) -> None:
    """Serve until the process ends."""
    tls = None
    if options.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.certificate)
    starttls = tls if options.tls == "starttls" else None
    handler = Handler(Path(options.folder))

    def connection() -> SMTP:
        return SMTP(
            handler,
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=_authenticate if options.auth else None,
            auth_required=options.auth,
            auth_require_tls=options.tls == "starttls",
            hostname="mail.test",
        )

    loop = asyncio.get_running_loop()
    at_once = tls if options.tls == "tls" else None
    server = await loop.create_server(connection, "127.0.0.1", options.port, ssl=at_once)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


@dataclass
class MailServer:
    """The process, to be started, killed and started again on the same port.

    Attributes:
        folder: where it keeps what it took.
        tls: as in `HXS_SMTP_TLS`.
        certificate: PEM of its certificate with the key; None for a server that cannot encrypt.
        auth: only who signs in may send.
    """

    folder: Path
    tls: str = "starttls"
    certificate: Path | None = None
    auth: bool = False
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> MailServer:
        """Start it, and return when it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or _free_port()
        command = [sys.executable, "-m", "tests.mail_server", str(self.folder), "--port", str(self.port)]
        command += ["--tls", self.tls, *(["--auth"] if self.auth else [])]
        command += ["--certificate", str(self.certificate)] if self.certificate else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n", "the mail server did not start"
        return self

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate()
            self.process = None

    def mails(self) -> list[EmailMessage]:
        """Return what it took, in order."""
        return [read(path) for path in sorted(self.folder.glob("*.eml"))]


def read(path: Path) -> EmailMessage:
    """Return a mail as a mail program reads it."""
    found = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls", choices=["starttls", "tls", "none"], default="starttls")
    parser.add_argument("--certificate")
    parser.add_argument("--auth", action="store_true")
    asyncio.run(serve(parser.parse_args()))
