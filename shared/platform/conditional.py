"""Conditional reads: what a client has already is not sent again (RFC 9110, section 13).

An ETag of a list is a digest of what is answered, so that it changes just when the answer does: in another
language, for another caller, on another day. The database is asked all the same; a dashboard that wants to
ask less often listens to the stream of changes.
"""

from __future__ import annotations

from hashlib import blake2s

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_CONTENT = (b"content-length", b"content-type")
_VARY = (b"vary", b"Accept-Language, Authorization")


def matches(if_none_match: str, etag: str) -> bool:
    """Tell whether a client has an answer already.

    Args:
        if_none_match: the header: `*`, or ETags separated by commas; weak ones count as strong ones do.
        etag: of the answer, with its quotes.
    """
    named = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in named or etag in named


class ConditionalGet:
    """ASGI middleware: JSON answers to GET get an ETag, and are 304 where the client has them.

    An answer that has an ETag of its own (a version, which `If-Match` takes) and one that is sent in parts
    (a stream, a file) stay as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        named = [value for name, value in scope["headers"] if name == b"if-none-match"]
        answer = _Answer(send, b",".join(named).decode("latin-1"))
        await self._app(scope, receive, answer.send)


class _Answer:
    """Keeps the beginning of an answer back until its body is known."""

    def __init__(self, send: Send, if_none_match: str) -> None:
        self._send = send
        self._if_none_match = if_none_match
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_ours(message):
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if message.get("more_body", False):
                await self._send(start)
            else:
                await self._send(self._validated(start, message))
                if start["status"] == 304:
                    message = {**message, "body": b""}
        await self._send(message)

    def _validated(self, start: Message, message: Message) -> Message:
        # Never a number: that would be a version, which `If-Match` takes.
        etag = f'"c-{blake2s(message.get("body", b""), digest_size=12).hexdigest()}"'
        start["headers"] = [*start["headers"], (b"etag", etag.encode()), _VARY]
        if matches(self._if_none_match, etag):
            start["status"] = 304
            start["headers"] = [(name, value) for name, value in start["headers"] if name not in _OF_CONTENT]
        return start


def _is_ours(start: Message) -> bool:
    headers = dict(start["headers"])
    is_json = headers.get(b"content-type", b"").startswith(b"application/json")
    return start["status"] == 200 and is_json and b"etag" not in headers
