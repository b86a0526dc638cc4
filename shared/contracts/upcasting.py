"""Old versions of an event, read as the newest one.

An upcaster turns the JSON data of version n into that of version n + 1. They are chained on reading, in
the store as well as from Kafka, so that folds and deciders know one version only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from shared.contracts.base import ContractError, DomainEvent, EventRegistry, registry, split_type

Data = dict[str, Any]
Upcast = Callable[[Data], Data]


class Upcasters:
    """The steps from each superseded version to its successor."""

    def __init__(self, events: EventRegistry = registry) -> None:
        self._events = events
        self._steps: dict[str, Upcast] = {}

    def register(self, from_type: str) -> Callable[[Upcast], Upcast]:
        """Declare the function that turns `from_type`'s data into the next version's.

        Raises:
            ContractError: that version already has an upcaster.
        """

        def declare(function: Upcast) -> Upcast:
            split_type(from_type)
            if from_type in self._steps:
                raise ContractError(f"{from_type}: two upcasters")
            self._steps[from_type] = function
            return function

        return declare

    def has(self, type_: str) -> bool:
        """Tell whether `type_` is superseded."""
        return type_ in self._steps

    def newest(self, type_: str) -> str:
        """Return the type that `type_` is read as."""
        while type_ in self._steps:
            service, name, version = split_type(type_)
            type_ = f"hxs.{service}.{name}.v{version + 1}"
        return type_

    def parse(self, type_: str, data: bytes | Data) -> DomainEvent:
        """Return the event, in its newest version.

        Args:
            type_: as on the wire, e.g. `hxs.topics.TopicProposed.v1`.
            data: JSON text, or the object it stands for.

        Raises:
            UnknownEventTypeError: the type is not in these contracts.
            pydantic.ValidationError: the data does not fit the type.
        """
        if type_ in self._steps:
            # Known to be an object: it was one when it was written, and validation follows.
            fields: Data = orjson.loads(data) if isinstance(data, bytes) else dict(data)
            while type_ in self._steps:
                fields = self._steps[type_](fields)
                service, name, version = split_type(type_)
                type_ = f"hxs.{service}.{name}.v{version + 1}"
            return self._events.get(type_).model_validate(fields)
        cls = self._events.get(type_)
        return cls.model_validate_json(data) if isinstance(data, bytes) else cls.model_validate(data)


upcasters = Upcasters()
