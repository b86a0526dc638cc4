"""What every published event is, and the registry that reads one back.

A class name, its version and its field names are stored for good and read by services we do not
know. They never change: a new optional field may be added in place, anything else is a new class with
`version=n + 1` and an upcaster from version n (see `upcasting.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import get_annotations
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

_NAME = re.compile(r"^[A-Z][A-Za-z]+$")
_OWN_NAMES = {"events", "name", "service", "type", "version"}
_TYPE = re.compile(r"^hxs\.(?P<service>[a-z]+)\.(?P<name>[A-Z][A-Za-z]+)\.v(?P<version>[1-9][0-9]*)$")


class ContractError(Exception):
    """A contract was declared or used wrongly."""


class UnknownEventTypeError(ContractError):
    """No class is registered for a type, and no upcaster leads to one.

    Either the producer is newer than this process (deploy this one), or the type was never published.
    """

    def __init__(self, type_: str) -> None:
        self.type = type_
        super().__init__(f"{type_}: no such event in this version's contracts")


class DomainEvent(BaseModel):
    """A fact of the domain: immutable, in the past tense, published.

    Unknown fields are ignored on reading, so that a newer producer may add optional ones.

    Attributes:
        back_entry: Entered afterwards from another record (an imported ledger). What that record did not
            say is None; rules about how it should have been done became `flags` instead of refusals.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int]
    type: ClassVar[str]
    events: ClassVar[EventRegistry]

    back_entry: bool = False

    def __init_subclass__(
        cls,
        *,
        service: str | None = None,
        version: int = 1,
        events: EventRegistry | None = None,
        **kwargs: Any,  # noqa: ANN401 - pydantic's own signature
    ) -> None:
        super().__init_subclass__(**kwargs)
        if service is not None:
            cls.service = service
            if events is not None:  # Throw-away events of a test.
                cls.events = events
            elif not hasattr(cls, "events"):
                cls.events = registry
            return
        if not hasattr(cls, "service"):
            raise ContractError(f"{cls.__name__}: derive from a service's base class")
        # Set below, a class attribute would silently become the field's default.
        if taken := sorted(_OWN_NAMES & get_annotations(cls).keys()):
            raise ContractError(f"{cls.__name__}.{taken[0]}: every event has one already; rename the field")
        # A superseded version keeps its name on the wire: class TopicProposedV1 is still TopicProposed.
        cls.name = re.sub(r"V[0-9]+$", "", cls.__name__)
        if not _NAME.match(cls.name):
            raise ContractError(f"{cls.__name__}: letters only, in the past tense")
        cls.version = version
        cls.type = f"hxs.{cls.service}.{cls.name}.v{version}"
        cls.events.add(cls)


class EventRegistry:
    """Every event class by the type it has on the wire."""

    def __init__(self) -> None:
        self._classes: dict[str, type[DomainEvent]] = {}

    def add(self, cls: type[DomainEvent]) -> None:
        """Register a class.

        Raises:
            ContractError: the type is taken.
        """
        if cls.type in self._classes:
            raise ContractError(f"{cls.type}: declared twice")
        self._classes[cls.type] = cls

    def get(self, type_: str) -> type[DomainEvent]:
        """Return the class for a type such as `hxs.topics.TopicProposed.v1`.

        Raises:
            UnknownEventTypeError: there is none.
        """
        try:
            return self._classes[type_]
        except KeyError:
            raise UnknownEventTypeError(type_) from None

    def __contains__(self, type_: str) -> bool:
        return type_ in self._classes

    def __iter__(self) -> Iterator[type[DomainEvent]]:
        """Go through every version of every event, by service, name and version."""
        return iter(sorted(self._classes.values(), key=lambda c: (c.service, c.name, c.version)))

    def of_service(self, service: str) -> list[type[DomainEvent]]:
        """Return a service's events, every version, by name and version."""
        return [cls for cls in self if cls.service == service]


registry = EventRegistry()


def split_type(type_: str) -> tuple[str, str, int]:
    """Return service, event name and version of a type.

    Raises:
        ContractError: it is not of the form `hxs.<service>.<EventName>.v<n>`.
    """
    found = _TYPE.match(type_)
    if found is None:
        raise ContractError(f"{type_!r} is not of the form hxs.<service>.<EventName>.v<n>")
    return found["service"], found["name"], int(found["version"])
