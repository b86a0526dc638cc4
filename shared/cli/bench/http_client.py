"""A client that costs next to nothing: HTTP/1.1 on kept connections, the same bytes again and again.

A library's client takes longer over a request than the server that is measured.

    python -m shared.cli.bench.http_client    reads a `Load` as JSON from standard input, prints what it did
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson

_END_OF_HEAD = b"\r\n\r\n"


class AnswerError(Exception):
    """A server answered what was not asked for, or went away."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, its body as JSON values; None where there is none."""

    status: int
    body: bytes


def request_bytes(method: str, path: str, headers: Mapping[str, str], body: object = None) -> bytes:
    """Return a request as it goes over the wire; `body` as JSON."""
    content = b"" if body is None else orjson.dumps(body)
    said = {"Host": "127.0.0.1", **headers}
    if body is not None:
        said |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


class Connection(asyncio.Protocol):
    """One kept connection, one request at a time; to servers that announce the length of each body."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.WriteTransport | None = None

    @staticmethod
    async def open(port: int) -> Connection:
        """Return a connection to a port of this machine.

        Raises:
            OSError: nobody listens.
        """
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - of a stream it is
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits for an answer."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(AnswerError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Hand over the answer once all of it is there."""
        self._received += data
        head, found, body = self._received.partition(_END_OF_HEAD)
        if not found or self._answer is None:
            return
        if len(body) >= _content_length(head):
            self._received = b""
            self._answer.set_result(Answer(int(head[9:12]), body))

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return the answer.

        Raises:
            AnswerError: the connection was closed.
        """
        if self._transport is None or self._transport.is_closing():
            raise AnswerError("the server closed the connection")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise AnswerError("an answer without Content-Length")


@dataclass(frozen=True, slots=True)
class Load:
    """What to do: the same request by some clients, each waiting for its answer before the next.

    Attributes:
        request: as bytes in Latin-1.
        status: that every answer must have.
    """

    port: int
    request: str
    status: int
    clients: int
    requests: int

    def to_json(self) -> bytes:
        """Return what `main` reads."""
        return orjson.dumps(asdict(self))


async def requests_per_second(load: Load) -> float:
    """Do it.

    Raises:
        AnswerError: an answer had another status.
        OSError: nobody listens.
    """
    request = load.request.encode("latin-1")
    connections = [await Connection.open(load.port) for _ in range(load.clients)]
    left = iter(range(load.requests))

    async def work(connection: Connection) -> None:
        for _ in left:
            answer = await connection.ask(request)
            if answer.status != load.status:
                raise AnswerError(f"{answer.status} instead of {load.status}: {answer.body[:300]!r}")

    started = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return load.requests / seconds


if __name__ == "__main__":
    _load = Load(**orjson.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(requests_per_second(_load))))
