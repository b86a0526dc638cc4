"""Commands that a worker gives by itself: each once, whichever process gives it first (N03)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from services.notify.deciders import NOTICE
from services.notify.domain.notice import PostNotice
from services.notify.domain.spread import NoteSpread
from services.notify.outgoing import side_by_side
from shared.contracts.envelope import Meta
from shared.eventsourcing.application import Done
from shared.eventsourcing.errors import IdempotencyKeyReusedError
from shared.eventsourcing.workers import Workbench
from shared.platform.logs import logger

_COMMAND_IDS = uuid.UUID("8a6b0f5d-1d1e-5b2f-8c7b-0a3f5c2e9d64")
_log = logger(__name__)

LONGEST_STEP_SECONDS = 30.0
"""After which a worker's step ends, to go on with the next: one that runs for long counts as stuck."""


async def give(
    bench: Workbench, worker: str, command: PostNotice | NoteSpread, *, stream: str, cause: str, division: str
) -> bool:
    """Give a command once for its stream, and tell whether it did anything now.

    Args:
        bench: where its handler is.
        worker: which worker gives it.
        command: of the decider whose stream it is; the first there is for this stream and worker counts.
        stream: its id.
        cause: what it comes of: an event's id, or what was due.
        division: of what it creates.
    """
    command_id = str(uuid.uuid5(_COMMAND_IDS, f"{worker}/{stream}"))
    meta = Meta(division, f"worker:{worker}", correlation_id=command_id, causation_id=cause)
    handler = bench.handlers[stream.partition("-")[0]]
    try:
        done: Done = await handler.execute(command, stream=stream, meta=meta, command_id=command_id)
    except IdempotencyKeyReusedError:
        _log.info("done before, in other words", worker=worker, command_id=command_id)
        return False
    return bool(done.events) and not done.repeated


async def post(bench: Workbench, worker: str, notices: Iterable[PostNotice]) -> int:
    """Post notices side by side, those that were not posted yet; return how many were posted now."""
    posted = 0

    async def one(notice: PostNotice) -> None:
        nonlocal posted
        stream, cause = NOTICE.stream(notice.notice_id), notice.cause
        posted += await give(bench, worker, notice, stream=stream, cause=cause, division=notice.division)

    await side_by_side(notices, one)
    return posted
