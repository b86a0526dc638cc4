"""A system that webhooks go to, as a subscriber would write it: for the demo, for tests, to try one out.

    with WebhookReceiver([secret]) as receiver:
        ...  # register receiver.url; HXS_WEBHOOK_ALLOW=127.0.0.1 lets notify call this machine
        assert receiver.received[0].type == "hxs.cases.ProblemSolved.v1"

It verifies with `standardwebhooks`, takes each `webhook-id` once, and answers 204. As a process of its own,
`python -m shared.cli.demo.webhook_receiver --port 8090 whsec_…` prints a line of JSON for each request.
"""

from __future__ import annotations

import argparse
import json
import ssl
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LARGEST_BYTES = 1_000_000
_LOOK_EVERY_SECONDS = 0.02  # whether it is to end


@dataclass(frozen=True)
class Received:
    """A request whose signature is right.

    Attributes:
        id: `webhook-id`.
        type: of what is told, e.g. `hxs.cases.ProblemSolved.v1`.
        data: what is told.
        again: the id came before; a receiver has nothing to do.
        headers: names in lower case.
    """

    id: str
    type: str
    timestamp: str
    data: Mapping[str, Any]
    again: bool
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What a receiver answers."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class WebhookReceiver:
    """Listens on a port of this machine while it is entered.

    Args:
        secrets: one of which has to have signed; `trust` adds one that becomes known later.
        host: to listen on.
        port: likewise; 0 for a free one.
        answer: decides what is answered to a request, None for one that is refused; 204 and 401 unless given.
        told: called after each request that was answered.

    Attributes:
        received: requests whose signature was right, in the order in which they came.
        refused: why others were not taken.
        unavailable: while it is set, 503 is answered; what came is kept all the same.
    """

    def __init__(
        self,
        secrets: Sequence[str] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        answer: Callable[[Received | None], Answer] | None = None,
        told: Callable[[Received | str], None] = lambda _: None,
    ) -> None:
        self.received: list[Received] = []
        self.refused: list[str] = []
        self.unavailable = False
        self._secrets = list(secrets)
        self._answer = answer or self._usual
        self._told = told
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(_LOOK_EVERY_SECONDS,),
            name="webhook-receiver",
            daemon=True,
        )

    def over_tls(self, context: ssl.SSLContext) -> None:
        """Speak https, before it is entered."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where to send to."""
        return f"http://{self._server.server_address[0]!s}:{self.port}/hxs"

    def trust(self, secret: str) -> None:
        """Take what is signed with this key, too."""
        self._secrets.append(secret)

    def __enter__(self) -> WebhookReceiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_forever(self) -> None:
        """Listen until interrupted, in the calling thread."""
        self._server.serve_forever()

    def take(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Verify a request and keep it; return what is answered."""
        try:
            received = self._verified(headers, body)
        except WebhookVerificationError as error:
            with self._lock:
                self.refused.append(str(error))
            self._told(str(error))
            return self._answer(None)
        self._told(received)
        return self._answer(received)

    def _usual(self, received: Received | None) -> Answer:
        if received is None:
            return Answer(401)
        return Answer(503) if self.unavailable else Answer()

    def _verified(self, headers: Mapping[str, str], body: bytes) -> Received:
        failed = WebhookVerificationError("no key is known")
        for secret in tuple(self._secrets):
            try:
                said = Webhook(secret).verify(body, dict(headers))
            except WebhookVerificationError as error:
                failed = error
                continue
            with self._lock:
                id_ = headers["webhook-id"]
                again = any(earlier.id == id_ for earlier in self.received)
                received = Received(
                    id_, said["type"], said["timestamp"], said["data"], again, dict(headers), body
                )
                self.received.append(received)
            return received
        raise failed

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                if length > LARGEST_BYTES:
                    self.send_error(413)
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver.take(headers, self.rfile.read(length))
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing: what came is kept."""

        return Handler


def _print(told: Received | str) -> None:
    if isinstance(told, str):
        line: dict[str, Any] = {"refused": told}
    else:
        line = {**asdict(told), "headers": dict(told.headers), "body": told.body.decode()}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """Receive until interrupted; the first line says where."""
    parser = argparse.ArgumentParser(description="Receive webhooks, verify them, print them.")
    parser.add_argument("secrets", nargs="+", metavar="whsec_…")
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args(arguments)
    receiver = WebhookReceiver(asked.secrets, port=asked.port, told=_print)
    sys.stdout.write(json.dumps({"url": receiver.url}) + "\n")
    sys.stdout.flush()
    try:
        receiver.serve_forever()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
