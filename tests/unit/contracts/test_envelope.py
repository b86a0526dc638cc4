"""The envelope, as Kafka headers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.contracts.envelope import (
    MalformedEnvelopeError,
    RecordedHeaders,
    headers_of,
    read_headers,
    rfc3339,
    type_of,
)

RECORDED = RecordedHeaders(
    type="hxs.topics.TopicProposed.v1",
    stream="topic-1",
    version=3,
    recorded_at=datetime(2024, 9, 5, 8, 0, 0, 1, tzinfo=UTC),
    division="371621001",
    correlation_id="request-1",
    causation_id="meeting-1:4",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    generation=2,
)


@pytest.mark.parametrize("recorded", [RECORDED, replace(RECORDED, traceparent=None)])
def test_an_envelope_is_read_as_it_was_written(recorded: RecordedHeaders) -> None:
    assert read_headers(headers_of(recorded, "topics")) == recorded


def test_the_headers_are_cloudevents() -> None:
    headers = dict(headers_of(RECORDED, "topics"))

    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"] == b"topic-1:3"
    assert headers["ce_source"] == b"/hxs/topics"
    assert headers["ce_time"] == b"2024-09-05T08:00:00.000001Z"
    assert headers["ce_dataschema"] == b"/hxs/contracts/hxs.topics.TopicProposed.v1.json"


def test_the_type_alone_can_be_read() -> None:
    assert type_of(headers_of(RECORDED, "topics")) == "hxs.topics.TopicProposed.v1"
    assert type_of([("content-type", b"text/plain")]) is None


@pytest.mark.parametrize("header", ["ce_type", "ce_subject", "ce_streamversion", "ce_time", "ce_division"])
def test_a_missing_header_is_named(header: str) -> None:
    headers = [item for item in headers_of(RECORDED, "topics") if item[0] != header]

    with pytest.raises(MalformedEnvelopeError, match=header):
        read_headers(headers)


def test_a_malformed_header_is_refused() -> None:
    headers = [*headers_of(RECORDED, "topics"), ("ce_streamversion", b"three")]

    with pytest.raises(MalformedEnvelopeError, match="three"):
        read_headers(headers)


def test_moments_are_written_in_utc() -> None:
    shanghai = timezone(timedelta(hours=8))

    assert rfc3339(datetime(2024, 9, 5, 16, tzinfo=shanghai)) == "2024-09-05T08:00:00.000000Z"
