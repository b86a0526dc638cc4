"""Events as JSON Schemas."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, Field

from shared.contracts.base import DomainEvent, EventRegistry
from shared.contracts.schemas import path_of, schema_of, split_docstring

EVENTS = EventRegistry()


class SampleEvent(DomainEvent, service="sample", events=EVENTS):
    """An event that only tests know."""


class Light(StrEnum):
    """How late it is."""

    RED = "red"
    GREEN = "green"


class Opinion(BaseModel):
    """What the meeting agreed.

    Attributes:
        text: in its own words.
    """

    text: str


class OpinionAgreed(SampleEvent):
    """The meeting agreed on an opinion (M13).

    Nobody had to.

    Attributes:
        opinion: with its text.
        agreed_at, noted_at: UTC; None where
            a back-entry does not say.

            Never in the future.
        light: said twice.
    """

    opinion: Opinion
    agreed_at: AwareDatetime | None
    noted_at: AwareDatetime | None = None
    light: Light = Field(default=Light.GREEN, description="Said here.")


SCHEMA = schema_of(OpinionAgreed)


def test_the_schema_is_named_as_the_data_schema_header_says() -> None:
    assert SCHEMA["$id"] == "/hxs/contracts/hxs.sample.OpinionAgreed.v1.json"
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert path_of(OpinionAgreed).as_posix() == "sample/OpinionAgreed.v1.json"


def test_the_docstring_without_its_attributes_is_the_description() -> None:
    assert SCHEMA["title"] == "OpinionAgreed"
    assert SCHEMA["description"] == "The meeting agreed on an opinion (M13).\n\nNobody had to."


def test_attributes_describe_the_properties() -> None:
    described = {name: field.get("description") for name, field in SCHEMA["properties"].items()}

    assert described["opinion"] == "with its text."
    both = "UTC; None where a back-entry does not say. Never in the future."
    assert described["agreed_at"] == described["noted_at"] == both


def test_an_inherited_attribute_is_described_too() -> None:
    assert SCHEMA["properties"]["back_entry"]["description"].startswith("Entered afterwards")


def test_a_field_that_describes_itself_is_believed() -> None:
    assert SCHEMA["properties"]["light"]["description"] == "Said here."


def test_a_part_is_described_by_its_own_docstring() -> None:
    opinion = SCHEMA["$defs"]["Opinion"]

    assert opinion["description"] == "What the meeting agreed."
    assert opinion["properties"]["text"]["description"] == "in its own words."
    assert SCHEMA["$defs"]["Light"]["description"] == "How late it is."


def test_no_property_repeats_its_name_as_a_title() -> None:
    assert [name for name, field in SCHEMA["properties"].items() if "title" in field] == []


def test_required_is_what_has_no_default_whatever_the_order() -> None:
    assert SCHEMA["required"] == ["agreed_at", "opinion"]


def test_unknown_fields_are_allowed_at_every_level() -> None:
    assert SCHEMA["additionalProperties"] is True
    assert SCHEMA["$defs"]["Opinion"]["additionalProperties"] is True


def test_sections_around_the_attributes_stay_in_the_text() -> None:
    text, attributes = split_docstring(
        "First.\n\n    Attributes:\n        a: one.\n\n    Raises:\n        Error: never.\n    "
    )

    assert text == "First.\n\nRaises:\n    Error: never."
    assert attributes == {"a": "one."}


def test_a_docstring_may_be_missing() -> None:
    assert split_docstring(None) == ("", {})
