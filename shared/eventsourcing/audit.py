"""Has the record been altered? Verifies the chain of hashes of one stream or of all.

Each commit's hash covers its content and the hash before it, so a commit cannot be changed, put in or
taken out without a break. Cutting off a stream's *end* breaks nothing by itself; it is seen where a snapshot
of the stream was left behind. Whoever can write to the database can recompute a whole stream: that is seen
against what was published, on Kafka or in a backup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from shared.eventsourcing.commit import GENESIS, Commit
from shared.eventsourcing.mongo_store import COMMITS, SNAPSHOTS
from shared.platform.mongo import Collection, Database, Document

PAGE_DOCUMENTS = 1000

Progress = Callable[[int, int], None]
"""Told how many commits were verified, and about how many there are."""


@dataclass(frozen=True, slots=True)
class TamperedFault:
    """A place where the record is not what was written.

    Attributes:
        commit_id: `<stream>:<first version>`.
        reason: what does not agree.
    """

    commit_id: str
    reason: str


@dataclass(slots=True)
class AuditReport:
    """What an audit found.

    Attributes:
        streams: verified.
        commits: verified.
        faults: of commits in order of stream and version, then of snapshots; none in a record as it was
            written.
    """

    streams: int = 0
    commits: int = 0
    faults: list[TamperedFault] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


class StreamAudit:
    """Verifies one stream, commit by commit; holds nothing but where the last one ended."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self._next_version = 1
        self._previous_hash = GENESIS

    def add(self, document: Document) -> Iterator[TamperedFault]:
        """Yield the faults of the stream's next commit, as it lies in the store."""
        commit_id = str(document["_id"])
        try:
            commit = Commit.from_document(document)
            reasons = list(self._reasons(commit, document))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield TamperedFault(commit_id, f"cannot be read: {error!r}")
            return
        for reason in reasons:
            yield TamperedFault(commit_id, reason)
        # One change, one fault: what follows is judged by what is there.
        self._next_version = commit.last_version + 1
        self._previous_hash = commit.hash

    def _reasons(self, commit: Commit, document: Document) -> Iterator[str]:
        if commit.version != self._next_version:
            yield f"version {self._next_version} should come here"
        if document["_id"] != commit.id or document["count"] != len(commit.events):
            yield "id or count does not agree with the content"
        if commit.previous_hash != self._previous_hash:
            yield "does not follow on the commit before it"
        if commit.computed_hash() != commit.hash:
            yield "content does not agree with its hash"


def snapshot_fault(snapshot: Document, commit: Document | None) -> TamperedFault | None:
    """Return what is wrong with a snapshot.

    Args:
        snapshot: as it lies in the store.
        commit: the last one of its stream that begins at or before the snapshot's version.
    """
    commit_id = f"{snapshot['_id']}:{snapshot['version']}"
    if commit is None or commit["version"] + commit["count"] - 1 != snapshot["version"]:
        return TamperedFault(commit_id, "a snapshot of this version exists, its commit does not")
    if commit["hash"] != snapshot["hash"]:
        return TamperedFault(commit["_id"], "a snapshot was taken of another history")
    return None


async def _audit_commits(
    commits: Collection, chosen: Document, report: AuditReport, progress: Progress
) -> None:
    total = await commits.count_documents(chosen) if chosen else await commits.estimated_document_count()
    cursor = commits.find(chosen, sort=[("stream", 1), ("version", 1)], batch_size=PAGE_DOCUMENTS)
    current: StreamAudit | None = None
    while page := await cursor.to_list(PAGE_DOCUMENTS):
        for document in page:
            if current is None or document["stream"] != current.stream:
                current = StreamAudit(document["stream"])
                report.streams += 1
            report.faults.extend(current.add(document))
        report.commits += len(page)
        progress(report.commits, max(total, report.commits))


async def _audit_snapshots(database: Database, chosen: Document, report: AuditReport) -> None:
    async for snapshot in database[SNAPSHOTS].find(chosen, {"version": 1, "hash": 1}, sort=[("_id", 1)]):
        up_to_it = {"stream": snapshot["_id"], "version": {"$lte": snapshot["version"]}}
        commit = await database[COMMITS].find_one(up_to_it, sort=[("version", -1)])
        if fault := snapshot_fault(snapshot, commit):
            report.faults.append(fault)


async def audit(
    database: Database, stream: str | None = None, *, progress: Progress = lambda done, total: None
) -> AuditReport:
    """Verify the record of a service; memory does not grow with it.

    Args:
        database: the service's own.
        stream: only this one; None, all.
        progress: told after each thousand commits.

    Raises:
        PyMongoError: the store cannot be read.
    """
    report = AuditReport()
    await _audit_commits(database[COMMITS], {"stream": stream} if stream else {}, report, progress)
    await _audit_snapshots(database, {"_id": stream} if stream else {}, report)
    return report
