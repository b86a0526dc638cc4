"""Writing the whole log again from the store: after Kafka was lost, or for an empty broker.

Same events, same ids, same order, one *generation* higher. Offsets mean something within one generation
only, so the number travels in every record (`hxs-generation`) and in the name of every position that a
consumer keeps (`position_key`).

**A generation becomes visible whole or not at all**: all of it is one Kafka transaction, of the relay's own
transactional id. So:

- A kill in the middle leaves an aborted transaction, which consumers of committed events never see. The
  relay, or the next run, ends it and goes on where things were. Running again is always safe; the number of
  a run that failed is not used again, so two logs never share one.
- A relay that is running is fenced, and waits for the lease, which is taken from it. Commands go on
  meanwhile: their commits wait in the store, and follow in the new generation.
- The last record of the transaction is a checkpoint with the new number. It decides in which generation the
  log is continued, even if this process dies before it can tell the store.

**What consumers may rely on.** On a partition generations never go down: all records of n come before the
first of n + 1. When the first of n + 1 can be read, the transaction is committed, and the last event that
the store had lies before `kafka.written_ends`; that it can be read, too, the broker may tell a moment later
on one partition than on another. Hence:

- A record of an *older* generation than the consumer's own is skipped: the newer one has it too.
- A record of a *newer* one means that positions, read models and everything derived from offsets begin
  anew: rebuild from the beginning of the topic, reading only the newest generation, which is the record's
  or `checkpoint.newest_generation`. Past `kafka.written_ends` the rebuild has everything.
- An event's id is that of its first writing: who deduplicates by id (reactions, deliveries, foreign
  consumers) sees nothing new.

Until a lost log is written again no relay writes to it (`LogLostError`): at the low offsets of the new
topic, in the old generation, consumers would skip new events as seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from aiokafka.errors import ProducerFenced

from shared.eventsourcing.lease import Lease, process_owner
from shared.eventsourcing.log_writer import Probe, Progress, Written, open_log
from shared.eventsourcing.relay import LEASE, LEASE_SECONDS
from shared.platform.mongo import Database
from shared.platform.settings import Settings

TRANSACTION_SECONDS = 900.0
"""The most that a broker grants by default (`transaction.max.timeout.ms`): some ten million events."""

ATTEMPTS = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Republished:
    """What a republishing did: the log's generation now, and what was written to it."""

    generation: int
    written: Written


async def republish(
    service: str,
    database: Database,
    settings: Settings,
    *,
    progress: Progress = lambda written, total: None,
    lease_seconds: float = LEASE_SECONDS,
    probe: Probe = lambda step: None,
) -> Republished:
    """Write a service's log again from its store.

    Args:
        service: whose log; its topics exist.
        database: the service's own, prepared.
        settings: says where the broker is.
        progress: told after each thousand commits.
        lease_seconds: as the service's relays have it.
        probe: told each step; for tests.

    Raises:
        TopicMissingError: create the topics first.
        LeaseLostError, ProducerFenced: another process republishes, or this one was held up for longer than
            its lease; nothing of it can be seen, or all: run it again.
        KafkaError, PyMongoError, TimeoutError: nothing of it can be seen; run it again.
    """

    async def rewrite() -> Republished:
        opened = open_log(service, database, settings, transaction_seconds=TRANSACTION_SECONDS, probe=probe)
        async with opened as writer:
            written = await writer.rewrite(progress)
            return Republished(writer.generation, written)

    lease = Lease(database, LEASE, owner=f"republish:{process_owner()}", seconds=lease_seconds)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await lease.while_held(rewrite, by_force=True)
        except ProducerFenced:
            # A relay that was just starting has not yet noticed that its lease was taken.
            log.info("republish_fenced", service=service, attempt=attempt)
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")
