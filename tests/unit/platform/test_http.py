"""What every service's HTTP interface does, whatever the service."""

import base64
import inspect
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import orjson
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.responses import StreamingResponse
from fastapi.routing import iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel

from shared.platform import tracing
from shared.platform.auth import Principal, Role, TokenVerifier, issue_dev_token
from shared.platform.authorisation import (
    Access,
    EndpointRight,
    anyone,
    check_division,
    require,
    rights_of,
)
from shared.platform.health import Health
from shared.platform.http import (
    CorrelationId,
    CursorKey,
    IdempotencyKey,
    IfMatch,
    Lang,
    MinVersion,
    Page,
    PageRequest,
    Paging,
    RequiredIfMatch,
    _checksum,
    create_app,
    decode_cursor,
    encode_cursor,
    page_of,
    written,
)
from shared.platform.logs import current_correlation_id
from shared.platform.metrics import Metrics
from shared.platform.problems import InvalidRequestError
from shared.platform.settings import load_settings
from shared.platform.tracing import current_traceparent

SETTINGS = load_settings(dev_token_secret="s" * 40, county="371621")
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
LIMIT = 1000

Adopter = Annotated[Principal, Depends(require(Role.LIAISON))]
Planner = Annotated[Principal, Depends(require(Role.OFFICE, scope="county"))]
Reader = Annotated[Principal, Depends(require(Role.DEPARTMENT, access=Access.READ))]
Somebody = Annotated[Principal | None, Depends(anyone(Access.WRITE))]


class Note(BaseModel):
    text: str


def routes() -> APIRouter:
    router = APIRouter()

    @router.post("/echo")
    async def echo(note: Note, caller: Somebody, correlation_id: CorrelationId) -> dict[str, Any]:
        return {
            "subject": caller.subject if caller else None,
            "correlation_id": correlation_id,
            "logged": current_correlation_id(),
            "traceparent": current_traceparent(),
        }

    @router.get("/headers")
    async def headers(
        key: IdempotencyKey, version: IfMatch, minimum: MinVersion, language: Lang
    ) -> dict[str, Any]:
        return {"key": key, "version": version, "minimum": minimum, "language": language}

    @router.put("/topics/{division}")
    async def change(division: str, caller: Adopter, version: RequiredIfMatch, response: Response) -> None:
        check_division(caller, division)
        written(response, f"/topics/{division}", version + 1)

    @router.post("/plans")
    async def plan(caller: Planner) -> str:
        return caller.subject

    @router.get("/cases")
    async def cases(caller: Reader) -> str:
        return caller.subject

    @router.get("/crash")
    async def crash() -> None:
        raise RuntimeError("secret of the house")

    @router.get("/broken-stream")
    async def broken_stream() -> StreamingResponse:
        async def half() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("secret of the house")

        return StreamingResponse(half())

    @router.get("/own-policy")
    async def own_policy(response: Response) -> None:
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        response.headers["Cache-Control"] = "max-age=60"

    @router.get("/numbers")
    async def numbers(paging: Paging) -> Page[int]:
        after = paging.after("numbers")
        start = 0 if after is None else int(str(after[0])) + 1
        found = list(range(start, min(start + paging.limit + 1, 7)))
        return page_of(found, paging, "numbers", lambda number: [number])

    return router


def application() -> FastAPI:
    return create_app(
        "topics",
        "惠协商 · 议题",
        SETTINGS,
        routers=[routes()],
        health=Health(),
        metrics=Metrics(of_process=False),
        max_body_bytes=LIMIT,
    )


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as found:
        yield found


def bearer(role: Role, division: str = "371621001") -> dict[str, str]:
    return {"authorization": f"Bearer {issue_dev_token(SETTINGS, [role], division, 'p-1')}"}


# --- correlation and traces


async def test_a_correlation_id_is_taken_over_sent_back_and_logged(client: httpx.AsyncClient) -> None:
    response = await client.post("/echo", json={"text": "a"}, headers={"x-correlation-id": "import:12"})
    assert response.headers["x-correlation-id"] == "import:12"
    assert response.json()["correlation_id"] == response.json()["logged"] == "import:12"


@pytest.mark.parametrize("sent", ["", "with space", "x" * 129, '"><script>'])
async def test_an_id_that_could_do_harm_in_a_log_is_replaced(client: httpx.AsyncClient, sent: str) -> None:
    response = await client.post("/echo", json={"text": "a"}, headers={"x-correlation-id": sent})
    assert len(response.headers["x-correlation-id"]) == 32
    assert response.headers["x-correlation-id"] == response.json()["correlation_id"]


