"""How events are declared."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.contracts.base import (
    ContractError,
    DomainEvent,
    EventRegistry,
    UnknownEventTypeError,
    registry,
    split_type,
)

EVENTS = EventRegistry()


class SampleEvent(DomainEvent, service="sample", events=EVENTS):
    """An event that only tests know."""


class OtherEvent(DomainEvent, service="another", events=EVENTS):
    """One of another service."""


class TopicRaised(SampleEvent, version=2):
    """A topic."""

    title: str


class TopicRaisedV1(SampleEvent):
    """A topic, as it was."""


class MeetingHeld(OtherEvent):
    """A meeting."""


def test_an_event_knows_its_name_on_the_wire() -> None:
    assert TopicRaised.type == "hxs.sample.TopicRaised.v2"
    assert TopicRaisedV1.type == "hxs.sample.TopicRaised.v1"


def test_events_are_found_by_type_and_listed_in_order() -> None:
    assert EVENTS.get("hxs.sample.TopicRaised.v2") is TopicRaised
    assert list(EVENTS) == [MeetingHeld, TopicRaisedV1, TopicRaised]
    assert EVENTS.of_service("sample") == [TopicRaisedV1, TopicRaised]


def test_a_test_s_events_stay_out_of_the_published_ones() -> None:
    assert TopicRaised.type in EVENTS
    assert TopicRaised.type not in registry


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownEventTypeError, match=r"hxs\.sample\.TopicRaised\.v9"):
        EVENTS.get("hxs.sample.TopicRaised.v9")


def test_a_type_is_declared_once() -> None:
    with pytest.raises(ContractError, match="declared twice"):
        EVENTS.add(TopicRaised)


def test_an_event_belongs_to_a_service() -> None:
    with pytest.raises(ContractError, match="derive from a service's base class"):
        type("TopicRaised", (DomainEvent,), {"__module__": __name__})


@pytest.mark.parametrize("taken", ["events", "name", "service", "type", "version"])
def test_a_field_cannot_take_a_name_that_every_event_has(taken: str) -> None:
    """It would get the event's own as its default, and nobody would miss the data."""
    with pytest.raises(ContractError, match="rename the field"):
        type("VenueOpened", (SampleEvent,), {"__module__": __name__, "__annotations__": {taken: "str"}})


def test_an_event_never_changes() -> None:
    event = TopicRaised(title="a well")

    with pytest.raises(ValidationError, match="frozen"):
        setattr(event, "title", "another")  # noqa: B010 - as an assignment, mypy refuses it already


@pytest.mark.parametrize("type_", ["TopicRaised", "hxs.sample.TopicRaised", "hxs.sample.TopicRaised.v0"])
def test_a_malformed_type_is_refused(type_: str) -> None:
    with pytest.raises(ContractError, match="is not of the form"):
        split_type(type_)
