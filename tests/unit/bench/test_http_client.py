"""The client of the bench counts complete answers only, and trusts none that was not asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from shared.cli.bench.http_client import AnswerError, Connection, Load, request_bytes, requests_per_second

ANSWER = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nContent-Length: 9\r\n\r\n" + b'{"id": 1}'


@asynccontextmanager
async def server(pieces: Sequence[bytes], seen: list[bytes] | None = None) -> AsyncIterator[int]:
    """Answer each request with these pieces, one packet each; with none, hang up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(65_536):
            if seen is not None:
                seen.append(head)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if not pieces:
                break
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def test_a_request_says_how_long_its_body_is() -> None:
    request = request_bytes("POST", "/topics", {"Authorization": "Bearer t"}, {"title": "题"})
    head, _, body = request.partition(b"\r\n\r\n")

    assert head.startswith(b"POST /topics HTTP/1.1\r\n")
    assert b"Authorization: Bearer t" in head
    assert f"Content-Length: {len(body)}".encode() in head


@pytest.mark.parametrize("pieces", [[ANSWER], [ANSWER[:20], ANSWER[20:-4], ANSWER[-4:]]])
async def test_an_answer_is_handed_over_when_all_of_it_is_there(pieces: list[bytes]) -> None:
    async with server(pieces) as port:
        connection = await Connection.open(port)
        answers = [await connection.ask(request_bytes("GET", "/", {})) for _ in range(2)]
        connection.close()

    assert [(a.status, a.body) for a in answers] == [(201, b'{"id": 1}')] * 2


async def test_a_load_sends_so_many_requests_and_tells_how_many_a_second() -> None:
    seen: list[bytes] = []
    async with server([ANSWER], seen) as port:
        rate = await requests_per_second(Load(port, "GET / HTTP/1.1\r\n\r\n", 201, clients=3, requests=20))

    assert len(seen) == 20
    assert rate > 0


async def test_an_answer_with_another_status_ends_the_load() -> None:
    async with server([ANSWER]) as port:
        with pytest.raises(AnswerError, match="201 instead of 200"):
            await requests_per_second(Load(port, "GET / HTTP/1.1\r\n\r\n", 200, clients=1, requests=2))


async def test_a_connection_that_is_closed_is_no_answer() -> None:
    async with server([]) as port:
        connection = await Connection.open(port)
        with pytest.raises(AnswerError, match="closed"):
            await connection.ask(request_bytes("GET", "/", {}))
