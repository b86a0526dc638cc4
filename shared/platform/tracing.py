"""Traces across HTTP, Kafka and projections, by way of the W3C `traceparent`.

Off unless `HXS_OTEL_EXPORTER_ENDPOINT` is set: then no SDK is imported and a span costs one context
variable. A caller's `traceparent` is passed on even then, so that its trace does not end at this system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
)

from shared.platform.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)

_passed_on: ContextVar[str | None] = ContextVar("hxs_traceparent", default=None)


class TracingUnavailableError(Exception):
    """An exporter is configured but the packages for it are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "HXS_OTEL_EXPORTER_ENDPOINT is set but OpenTelemetry's SDK is not installed: "
            "install huixieshang[otel], or unset the variable"
        )


class _State:
    """What `configure` sets up, once a process."""

    provider: TracerProvider | None = None
    tracer: Tracer | None = None


def _exporting(settings: Settings) -> list[SpanProcessor]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    endpoint = f"{str(settings.otel_exporter_endpoint).rstrip('/')}/v1/traces"
    return [BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint))]


def configure(service: str, settings: Settings, processors: Sequence[SpanProcessor] | None = None) -> bool:
    """Start tracing where an exporter is configured, and tell whether it was started.

    Args:
        service: becomes the resource attribute `service.name`, as `hxs-<service>`.
        settings: says where spans are sent.
        processors: instead of sending them, for tests.

    Raises:
        TracingUnavailableError: configured, but the extra `otel` is not installed.
    """
    shutdown()
    if settings.otel_exporter_endpoint is None:
        return False
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        processors = _exporting(settings) if processors is None else processors
    except ImportError as error:
        raise TracingUnavailableError from error
    # Kept here instead of as the process-wide provider: a process has one service, but tests have many,
    # and the process-wide one can be set only once.
    _State.provider = TracerProvider(resource=Resource.create({"service.name": f"hxs-{service}"}))
    for processor in processors:
        _State.provider.add_span_processor(processor)
    _State.tracer = _State.provider.get_tracer("hxs")
    return True


def shutdown() -> None:
    """Send what is still buffered and stop tracing."""
    if _State.provider is not None:
        _State.provider.shutdown()
    _State.provider = _State.tracer = None


def is_traceparent(value: str | None) -> bool:
    """Tell whether a header's value is a `traceparent` to be trusted with its form."""
    return value is not None and _TRACEPARENT.fullmatch(value) is not None


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the 32 hexadecimal digits that all spans of a trace share."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return found[1] if found else None


def current_traceparent() -> str | None:
    """Return what to send along with whatever is caused now; None outside of any trace."""
    if _State.tracer is not None:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    return _passed_on.get()


def _parent(traceparent: str | None) -> Context | None:
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None  # the span that is current, if any
    context = SpanContext(
        trace_id=int(found[1], 16),
        span_id=int(found[2], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(found[3], 16)),
    )
    return trace.set_span_in_context(NonRecordingSpan(context))


def enabled() -> bool:
    """Tell whether anything is traced, for loops that would only prepare what nobody takes."""
    return _State.tracer is not None


def happened(
    name: str, traceparent: str | None, began_ns: int, **attributes: str | int | float | bool
) -> None:
    """Trace something that is over: it began at `began_ns` (since 1970) and ended now.

    For what is done to many traces at once, such as a batch of events; nothing for an event without a trace.
    """
    parent = _parent(traceparent)
    if _State.tracer is None or parent is None:
        return
    _State.tracer.start_span(
        name, context=parent, kind=SpanKind.CONSUMER, attributes=attributes, start_time=began_ns
    ).end()


@contextmanager
def span(
    name: str,
    parent_traceparent: str | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    **attributes: str | int | float | bool,
) -> Iterator[Span]:
    """Trace what happens inside, as a child of `parent_traceparent` or else of the current span.

    Yields the span, to set attributes on; one that takes none while tracing is off.
    An exception marks the span as failed with its class alone: messages may hold personal data.
    """
    if _State.tracer is None:
        token = _passed_on.set(parent_traceparent) if is_traceparent(parent_traceparent) else None
        try:
            yield trace.INVALID_SPAN
        finally:
            if token is not None:
                _passed_on.reset(token)
        return
    with _State.tracer.start_as_current_span(
        name,
        context=_parent(parent_traceparent),
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as started:
        try:
            yield started
        except Exception as error:
            started.set_attribute("error.type", type(error).__qualname__)
            started.set_status(Status(StatusCode.ERROR))
            raise
