"""What is open to everybody may be used so often, by whom, and the address is not remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import Depends
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.requests import Request

from shared.platform.authorisation import Access, unidentified
from shared.platform.health import Health
from shared.platform.http import create_app
from shared.platform.metrics import Metrics
from shared.platform.problems import TooManyRequestsError
from shared.platform.rate_limit import DAY, MINUTE, Limits, Rate, client_address, limited, wait_seconds
from shared.platform.settings import load_settings
from tests.stores import MemoryLimitStore

START = datetime(2024, 9, 5, 1, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemoryLimitStore:
    return MemoryLimitStore()


@pytest.fixture
def limits(store: MemoryLimitStore, clock: Clock) -> Limits:
    return Limits(store, secrets=[SecretStr("k" * 40)], enabled=True, clock=clock)


async def passes(limits: Limits, subject: str, *rates: Rate) -> bool:
    try:
        await limits.hit(subject, *rates)
    except TooManyRequestsError:
        return False
    return True


async def wait_of(limits: Limits, subject: str, *rates: Rate) -> int:
    with pytest.raises(TooManyRequestsError) as caught:
        await limits.hit(subject, *rates)
    return caught.value.retry_after_seconds


async def test_so_many_pass_and_no_more(limits: Limits) -> None:
    assert [await passes(limits, "a", Rate(3, MINUTE)) for _ in range(5)] == [True] * 3 + [False] * 2
    assert await passes(limits, "b", Rate(3, MINUTE))


async def test_whoever_waits_as_long_as_told_passes_once_more(limits: Limits, clock: Clock) -> None:
    clock.sleep(17)
    rate = Rate(6, MINUTE)
    for _ in range(6):
        await limits.hit("a", rate)
    for _ in range(20):
        wait = await wait_of(limits, "a", rate)
        clock.sleep(wait)
        assert await passes(limits, "a", rate), wait


async def test_what_is_refused_does_not_count(limits: Limits, clock: Clock, store: MemoryLimitStore) -> None:
    for _ in range(50):
        await passes(limits, "a", Rate(2, MINUTE), Rate(10, DAY))
    assert sorted(store.counts.values()) == [2, 2]


async def test_over_two_periods_there_are_no_more_than_in_one(limits: Limits, clock: Clock) -> None:
    clock.sleep(59)
    assert sum([await passes(limits, "a", Rate(10, MINUTE)) for _ in range(20)]) == 10
    clock.sleep(1)
    assert sum([await passes(limits, "a", Rate(10, MINUTE)) for _ in range(20)]) == 0


async def test_the_strictest_of_several_rates_holds(limits: Limits, clock: Clock) -> None:
    rates = (Rate(5, MINUTE), Rate(7, DAY))
    assert sum([await passes(limits, "a", *rates) for _ in range(9)]) == 5
    clock.sleep(120)
    assert sum([await passes(limits, "a", *rates) for _ in range(9)]) == 2
    assert await wait_of(limits, "a", *rates) > 3600


async def test_a_load_test_switches_it_off(store: MemoryLimitStore, clock: Clock) -> None:
    limits = Limits(store, secrets=[SecretStr("k" * 40)], enabled=False, clock=clock)
    assert all([await passes(limits, "a", Rate(1, MINUTE)) for _ in range(9)])
    assert not store.counts


async def test_an_address_is_not_stored(limits: Limits, store: MemoryLimitStore) -> None:
    await limits.hit("submission:192.0.2.7", Rate(3, MINUTE))
    assert "192.0.2.7" not in str(store.counts)
    assert "submission" not in str(store.counts)


@given(
    st.integers(1, 50),
    st.integers(1, 86_400),
    st.integers(0, 50),
    st.integers(1, 51),
    st.floats(0, 1, exclude_max=True),
)
def test_whoever_is_refused_is_told_a_time_to_wait(
    allowed: int, seconds: int, before: int, now: int, part: float
) -> None:
    elapsed = part * seconds
    wait = wait_seconds(Rate(allowed, seconds), before=before, now=now, elapsed=elapsed)
    refused = before * (1 - elapsed / seconds) + now > allowed
    assert (wait > 0) == refused
    assert wait <= 2 * seconds + 1


# addresses


def request(headers: list[tuple[str, str]], peer: str | None) -> Request:
    scope: dict[str, Any] = {
        "type": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": (peer, 1234) if peer else None,
    }
    return Request(scope)


FORGED = [("x-forwarded-for", "10.9.9.9, 192.0.2.7"), ("x-forwarded-for", "198.51.100.1")]


@pytest.mark.parametrize(
    ("hops", "address"), [(0, "203.0.113.5"), (1, "198.51.100.1"), (2, "192.0.2.7"), (4, "203.0.113.5")]
)
def test_only_what_the_county_s_own_proxies_wrote_is_believed(hops: int, address: str) -> None:
    assert client_address(request(FORGED, "203.0.113.5"), hops) == address


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(peer: str | None, address: str) -> None:
    assert client_address(request([], peer), 0) == address


# over HTTP


async def test_too_many_requests_are_answered_with_a_problem_and_when_to_come_again(limits: Limits) -> None:
    app = create_app("t", "t", load_settings(), health=Health(), metrics=Metrics(of_process=False))
    app.state.limits = limits

    @app.get(
        "/open",
        dependencies=[Depends(unidentified(Access.READ)), Depends(limited("open", per_minute=2, per_day=9))],
    )
    async def open_to_all() -> str:
        return "ok"

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=("192.0.2.7", 1)), base_url="http://t"
    ) as client:
        assert [(await client.get("/open")).status_code for _ in range(3)] == [200, 200, 429]
        refused = await client.get("/open")
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert refused.json()["code"] == "too-many-requests"
    assert int(refused.headers["retry-after"]) > 0
