"""Documents as they stood: of a version, or of a day. Pure.

**The same fold.** The stream's events up to the point asked for are folded by the projection that also makes
the live document; there is no second way to compute anything.

**As of a day.** A stream is cut before the first event that happened after the day. When an event happened is
what it says itself (`shared/contracts/days.py`), else the day it was recorded, in Asia/Shanghai. The order of
a stream is kept: nothing happens before what stands ahead of it. An event that was entered afterwards from
another record (`back_entry`) and does not say its day happened with the event before it; where it is the
first, with the next that says one.

So an entry that a clerk makes today about last month is in what is shown of last month: the question is what
was so, not what the system knew. What the system knew at a version is `?version=`.

**One stream.** Only what a document says of its main stream (`topic-<id>` of `<id>`) is shown as of a day:
of the order between two streams nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import takewhile

from shared.contracts.days import day_of
from shared.contracts.envelope import Recorded
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.projection import Document, Projection
from shared.platform.logs import logger
from shared.platform.working_days import today as shanghai_day

_log = logger(__name__)


def events_of(commits: Iterable[Commit]) -> list[Recorded]:
    """Return the events of commits, in their newest versions."""
    return [recorded for commit in commits for recorded in commit.recorded()]


def days_of(events: Sequence[Recorded]) -> list[date]:
    """Return the day of each event of a whole stream; they never go back."""
    said = [said_day(event) for event in events]
    days: list[date] = []
    latest = next((day for day in said if day is not None), None)
    for event, day in zip(events, said, strict=True):
        latest = max(latest or shanghai_day(event.recorded_at), day or date.min)
        days.append(latest)
    return days


def said_day(recorded: Recorded) -> date | None:
    """Return the day that an event says, or on which it was recorded; None for a back-entry without one."""
    day = day_of(recorded.event)
    if day is None and not recorded.event.back_entry:
        return shanghai_day(recorded.recorded_at)
    return day


def up_to_day(events: Sequence[Recorded], day: date) -> list[Recorded]:
    """Return what of a whole stream had happened by the end of a day."""
    dated = zip(events, days_of(events), strict=True)
    return [event for event, _ in takewhile(lambda pair: pair[1] <= day, dated)]


def up_to_version(events: Sequence[Recorded], version: int) -> list[Recorded]:
    """Return a stream's events up to a version, itself included."""
    return [event for event in events if event.version <= version]


def document_of(projection: Projection, events: Sequence[Recorded]) -> Document | None:
    """Return the document that events of its main stream make; None where they make none.

    As in the live read model, an event that cannot be folded stops its document and no other: it is left as
    it stood before, and marked as incomplete (`_stale`).
    """
    document: Document | None = None
    for recorded in events:
        key = recorded.stream.partition("-")[2]
        if not isinstance(recorded.event, projection.events) or key not in projection.keys(recorded):
            continue
        try:
            document = {**projection.fold(document, recorded, key), "_id": key, "_version": recorded.version}
        except Exception as error:  # whatever a fold raises; the log says which event
            _log.warning("cannot be folded", projection=projection.name, event_id=recorded.id, exc_info=error)
            return {**document, "_stale": [key]} if document else None
    return document
