"""What is measured with: entries of a ledger, as large as this system's events are.

The same entries go through the core (events, decider, projection) and through the bare drivers (plain
dictionaries).
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, Recorded
from shared.contracts.refusal import NotThereError
from shared.contracts.types import DivisionCode, Line
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.decider import Decider
from shared.eventsourcing.projection import Document, Projection

SERVICE = "bench"
META = Meta(
    division="371621102",
    actor=str(uuid.uuid5(uuid.NAMESPACE_OID, "actor")),
    correlation_id=uuid.uuid5(uuid.NAMESPACE_OID, "request").hex,
    causation_id=f"request:{uuid.uuid5(uuid.NAMESPACE_OID, 'request').hex}",
)
NOW = datetime(2024, 9, 5, 8, 0, tzinfo=UTC)

STREAMS = 24_000
"""In a log, so that most events of a batch are for different documents, and more documents than are kept in
memory."""


class BenchEvent(DomainEvent, service=SERVICE):
    """An event that only `hxs bench` knows."""


class EntryNoted(BenchEvent):
    """Something was noted in a ledger."""

    ledger_id: str
    division: DivisionCode
    title: Line
    lead: Line
    noted_on: date
    amount: int
    remark: Line | None = None


def entry(ledger_id: str, number: int) -> EntryNoted:
    """Return the event of the entry with this number."""
    return EntryNoted(
        ledger_id=ledger_id,
        division="371621102",
        title="关于加强农村生活污水治理、改善人居环境的建议",
        lead="县住房和城乡建设局",
        noted_on=date(2024, 1 + number % 12, 1 + number % 28),
        amount=number,
        remark="经现场协商,由承办单位会同镇街于年底前完成管网铺设并组织验收",
    )


# through the decider


@dataclass(frozen=True)
class NoteEntry:
    """Command: note something."""

    amount: int


@dataclass(frozen=True)
class Ledger:
    """State: what the entries amount to."""

    entries: int = 0
    total: int = 0


def _decide(command: NoteEntry, ledger: Ledger) -> Sequence[DomainEvent]:
    if not ledger.entries:  # as most commands of this system, it is for something that is there
        raise NotThereError("no-ledger", zh="没有该台账。", en="There is no such ledger.")
    return [entry("ledger", command.amount)]


def _evolve(ledger: Ledger, event: DomainEvent) -> Ledger:
    match event:
        case EntryNoted():
            return Ledger(ledger.entries + 1, ledger.total + event.amount)
    return ledger


LEDGER: Decider[NoteEntry, Ledger] = Decider(
    category="ledger", initial=Ledger(), decide=_decide, evolve=_evolve, state_type=Ledger
)


# into the store


def commits(stream: str, count: int) -> Iterator[Commit]:
    """Yield the first commits of a stream, of one event each."""
    previous = GENESIS
    for version in range(1, count + 1):
        commit = new_commit(
            stream,
            version,
            [entry(stream, version)],
            meta=META,
            command_id=str(uuid.uuid4()),
            command_digest=GENESIS,
            now=NOW,
            previous_hash=previous,
        )
        previous = commit.hash
        yield commit


def first_commits(count: int) -> list[Commit]:
    """Return the first commits of so many streams, which nobody has used."""
    return [next(commits(f"ledger-{uuid.uuid4()}", 1)) for _ in range(count)]


# out of the log


def arrivals(events: int) -> list[tuple[int, int]]:
    """Return (stream, version) of each event in a log: streams at random, each in its order."""
    drawn = random.Random(20240905)  # noqa: S311 - the same in every run
    versions = [0] * STREAMS
    found = []
    for stream in drawn.choices(range(STREAMS), k=events):
        versions[stream] += 1
        found.append((stream, versions[stream]))
    return found


def fold_fields(document: Mapping[str, Any] | None, event: Mapping[str, Any]) -> Document:
    """Return a ledger's document after an entry, given as its JSON fields: the bare loop's fold."""
    before = document or {"entries": 0, "total": 0, "first_on": event["noted_on"]}
    return {
        "division": event["division"],
        "title": event["title"],
        "lead": event["lead"],
        "first_on": before["first_on"],
        "last_on": event["noted_on"],
        "entries": before["entries"] + 1,
        "total": before["total"] + event["amount"],
        "remark": event["remark"],
    }


def _keys(recorded: Recorded) -> Iterable[str]:
    return (recorded.stream.removeprefix("ledger-"),)


def _fold(document: Document | None, recorded: Recorded, key: str) -> Document:
    event = recorded.event
    assert isinstance(event, EntryNoted)  # noqa: S101 - the projection reads no other
    noted_on = event.noted_on.isoformat()
    before = document or {"entries": 0, "total": 0, "first_on": noted_on}
    return {
        "division": event.division,
        "title": event.title,
        "lead": event.lead,
        "first_on": before["first_on"],
        "last_on": noted_on,
        "entries": before["entries"] + 1,
        "total": before["total"] + event.amount,
        "remark": event.remark,
    }


LEDGERS = Projection("ledgers", 1, (EntryNoted,), _keys, _fold, main_category="ledger")
