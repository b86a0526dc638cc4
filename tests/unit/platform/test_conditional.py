"""What a client has already is not sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

from shared.platform.conditional import ConditionalGet, matches


def _app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(ConditionalGet)
    shown = {"items": [1]}

    @app.get("/list")
    async def listed() -> dict[str, list[int]]:
        return shown

    @app.post("/list")
    async def add() -> dict[str, list[int]]:
        shown["items"].append(2)
        return shown

    @app.get("/document")
    async def document(response: Response) -> dict[str, int]:
        response.headers["ETag"] = '"7"'
        return {"of": 7}

    @app.get("/file")
    async def file() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b'{"a":'
            yield b"1}"

        return StreamingResponse(parts(), media_type="application/json")

    @app.get("/text")
    async def text() -> Response:
        return Response("今天", media_type="text/plain")

    return app


async def _get(client: httpx.AsyncClient, path: str, has: str | None = None) -> httpx.Response:
    return await client.get(path, headers={"If-None-Match": has} if has else {})


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def test_a_list_that_did_not_change_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await _get(client, "/list")
    again = await _get(client, "/list", first.headers["etag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers
    assert again.headers["vary"] == "Accept-Language, Authorization"


async def test_a_list_that_changed_is_sent_with_another_etag(client: httpx.AsyncClient) -> None:
    first = await _get(client, "/list")
    written = await client.post("/list", headers={"If-None-Match": first.headers["etag"]})
    again = await _get(client, "/list", first.headers["etag"])

    assert "etag" not in written.headers
    assert (again.status_code, again.json()) == (200, {"items": [1, 2]})
    assert again.headers["etag"] != first.headers["etag"]


async def test_a_version_stays_what_it_is(client: httpx.AsyncClient) -> None:
    found = await _get(client, "/document", '"7"')

    assert (found.status_code, found.json(), found.headers["etag"]) == (200, {"of": 7}, '"7"')


@pytest.mark.parametrize("path", ["/file", "/text"])
async def test_what_is_sent_in_parts_or_is_no_json_has_no_etag(client: httpx.AsyncClient, path: str) -> None:
    found = await _get(client, path, "*")

    assert found.status_code == 200
    assert found.content
    assert "etag" not in found.headers


async def test_what_is_not_there_is_never_unchanged(client: httpx.AsyncClient) -> None:
    assert (await _get(client, "/elsewhere", "*")).status_code == 404


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("", False),
        ("a", False),
    ],
)
def test_a_client_names_what_it_has(sent: str, found: bool) -> None:
    assert matches(sent, '"a"') is found
