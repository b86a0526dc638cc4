"""A decider: the pure heart of an aggregate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from shared.contracts.base import DomainEvent

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True)
class Decider(Generic[C, S]):
    """Two pure functions and where to begin; no clock, no I/O.

    Attributes:
        category: what the ids of its streams begin with: `topic` for `topic-<id>`.
        initial: the state of a stream without events.
        decide: what a command does in a state: the events, none when there is nothing to do. Raises
            `RefusedError` when a rule forbids it.
        evolve: the state after an event.
        state_type: the type (or union) that `initial` and `evolve` return, for snapshots.
        state_version: to be raised with every change of `evolve` or of the state's shape: snapshots of
            another version are not read.
        division_of: the division that a state belongs to, for the envelope of its events; None to take
            what the caller's `Meta` says.
    """

    category: str
    initial: S
    decide: Callable[[C, S], Sequence[DomainEvent]]
    evolve: Callable[[S, DomainEvent], S]
    state_type: Any
    state_version: int = 1
    division_of: Callable[[S], str] | None = None
    _adapter: TypeAdapter[S] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_adapter", TypeAdapter(self.state_type))

    def stream(self, id_: str) -> str:
        """Return the stream id of the aggregate with this id."""
        return f"{self.category}-{id_}"

    def fold(self, events: Iterable[DomainEvent], state: S | None = None) -> S:
        """Return the state after `events`, from `state` or the beginning."""
        return reduce(self.evolve, events, self.initial if state is None else state)

    def dump(self, state: S) -> Any:  # noqa: ANN401 - JSON
        """Return a state as JSON values, for a snapshot."""
        return self._adapter.dump_python(state, mode="json")

    def load(self, dumped: Any) -> S:  # noqa: ANN401 - JSON
        """Return the state that `dump` gave.

        Raises:
            pydantic.ValidationError: the shape changed without a new `state_version`.
        """
        return self._adapter.validate_python(dumped)
