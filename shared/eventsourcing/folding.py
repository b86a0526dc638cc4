"""What the runner adds to a projection's fold, still without I/O: each event once, and how far it got.

Beside what the fold says, a document carries the runner's fields:

    _id        the key
    _pos       {"<service>-<partition>@<generation>": offset of the last record folded into it}
    _rev       raised with every write; a write names the one it started from: of two writers one loses
    _version   the version of its main stream (`Projection.main_category`) as of now
    _as_of     when the newest event folded into it was recorded
    _stale     the parked keys (see `parking.py`) that it waits for; absent where there are none
    _behind    {stream: offset}: of this parked stream, what lies at or after the offset is not counted
               although `_pos` is beyond, for others of the partition went on; absent where there is none
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.envelope import GENERATION_HEADER, Recorded, RecordedHeaders, read_headers
from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.incoming import Interest, LogRecord, Want, generation_of, service_of
from shared.eventsourcing.projection import Document, Projection
from shared.platform.kafka import position_key

RUNNER_FIELDS = frozenset({"_id", "_pos", "_rev", "_version", "_as_of", "_stale", "_behind"})


Held = Mapping[str, Mapping[str, int]]
"""The parked streams, each with the offset where it begins to be held back, by position."""

NOTHING_HELD: Held = {}


@dataclass(slots=True)  # not frozen, because that triples the time to make one
class Step:
    """One record on its way into a document that it touches.

    Attributes:
        position: name of the partition and generation it lies in, as in `_pos`.
        envelope: what came with it, where not read also the event.
        recorded: None where only the stream's version is of interest.
    """

    record: LogRecord
    position: str
    offset: int
    envelope: Recorded | RecordedHeaders
    recorded: Recorded | None

    @property
    def stream(self) -> str:
        """Return the id of its stream."""
        return self.envelope.stream


class NewerLogError(EventSourcingError):
    """A record belongs to a newer generation of its log than the build: the build must be made anew."""

    def __init__(self, service: str, generation: int) -> None:
        self.service = service
        self.generation = generation
        super().__init__(f"the log of {service} was written again (generation {generation}): rebuild")


class UnreadableError(EventSourcingError):
    """A record that is wanted cannot be read, or the projection cannot tell whom it concerns.

    Attributes:
        cause: what was raised.
    """

    def __init__(self, record: LogRecord, cause: Exception) -> None:
        self.record = record
        self.cause = cause
        super().__init__(f"{record.topic}/{record.partition}:{record.offset}: {cause!r}")


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that could not be read, or whose event could not be folded.

    Attributes:
        index: of the step among those given to `fold_steps`; 0 for an unreadable record.
        record: the record itself.
        error: what was raised.
    """

    index: int
    record: LogRecord
    error: Exception


@dataclass(slots=True)
class Folded:
    """A document after some steps.

    Attributes:
        document: None where it does not exist yet.
        changed: whether it must be written.
        poison: what stopped the fold; the steps before it are in `document`.
    """

    document: Document | None
    changed: bool
    poison: Poison | None = None


