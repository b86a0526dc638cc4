"""Whether a change to a published event leaves its readers and the stored events alone.

Data is read in both directions: consumers built on the old schema read new events, and folds built on the
new schema read events stored long ago. So within a version nothing may become narrower and nothing wider;
the one change allowed is a new optional field, which readers of the old schema ignore. Anything else is a
new version with an upcaster.

An enumeration may not even gain a value: a reader that knows only the old ones refuses the event. A field
whose values are meant to grow is a `str` that names the known ones under `x-extensible-enum`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from shared.contracts.base import DomainEvent, EventRegistry
from shared.contracts.schemas import Json
from shared.contracts.upcasting import Upcasters


class Rule(StrEnum):
    """What a contract can offend against, by its name in messages."""

    # the files
    MISSING = "missing"
    STALE = "stale"
    UNREADABLE = "unreadable"
    # the versions
    VERSION_WITHDRAWN = "version-withdrawn"
    VERSION_GAP = "version-gap"
    UPCASTER_MISSING = "upcaster-missing"
    UPCASTER_TO_NOWHERE = "upcaster-to-nowhere"
    # the data
    FIELD_REMOVED = "field-removed"
    REQUIRED_FIELD_ADDED = "required-field-added"
    MADE_REQUIRED = "made-required"
    MADE_OPTIONAL = "made-optional"
    DEFAULT_CHANGED = "default-changed"
    NULL_ALLOWED = "null-allowed"
    NULL_REFUSED = "null-refused"
    TYPE_CHANGED = "type-changed"
    CONSTRAINT_CHANGED = "constraint-changed"
    ENUM_VALUE_ADDED = "enum-value-added"
    ENUM_VALUE_REMOVED = "enum-value-removed"


@dataclass(frozen=True, slots=True)
class ContractFault:
    """One thing that is wrong, for the person who changed the contracts.

    Attributes:
        rule: what it offends against.
        subject: the event's type, or a document's path in the folder of contracts.
        field: where in the data, e.g. `opinions[].text`; empty where it is about the whole.
        message: what is wrong and what to do.
    """

    rule: Rule
    subject: str
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.subject}, {self.field}" if self.field else self.subject
        return f"{place}: {self.message} [{self.rule}]"


_REMEDY = "declare the next version and an upcaster instead"

# Keywords that no reader's validation depends on; those that begin with x- are others.
_ANNOTATIONS = {
    "$comment", "$defs", "$id", "$schema", "default", "deprecated", "description", "discriminator",
    "examples", "readOnly", "title", "writeOnly",
}  # fmt: skip
# Keywords with a rule of their own below.
_STRUCTURE = {
    "$ref", "additionalProperties", "anyOf", "const", "enum", "format", "items", "oneOf", "patternProperties",
    "prefixItems", "properties", "propertyNames", "required", "type",
}  # fmt: skip
_ABSENT = object()


def _text(value: object) -> str:
    return "none" if value is _ABSENT else json.dumps(value, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class _Side:
    """A place in a schema document: the schema there, and the document that its references mean."""

    root: Json
    schema: Json

    def at(self, schema: Json) -> _Side:
        """Return another place of the same document, its reference followed."""
        while "$ref" in schema:
            target = schema["$ref"].removeprefix("#/$defs/")
            # A reference to nowhere stays as it is, and is like nothing but itself.
            if target not in self.root.get("$defs", {}):
                break
            schema = self.root["$defs"][target]
        return _Side(self.root, schema)

    def alternatives(self) -> tuple[list[_Side], bool]:
        """Return what the value may be beside null, and whether it may be null."""
        branches = self.schema.get("anyOf") or self.schema.get("oneOf") or [self.schema]
        sides = [self.at(branch) for branch in branches]
        kept = [side for side in sides if side.schema.get("type") != "null"]
        return kept, len(kept) < len(sides)

    def values(self) -> list[Any] | None:
        """Return an enumeration's values; None for anything else."""
        if "const" in self.schema:
            return [self.schema["const"]]
        return self.schema.get("enum")

    def kind(self) -> str:
        """Return the type in words: the same words mean the same type."""
        type_ = str(self.schema.get("type", self.schema.get("$ref", "anything")))
        if self.values() is not None:
            return f"enumeration of {type_}"
        return f"{type_} ({self.schema['format']})" if "format" in self.schema else type_

    def constraints(self) -> Json:
        """Return the keywords that only bound a value, such as maxLength."""
        found = {
            key: value
            for key, value in self.schema.items()
            if key not in _ANNOTATIONS | _STRUCTURE and not key.startswith("x-")
        }
        if self.schema.get("additionalProperties") is False:
            found["additionalProperties"] = False
        return found

    def parts(self) -> dict[str, Json]:
        """Return the schemas of a list's or mapping's members by how their path goes on."""
        found: dict[str, Json] = {}
        for suffix, keyword in (("[]", "items"), ("{}", "additionalProperties"), ("{key}", "propertyNames")):
            if isinstance(self.schema.get(keyword), dict):
                found[suffix] = self.schema[keyword]
        found |= {f"[{i}]": part for i, part in enumerate(self.schema.get("prefixItems", []))}
        return found | {f"{{{key}}}": part for key, part in self.schema.get("patternProperties", {}).items()}


_Fault = tuple[Rule, str, str]


def _enumerations(path: str, old: list[Any], new: list[Any]) -> Iterator[_Fault]:
    for value in new:
        if value not in old:
            yield (Rule.ENUM_VALUE_ADDED, path, f"readers of the published version refuse {_text(value)}")
    for value in old:
        if value not in new:
            yield (Rule.ENUM_VALUE_REMOVED, path, f"stored events may hold {_text(value)}")


