"""The smallest aggregate there is, for tests of the core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.decider import Decider


class CounterEvent(DomainEvent, service="counting"):
    """An event of the counter."""


class Counted(CounterEvent):
    """The counter went up."""

    by: int = 1


class CounterStopped(CounterEvent):
    """The counter takes no more."""


@dataclass(frozen=True)
class Count:
    by: int = 1


@dataclass(frozen=True)
class Stop:
    pass


@dataclass(frozen=True)
class CounterState:
    total: int = 0
    stopped: bool = False


def decide(command: Count | Stop, state: CounterState) -> Sequence[DomainEvent]:
    match command:
        case Count():
            if state.stopped:
                raise RefusedError("counter-stopped", zh="计数器已停止。", en="The counter is stopped.")
            return [Counted(by=command.by)]
        case Stop():
            return [] if state.stopped else [CounterStopped()]


def evolve(state: CounterState, event: DomainEvent) -> CounterState:
    match event:
        case Counted():
            return CounterState(state.total + event.by, state.stopped)
        case CounterStopped():
            return CounterState(state.total, stopped=True)
    return state


COUNTER: Decider[Count | Stop, CounterState] = Decider(
    category="counter", initial=CounterState(), decide=decide, evolve=evolve, state_type=CounterState
)
