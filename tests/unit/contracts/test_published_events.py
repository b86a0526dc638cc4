"""What holds for every event of every service, whichever they are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.contracts.base import DomainEvent, EventRegistry, registry, split_type
from shared.contracts.export import check
from shared.contracts.schemas import documented_attributes, schema_of
from shared.contracts.upcasting import upcasters
from tests.unit.contracts.generated import data_of

# Tests elsewhere may have declared events of their own.
PUBLISHED = EventRegistry()
for declared in registry:
    if declared.__module__.startswith("shared.contracts."):
        PUBLISHED.add(declared)

COMMITTED = Path(__file__).parents[3] / "docs" / "contracts"

every_event = pytest.mark.parametrize("cls", list(PUBLISHED), ids=lambda cls: cls.type)


def test_the_committed_contracts_are_current_and_compatible() -> None:
    """Mend with `hxs contracts export`, unless it says that a published version changed."""
    assert [str(fault) for fault in check(COMMITTED, PUBLISHED)] == []


def test_the_four_publishing_services_are_all_there() -> None:
    assert {cls.service for cls in PUBLISHED} == {"cases", "meetings", "notify", "topics"}


@cache
def anything_of(cls: type[DomainEvent]) -> st.SearchStrategy[Any]:
    """Return whatever data the schema of an event allows."""
    return data_of(schema_of(cls))


@cache
def validator_of(cls: type[DomainEvent]) -> Draft202012Validator:
    """Return what checks data against the schema of an event."""
    return Draft202012Validator(schema_of(cls), format_checker=Draft202012Validator.FORMAT_CHECKER)


@every_event
@settings(max_examples=20, deadline=None)
@given(drawn=st.data())
def test_what_the_schema_allows_is_read_and_written_back_the_same(
    cls: type[DomainEvent], drawn: st.DataObject
) -> None:
    data: dict[str, Any] = drawn.draw(anything_of(cls))

    event = cls.model_validate_json(orjson.dumps(data))
    written = event.model_dump_json().encode()

    validator_of(cls).validate(orjson.loads(written))
    assert cls.model_validate_json(written) == event
    # Nothing was lost on the way in, and the data as an object reads the same as its text.
    assert event.model_dump(mode="json", exclude_unset=True).keys() == data.keys()
    assert cls.model_validate(data) == event


@every_event
@settings(max_examples=10, deadline=None)
@given(drawn=st.data())
def test_every_version_is_read_as_the_newest(cls: type[DomainEvent], drawn: st.DataObject) -> None:
    data = drawn.draw(anything_of(cls))

    event = upcasters.parse(cls.type, orjson.dumps(data))

    assert event.type == upcasters.newest(cls.type)


@every_event
def test_a_field_of_a_newer_producer_is_ignored(cls: type[DomainEvent]) -> None:
    assert cls.model_config["extra"] == "ignore"
    assert schema_of(cls)["additionalProperties"] is True


@every_event
def test_every_event_is_a_valid_schema_with_a_description(cls: type[DomainEvent]) -> None:
    schema = schema_of(cls)

    Draft202012Validator.check_schema(schema)
    assert schema["description"]
    assert split_type(cls.type) == (cls.service, cls.name, cls.version)


@every_event
def test_every_documented_attribute_is_a_field(cls: type[DomainEvent]) -> None:
    assert documented_attributes(cls).keys() - cls.model_fields.keys() == set()
