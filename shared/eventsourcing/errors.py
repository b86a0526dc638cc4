"""What can go wrong in the event-sourcing core.

EventSourcingError
├── VersionConflictError         somebody else appended first: reload and decide again
├── VersionMismatchError         the caller's If-Match names another version (412)
├── CommandAlreadyDoneError      a commit with this command id exists: it is the answer
├── IdempotencyKeyReusedError    the same command id came with another command (422)
├── TamperedError                a stored commit does not match its hash
├── OutOfOrderError              a fold met an event that its document cannot have seen yet
├── NotCaughtUpError             a read model has not reached the version asked for in time (503)
│   the rest lies beside what raises it:
├── LeaseLostError               (lease) another process took over
├── LogLostError                 (log_writer) the broker has lost the log: `hxs republish`
├── TopicMissingError            (log_writer) `hxs kafka apply` was not run
├── NewerLogError                (folding) a record of a log written anew: the build is made anew
├── UnreadableError              (folding) a record that cannot be read as an event
├── DocumentRefusedError         (build) the database cannot store what a fold made
├── StrictFoldError              (strict_fold) a rebuild met an event that it cannot fold, and stopped
├── RebuildBusyError             (rebuild) another process is rebuilding
├── LostLogError                 (rebuild) the log is not the record: `hxs republish`
├── NotBuiltError                (pointer) a read model whose service never started (503)
├── RebuildLostError             (pointer) a rebuild's lease ran out, and another process took over
├── NotParkedError               (parking) nothing is parked under the key
├── BehindError                  (progress) consumers did not reach the end of the log in time
├── UnreadableRecordError        (verify) an event in the store cannot be read: `hxs audit`
└── StoreNotReachableError       (verify) a read model cannot be compared with a store that is not there
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.eventsourcing.commit import Commit


class EventSourcingError(Exception):
    """The root of the core's errors."""


class VersionConflictError(EventSourcingError):
    """Another commit has taken the version; the command can be decided again on the newer state."""

    def __init__(self, stream: str, version: int) -> None:
        self.stream = stream
        self.version = version
        super().__init__(f"{stream}: version {version} is taken; reload and decide again")


class VersionMismatchError(EventSourcingError):
    """The stream is not at the version that the caller had seen."""

    def __init__(self, stream: str, *, expected: int, actual: int) -> None:
        self.stream = stream
        self.expected = expected
        self.actual = actual
        super().__init__(f"{stream} is at version {actual}, not {expected}; read it again")


class CommandAlreadyDoneError(EventSourcingError):
    """The command was committed before; `commit` is what it did then."""

    def __init__(self, commit: Commit) -> None:
        self.commit = commit
        super().__init__(f"command {commit.command_id} was done as {commit.id}")


class IdempotencyKeyReusedError(EventSourcingError):
    """An idempotency key names one command for ever; this one came with another command."""

    def __init__(self, command_id: str) -> None:
        self.command_id = command_id
        super().__init__(f"{command_id}: the key was used for another command; send a new key")


class TamperedError(EventSourcingError):
    """A commit was changed after it was written, or one of its predecessors is gone."""

    def __init__(self, commit_id: str, reason: str) -> None:
        self.commit_id = commit_id
        self.reason = reason
        super().__init__(f"{commit_id}: {reason}; restore the stream from a backup")


class OutOfOrderError(EventSourcingError):
    """A fold met an event before the one that must precede it in the same stream."""

    def __init__(self, event: object, document: object) -> None:
        self.event = event
        super().__init__(f"{type(event).__name__} does not follow on {document!r:.120}")


class NotCaughtUpError(EventSourcingError):
    """A read model did not reach the version asked for within the wait."""

    def __init__(self, key: str, *, wanted: int, seen: int) -> None:
        self.key = key
        self.wanted = wanted
        self.seen = seen
        super().__init__(f"{key}: version {wanted} asked for, {seen} seen so far; ask again shortly")