async def test_a_callers_trace_goes_on_without_an_exporter(client: httpx.AsyncClient) -> None:
    response = await client.post("/echo", json={"text": "a"}, headers={"traceparent": PARENT})
    assert response.json()["traceparent"] == PARENT


async def test_with_an_exporter_a_request_is_a_span_of_the_callers_trace(
    client: httpx.AsyncClient,
) -> None:
    exporter = InMemorySpanExporter()
    tracing.configure(
        "topics", load_settings(otel_exporter_endpoint="http://x:1"), [SimpleSpanProcessor(exporter)]
    )
    try:
        await client.put("/topics/371621001", headers={"traceparent": PARENT})
    finally:
        tracing.shutdown()
    (span,) = exporter.get_finished_spans()
    assert span.name == "topics PUT /topics/{division}"
    assert (span.attributes or {})["http.response.status_code"] == 401
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "00f067aa0ba902b7"


# --- what goes wrong


async def test_a_log_names_the_route_and_neither_ids_nor_query(
    client: httpx.AsyncClient, stream: io.StringIO
) -> None:
    await client.put("/topics/371621001?query_code=4711")
    assert "/topics/{division}" in stream.getvalue()
    assert "4711" not in stream.getvalue()
    assert "371621001" not in stream.getvalue()


async def test_what_nobody_caught_is_told_by_its_id_alone_and_logged_with_it(
    client: httpx.AsyncClient, stream: io.StringIO
) -> None:
    response = await client.get("/crash", headers={"x-correlation-id": "c-9"})
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert response.json()["instance"] == "urn:hxs:request:c-9"
    assert response.headers["x-correlation-id"] == "c-9"
    assert "secret of the house" not in response.text
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    unhandled, request = (line for line in lines if line["logger"].startswith("shared."))
    assert (unhandled["event"], unhandled["correlation_id"]) == ("unhandled exception", "c-9")
    assert "RuntimeError" in unhandled["exception"]
    assert (request["route"], request["status"], request["level"]) == ("/crash", 500, "warning")


async def test_half_an_answer_is_broken_off_and_not_completed(client: httpx.AsyncClient) -> None:
    with pytest.raises(RuntimeError, match="secret of the house"):
        await client.get("/broken-stream")


async def test_a_body_that_says_it_is_too_large_is_not_read(client: httpx.AsyncClient) -> None:
    response = await client.post("/echo", json={"text": "x" * LIMIT})
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
    assert "x-correlation-id" in response.headers


async def test_a_body_that_does_not_say_how_large_it_is_is_counted(client: httpx.AsyncClient) -> None:
    async def chunks(count: int) -> AsyncIterator[bytes]:
        yield b'{"text": "'
        for _ in range(count):
            yield b"x" * 100
        yield b'"}'

    headers = {"content-type": "application/json"}
    fits = await client.post("/echo", content=chunks(9), headers=headers)
    too_large = await client.post("/echo", content=chunks(10), headers=headers)
    assert fits.status_code == 200
    assert (too_large.status_code, too_large.json()["code"]) == (413, "body-too-large")


# --- headers of every answer


