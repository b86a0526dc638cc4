"""What every service's HTTP interface is made of: the application, headers, versions, pages of lists."""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version as version_of
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Response
from fastapi_offline import FastAPIOffline
from opentelemetry.trace import SpanKind
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.platform import health as health_routes
from shared.platform import problems
from shared.platform.auth import TokenVerifier
from shared.platform.conditional import ConditionalGet
from shared.platform.health import Health
from shared.platform.language import Language, Text, negotiate
from shared.platform.logs import correlated, current_correlation_id, logger
from shared.platform.metrics import Metrics
from shared.platform.openapi import describe_problems
from shared.platform.problems import InvalidRequestError, PreconditionRequiredError, Problem
from shared.platform.settings import Settings
from shared.platform.tracing import current_traceparent, span, trace_id_of

MAX_BODY_BYTES = 1_048_576
LARGEST_PAGE = 200
DEFAULT_PAGE = 50
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The API's own documentation pages carry an inline script that we do not write; they show no data.
_DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; worker-src blob:; frame-ancestors 'none'"
)
_DOCS_PATHS = ("/docs", "/redoc")
_STATIC_PATHS = ("/static",)  # also the documentation's `/static-offline-docs`

_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_ETAG = re.compile(r'"(0|[1-9][0-9]{0,17})"')
_VERSION = re.compile(r"0|[1-9][0-9]{0,17}")

_log = logger(__name__)
_enabled = logging.getLogger(__name__)  # asked first: it answers from a cache, in no time
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def _too_large() -> HTTPException:
    # Raised while the framework reads the body, where it lets only this class through.
    return HTTPException(413)


def _limited(receive: Receive, most_bytes: int) -> Receive:
    """Count a body whose length was not announced."""
    received = 0

    async def counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most_bytes:
            raise _too_large()
        return message

    return counting


