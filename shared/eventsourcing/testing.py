"""The test vocabulary: given/when/then for deciders, folds of every interleaving for projections.

given(decider, TopicProposed(...)).when(AdoptTopic(...)).then(TopicAdopted(...))
given(decider).when(AdoptTopic(...)).then_refused("topic-unknown", rule="T10")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, Generic

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.decider import C, Decider, S
from shared.eventsourcing.projection import Document, Projection

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def given(decider: Decider[C, S], *events: DomainEvent) -> Given[C, S]:
    """Begin a test: this is what has happened in the stream."""
    return Given(decider, events)


@dataclass(frozen=True)
class Given(Generic[C, S]):
    """A stream's past."""

    decider: Decider[C, S]
    events: Sequence[DomainEvent]

    @property
    def state(self) -> S:
        """Return the state, having checked that a snapshot would bring it back unchanged."""
        state = self.decider.fold(self.events)
        revived = self.decider.load(self.decider.dump(state))
        assert revived == state, f"a snapshot changes the state: {state} became {revived}"
        return state

    def when(self, command: C) -> When[C, S]:
        """Give the command."""
        return When(self, command)


@dataclass(frozen=True)
class When(Generic[C, S]):
    """A command, about to be decided."""

    given: Given[C, S]
    command: C

    def then(self, *expected: DomainEvent) -> Given[C, S]:
        """Expect exactly these events; returns the stream with them, to go on from."""
        decided = tuple(self.given.decider.decide(self.command, self.given.state))
        assert tuple(expected) == decided
        after = Given(self.given.decider, (*self.given.events, *decided))
        assert after.state is not None
        return after

    def then_nothing(self) -> None:
        """Expect that there is nothing to do."""
        assert tuple(self.given.decider.decide(self.command, self.given.state)) == ()

    def then_refused(self, code: str, *, rule: str | None = None) -> RefusedError:
        """Expect a refusal with this code and rule; returns it."""
        try:
            decided = self.given.decider.decide(self.command, self.given.state)
        except RefusedError as refusal:
            assert (refusal.code, refusal.rule) == (code, rule)
            assert refusal.zh, "a refusal must say in Chinese why"
            assert refusal.en, "a refusal must say in English why"
            return refusal
        raise AssertionError(f"not refused; decided {decided}")


def recorded(
    event: DomainEvent,
    stream: str,
    version: int,
    *,
    division: str = "371621001",
    at: datetime | None = None,
) -> Recorded:
    """Return an event as a consumer sees it; recorded `version` minutes after 2024 began, unless said."""
    return Recorded(
        event=event,
        id=f"{stream}:{version}",
        stream=stream,
        version=version,
        recorded_at=at or EPOCH + timedelta(minutes=version),
        division=division,
        correlation_id="correlation",
        causation_id="causation",
    )


def stream_of(stream: str, *events: DomainEvent, division: str = "371621001") -> list[Recorded]:
    """Return the events as one stream, versions from 1."""
    return [recorded(e, stream, n, division=division) for n, e in enumerate(events, start=1)]


def fold_all(projection: Projection, events: Iterable[Recorded]) -> dict[str, Mapping[str, Any]]:
    """Return every document of a projection after `events`, by id."""
    documents: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if not isinstance(event.event, projection.events):
            continue
        for key in projection.keys(event):
            before = documents.get(key)
            frozen = _copy(before)
            after = projection.fold(frozen, event, key)
            assert frozen == _copy(before), f"{projection.name} changed the document it was given"
            documents[key] = after
    return documents


def _copy(value: Any) -> Any:  # noqa: ANN401 - any JSON-like value
    if isinstance(value, Mapping):
        return {k: _copy(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(v) for v in value]
    return value


def interleavings(streams: Sequence[Sequence[Recorded]], random: Random) -> Iterator[list[Recorded]]:
    """Yield random interleavings that keep each stream's order, without end."""
    while True:
        remaining = [list(s) for s in streams if s]
        merged: list[Recorded] = []
        while remaining:
            chosen = random.choice(remaining)
            merged.append(chosen.pop(0))
            remaining = [s for s in remaining if s]
        yield merged


def assert_interleaving_does_not_matter(
    projection: Projection, *streams: Sequence[Recorded], tries: int = 50, seed: int = 1
) -> dict[str, Mapping[str, Any]]:
    """Expect the same documents whatever way the streams interleave; returns them."""
    expected = fold_all(projection, [event for stream in streams for event in stream])
    for merged in islice(interleavings(streams, Random(seed)), tries):  # noqa: S311 - no secret
        assert fold_all(projection, merged) == expected, [e.id for e in merged]
    return expected


__all__ = [
    "Document",
    "Given",
    "When",
    "assert_interleaving_does_not_matter",
    "fold_all",
    "given",
    "interleavings",
    "recorded",
    "stream_of",
]
