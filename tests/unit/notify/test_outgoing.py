"""How the workers work: side by side, for a while, and without cutting off what was begun."""

from __future__ import annotations

import asyncio

import pytest

from services.notify.deliveries import (
    _LONGEST_SAID,
    RECORD_SECONDS,
    SEND_SECONDS,
    STEP_SECONDS,
    without_addresses,
)
from services.notify.outgoing import AT_ONCE, LEASE, side_by_side
from shared.eventsourcing.service import STUCK_AFTER_SECONDS


async def nothing(thing: int) -> None:
    """Do nothing with a thing."""


async def test_a_number_is_done_at_once_and_all_in_the_end() -> None:
    at_work, most, done = 0, 0, []

    async def work(thing: int) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        done.append(thing)

    assert await side_by_side(range(100), work) == []
    assert sorted(done) == list(range(100))
    assert most == AT_ONCE


async def test_when_time_is_up_nothing_more_is_begun() -> None:
    assert await side_by_side(range(3), nothing, seconds=-1) == [0, 1, 2]


async def test_of_several_the_failure_of_one_leaves_the_others_alone() -> None:
    done = []

    async def work(thing: int) -> None:
        if thing == 1:
            raise LookupError
        done.append(thing)

    with pytest.raises(LookupError):
        await side_by_side(range(4), work)

    assert done == [0, 2, 3]


async def test_called_off_it_finishes_what_was_begun_and_begins_nothing_more() -> None:
    begun, done, busy, go_on = [], [], asyncio.Event(), asyncio.Event()

    async def work(thing: int) -> None:
        begun.append(thing)
        if len(begun) == AT_ONCE:
            busy.set()
        await go_on.wait()
        done.append(thing)

    working = asyncio.create_task(side_by_side(range(AT_ONCE + 5), work))
    await busy.wait()
    working.cancel()
    await asyncio.sleep(0)
    go_on.set()

    with pytest.raises(asyncio.CancelledError):
        await working
    assert done == begun == list(range(AT_ONCE))


def test_a_step_ends_before_its_process_is_taken_for_stuck_and_its_claims_end() -> None:
    longest = STEP_SECONDS + SEND_SECONDS + RECORD_SECONDS
    assert longest < STUCK_AFTER_SECONDS
    assert longest < LEASE.total_seconds()


@pytest.mark.rule("N12")
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("250 2.1.5 OK", "250 2.1.5 OK"),
        ("550 <wang.dashan@example.org>: no such user", "550 <***>: no such user"),
        ("550 someone.else@example.org", "550 ***"),
        ("550\r\n two  lines", "550 two lines"),
        ("", None),
        (None, None),
        ("x" * 300, "x" * _LONGEST_SAID),
    ],
)
def test_what_the_other_side_says_is_kept_as_one_line_without_addresses(
    said: str | None, kept: str | None
) -> None:
    assert without_addresses(said, "wang.dashan@example.org") == kept
