"""How often what is open to everybody may be used, counted over all instances of a service.

    @router.post("/submissions", dependencies=[Depends(limited("submission", per_minute=6, per_day=60))])

    await limits.hit(f"receipt:{receipt}", Rate(10, 3600))      # of anything else than the sender's address

A sliding window, estimated from the counts of this period and of the one before, weighted by how much of it
still lies in the window (docs/adr/0010). What is refused does not count. Addresses are never stored: the key
of a count is a keyed hash. Whole households and offices share an address: allow for some people behind each.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

from fastapi import Depends, Request
from pydantic import SecretStr

from shared.platform.mongo import (
    ASCENDING,
    Database,
    IndexModel,
    ReturnDocument,
    WriteConcern,
)
from shared.platform.problems import TooManyRequestsError

COUNTS = "rate_counts"
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times in any period of so many seconds."""

    allowed: int
    seconds: int


class LimitStore(Protocol):
    """Where it is counted."""

    async def prepare(self) -> None:
        """Make the indexes."""

    async def count(self, key: str, period: int, by: int, until: datetime) -> tuple[int, int]:
        """Add to a period's count, and return that of the period before and its own.

        Args:
            key: of whom and what.
            period: its number.
            by: 1, or -1 to take one back.
            until: when the count may be forgotten.
        """


class MongoLimitStore:
    """Counts in the collection `rate_counts`; MongoDB removes old ones by itself.

    Written without waiting for the journal: after a crash of the server somebody may have a few more tries.
    """

    def __init__(self, database: Database) -> None:
        self._counts = database[COUNTS].with_options(write_concern=WriteConcern(w=1, j=False))

    async def prepare(self) -> None:
        """See `LimitStore`."""
        await self._counts.create_indexes([IndexModel([("until", ASCENDING)], expireAfterSeconds=0)])

    async def count(self, key: str, period: int, by: int, until: datetime) -> tuple[int, int]:
        """See `LimitStore`."""
        change = {"$inc": {"n": by}, "$set": {"until": until}}
        current = await self._counts.find_one_and_update(
            {"_id": f"{key}:{period}"}, change, upsert=True, return_document=ReturnDocument.AFTER
        )
        before = await self._counts.find_one({"_id": f"{key}:{period - 1}"})
        return (before or {}).get("n", 0), (current or {}).get("n", 0)


def wait_seconds(rate: Rate, *, before: int, now: int, elapsed: float) -> int:
    """Return for how long somebody has to wait; 0 where they need not.

    Args:
        rate: what is allowed.
        before: count of the period before.
        now: count of this period, this time included.
        elapsed: seconds of this period that are over.
    """
    if before * (1 - elapsed / rate.seconds) + now <= rate.allowed:
        return 0
    if now <= rate.allowed:  # of the period before, less and less counts
        free = rate.seconds * (1 - (rate.allowed - now) / before)
        return max(math.ceil(free - elapsed), 1)
    # In the next period this one is the one before; what was refused has been taken back by then.
    free = rate.seconds / rate.allowed if rate.allowed else rate.seconds
    return max(math.ceil(rate.seconds - elapsed + free), 1)


def client_address(request: Request, hops: int) -> str:
    """Return the address that a request comes from, of an IPv6 network its 64 bits.

    Args:
        request: as it came.
        hops: reverse proxies in front. The outermost of them wrote its client into `X-Forwarded-For`, that
            many entries from the end; what the client itself may have written stands before it.
    """
    peer = request.client.host if request.client else "unknown"
    if hops:
        entries = [e for line in request.headers.getlist("x-forwarded-for") for e in line.split(",")]
        peer = entries[-hops].strip() if len(entries) >= hops else peer
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Limits:
    """The limits of one service.

    Args:
        store: where it is counted.
        secrets: the first is the key of the hashes that addresses become.
        enabled: False lets everything pass, for load tests.
        clock: returns the aware moment.
    """

    def __init__(
        self,
        store: LimitStore,
        *,
        secrets: Sequence[SecretStr],
        enabled: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._secret = secrets[0].get_secret_value().encode()
        self._enabled = enabled
        self._clock = clock

    async def prepare(self) -> None:
        """Make the indexes; needed once, before anything is counted."""
        await self._store.prepare()

    async def hit(self, subject: str, *rates: Rate) -> None:
        """Count once more, if it is allowed by all rates.

        Args:
            subject: what is counted, e.g. `submission:192.0.2.7`; only a keyed hash of it is stored.
            *rates: that hold for it.

        Raises:
            TooManyRequestsError: one of them does not allow it.
        """
        if not self._enabled:
            return
        now = self._clock().timestamp()
        key = hmac.new(self._secret, f"rate:{subject}".encode(), hashlib.sha256).hexdigest()[:32]
        counted: list[Rate] = []
        for rate in rates:
            counted.append(rate)
            before, current = await self._count(key, rate, now, 1)
            if wait := wait_seconds(rate, before=before, now=current, elapsed=now % rate.seconds):
                for each in counted:
                    await self._count(key, each, now, -1)
                raise TooManyRequestsError(wait)

    async def _count(self, key: str, rate: Rate, now: float, by: int) -> tuple[int, int]:
        period = int(now // rate.seconds)
        until = datetime.fromtimestamp((period + 2) * rate.seconds, UTC) + timedelta(minutes=1)
        return await self._store.count(f"{key}:{rate.seconds}", period, by, until)


async def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


LimitsOf = Annotated[Limits, Depends(_limits)]
"""Dependency: the limits of this service."""


class Limited:
    """Dependency: lets each address use an endpoint so often."""

    def __init__(self, name: str, rates: Sequence[Rate]) -> None:
        self.name = name
        self.rates = tuple(rates)

    async def __call__(self, request: Request, limits: LimitsOf) -> None:
        """Let pass who does not come too often.

        Raises:
            TooManyRequestsError: too often; says when to come again.
        """
        address = client_address(request, request.app.state.settings.proxy_hops)
        await limits.hit(f"{self.name}:{address}", *self.rates)


def limited(
    name: str, *, per_minute: int | None = None, per_hour: int | None = None, per_day: int | None = None
) -> Limited:
    """Declare how often an address may use an endpoint; endpoints of one name are counted together."""
    asked = ((per_minute, MINUTE), (per_hour, HOUR), (per_day, DAY))
    return Limited(name, [Rate(allowed, seconds) for allowed, seconds in asked if allowed is not None])
