"""Logs: one JSON object a line, or coloured text on a terminal; personal data and secrets never.

Whatever libraries log through `logging` takes the same way. What must not appear is taken out last, after
exceptions became text, so that it also goes from tracebacks.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.platform.settings import Settings

REDACTED = "[redacted]"

_SECRET_PARTS = ("token", "authorization", "password", "passwd", "secret", "cookie", "credential", "api_key")
_PERSONAL_PARTS = ("phone", "mobile", "email", "id_number", "id_card", "address_line")
_PERSONAL_KEYS = frozenset(
    {
        "person_name",
        "full_name",
        "real_name",
        "family_name",
        "given_name",
        "contact_name",
        "display_name",
        "proposer_name",
        "resident_name",
        "member_name",
        "user_name",
        "username",
        "party_membership",
        "tel",
        "contact",
        "query_code",
        "姓名",
        "电话",
        "手机",
        "手机号",
        "邮箱",
        "身份证号",
        "密码",
    }
)
REPEAT_SECONDS = 30.0
"""Between two lines of one library that say the same."""

_DEEPEST = 8  # levels of nesting looked into; what lies deeper is left out altogether

_SCRUBBED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]+"), f"Bearer {REDACTED}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), REDACTED),
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), REDACTED),
    # pydantic repeats what was entered; the field's name, which stays, is enough to find the fault.
    (re.compile(r"input_value=.*?, input_type="), f"input_value={REDACTED}, input_type="),
    (re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])"), REDACTED),  # a mobile number
    (re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])"), REDACTED),  # an identity number
)

_correlation_id: ContextVar[str | None] = ContextVar("hxs_correlation_id", default=None)
_trace_id: ContextVar[str | None] = ContextVar("hxs_trace_id", default=None)


@contextmanager
def correlated(correlation_id: str, trace_id: str | None = None) -> Iterator[None]:
    """Put both ids on every line logged inside."""
    correlation, trace = _correlation_id.set(correlation_id), _trace_id.set(trace_id)
    try:
        yield
    finally:
        _correlation_id.reset(correlation)
        _trace_id.reset(trace)


def current_correlation_id() -> str | None:
    """Return the id of the request or event being handled; None outside of any."""
    return _correlation_id.get()


def _add_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if (correlation_id := _correlation_id.get()) is not None:
        event.setdefault("correlation_id", correlation_id)
    if (trace_id := _trace_id.get()) is not None:
        event.setdefault("trace_id", trace_id)
    return event


def _is_forbidden(key: str) -> bool:
    lowered = key.lower().replace("-", "_")
    return lowered in _PERSONAL_KEYS or any(part in lowered for part in _SECRET_PARTS + _PERSONAL_PARTS)


def scrub(text: str) -> str:
    """Return a text without tokens, passwords in URLs, mobile and identity numbers."""
    for pattern, replacement in _SCRUBBED:
        text = pattern.sub(replacement, text)
    return text


def _clean(value: object, depth: int = 0) -> object:
    if isinstance(value, str):
        return scrub(value)
    if value is None or isinstance(value, int | float | bool):
        return value
    if depth == _DEEPEST:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            str(key): REDACTED if _is_forbidden(str(key)) else _clean(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner, depth + 1) for inner in value]
    return scrub(str(value))


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take out what a log must not hold, by key and by the look of a value (structlog processor)."""
    return {key: REDACTED if _is_forbidden(key) else _clean(value) for key, value in event.items()}


def _to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    try:
        return orjson.dumps(event).decode()
    except orjson.JSONEncodeError:  # a lone surrogate or an integer beyond 64 bits: the line must still come
        return json.dumps(event)


def _renderer(settings: Settings, stream: TextIO) -> Processor:
    on_terminal = settings.env == "dev" and stream.isatty()
    if settings.log_format == "json" or (settings.log_format == "auto" and not on_terminal):
        return _to_json
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def configure(service: str, settings: Settings, stream: TextIO = sys.stderr) -> None:
    """Send all logs of this process to `stream`; may be called again.

    Args:
        service: is on every line.
        settings: least level, and whether lines are JSON or for people.
        stream: where lines go.
    """

    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    before: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.contextvars.merge_contextvars,
        _add_ids,
        add_service,
    ]
    # Tracebacks as plain text, without the values of local variables.
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
        _renderer(settings, stream),
    ]
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # else a logger used before this call would keep the old way
    )
    handler = logging.StreamHandler(stream)
    handler.addFilter(_only_of("aiokafka", Seldom()))
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after))
    _take_over(handler, level)


class Seldom(logging.Filter):
    """Lets the same message of a library pass once in a while, with how often it came meanwhile.

    During an outage the Kafka client says many times a second that it cannot connect; the one line that
    tells an operator something must not drown in it.
    """

    def __init__(self, seconds: float = REPEAT_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is to be logged; one that is counts those before it."""
        now = self._clock()
        key = (record.name, record.levelno, str(record.msg))
        told_at, held_back = self._seen.get(key, (-self._seconds, 0))
        if now - told_at < self._seconds:
            self._seen[key] = (told_at, held_back + 1)
            return False
        self._seen[key] = (now, 0)
        if held_back:
            record.msg = f"{record.msg} (and {held_back} times before)"
        return True


def _only_of(library: str, chosen: logging.Filter) -> Callable[[logging.LogRecord], bool]:
    def passes(record: logging.LogRecord) -> bool:
        return not record.name.startswith(library) or bool(chosen.filter(record))

    return passes


def _take_over(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Libraries that were imported before may have handlers of their own: their lines would come twice,
    # and once unredacted.
    for name in [*logging.Logger.manager.loggerDict, "uvicorn", "uvicorn.error", "uvicorn.access"]:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # The request line with its query would be logged unredacted; `http.py` logs routes instead.
    logging.getLogger("uvicorn.access").disabled = True
    # Chatty at `info`: a line for every rebalance step and every HTTP call of ours.
    for name in ("aiokafka", "pymongo", "motor", "httpx", "httpcore", "faststream"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of a module."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return bound
