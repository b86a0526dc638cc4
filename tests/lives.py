"""Properties of an aggregate whatever it is told: commands in any order, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.decider import C, Decider, S


def for_any(
    *strategies: st.SearchStrategy[Any], examples: int = 100
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for many examples; no deadline, for a busy machine does not make a rule untrue."""
    return lambda test: settings(deadline=None, max_examples=examples)(given(*strategies)(test))


@dataclass(frozen=True)
class Episode(Generic[C, S]):
    """One command and what became of it; `events` is empty where it was refused or did nothing."""

    before: S
    command: C
    events: tuple[DomainEvent, ...]
    refusal: RefusedError | None
    after: S


def live(decider: Decider[C, S], commands: Iterable[C]) -> list[Episode[C, S]]:
    """Give the commands one after the other, each to the state that the last one left."""
    state = decider.initial
    life: list[Episode[C, S]] = []
    for command in commands:
        events: tuple[DomainEvent, ...] = ()
        refusal = None
        try:
            events = tuple(decider.decide(command, state))
        except RefusedError as error:
            refusal = error
        after = decider.fold(events, state)
        life.append(Episode(state, command, events, refusal, after))
        state = after
    return life


def events_of(life: Iterable[Episode[C, S]]) -> list[DomainEvent]:
    """Return the stream that a life left behind."""
    return [event for episode in life for event in episode.events]


def expect_silence_or_refusal_the_second_time(decider: Decider[C, S], life: Iterable[Episode[C, S]]) -> None:
    """Expect that no command is done twice."""
    for episode in life:
        if not episode.events:
            continue
        try:
            again = decider.decide(episode.command, episode.after)
        except RefusedError:
            continue
        assert not again, f"{episode.command} was done twice: {episode.events}, {again}"


def expect_snapshots_to_bring_back_every_state(decider: Decider[C, S], life: Iterable[Episode[C, S]]) -> None:
    """Expect that no state loses anything in a snapshot."""
    for episode in life:
        assert decider.load(decider.dump(episode.after)) == episode.after


def read_back(events: Iterable[DomainEvent]) -> list[DomainEvent]:
    """Return the events as they come back from a store or from the log."""
    return [type(event).model_validate_json(event.model_dump_json()) for event in events]
