"""Hypothesis strategies for event data: anything that a contract's JSON Schema allows.

Made from the schemas, not the classes, so that using them also shows that the two agree.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from shared.contracts.schemas import Json

# Larger ones are not read alike by everybody's JSON parser.
_LARGEST_INTEGER = 2**53
_LONGEST_TEXT = 40
_MOST_MEMBERS = 6


class UnknownSchemaError(Exception):
    """A contract uses a kind of schema that no strategy here makes; add one."""


def _text(schema: Json) -> st.SearchStrategy[str]:
    match schema:
        case {"format": "date"}:
            return st.dates().map(date.isoformat)
        case {"format": "date-time"}:
            return st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
        case {"pattern": str(pattern)}:
            return st.from_regex(pattern, fullmatch=True)
    shortest, longest = schema.get("minLength", 0), min(schema.get("maxLength", _LONGEST_TEXT), _LONGEST_TEXT)
    # Readers strip surrounding space, which a schema cannot say.
    stripped = st.text(min_size=shortest, max_size=longest).map(str.strip)
    return stripped.filter(lambda text: len(text) >= shortest)


Made = dict[str, st.SearchStrategy[Any]]
"""The strategies of a schema's definitions, each made once: an agenda's items have items."""


def _object(schema: Json, definitions: Json, made: Made) -> st.SearchStrategy[Json]:
    fields = {name: data_of(field, definitions, made) for name, field in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(required, optional=fields)


def _defined(name: str, definitions: Json, made: Made) -> st.SearchStrategy[Any]:
    if name not in made:
        made[name] = st.deferred(lambda: data_of(definitions[name], definitions, made))
    return made[name]


def data_of(
    schema: Json, definitions: Json | None = None, made: Made | None = None
) -> st.SearchStrategy[Any]:
    """Return data that a schema allows, as JSON values.

    Raises:
        UnknownSchemaError: the contracts began to use a kind of schema not known here.
    """
    definitions = schema.get("$defs", {}) if definitions is None else definitions
    made = {} if made is None else made
    match schema:
        case {"$ref": reference}:
            return _defined(reference.removeprefix("#/$defs/"), definitions, made)
        case {"anyOf": branches}:
            return st.one_of([data_of(branch, definitions, made) for branch in branches])
        case {"enum": values}:
            return st.sampled_from(values)
        case {"type": "null"}:
            return st.none()
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "integer"}:
            lowest, highest = (
                schema.get("minimum", -_LARGEST_INTEGER),
                schema.get("maximum", _LARGEST_INTEGER),
            )
            return st.integers(lowest, highest)
        case {"type": "string"}:
            return _text(schema)
        case {"type": "array", "items": members}:
            most = min(schema.get("maxItems", _MOST_MEMBERS), _MOST_MEMBERS)
            each = data_of(members, definitions, made)
            return st.lists(each, min_size=schema.get("minItems", 0), max_size=most)
        case {"type": "object", "properties": _}:
            return _object(schema, definitions, made)
        case {"type": "object", "additionalProperties": dict(values), "propertyNames": names}:
            keys = data_of(names, definitions, made)
            return st.dictionaries(keys, data_of(values, definitions, made), max_size=_MOST_MEMBERS)
    raise UnknownSchemaError(f"{schema}: no strategy makes this, add one")
