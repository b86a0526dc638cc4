"""Folding again what is parked, one key at a time, in order, up to the first event that still fails.

Beside a projector that is at work, in its process or in another: every write is one document's, and only over
the revision that it started from.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.eventsourcing.build import Build, Change
from shared.eventsourcing.folding import Poison, Step, UnreadableError
from shared.eventsourcing.parking import NotParkedError, ParkedEntry, Scope, ToPark


async def retry(build: Build, key: str) -> bool:
    """Handle what is parked under a key, in order; tell whether all of it could be.

    Stops at the first event that still fails, which stays parked with what waits behind it.
    """
    while entries := await build.parking.entries(key):
        if entries[0].scope is Scope.STREAM:
            done = await _retry_stream(build, entries)
        else:
            done = await _retry_document(build, key, entries)
        if not done:
            return False
    await build.clear_stale(key)
    return True


async def skip(build: Build, key: str, reason: str) -> bool:
    """Decide not to handle the event at fault, then retry what waits behind it.

    Raises:
        NotParkedError: nothing is parked under the key.
    """
    at_fault = [e for e in await build.parking.entries(key) if e.error is not None]
    if not at_fault:
        raise NotParkedError(build.parking.consumer, key)
    await build.parking.skip(at_fault[0], reason)
    return await retry(build, key)


async def _retry_document(build: Build, key: str, entries: Sequence[ParkedEntry]) -> bool:
    steps: list[Step] = []
    unreadable: Exception | None = None
    for entry in entries:
        try:
            steps.append(dict(build.reader.read(entry.record))[key])
        except (UnreadableError, KeyError) as error:  # the projection may see other keys by now
            unreadable = error
            break
    poison = await _apply(build, key, steps)
    handled = poison.index if poison else len(steps)
    await build.parking.remove(entries[:handled])
    wrong = poison.error if poison else unreadable
    if wrong is not None:
        await build.parking.fail(entries[handled], wrong)
    return wrong is None


async def _retry_stream(build: Build, entries: Sequence[ParkedEntry]) -> bool:
    for entry in entries:
        try:
            steps = build.reader.read(entry.record)
        except UnreadableError as error:
            await build.parking.fail(entry, error.cause)
            return False
        for key, step in steps:
            await _apply_or_park(build, key, step)
        await build.parking.remove([entry])
    return True


async def _apply_or_park(build: Build, key: str, step: Step) -> None:
    if await build.parking.parked_among([key]):
        await build.parking.put([ToPark(key, Scope.DOCUMENT, step.record)])
        if await build.parking.without_fault([key]):
            await retry(build, key)
    elif poison := await _apply(build, key, [step]):
        await build.parking.put([ToPark(key, Scope.DOCUMENT, step.record, poison.error)])


async def _apply(build: Build, key: str, steps: list[Step]) -> Poison | None:
    """Fold steps into one document and write it, however often others are faster."""
    change = Change(key, steps)
    while True:
        change.base = (await build.find([key])).get(key)
        folded = await build.fold_past_skipped(change, retried=True)
        if not folded.changed:
            return folded.poison
        change.after = folded.document
        lost = await build.write([change])
        if not lost:
            return folded.poison
        if (fault := lost[key]) is not None:
            return Poison(0, steps[0].record, fault)