async def test_every_answer_has_the_headers_that_protect_its_reader(client: httpx.AsyncClient) -> None:
    for path in ("/numbers", "/nowhere", "/crash"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


async def test_what_an_endpoint_says_itself_is_kept(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/own-policy")).headers
    assert headers.get_list("content-security-policy") == ["default-src 'none'"]
    assert headers.get_list("cache-control") == ["max-age=60"]


async def test_the_documentation_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/redoc"):
        page = await client.get(path)
        assert page.status_code == 200
        for attribute in ('src="http', 'href="http', 'src="//'):
            assert attribute not in page.text
    script = await client.get("/static-offline-docs/swagger-ui-bundle.js")
    assert script.status_code == 200
    assert "no-store" not in script.headers.get("cache-control", "")


async def test_the_description_names_problem_documents_and_how_to_sign_in(client: httpx.AsyncClient) -> None:
    found = (await client.get("/openapi.json")).json()
    responses = found["paths"]["/plans"]["post"]["responses"]
    assert list(responses["401"]["content"]) == ["application/problem+json"]
    assert "default" not in responses
    assert not {"HTTPValidationError", "ValidationError"} & set(found["components"]["schemas"])
    assert found["paths"]["/plans"]["post"]["security"] == [{"HTTPBearer": []}]
    assert not {"/livez", "/readyz", "/metrics"} & set(found["paths"])


async def test_health_and_metrics_are_there(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert (await client.get(path)).status_code == 200


async def test_the_verifier_is_closed_when_the_application_ends() -> None:
    ran: list[str] = []

    class Tokens(TokenVerifier):
        async def aclose(self) -> None:
            ran.append("closed")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        ran.append("started")
        yield
        ran.append("stopped")

    app = create_app(
        "topics",
        "t",
        SETTINGS,
        health=Health(),
        metrics=Metrics(of_process=False),
        verifier=Tokens(SETTINGS),
        lifespan=lifespan,
    )
    async with app.router.lifespan_context(app):
        assert ran == ["started"]
    assert ran == ["started", "stopped", "closed"]


# --- headers of requests


async def test_headers_that_are_not_sent_are_none_and_chinese_is_spoken(client: httpx.AsyncClient) -> None:
    expected = {"key": None, "version": None, "minimum": None, "language": "zh"}
    assert (await client.get("/headers")).json() == expected


async def test_headers_that_are_sent_are_read(client: httpx.AsyncClient) -> None:
    sent = {"Idempotency-Key": "a" * 200, "If-Match": '"3"', "HXS-Min-Version": "7", "Accept-Language": "en"}
    expected = {"key": "a" * 200, "version": 3, "minimum": 7, "language": "en"}
    assert (await client.get("/headers", headers=sent)).json() == expected


async def test_any_version_will_do_for_a_star(client: httpx.AsyncClient) -> None:
    assert (await client.get("/headers", headers={"if-match": "*"})).json()["version"] is None


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("Idempotency-Key", "", "invalid-idempotency-key"),
        ("Idempotency-Key", "a" * 201, "invalid-idempotency-key"),
        ("Idempotency-Key", "a b", "invalid-idempotency-key"),
        ("If-Match", "3", "invalid-if-match"),
        ("If-Match", 'W/"3"', "invalid-if-match"),
        ("If-Match", '"3", "4"', "invalid-if-match"),
        ("If-Match", '"03"', "invalid-if-match"),
        ("HXS-Min-Version", "-1", "invalid-min-version"),
        ("HXS-Min-Version", "x", "invalid-min-version"),
        ("HXS-Min-Version", "9" * 30, "invalid-min-version"),
    ],
)
async def test_a_header_that_cannot_be_used_is_named(
    client: httpx.AsyncClient, header: str, value: str, code: str
) -> None:
    response = await client.get("/headers", headers={header: value})
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["errors"][0]["field"] == f"header.{header.lower()}"


# --- rights


async def test_without_a_token_one_is_asked_to_sign_in(client: httpx.AsyncClient) -> None:
    response = await client.put("/topics/371621001")
    assert (response.status_code, response.json()["code"]) == (401, "not-signed-in")
    assert response.headers["www-authenticate"] == 'Bearer realm="hxs"'


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic dTpw", "Bearer", "nonsense"])
async def test_a_token_that_is_not_accepted_is_refused_even_where_none_is_needed(
    client: httpx.AsyncClient, header: str
) -> None:
    response = await client.post("/echo", json={"text": "a"}, headers={"authorization": header})
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_where_anybody_may_the_caller_is_known_if_they_say_so(client: httpx.AsyncClient) -> None:
    known = await client.post("/echo", json={"text": "a"}, headers=bearer(Role.RESIDENT))
    unknown = await client.post("/echo", json={"text": "a"})
    assert (known.json()["subject"], unknown.json()["subject"]) == ("p-1", None)


@pytest.mark.parametrize(
    ("role", "division", "resource", "status"),
    [
        (Role.LIAISON, "371621001", "371621001", 200),
        (Role.LIAISON, "371621001", "371621001201", 200),
        (Role.LIAISON, "371621001", "371621003", 404),
        (Role.OFFICE, "371621", "371621003", 200),
        (Role.OFFICE, "371622", "371621003", 404),
        (Role.RESIDENT, "371621001", "371621001", 403),
        (Role.AUDITOR, "371621", "371621001", 403),
        (Role.ADMIN, "371621", "371621001", 403),
    ],
)
async def test_a_write_needs_the_role_and_the_division(
    client: httpx.AsyncClient, role: Role, division: str, resource: str, status: int
) -> None:
    headers = bearer(role, division) | {"if-match": '"3"'}
    response = await client.put(f"/topics/{resource}", headers=headers)
    assert response.status_code == status


async def test_a_role_that_may_not_is_told_which_may(client: httpx.AsyncClient) -> None:
    response = await client.put("/topics/371621001", headers=bearer(Role.RESIDENT))
    assert response.json()["code"] == "role-not-allowed"
    assert response.json()["roles"] == ["liaison", "office"]


@pytest.mark.parametrize(("division", "status"), [("371621", 200), ("371621001", 403), ("371622", 403)])
async def test_what_concerns_the_county_is_for_those_of_the_whole_county(
    client: httpx.AsyncClient, division: str, status: int
) -> None:
    assert (await client.post("/plans", headers=bearer(Role.OFFICE, division))).status_code == status


async def test_the_auditor_reads(client: httpx.AsyncClient) -> None:
    assert (await client.get("/cases", headers=bearer(Role.AUDITOR))).status_code == 200


def test_rights_can_be_read_off_the_application() -> None:
    found = {(right.method, right.path): right.permission for right in rights_of(application())}
    assert found["PUT", "/topics/{division}"] == require(Role.LIAISON).permission
    assert found["POST", "/plans"] == require(Role.OFFICE, scope="county").permission
    assert found["POST", "/echo"] == anyone(Access.WRITE).permission


def test_an_endpoint_without_declared_rights_shows() -> None:
    assert EndpointRight("GET", "/headers", None) in rights_of(application())


def calls_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for dependency in dependant.dependencies:
        if dependency.call is not None:
            yield dependency.call
        yield from calls_of(dependency)


def test_no_dependency_of_ours_takes_a_detour_through_a_thread() -> None:
    """A plain function as a dependency costs a command more than all its checks together."""
    for route in iter_route_contexts(application().routes):
        for call in calls_of(getattr(route, "dependant", Dependant())):
            function = call if inspect.isfunction(call) else type(call).__call__
            assert inspect.iscoroutinefunction(function), call


# --- writes and versions


async def test_a_write_says_where_and_which_version(client: httpx.AsyncClient) -> None:
    headers = bearer(Role.LIAISON) | {"if-match": '"3"'}
    response = await client.put("/topics/371621001", headers=headers)
    assert (response.headers["location"], response.headers["etag"]) == ("/topics/371621001", '"4"')


async def test_a_write_that_needs_a_version_says_so(client: httpx.AsyncClient) -> None:
    response = await client.put("/topics/371621001", headers=bearer(Role.LIAISON))
    assert (response.status_code, response.json()["code"]) == (428, "version-required")


# --- pages


async def test_following_next_gives_every_item_once_and_ends(client: httpx.AsyncClient) -> None:
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/numbers", params={"limit": "3"} | cursor)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == list(range(7))


@pytest.mark.parametrize("limit", ["0", "201", "x"])
async def test_a_page_has_1_to_200_items(client: httpx.AsyncClient, limit: str) -> None:
    response = await client.get("/numbers", params={"limit": limit})
    assert response.json()["errors"][0]["field"] == "query.limit"


def test_an_exactly_full_last_page_has_no_next() -> None:
    assert page_of([1, 2, 3], PageRequest(3, None), "numbers", lambda n: [n]).next is None


KEYS = st.lists(st.text() | st.integers(-(2**53), 2**53) | st.none(), max_size=4)


@given(KEYS)
def test_a_cursor_carries_the_keys_it_was_made_of(keys: list[CursorKey]) -> None:
    assert decode_cursor("topics", encode_cursor("topics", *keys)) == tuple(keys)


@given(st.integers(0, 40), st.characters(codec="ascii"))
def test_a_cursor_that_was_changed_is_refused(position: int, character: str) -> None:
    cursor = encode_cursor("topics", "2024-09-05T08:00:00Z", "topic-1")
    changed = cursor[:position] + character + cursor[position + 1 :]
    if changed != cursor:
        with pytest.raises(InvalidRequestError):
            decode_cursor("topics", changed)


@pytest.mark.parametrize("cursor", ["", "x", "e30", "bnVsbA", "W10", "%%%", "游标", "=" * 9])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decode_cursor("topics", cursor)
    assert (caught.value.status, caught.value.code) == (400, "invalid-cursor")


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        decode_cursor("cases", encode_cursor("topics", 1))


def test_a_cursor_cannot_carry_an_operator_of_the_database() -> None:
    keys = [{"$gt": ""}]
    content = [_checksum("topics", orjson.dumps(keys)), *keys]
    forged = base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()
    with pytest.raises(InvalidRequestError):
        decode_cursor("topics", forged)
