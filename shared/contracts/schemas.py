"""An event class as a JSON Schema 2020-12: what its data looks like on the wire.

The class is the source: its docstring is the description, the docstring's `Attributes:` are those of the
properties. Keys and `required` are sorted, so that moving a field inside a class changes nothing.
"""

from __future__ import annotations

import inspect
import re
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from shared.contracts.base import DomainEvent

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# The section ends at the next line that is not indented.
_SECTION = re.compile(r"^Attributes:\n(?P<entries>(?:[ ]+.*(?:\n|\Z)|\n)+)", re.MULTILINE)
# `name: text`, or `one, other: text` for both.
_ENTRY = re.compile(r"^(?P<names>\w+(?:, \w+)*):(?P<text>.*(?:\n(?:[ ]+.*)?)*)", re.MULTILINE)


def split_docstring(docstring: str | None) -> tuple[str, dict[str, str]]:
    """Return a Google-style docstring's text without its `Attributes:`, and those by name."""
    text = inspect.cleandoc(docstring or "")
    section = _SECTION.search(text)
    if section is None:
        return text, {}
    # cleandoc ignores the first line's indentation, which is the one that counts here.
    entries = inspect.cleandoc("\n" + section["entries"])
    attributes = {
        name: " ".join(entry["text"].split())
        for entry in _ENTRY.finditer(entries)
        for name in entry["names"].split(", ")
    }
    return (text[: section.start()] + text[section.end() :]).strip(), attributes


def documented_attributes(cls: type[BaseModel]) -> dict[str, str]:
    """Return what a model's docstring, and those it inherits from, say of each attribute."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= split_docstring(base.__doc__)[1]
    return found


class ContractSchema(GenerateJsonSchema):
    """Schemas that say what the docstrings say, and repeat no name as a title."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - pydantic's own signature
        """Repeat no name as a title."""
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return a model's schema with what its docstring says."""
        result = super().model_schema(schema)
        cls: type[BaseModel] = schema["cls"]
        description, _ = split_docstring(cls.__doc__)
        if description:
            result["description"] = description
        for name, text in documented_attributes(cls).items():
            if name in result.get("properties", {}):
                result["properties"][name].setdefault("description", text)
        if "required" in result:
            result["required"].sort()
        # Said aloud: a reader has to ignore what it does not know, or nothing could ever be added.
        result.setdefault("additionalProperties", True)
        return result


def path_of(cls: type[DomainEvent]) -> PurePosixPath:
    """Return where an event's schema is kept, e.g. `topics/TopicProposed.v1.json`."""
    return PurePosixPath(cls.service, f"{cls.name}.v{cls.version}.json")


def schema_of(cls: type[DomainEvent], *, superseded: bool = False) -> Json:
    """Return the JSON Schema of an event's data, as its producer writes it.

    Args:
        cls: the event's class.
        superseded: a newer version exists; nobody writes this one any more.
    """
    schema: Json = {
        **cls.model_json_schema(mode="serialization", schema_generator=ContractSchema),
        "$schema": DIALECT,
        "$id": f"/hxs/contracts/{cls.type}.json",
        "title": cls.name,
    }
    return schema | {"deprecated": True} if superseded else schema
