from __future__ import annotations

import asyncio

from shared.eventsourcing.wakeups import Wakeups


async def test_who_waits_for_a_document_is_woken_by_its_write() -> None:
    wakeups = Wakeups()
    with wakeups.waiting("topics", "t-1") as written:
        wakeups.written("topics", ["t-2", "t-1"])

        await asyncio.wait_for(written.wait(), 1)


async def test_other_documents_and_other_read_models_wake_nobody() -> None:
    wakeups = Wakeups()
    with wakeups.waiting("topics", "t-1") as written:
        wakeups.written("topics", ["t-2"])
        wakeups.written("plans", ["t-1"])

        assert not written.is_set()


async def test_all_who_wait_for_a_document_are_woken() -> None:
    wakeups = Wakeups()
    with wakeups.waiting("topics", "t-1") as one, wakeups.waiting("topics", "t-1") as other:
        wakeups.written("topics", ["t-1"])

        assert one.is_set()
        assert other.is_set()


async def test_who_has_gone_is_forgotten() -> None:
    wakeups = Wakeups()
    with wakeups.waiting("topics", "t-1"):
        pass

    assert wakeups._waiting == {}
