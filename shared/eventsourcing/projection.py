"""What a projection is: a pure fold of events into documents.

Storing documents, skipping what was already seen, parking and rebuilding are the runner's business, not
the fold's. A document may be fed by several streams, of several services, whose events arrive in any
interleaving that keeps each stream's order: the outcome must not depend on it. So a fold takes `None` for
any event, and fills in what it knows (`testing.assert_interleaving_does_not_matter` proves it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded

Document = dict[str, Any]
"""A read model's document. Keys that begin with `_` belong to the runner: `_id`, `_pos`, `_rev`, `_version`,
`_as_of` (when the newest event folded into it was recorded) and `_stale` (its key is parked)."""

Index = tuple[tuple[str, int], ...]
"""Fields and directions, such as `(("division", 1), ("proposed_on", -1))`."""


@dataclass(frozen=True)
class Projection:
    """A named, versioned fold.

    Attributes:
        name: of the read model; its collection is `<name>__v<build>`.
        version: to be raised with every change of `fold` or `keys`: a running service then rebuilds.
        events: the classes that it reads; everything else is passed over unparsed.
        keys: the ids of the documents that an event touches; none, to pass over it.
        fold: (document or None, event, key) → the document after the event. Pure; must not change the
            document it is given. Runner keys (`_…`) may be left out of what it returns.
        main_category: the stream category whose version a document shows as `_version`, for reads that
            wait: with `topic`, the document `<id>` follows the stream `topic-<id>`.
        indexes: created before the first document.
        published: the shape of a document as far as programs that read the database themselves may rely on
            it; see `published.py`.
    """

    name: str
    version: int
    events: tuple[type[DomainEvent], ...]
    keys: Callable[[Recorded], Iterable[str]]
    fold: Callable[[Document | None, Recorded, str], Mapping[str, Any]]
    main_category: str | None = None
    indexes: tuple[Index, ...] = ()
    published: type[BaseModel] | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services whose events it reads, sorted."""
        return tuple(sorted({e.service for e in self.events}))
