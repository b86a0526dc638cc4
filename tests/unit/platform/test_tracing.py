"""Traces: off without cost, on with the parent that a header names."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.platform import tracing
from shared.platform.settings import load_settings

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
ON = load_settings(otel_exporter_endpoint="http://127.0.0.1:4318")


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    found = InMemorySpanExporter()
    tracing.configure("topics", ON, [SimpleSpanProcessor(found)])
    yield found
    tracing.shutdown()


def test_a_span_is_the_child_of_the_header_it_is_given(exporter: InMemorySpanExporter) -> None:
    with tracing.span("fold", PARENT, projection="timeline"):
        assert tracing.trace_id_of(tracing.current_traceparent()) == TRACE
    (span,) = exporter.get_finished_spans()
    assert span.parent is not None
    assert (f"{span.parent.span_id:016x}", span.name) == (SPAN, "fold")
    assert dict(span.attributes or {}) == {"projection": "timeline"}
    assert span.resource.attributes["service.name"] == "hxs-topics"


def test_a_span_inside_another_is_its_child(exporter: InMemorySpanExporter) -> None:
    with tracing.span("outer"), tracing.span("inner"):
        pass
    inner, outer = exporter.get_finished_spans()
    assert inner.parent is not None
    assert outer.context is not None
    assert inner.parent.span_id == outer.context.span_id


def test_what_is_sent_along_names_the_span_itself(exporter: InMemorySpanExporter) -> None:
    with tracing.span("outer"):
        sent = tracing.current_traceparent()
    (outer,) = exporter.get_finished_spans()
    assert outer.context is not None
    assert sent is not None
    assert sent.startswith(f"00-{outer.context.trace_id:032x}-{outer.context.span_id:016x}-")


def test_a_failure_is_marked_by_its_class_and_not_by_its_message(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="13800138000"), tracing.span("fold"):
        raise ValueError("phone 13800138000")
    (span,) = exporter.get_finished_spans()
    assert not span.status.is_ok
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "13800138000" not in span.to_json()


def test_a_malformed_parent_is_passed_over(exporter: InMemorySpanExporter) -> None:
    with tracing.span("fold", "00-nonsense"):
        pass
    assert exporter.get_finished_spans()[0].parent is None


def test_switched_off_a_callers_trace_is_passed_on_and_nothing_else() -> None:
    assert not tracing.configure("topics", load_settings())
    with tracing.span("fold", PARENT) as span:
        span.set_attribute("ignored", 1)
        assert tracing.current_traceparent() == PARENT
    assert tracing.current_traceparent() is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "x",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        PARENT + "z",
    ],
)
def test_what_is_no_traceparent_is_not_passed_on(value: str | None) -> None:
    assert not tracing.is_traceparent(value)
    assert tracing.trace_id_of(value) is None


def test_switched_off_the_sdk_is_not_imported() -> None:
    code = (
        "import sys; from shared.platform import tracing\n"
        "from shared.platform.settings import load_settings\n"
        "tracing.configure('topics', load_settings(otel_exporter_endpoint=None))\n"
        "with tracing.span('x'): pass\n"
        "sys.exit(any(m.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_configured_but_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(tracing.TracingUnavailableError, match=r"huixieshang\[otel\]"):
        tracing.configure("topics", ON)
    tracing.shutdown()