class RequestContext:
    """ASGI middleware: correlation id, trace, body limit, security headers, and a 500 for what nobody caught.

    Plain ASGI, and one layer for all of it, because every command pays for each layer.

    Args:
        app: what is wrapped.
        service: names spans.
        max_body_bytes: a larger body is answered with 413.
        larger_bodies: paths that take larger bodies, and how large.
        content_security_policy: of responses that set none.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        max_body_bytes: int,
        larger_bodies: Mapping[str, int],
        content_security_policy: str,
    ) -> None:
        self._app = app
        self._service = service
        self._max_body_bytes = max_body_bytes
        self._larger_bodies = larger_bodies
        self._policy = content_security_policy.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _header(scope, b"x-correlation-id")
        correlation_id = sent if _CORRELATION_ID.fullmatch(sent) else uuid.uuid4().hex
        traceparent = _header(scope, b"traceparent") or None
        with (
            span(f"{self._service} {scope['method']}", traceparent, kind=SpanKind.SERVER) as traced,
            correlated(correlation_id, trace_id_of(current_traceparent())),
        ):
            status = await self._handle(scope, receive, send, correlation_id)
            traced.set_attribute("http.response.status_code", status)
            if traced.is_recording():
                traced.update_name(f"{self._service} {scope['method']} {_route(scope)}")

    async def _handle(self, scope: Scope, receive: Receive, send: Send, correlation_id: str) -> int:
        started_at = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._completed(scope, message.get("headers", ()), correlation_id)
            await send(message)

        language = _header(scope, b"accept-language")
        most_bytes = self._larger_bodies.get(scope["path"], self._max_body_bytes)
        try:
            length = _header(scope, b"content-length")
            if length.isdecimal() and int(length) > most_bytes:
                refusal = problems.response_to(Problem("body-too-large"), language)
                await refusal(scope, receive, send_with_headers)
            else:
                limited = receive if length else _limited(receive, most_bytes)
                await self._app(scope, limited, send_with_headers)
        except ClientDisconnect:
            _log.debug("client went away", route=_route(scope))
        except Exception as error:
            if status:  # half an answer is out: only breaking the connection tells the client
                _log.error("failed while answering", route=_route(scope))
                raise
            failure = problems.answer_unhandled(error, language)
            await failure(scope, receive, send_with_headers)
        seconds = round(time.perf_counter() - started_at, 4)
        if status >= 500 or _enabled.isEnabledFor(logging.DEBUG):
            tell = _log.warning if status >= 500 else _log.debug
            # The route, not the path: ids and query codes of residents do not belong in logs.
            tell("request", method=scope["method"], route=_route(scope), status=status, seconds=seconds)
        return status

    def _completed(
        self, scope: Scope, headers: Iterable[tuple[bytes, bytes]], correlation_id: str
    ) -> list[tuple[bytes, bytes]]:
        completed = list(headers)
        present = {name for name, _ in completed}
        path = scope["path"]
        policy = _DOCS_POLICY.encode() if path.startswith(_DOCS_PATHS) else self._policy
        defaults = [
            (b"x-correlation-id", correlation_id.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-security-policy", policy),
        ]
        if not path.startswith(_STATIC_PATHS):
            defaults.append((b"cache-control", b"no-store"))
        completed += [(name, value) for name, value in defaults if name not in present]
        return completed


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "unmatched"))


def create_app(
    service: str,
    title: str,
    settings: Settings,
    *,
    routers: Iterable[APIRouter] = (),
    health: Health,
    metrics: Metrics,
    verifier: TokenVerifier | None = None,
    lifespan: Lifespan | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
    larger_bodies: Mapping[str, int] | None = None,
    content_security_policy: str = CONTENT_SECURITY_POLICY,
) -> FastAPI:
    """Return a service's HTTP application, with its documentation, health and metrics.

    `app.state` has `settings` and `verifier`. Documentation pages load nothing from elsewhere.

    Args:
        service: e.g. `topics`.
        title: shown on the documentation pages.
        settings: which tokens are accepted, which county this is.
        routers: the service's own routes.
        health: heartbeats and readiness checks.
        metrics: shown at `/metrics`.
        verifier: of bearer tokens; made from the settings unless given; closed when the application ends.
        lifespan: what runs while the application does.
        max_body_bytes: a larger request body is answered with 413.
        larger_bodies: paths that take larger bodies, and how large.
        content_security_policy: of responses that set none of their own.
    """
    tokens = verifier or TokenVerifier(settings)

    @asynccontextmanager
    async def whole_lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            if lifespan is None:
                yield
            else:
                async with lifespan(app):
                    yield
        finally:
            await tokens.aclose()

    app = FastAPIOffline(
        title=title,
        version=version_of("huixieshang"),
        lifespan=whole_lifespan,
        redirect_slashes=False,
        # `RequestContext` traces; the framework's own would do it twice, with messages of exceptions.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    describe_problems(app)
    app.state.settings = settings
    app.state.verifier = tokens
    problems.install(app)
    app.add_middleware(ConditionalGet)
    app.add_middleware(
        RequestContext,
        service=service,
        max_body_bytes=max_body_bytes,
        larger_bodies=larger_bodies or {},
        content_security_policy=content_security_policy,
    )
    for router in routers:  # first, because routes are tried in this order
        app.include_router(router)
    app.include_router(health_routes.router(health))
    app.add_route("/metrics", metrics.endpoint, include_in_schema=False)
    return app


# Dependencies are coroutines even where they wait for nothing: a plain function would be sent to a thread,
# which costs more than all of them together.


async def language(accept_language: Annotated[str, Header()] = "") -> Language:
    """Return the language the caller wants; Chinese unless English is preferred."""
    return negotiate(accept_language)


async def idempotency_key(
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="Same key, same answer")] = None,
) -> str | None:
    """Return the key that makes a repeated command the same command.

    Raises:
        InvalidRequestError: not 1–200 visible ASCII characters.
    """
    if key is None or _IDEMPOTENCY_KEY.fullmatch(key):
        return key
    raise InvalidRequestError(
        "invalid-idempotency-key",
        Text("应为 1–200 个可见 ASCII 字符。", "Use 1–200 visible ASCII characters."),
        field="header.idempotency-key",
    )


async def expected_version(
    if_match: Annotated[str | None, Header(description='Version the change is based on, e.g. `"3"`')] = None,
) -> int | None:
    """Return the version a change is based on, None where any will do (`*` or no header).

    Raises:
        InvalidRequestError: anything but one strong ETag of ours.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidRequestError(
            "invalid-if-match",
            Text('应为带引号的版本号，如 "3"。', 'Send one quoted version, e.g. "3".'),
            field="header.if-match",
        )
    return int(found[1])


