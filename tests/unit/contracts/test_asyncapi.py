"""The AsyncAPI document, against the standard's own schema and against what is really sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError

from shared.contracts.asyncapi import EVENTS_PARTITIONS, document, headers_schema, topic_of
from shared.contracts.envelope import RecordedHeaders, headers_of
from shared.contracts.export import ASYNCAPI, documents
from shared.platform import kafka
from shared.platform.settings import Settings
from tests.unit.contracts.test_compatibility import FIRST, SECOND, TITLE, events_of
from tests.unit.contracts.test_published_events import PUBLISHED

STANDARD = Path(__file__).parents[2] / "data" / "asyncapi" / "asyncapi-3.0.0.schema.json"
DOCUMENT: dict[str, Any] = json.loads(documents(PUBLISHED)[ASYNCAPI])

RECORDED = RecordedHeaders(
    type="hxs.topics.TopicProposed.v1",
    stream="topic-1",
    version=1,
    recorded_at=datetime(2024, 9, 5, 8, tzinfo=UTC),
    division="371621001",
    correlation_id="request-1",
    causation_id="request-1",
    traceparent=None,
    generation=1,
)


def references(node: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def at(pointer: str) -> Any:
    """Return the part of the document that `#/a/b` means.

    Raises:
        KeyError: there is none.
    """
    found: Any = DOCUMENT
    for key in pointer.removeprefix("#/").split("/"):
        found = found[key]
    return found


def sent(headers: list[tuple[str, bytes]]) -> dict[str, str]:
    return {key: value.decode() for key, value in headers}


def standard() -> Draft7Validator:
    return Draft7Validator(json.loads(STANDARD.read_bytes()))


def test_the_document_is_valid_asyncapi() -> None:
    standard().validate(DOCUMENT)


def test_the_standard_would_notice_a_mistake() -> None:
    mistaken = json.loads(json.dumps(DOCUMENT))
    mistaken["channels"][topic_of("topics")]["bindings"]["kafka"]["partitions"] = "twelve"

    with pytest.raises(ValidationError):
        standard().validate(mistaken)


def test_every_reference_leads_somewhere() -> None:
    files = documents(PUBLISHED).keys()

    for reference in references(DOCUMENT):
        if reference.startswith("#/"):
            assert at(reference)
        else:
            assert PurePosixPath(reference) in files


def test_every_event_is_a_message_of_its_service_topic() -> None:
    messages = {
        (channel["address"], message["name"])
        for channel in DOCUMENT["channels"].values()
        for message in channel["messages"].values()
    }

    assert messages == {(f"hxs.{cls.service}.events", cls.type) for cls in PUBLISHED}


def test_topics_are_described_as_they_are_created_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HXS_KAFKA_PARTITIONS", raising=False)
    created = {spec.name: spec for spec in kafka.topics(Settings())}

    for name, channel in DOCUMENT["channels"].items():
        described = channel["bindings"]["kafka"]
        configuration = described["topicConfiguration"]
        assert described["partitions"] == created[name].partitions
        assert ",".join(configuration["cleanup.policy"]) == created[name].configs["cleanup.policy"]
        for limit in ("retention.ms", "retention.bytes"):
            assert str(configuration[limit]) == created[name].configs[limit]


def test_topics_have_twelve_partitions_and_are_kept_for_ever() -> None:
    for channel in DOCUMENT["channels"].values():
        kafka = channel["bindings"]["kafka"]

        assert kafka["partitions"] == EVENTS_PARTITIONS == 12
        assert kafka["topicConfiguration"]["retention.ms"] == -1


def test_only_the_newest_version_is_sent_but_all_may_be_met() -> None:
    found = document(events_of(TITLE, TITLE))

    channel = found["channels"]["hxs.sample.events"]
    assert [message["name"] for message in channel["messages"].values()] == [FIRST, SECOND]
    assert found["operations"]["sample.publish"]["messages"] == [
        {"$ref": "#/channels/hxs.sample.events/messages/TopicRaised.v2"}
    ]


@pytest.mark.parametrize("traceparent", [None, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
def test_the_headers_we_send_are_the_headers_described(traceparent: str | None) -> None:
    headers = sent(headers_of(replace(RECORDED, traceparent=traceparent), "topics"))

    Draft202012Validator(headers_schema()).validate(headers)
    unsent = set() if traceparent else {"ce_traceparent"}
    assert headers.keys() == headers_schema()["properties"].keys() - unsent


def test_a_header_that_is_always_sent_is_required() -> None:
    assert set(headers_schema()["required"]) == sent(headers_of(RECORDED, "topics")).keys()


def test_a_message_knows_its_own_type_and_source() -> None:
    message = at("#/channels/hxs.topics.events/messages/TopicProposed.v1")
    _, own = message["headers"]["allOf"]
    headers = sent(headers_of(RECORDED, "topics"))

    Draft202012Validator(own).validate(headers)
    with pytest.raises(ValidationError):
        Draft202012Validator(own).validate(headers | {"ce_type": "hxs.topics.TopicAdopted.v1"})