class StepReader:
    """Turns records of the log into steps, by the key of the document that each touches.

    Args:
        projection: decides what is read.
        generations: {service: generation} of the logs that its build is made from; 1 if not named.
    """

    def __init__(self, projection: Projection, generations: Mapping[str, int]) -> None:
        self._keys = projection.keys
        self._generations = generations
        self._interest = Interest(projection.events, main_category=projection.main_category)
        self._main = f"{projection.main_category}-" if projection.main_category else None
        self._places: dict[tuple[str, int, bytes | None], tuple[str, int]] = {}

    def place(self, record: LogRecord) -> str:
        """Return the position key of a record."""
        return self._place(record, dict(record.headers).get(GENERATION_HEADER))[0]

    def _place(self, record: LogRecord, generation: bytes | None) -> tuple[str, int]:
        slot = (record.topic, record.partition, generation)
        if (place := self._places.get(slot)) is None:
            number, service = generation_of(record.headers), service_of(record.topic)
            position = position_key(service, record.partition, number)
            place = self._places[slot] = (position, number - self._generations.get(service, 1))
        return place

    def read(self, record: LogRecord) -> Sequence[tuple[str, Step]]:
        """Return what a record does, by document; nothing if it is of an older log, or of no interest.

        Raises:
            NewerLogError: it is of a log newer than the build.
            UnreadableError: it would be of interest, but cannot be read.
        """
        headers = dict(record.headers)
        want = self._interest.wants_type(headers.get("ce_type"), record)
        if want is Want.PASS:
            return ()
        position, age = self._place(record, headers.get(GENERATION_HEADER))
        if age:
            if age > 0:
                raise NewerLogError(service_of(record.topic), generation_of(record.headers))
            return ()
        try:
            return self._steps(record, headers, want, position)
        except Exception as error:  # nothing about what cannot be read is known beforehand
            if want is Want.READ:
                raise UnreadableError(record, error) from error
            return ()

    def _steps(
        self, record: LogRecord, headers: Mapping[str, bytes], want: Want, position: str
    ) -> list[tuple[str, Step]]:
        found: list[tuple[str, Step]] = []
        keys: Iterable[str] = ()
        envelope: Recorded | RecordedHeaders
        if want is Want.READ:
            envelope = recorded = self._interest.parse_with(headers, record.value)
            step = Step(record, position, record.offset, recorded, recorded)
            keys = dict.fromkeys(self._keys(recorded))
            found = [(key, step) for key in keys]
        else:
            envelope = read_headers(record.headers)
        if self._main and envelope.stream.startswith(self._main):
            main = envelope.stream.removeprefix(self._main)
            if main not in keys:
                # Its own document does not care for the event, but for the version that it brings.
                found.append((main, Step(record, position, record.offset, envelope, None)))
        return found


def fold_steps(
    projection: Projection,
    key: str,
    document: Document | None,
    steps: Sequence[Step],
    *,
    held: Held = NOTHING_HELD,
    retried: bool = False,
) -> Folded:
    """Return a document after `steps`; those that it has counted are passed over.

    Never raises: an error of the fold is returned, with the document as of the step before.

    Args:
        projection: says how.
        key: of the document.
        document: None where it does not exist yet.
        steps: in the order of each of their streams.
        held: the parked streams, for `_behind`.
        retried: the steps were parked, so `_behind` says which of them are counted.
    """
    before = document or {}
    positions: dict[str, int] = dict(before.get("_pos", ()))
    version: int = before.get("_version", 0)
    as_of: datetime | None = before.get("_as_of")
    behind: dict[str, int] = dict(before.get("_behind", ()))
    main = f"{projection.main_category}-{key}"
    body: Mapping[str, Any] | None = document
    poison: Poison | None = None
    changed = False
    for index, step in enumerate(steps):
        late = False
        if step.offset <= positions.get(step.position, -1):
            late = retried and step.offset >= behind.get(step.stream, step.offset + 1)
            if not late:
                continue
        if step.recorded is not None:
            try:
                body = projection.fold(None if body is None else dict(body), step.recorded, key)
            except Exception as error:  # whatever a fold raises, the event is put aside and others go on
                poison = Poison(index, step.record, error)
                break
        elif body is None:
            continue  # nobody waits for the version of a document that is not there
        if late:
            behind[step.stream] = step.offset + 1
        else:
            positions[step.position] = step.offset
        envelope = step.envelope
        if as_of is None or as_of < envelope.recorded_at:
            as_of = envelope.recorded_at
        if version < envelope.version and envelope.stream == main:
            version = envelope.version
        changed = True
    if not changed or body is None:
        return Folded(document, False, poison)
    after = {**body, "_id": key, "_pos": positions, "_rev": before.get("_rev", 0) + 1, "_as_of": as_of}
    if version:
        after["_version"] = version
    if not retried and (held or behind):
        behind = _behind(positions, held, behind)
    _set(after, "_behind", behind)
    _set(after, "_stale", before.get("_stale"))
    return Folded(after, True, poison)


def _behind(positions: Mapping[str, int], held: Held, before: Mapping[str, int]) -> dict[str, int]:
    """Return what a document that is now at `positions` lacks of the streams that are held back."""
    return {
        stream: max(first, before.get(stream, first))
        for position, streams in held.items()
        for stream, first in streams.items()
        if first <= positions.get(position, -1)
    }


def _set(document: Document, name: str, value: object) -> None:
    if value:
        document[name] = value
    else:
        document.pop(name, None)


def marked_stale(document: Document, keys: Iterable[str]) -> Document:
    """Return a document that waits for these parked keys, too."""
    return {**document, "_stale": sorted({*document.get("_stale", ()), *keys})}
