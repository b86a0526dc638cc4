"""What may happen to a published event, and what not."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from shared.contracts.base import DomainEvent, EventRegistry
from shared.contracts.compatibility import Rule
from shared.contracts.export import IncompatibleContractError, check, export
from shared.contracts.upcasting import Upcasters

SCHEMA = Path("sample", "TopicRaised.v1.json")

Fields = dict[str, Any]


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class ColourWithYellow(StrEnum):
    RED = "red"
    GREEN = "green"
    YELLOW = "yellow"


class ColourRenamed(StrEnum):
    """The class's name and text are not on the wire."""

    RED = "red"
    GREEN = "green"


class Opinion(BaseModel):
    text: str


class OpinionWithNumber(BaseModel):
    text: str
    number: int


class OpinionWithNote(BaseModel):
    text: str
    note: str | None = None


class ClosedOpinion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str


class ClosedOpinionWithNote(ClosedOpinion):
    note: str | None = None


class Item(BaseModel):
    title: str
    children: tuple[Item, ...] = ()


class LongItem(BaseModel):
    title: str
    minutes: int
    children: tuple[LongItem, ...] = ()


def events_of(*versions: Fields, name: str = "TopicRaised", doc: str = "A topic.") -> EventRegistry:
    """Declare one event in as many versions as there are sets of fields; an empty slot is left out."""
    events = EventRegistry()

    class SampleEvent(DomainEvent, service="sample", events=events):
        """An event that only tests know."""

    for version, fields in enumerate(versions, start=1):
        if fields:
            create_model(
                name, __base__=SampleEvent, __doc__=doc, __cls_kwargs__={"version": version}, **fields
            )
    return events


def faults_after(tmp_path: Path, before: Fields, after: Fields) -> list[tuple[Rule, str]]:
    """Publish an event, change it, and return the rules offended against and the fields."""
    export(tmp_path, events_of(before))
    changed = check(tmp_path, events_of(after))
    assert all(fault.subject in ("hxs.sample.TopicRaised.v1", str(SCHEMA)) for fault in changed)
    return [(fault.rule, fault.field) for fault in changed]


TITLE: Fields = {"title": (str, ...)}

