"""The board as it stood at the end of a day, folded from what had happened by then.

The board has no record of its own; it keeps the events that it reads (`projections/happened.py`). A read
model of a day is folded from them by the same projections that make the live ones, into a collection of its
own, on which the live queries work unchanged; it is kept for a while (`shared/eventsourcing/past_lists.py`).

**What had happened.** Each stream is cut before its first event that happened after the day; the order of a
stream is kept. An event happens on the day that it says, else on the day it was recorded. What was entered
afterwards from another record without a day happened with the event ahead of it; where it is the first of
its stream it was always so: nothing is known of a day before it.

What cannot be folded is left out, and said in the log; the live read model waits for it (`hxs parked`).

So a day of the past changes only when something is entered afterwards about it or about a day before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from services.board.projections.happened import HAPPENED, recorded_of
from shared.contracts.upcasting import upcasters
from shared.eventsourcing.folding import Step, fold_steps, marked_stale
from shared.eventsourcing.incoming import StoredRecord, event_id_of
from shared.eventsourcing.past_lists import PastCollections, PastModel
from shared.eventsourcing.pointer import Pointers
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.strict_fold import StrictFold
from shared.platform.language import Text
from shared.platform.logs import logger
from shared.platform.mongo import Collection, Database
from shared.platform.problems import UnavailableError

AT_MOST = 48
"""Collections at a time: eight days of all that can be asked for."""
MOST_ASKING = 32
"""Requests of a process at a time that wait for a collection; more are told to come back."""
_DOCUMENTS_AT_ONCE = 2_000
_STEPS_AT_ONCE = 200
"""Folded in some 20 ms; then others have their turn."""

_IN_ORDER = [("stream", 1), ("version", 1)]

_log = logger(__name__)


class ByThen:
    """Tells of events, given by stream and version, whether they had happened by the end of a day.

    Args:
        day: in Asia/Shanghai.
    """

    def __init__(self, day: date) -> None:
        self._last = day.isoformat()
        self._over: str | None = None

    def __call__(self, event: Mapping[str, Any]) -> bool:
        """Tell it of a document of `happened`."""
        if event["day"] > self._last:
            self._over = event["stream"]
        return bool(event["stream"] != self._over)


class BoardPast(PastCollections):
    """The board's read models as they stood.

    Args:
        happened: the read model of that name.
        database: where the board's read models lie.
        clock: aware.
    """

    def __init__(self, happened: ReadModel, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__(database, clock, at_most=AT_MOST)
        self._happened = happened
        self._asking = 0
        self._versions: dict[date, str] = {}
        self._versions_at: object = None

    async def version(self, projection: Projection, day: date) -> str:
        """Return how many events are known to have happened by then, and of which build."""
        del projection  # of one day all are of one version, so that what is shown together fits
        pointer = await Pointers(self._database).get(HAPPENED.name)
        # Counted again only once an event has come: it reads an index entry for each event until that day.
        at = pointer.build, {place: said["position"] for place, said in pointer.progress.items()}
        if at != self._versions_at or len(self._versions) >= AT_MOST:
            self._versions, self._versions_at = {}, at
        known = self._versions
        if day not in known:
            events = await self._happened.collection()
            number = await events.count_documents({"day": {"$lte": day.isoformat()}})
            known[day] = f"{events.name}.{number}"
        return known[day]

    async def as_of(self, projection: Projection, day: date) -> PastModel:
        """See `Past.as_of`.

        Raises:
            UnavailableError: too many ask at once; anybody may, and what is new to them takes seconds.
        """
        if self._asking >= MOST_ASKING:
            detail = Text(
                "查看往日情况的人过多，请稍后再试。", "Too many look at past days; try again shortly."
            )
            raise UnavailableError(detail, retry_after_seconds=30)
        self._asking += 1
        try:
            return await super().as_of(projection, day)
        finally:
            self._asking -= 1

    async def one(self, projection: Projection, key: str, day: date) -> Document | None:
        """Return one document as it stood; None where it was not there yet.

        Args:
            projection: one whose documents are each of a topic, or of their main stream alone.
            key: of the document; the topic's id, if it is of a topic.
            day: the end of it, in Asia/Shanghai.
        """
        reader = _Reader(projection)
        found = filter(ByThen(day), await self._events_about(projection, key))
        steps = [step for event in found for of, step in reader.steps(event) if of == key]
        left_out = False
        while (folded := fold_steps(projection, key, None, steps)).poison is not None:
            _log_left_out(projection, key, event_id_of(folded.poison.record))
            del steps[folded.poison.index]
            left_out = True
        return marked_stale(folded.document, [key]) if folded.document and left_out else folded.document

    async def _events_about(self, projection: Projection, key: str) -> list[Document]:
        events = await self._happened.collection()
        own = f"{projection.main_category}-{key}"
        streams = await events.distinct("stream", {"$or": [{"topic_id": key}, {"stream": own}]})
        return [d async for d in events.find({"stream": {"$in": streams}}).sort(_IN_ORDER)]

    async def _fill(self, collection: Collection, projection: Projection, day: date) -> None:
        async def leave_out(key: str, event_id: str) -> bool:
            _log_left_out(projection, key, event_id)
            return True

        fold = StrictFold(projection, collection, leave_out)
        await fold.create()
        steps: list[tuple[str, Step]] = []
        reader, had_happened = _Reader(projection), ByThen(day)
        events = await self._happened.collection()
        async for event in events.find(batch_size=_DOCUMENTS_AT_ONCE).sort(_IN_ORDER):
            if had_happened(event):
                steps += reader.steps(event)
            if len(steps) >= _STEPS_AT_ONCE:
                await fold.add(steps)
                steps = []
                await asyncio.sleep(0)
        await fold.add(steps)
        await fold.flush()


class _Reader:
    """Turns documents of `happened` into steps, numbered in the order in which they are read."""

    def __init__(self, projection: Projection) -> None:
        self._keys = projection.keys
        self._wanted = {event.type for event in projection.events}
        self._number = 0

    def steps(self, event: Mapping[str, Any]) -> list[tuple[str, Step]]:
        """Return what an event does to documents of the read model, by their keys."""
        if upcasters.newest(event["type"]) not in self._wanted:
            return []
        self._number += 1
        recorded = recorded_of(event)
        headers = [("ce_id", recorded.id.encode())]
        record = StoredRecord("happened", 0, self._number, recorded.stream.encode(), None, headers)
        step = Step(record, "happened", self._number, recorded, recorded)
        return [(key, step) for key in dict.fromkeys(self._keys(recorded))]


def _log_left_out(projection: Projection, key: str, event_id: str) -> None:
    _log.warning("cannot be folded", projection=projection.name, key=key, event_id=event_id)
