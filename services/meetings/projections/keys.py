"""Which document an event is about."""

from __future__ import annotations

from collections.abc import Iterable

from shared.contracts.envelope import Recorded


def stream_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of what the event's stream is about: `<category>-<id>`."""
    return (recorded.stream.partition("-")[2],)