INCOMPATIBLE: list[tuple[str, Fields, Fields, Rule, str]] = [
    ("a field is gone", TITLE | {"lead": (str, ...)}, TITLE, Rule.FIELD_REMOVED, "lead"),
    ("an optional field is gone", TITLE | {"lead": (str, "")}, TITLE, Rule.FIELD_REMOVED, "lead"),
    ("a required field is new", TITLE, TITLE | {"lead": (str, ...)}, Rule.REQUIRED_FIELD_ADDED, "lead"),
    ("optional became required", {"title": (str, "")}, TITLE, Rule.MADE_REQUIRED, "title"),
    ("required became optional", TITLE, {"title": (str, "")}, Rule.MADE_OPTIONAL, "title"),
    ("another default", {"title": (str, "a")}, {"title": (str, "b")}, Rule.DEFAULT_CHANGED, "title"),
    ("false became 0", {"n": (Any, False)}, {"n": (Any, 0)}, Rule.DEFAULT_CHANGED, "n"),
    ("null allowed", TITLE, {"title": (str | None, ...)}, Rule.NULL_ALLOWED, "title"),
    ("null refused", {"title": (str | None, ...)}, TITLE, Rule.NULL_REFUSED, "title"),
    ("text became a number", TITLE, {"title": (int, ...)}, Rule.TYPE_CHANGED, "title"),
    ("a day became a moment", {"at": (date, ...)}, {"at": (datetime, ...)}, Rule.TYPE_CHANGED, "at"),
    ("text became a choice", TITLE, {"title": (Colour, ...)}, Rule.TYPE_CHANGED, "title"),
    ("a choice became text", {"title": (Colour, ...)}, TITLE, Rule.TYPE_CHANGED, "title"),
    ("a second type", TITLE, {"title": (str | int, ...)}, Rule.TYPE_CHANGED, "title"),
    ("one type fewer", {"title": (str | int, ...)}, TITLE, Rule.TYPE_CHANGED, "title"),
    (
        "one choice more",
        {"light": (Colour, ...)},
        {"light": (ColourWithYellow, ...)},
        Rule.ENUM_VALUE_ADDED,
        "light",
    ),
    (
        "one choice fewer",
        {"light": (ColourWithYellow, ...)},
        {"light": (Colour, ...)},
        Rule.ENUM_VALUE_REMOVED,
        "light",
    ),
    (
        "one literal more",
        {"light": (Literal["red"], ...)},
        {"light": (Literal["red", "green"], ...)},
        Rule.ENUM_VALUE_ADDED,
        "light",
    ),
    ("a shorter text", TITLE, {"title": (str, Field(max_length=9))}, Rule.CONSTRAINT_CHANGED, "title"),
    ("a longer text", {"title": (str, Field(max_length=9))}, TITLE, Rule.CONSTRAINT_CHANGED, "title"),
    (
        "a pattern for members",
        {"ids": (tuple[str, ...], ...)},
        {"ids": (tuple[Annotated[str, StringConstraints(pattern="^a$")], ...], ...)},
        Rule.CONSTRAINT_CHANGED,
        "ids[]",
    ),
    (
        "another member type",
        {"ids": (list[str], ...)},
        {"ids": (list[int], ...)},
        Rule.TYPE_CHANGED,
        "ids[]",
    ),
    (
        "another value type of a mapping",
        {"counts": (dict[str, int], ...)},
        {"counts": (dict[str, str], ...)},
        Rule.TYPE_CHANGED,
        "counts{}",
    ),
    (
        "another key of a mapping",
        {"counts": (dict[Colour, int], ...)},
        {"counts": (dict[ColourWithYellow, int], ...)},
        Rule.ENUM_VALUE_ADDED,
        "counts{key}",
    ),
    (
        "another type in a fixed place",
        {"pair": (tuple[str, Colour], ...)},
        {"pair": (tuple[str, ColourWithYellow], ...)},
        Rule.ENUM_VALUE_ADDED,
        "pair[1]",
    ),
    (
        "a required field inside",
        {"opinions": (tuple[Opinion, ...], ...)},
        {"opinions": (tuple[OpinionWithNumber, ...], ...)},
        Rule.REQUIRED_FIELD_ADDED,
        "opinions[].number",
    ),
    (
        "inside a value that may be null",
        {"opinion": (Opinion | None, None)},
        {"opinion": (OpinionWithNumber | None, None)},
        Rule.REQUIRED_FIELD_ADDED,
        "opinion.number",
    ),
    (
        "in a value that contains its own kind",
        {"agenda": (Item, ...)},
        {"agenda": (LongItem, ...)},
        Rule.REQUIRED_FIELD_ADDED,
        "agenda.minutes",
    ),
    (
        "unknown fields refused",
        {"opinion": (Opinion, ...)},
        {"opinion": (ClosedOpinion, ...)},
        Rule.CONSTRAINT_CHANGED,
        "opinion",
    ),
    (
        "a new field where unknown ones are refused",
        {"opinion": (ClosedOpinion, ...)},
        {"opinion": (ClosedOpinionWithNote, ...)},
        Rule.CONSTRAINT_CHANGED,
        "opinion.note",
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "rule", "field"),
    [pytest.param(*case[1:], id=case[0].replace(" ", "-")) for case in INCOMPATIBLE],
)
def test_an_incompatible_change_is_named_with_its_field(
    tmp_path: Path, before: Fields, after: Fields, rule: Rule, field: str
) -> None:
    assert faults_after(tmp_path, before, after) == [(rule, field)]


COMPATIBLE: list[tuple[str, Fields, Fields]] = [
    ("an optional field is new", TITLE, TITLE | {"lead": (str | None, None)}),
    (
        "an optional field inside is new",
        {"opinions": (tuple[Opinion, ...], ...)},
        {"opinions": (tuple[OpinionWithNote, ...], ...)},
    ),
    ("the enumeration's class was renamed", {"light": (Colour, ...)}, {"light": (ColourRenamed, ...)}),
    ("a description was added", TITLE, {"title": (str, Field(description="What it is about."))}),
    (
        "an open enumeration has one value more",
        {"light": (str, Field(json_schema_extra={"x-extensible-enum": ["red"]}))},
        {"light": (str, Field(json_schema_extra={"x-extensible-enum": ["red", "green"]}))},
    ),
]


@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param(*case[1:], id=case[0].replace(" ", "-")) for case in COMPATIBLE],
)
def test_a_compatible_change_only_needs_a_new_export(tmp_path: Path, before: Fields, after: Fields) -> None:
    assert faults_after(tmp_path, before, after) == [(Rule.STALE, "")]

    assert export(tmp_path, events_of(after)) == [tmp_path / SCHEMA]
    assert check(tmp_path, events_of(after)) == []