async def required_version(expected: Annotated[int | None, Depends(expected_version)]) -> int:
    """Return the version a change is based on.

    Raises:
        PreconditionRequiredError: none was sent.
        InvalidRequestError: see `expected_version`.
    """
    if expected is None:
        raise PreconditionRequiredError
    return expected


async def minimum_version(
    sent: Annotated[
        str | None, Header(alias="HXS-Min-Version", description="Wait until the data has this version")
    ] = None,
) -> int | None:
    """Return the stream version a read has to have seen.

    Raises:
        InvalidRequestError: not a non-negative whole number.
    """
    if sent is None:
        return None
    if not _VERSION.fullmatch(sent):
        raise InvalidRequestError(
            "invalid-min-version",
            Text("应为非负整数。", "Send a non-negative whole number."),
            field="header.hxs-min-version",
        )
    return int(sent)


async def correlation_id() -> str:
    """Return the id that everything coming of this request shares."""
    return current_correlation_id() or uuid.uuid4().hex


Lang = Annotated[Language, Depends(language)]
IdempotencyKey = Annotated[str | None, Depends(idempotency_key)]
IfMatch = Annotated[int | None, Depends(expected_version)]
RequiredIfMatch = Annotated[int, Depends(required_version)]
MinVersion = Annotated[int | None, Depends(minimum_version)]
CorrelationId = Annotated[str, Depends(correlation_id)]


def etag(version: int) -> str:
    """Return a version as an ETag."""
    return f'"{version}"'


def written(response: Response, location: str, version: int) -> None:
    """Say where what was written is, and which version it has now."""
    response.headers["Location"] = location
    response.headers["ETag"] = etag(version)


CursorKey = str | int | None
Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` leads to the following one and is null on the last."""

    items: list[Item]
    next: str | None = Field(None, description="Send as `cursor` to get the next page")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is asked for."""

    limit: int
    cursor: str | None

    def after(self, listing: str) -> tuple[CursorKey, ...] | None:
        """Return the sort keys of the last item seen, None for the first page.

        Raises:
            InvalidRequestError: the cursor is not one that this listing gave out.
        """
        return None if self.cursor is None else decode_cursor(listing, self.cursor)


def _checksum(listing: str, payload: bytes) -> str:
    return hashlib.blake2s(payload, key=listing.encode()[:32], digest_size=6).hexdigest()


def encode_cursor(listing: str, *keys: CursorKey) -> str:
    """Return an opaque cursor for the item with these sort keys.

    It carries a checksum, against slips and against a cursor of another list; not a signature: whoever
    forges one only jumps within a list that they may read anyway.

    Args:
        listing: names the list and its order, e.g. `topics-by-proposed`.
        *keys: the item's values of what the list is sorted by.
    """
    payload = orjson.dumps(keys)
    return base64.urlsafe_b64encode(orjson.dumps([_checksum(listing, payload), *keys])).rstrip(b"=").decode()


def decode_cursor(listing: str, cursor: str) -> tuple[CursorKey, ...]:
    """Return the sort keys in a cursor.

    Raises:
        InvalidRequestError: it was not given out by this listing.
    """
    try:
        found = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        checksum, *keys = found if isinstance(found, list) else [None]
        # Only plain values: anything else could be read as an operator by the database.
        plain = all(key is None or isinstance(key, str | int) for key in keys)
        if plain and checksum == _checksum(listing, orjson.dumps(keys)):
            return tuple(keys)
    except (binascii.Error, ValueError):
        pass  # said below, the same for every way in which it can be wrong
    raise InvalidRequestError(
        "invalid-cursor",
        Text("请从第一页重新开始。", "Start again from the first page."),
        field="query.cursor",
    )


async def page_request(
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Items on a page")] = DEFAULT_PAGE,
    cursor: Annotated[str | None, Query(max_length=1024, description="`next` of the page before")] = None,
) -> PageRequest:
    """Return which page is asked for."""
    return PageRequest(limit, cursor)


Paging = Annotated[PageRequest, Depends(page_request)]


def page_of(
    found: list[Item], request: PageRequest, listing: str, keys_of: Callable[[Item], Iterable[CursorKey]]
) -> Page[Item]:
    """Return a page from up to `limit + 1` items: the one too many shows that there is a next page."""
    items = found[: request.limit]
    more = len(found) > request.limit
    return Page(items=items, next=encode_cursor(listing, *keys_of(items[-1])) if more else None)
