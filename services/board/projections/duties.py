"""`duties`: the work queue, one document a matter (a plan, topic, meeting, entry or problem).

    matter       `plan`, `topic`, `meeting`, `entry` or `problem`
    topic_id     None for a plan
    state        what its events left; of several streams each leaves a part of its own
    duties       what follows from it (`services/board/duties`), empty when nothing is to be done:
                 {_id, kind, division, topic_id, recipients, since, due_on, due_key, …}

Matters are small, and an event touches three of them at most, so that a fold costs the same however much
happens in a county. Recipients are spelt as notices spell them; lights are not kept (C12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.board.duties import entries, meetings, plans, problems, topics
from services.board.duties.kinds import State
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.eventsourcing.projection import Document, Projection


@dataclass(frozen=True)
class _Matter:
    """What is read of a kind of matter, and what follows from it."""

    events: tuple[type[DomainEvent], ...]
    state_after: Callable[[State | None, Recorded], Mapping[str, Any]]
    duties_of: Callable[[str, State], list[dict[str, Any]]]


_MATTERS = {
    "plan": _Matter(plans.EVENTS, plans.state_after, plans.duties_of),
    "topic": _Matter(topics.EVENTS, topics.state_after, topics.duties_of),
    "meeting": _Matter(meetings.EVENTS, meetings.state_after, meetings.duties_of),
    "entry": _Matter(entries.EVENTS, entries.state_after, entries.duties_of),
    "problem": _Matter(problems.EVENTS, problems.state_after, problems.duties_of),
}
EVENTS: tuple[type[DomainEvent], ...] = tuple(
    dict.fromkeys(event for matter in _MATTERS.values() for event in matter.events)
)
_MATTERS_OF = {
    event: tuple(name for name, matter in _MATTERS.items() if event in matter.events) for event in EVENTS
}


def duty_keys(recorded: Recorded) -> Iterable[str]:
    """Return the matters that an event is about: its own, and those that wait for it."""
    event = recorded.event
    return tuple(f"{name}-{getattr(event, f'{name}_id')}" for name in _MATTERS_OF[type(event)])


def fold_duties(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a matter's document after an event of one of its streams.

    Raises:
        OutOfOrderError: a stream does not begin with its first event.
    """
    name, _, id_ = key.partition("-")
    matter = _MATTERS[name]
    state = matter.state_after(document["state"] if document else None, recorded)
    return {
        "matter": name,
        "topic_id": getattr(recorded.event, "topic_id", document["topic_id"] if document else None),
        "state": state,
        "duties": matter.duties_of(id_, state),
    }


DUTIES = Projection(
    name="duties",
    version=2,
    events=EVENTS,
    keys=duty_keys,
    fold=fold_duties,
    indexes=((("duties.recipients", 1),), (("duties.division", 1),)),
)