def test_moving_a_field_changes_nothing(tmp_path: Path) -> None:
    one, other = TITLE | {"lead": (str, ...)}, {"lead": (str, ...)} | TITLE

    assert faults_after(tmp_path, one, other) == []


def test_all_faults_of_an_event_are_told_at_once(tmp_path: Path) -> None:
    before, after = TITLE | {"lead": (str, ...)}, {"title": (int, ...), "town": (str, ...)}

    assert faults_after(tmp_path, before, after) == [
        (Rule.FIELD_REMOVED, "lead"),
        (Rule.TYPE_CHANGED, "title"),
        (Rule.REQUIRED_FIELD_ADDED, "town"),
    ]


def test_a_message_names_event_field_rule_and_remedy(tmp_path: Path) -> None:
    export(tmp_path, events_of(TITLE))

    [fault] = check(tmp_path, events_of({"title": (int, ...)}))

    assert str(fault) == (
        "hxs.sample.TopicRaised.v1, title: was string, is integer; "
        "declare the next version and an upcaster instead [type-changed]"
    )


def test_an_incompatible_contract_is_not_exported(tmp_path: Path) -> None:
    """Otherwise one export would make the check forget what was published."""
    export(tmp_path, events_of(TITLE))
    published = (tmp_path / SCHEMA).read_bytes()

    with pytest.raises(IncompatibleContractError, match="title: was string, is integer") as refused:
        export(tmp_path, events_of({"title": (int, ...)}))

    assert [fault.rule for fault in refused.value.faults] == [Rule.TYPE_CHANGED]
    assert (tmp_path / SCHEMA).read_bytes() == published


def test_a_version_that_nobody_saw_is_changed_by_deleting_its_file(tmp_path: Path) -> None:
    export(tmp_path, events_of(TITLE))
    (tmp_path / SCHEMA).unlink()

    assert export(tmp_path, events_of({"title": (int, ...)})) == [tmp_path / SCHEMA]


# versions


def steps_from(events: EventRegistry, *types: str) -> Upcasters:
    steps = Upcasters(events)
    for type_ in types:
        steps.register(type_)(lambda data: data)
    return steps


FIRST, SECOND, THIRD = (f"hxs.sample.TopicRaised.v{n}" for n in (1, 2, 3))


def version_faults(tmp_path: Path, events: EventRegistry, *upcast: str) -> list[tuple[Rule, str]]:
    """Return what is wrong with the versions, leaving aside that nothing was exported yet."""
    faults = check(tmp_path, events, steps_from(events, *upcast))
    return [(fault.rule, fault.subject) for fault in faults if fault.rule is not Rule.MISSING]


def test_a_chain_of_upcasters_to_the_newest_version_is_in_order(tmp_path: Path) -> None:
    assert version_faults(tmp_path, events_of(TITLE, TITLE, TITLE), FIRST, SECOND) == []


def test_a_superseded_version_without_an_upcaster_is_a_fault(tmp_path: Path) -> None:
    found = version_faults(tmp_path, events_of(TITLE, TITLE, TITLE), FIRST)

    assert found == [(Rule.UPCASTER_MISSING, SECOND)]


def test_a_gap_between_versions_is_a_fault(tmp_path: Path) -> None:
    found = version_faults(tmp_path, events_of(TITLE, {}, TITLE), FIRST, SECOND)

    assert found == [(Rule.VERSION_GAP, SECOND)]


def test_versions_that_do_not_begin_with_one_are_a_fault(tmp_path: Path) -> None:
    assert version_faults(tmp_path, events_of({}, TITLE), FIRST) == [(Rule.VERSION_GAP, FIRST)]


def test_an_upcaster_to_an_undeclared_version_is_a_fault(tmp_path: Path) -> None:
    assert version_faults(tmp_path, events_of(TITLE), FIRST) == [(Rule.UPCASTER_TO_NOWHERE, FIRST)]


def test_a_published_version_may_not_disappear(tmp_path: Path) -> None:
    events = events_of(TITLE, TITLE)
    export(tmp_path, events, steps_from(events, FIRST))

    with pytest.raises(IncompatibleContractError) as refused:
        export(tmp_path, events_of(TITLE))

    assert [(fault.rule, fault.subject) for fault in refused.value.faults] == [
        (Rule.VERSION_WITHDRAWN, SECOND)
    ]
