"""The files of the contracts, and when they are stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.contracts.base import DomainEvent, EventRegistry
from shared.contracts.compatibility import Rule
from shared.contracts.export import IncompatibleContractError, check, documents, export
from shared.contracts.upcasting import Upcasters
from tests.unit.contracts.test_compatibility import FIRST, SCHEMA, TITLE, events_of, steps_from


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A folder in which one event was published."""
    export(tmp_path, events_of(TITLE))
    return tmp_path


def rules(target: Path, events: EventRegistry, steps: Upcasters | None = None) -> list[tuple[Rule, str]]:
    return [(fault.rule, fault.subject) for fault in check(target, events, steps or Upcasters(events))]


def test_a_file_per_event_and_one_for_all_are_written(tmp_path: Path) -> None:
    written = export(tmp_path, events_of(TITLE))

    assert written == [tmp_path / SCHEMA, tmp_path / "asyncapi.json"]
    assert check(tmp_path, events_of(TITLE)) == []


def test_a_second_export_writes_nothing(published: Path) -> None:
    assert export(published, events_of(TITLE)) == []


def test_files_are_sorted_readable_and_end_with_a_line_break(published: Path) -> None:
    text = (published / SCHEMA).read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def test_the_order_of_declaration_does_not_matter() -> None:
    def declared(*names: str) -> EventRegistry:
        events = EventRegistry()

        class SampleEvent(DomainEvent, service="sample", events=events):
            """An event that only tests know."""

        for name in names:
            type(name, (SampleEvent,), {"__doc__": name, "__module__": __name__})
        return events

    assert documents(declared("TopicRaised", "MeetingHeld")) == documents(
        declared("MeetingHeld", "TopicRaised")
    )


def test_a_new_event_is_missed_until_it_is_exported(tmp_path: Path) -> None:
    assert rules(tmp_path, events_of(TITLE)) == [
        (Rule.MISSING, SCHEMA.as_posix()),
        (Rule.MISSING, "asyncapi.json"),
    ]


def test_a_changed_class_makes_its_files_stale(published: Path) -> None:
    changed = events_of(TITLE, doc="A topic was raised by somebody.")

    assert rules(published, changed) == [(Rule.STALE, SCHEMA.as_posix()), (Rule.STALE, "asyncapi.json")]


def test_a_file_edited_by_hand_is_stale(published: Path) -> None:
    asyncapi = published / "asyncapi.json"
    asyncapi.write_text(asyncapi.read_text(encoding="utf-8").replace("12", "6"), encoding="utf-8")

    assert rules(published, events_of(TITLE)) == [(Rule.STALE, "asyncapi.json")]


@pytest.mark.parametrize("content", ["<<<<<<< HEAD\n{}", "[]", ""])
def test_a_file_that_is_no_schema_is_not_overwritten(published: Path, content: str) -> None:
    """What was published can no longer be told from it."""
    (published / SCHEMA).write_text(content, encoding="utf-8")

    assert rules(published, events_of(TITLE)) == [(Rule.UNREADABLE, SCHEMA.as_posix())]
    with pytest.raises(IncompatibleContractError, match="restore it from version control"):
        export(published, events_of(TITLE))


def test_other_files_in_the_folder_are_left_alone(published: Path) -> None:
    (published / "README.md").write_text("notes", encoding="utf-8")
    (published / "sample" / "example.json").write_text("{}", encoding="utf-8")

    assert check(published, events_of(TITLE)) == []


def test_a_superseded_version_is_deprecated(published: Path) -> None:
    both = events_of(TITLE, TITLE)

    export(published, both, steps_from(both, FIRST))

    assert json.loads((published / SCHEMA).read_bytes())["deprecated"] is True
    assert "deprecated" not in json.loads((published / "sample" / "TopicRaised.v2.json").read_bytes())