def _constraints(path: str, old: Json, new: Json) -> Iterator[_Fault]:
    for keyword in sorted(old.keys() | new.keys()):
        was, is_ = old.get(keyword, _ABSENT), new.get(keyword, _ABSENT)
        if was != is_:
            yield (Rule.CONSTRAINT_CHANGED, path, f"{keyword} was {_text(was)}, is {_text(is_)}")


def _presence(path: str, name: str, old: _Side, new: _Side) -> Iterator[_Fault]:
    """Tell how a field that both have may be left out, before and now."""
    was, is_ = (name in side.schema.get("required", []) for side in (old, new))
    if is_ and not was:
        yield (Rule.MADE_REQUIRED, path, "stored events may lack it")
    elif was and not is_:
        yield (Rule.MADE_OPTIONAL, path, "readers of the published version refuse events without it")
    elif not is_:
        before, now = (side.schema["properties"][name].get("default", _ABSENT) for side in (old, new))
        if _text(before) != _text(now):
            yield (
                Rule.DEFAULT_CHANGED,
                path,
                f"was {_text(before)}, is {_text(now)}: stored events without it would say something else",
            )


def _fields(path: str, old: _Side, new: _Side, within: frozenset[str]) -> Iterator[_Fault]:
    before, now = (side.schema.get("properties", {}) for side in (old, new))
    for name in sorted(before.keys() | now.keys()):
        place = f"{path}.{name}" if path else name
        if name not in now:
            yield (Rule.FIELD_REMOVED, place, "readers of the published version, and stored events, have it")
        elif name in before:
            yield from _presence(place, name, old, new)
            yield from _differences(place, old, new, before[name], now[name], within)
        elif name in new.schema.get("required", []):
            yield (Rule.REQUIRED_FIELD_ADDED, place, "stored events lack it; make it optional")
        elif old.schema.get("additionalProperties") is False:
            yield (Rule.CONSTRAINT_CHANGED, place, "readers of the published version refuse unknown fields")


def _one(path: str, old: _Side, new: _Side, within: frozenset[str]) -> Iterator[_Fault]:
    if old.kind() != new.kind():
        yield (Rule.TYPE_CHANGED, path, f"was {old.kind()}, is {new.kind()}")
        return
    yield from _enumerations(path, old.values() or [], new.values() or [])
    yield from _constraints(path, old.constraints(), new.constraints())
    yield from _fields(path, old, new, within)
    before, now = old.parts(), new.parts()
    for suffix in sorted(before.keys() | now.keys()):
        if suffix in before and suffix in now:
            yield from _differences(path + suffix, old, new, before[suffix], now[suffix], within)
        else:
            was, is_ = ("described" if suffix in parts else "anything" for parts in (before, now))
            yield (Rule.TYPE_CHANGED, path + suffix, f"was {was}, is {is_}")


def _differences(
    path: str, old: _Side, new: _Side, before: Json, now: Json, within: frozenset[str]
) -> Iterator[_Fault]:
    """Compare two schemas, `before` of old's document and `now` of new's."""
    if "$ref" in before and "$ref" in now:
        pair = f"{before['$ref']} {now['$ref']}"
        if pair in within:
            return  # A value that contains its own kind: already being compared.
        within |= {pair}
    old_kinds, old_null = old.at(before).alternatives()
    new_kinds, new_null = new.at(now).alternatives()
    if new_null and not old_null:
        yield (Rule.NULL_ALLOWED, path, "readers of the published version refuse null")
    if old_null and not new_null:
        yield (Rule.NULL_REFUSED, path, "stored events may hold null")
    if len(old_kinds) != len(new_kinds):
        was, is_ = (" or ".join(side.kind() for side in sides) for sides in (old_kinds, new_kinds))
        yield (Rule.TYPE_CHANGED, path, f"was {was}, is {is_}")
        return
    for old_kind, new_kind in zip(old_kinds, new_kinds, strict=True):
        yield from _one(path, old_kind, new_kind, within)


def incompatibilities(type_: str, published: Json, current: Json) -> list[ContractFault]:
    """Return what in a version's current schema its readers or its stored events could not bear.

    Args:
        type_: of the event, for the messages.
        published: the JSON Schema that was committed.
        current: the one that the code gives now.
    """
    old, new = _Side(published, published), _Side(current, current)
    found = _differences("", old, new, published, current, frozenset())
    return [ContractFault(rule, type_, path, f"{text}; {_REMEDY}") for rule, path, text in found]


def evolution_faults(events: EventRegistry, steps: Upcasters) -> list[ContractFault]:
    """Return the events whose versions do not lead, one upcaster after another, from 1 to the newest."""
    faults: list[ContractFault] = []
    for _, group in groupby(events, key=lambda cls: (cls.service, cls.name)):
        versions: dict[int, type[DomainEvent]] = {cls.version: cls for cls in group}
        newest = versions[max(versions)]
        for number in range(1, newest.version):
            type_ = f"hxs.{newest.service}.{newest.name}.v{number}"
            if number not in versions:
                text = (
                    f"v{newest.version} exists, but no class declares this version; keep superseded classes"
                )
                faults.append(ContractFault(Rule.VERSION_GAP, type_, "", text))
            elif not steps.has(type_):
                text = f'superseded, so register an upcaster: @upcasters.register("{type_}")'
                faults.append(ContractFault(Rule.UPCASTER_MISSING, type_, "", text))
        if steps.has(newest.type):
            text = f"has an upcaster, but no class declares v{newest.version + 1}"
            faults.append(ContractFault(Rule.UPCASTER_TO_NOWHERE, newest.type, "", text))
    return faults
