"""The events topics as an AsyncAPI 3.0 document: for people and tools who know none of our code."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import GENERATION_HEADER
from shared.contracts.schemas import Json, path_of, split_docstring

EVENTS_PARTITIONS = 12
_KAFKA_BINDING = "0.5.0"

_DESCRIPTION = """\
Facts of grassroots consultation (有事多商量), kept for ever. A consumer starts at the earliest offset, reads
committed records only, ignores fields it does not know, and takes an event once by `ce_id`. Order holds
within a stream, which is the record's key.
"""


def _text(description: str, **keywords: str) -> Json:
    return {"type": "string", "description": description, **keywords}


_COUNT = "^[1-9][0-9]*$"
_HEADERS: dict[str, Json] = {
    "content-type": _text("Of the value.", const="application/json"),
    "ce_specversion": _text("CloudEvents version.", const="1.0"),
    "ce_id": _text("`<stream>:<version>`, unique for ever.", pattern="^.+:[1-9][0-9]*$"),
    "ce_source": _text("The service that published the event.", pattern="^/hxs/[a-z]+$"),
    "ce_type": _text("Name and version of the event.", pattern=r"^hxs\.[a-z]+\.[A-Za-z]+\.v[1-9][0-9]*$"),
    "ce_subject": _text("Stream id, e.g. `topic-<uuid>`."),
    "ce_time": _text("When it was recorded, UTC; when it happened is in the data.", format="date-time"),
    "ce_dataschema": _text("`$id` of the value's JSON Schema.", format="uri-reference"),
    "ce_streamversion": _text("Place in the stream, from 1 without gaps.", pattern=_COUNT),
    "ce_division": _text("Division code of the county, town or community.", pattern="^[0-9]+$"),
    "ce_correlationid": _text("Shared by everything that came of one request."),
    "ce_causationid": _text("Id of the event or request that caused this one."),
    "ce_traceparent": _text("W3C trace context, where the request was traced."),
    GENERATION_HEADER: _text("Of the log; an offset means something within one only.", pattern=_COUNT),
}
_ONLY_IF_TRACED = "ce_traceparent"


def headers_schema() -> Json:
    """Return the JSON Schema of a record's headers, their values read as UTF-8 (design: on the wire)."""
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode, with extensions.",
        "properties": _HEADERS,
        "required": sorted(_HEADERS.keys() - {_ONLY_IF_TRACED}),
    }


def topic_of(service: str) -> str:
    """Return the Kafka topic that carries a service's events."""
    return f"hxs.{service}.events"


def _message(cls: type[DomainEvent]) -> Json:
    summary, *_ = split_docstring(cls.__doc__)[0].partition("\n\n")
    of_this_type = {"ce_type": {"const": cls.type}, "ce_source": {"const": f"/hxs/{cls.service}"}}
    return {
        "name": cls.type,
        "title": cls.name,
        "summary": " ".join(summary.split()),
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "headers": {"allOf": [{"$ref": "#/components/schemas/headers"}, {"properties": of_this_type}]},
        "payload": {"$ref": f"./{path_of(cls)}"},
        "bindings": {
            "kafka": {"key": _text("Stream id, as in `ce_subject`."), "bindingVersion": _KAFKA_BINDING}
        },
    }


def _message_name(cls: type[DomainEvent]) -> str:
    return f"{cls.name}.v{cls.version}"


def _channel(service: str, events: list[type[DomainEvent]]) -> Json:
    return {
        "address": topic_of(service),
        "description": f"Everything that happened in {service}, kept for ever.",
        "messages": {_message_name(cls): _message(cls) for cls in events},
        "bindings": {
            "kafka": {
                "topic": topic_of(service),
                "partitions": EVENTS_PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": -1,
                    "retention.bytes": -1,
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _operation(service: str, events: list[type[DomainEvent]]) -> Json:
    """Describe the sending: the newest versions alone, older ones are only still on the log."""
    newest = {cls.name: cls for cls in events}
    channel = f"#/channels/{topic_of(service)}"
    return {
        "action": "send",
        "summary": f"The {service} service publishes what was committed, in order within a stream.",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{_message_name(cls)}"} for cls in newest.values()],
    }


def document(events: Iterable[type[DomainEvent]]) -> Json:
    """Return the AsyncAPI 3.0 document of all events.

    Payloads are references to the schema files beside it.

    Args:
        events: ordered by service, name and version, as an `EventRegistry` gives them.
    """
    services = {service: list(found) for service, found in groupby(events, key=lambda cls: cls.service)}
    return {
        "asyncapi": "3.0.0",
        # Events are versioned one by one; the document as a whole has no version that means anything.
        "info": {
            "title": "惠协商 · events",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic_of(service): _channel(service, found) for service, found in services.items()},
        "operations": {
            f"{service}.publish": _operation(service, found) for service, found in services.items()
        },
        "components": {"schemas": {"headers": headers_schema()}},
    }
