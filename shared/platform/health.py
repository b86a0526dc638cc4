"""Is a process alive, and may it be sent requests?

`/livez` answers 503 when a loop of the process made no progress for too long: restarting it may help.
`/readyz` answers 503 when a dependency is missing, a projection lags or the process is stopping: send
requests elsewhere, do not restart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from shared.platform.logs import logger

CHECK_SECONDS = 2.0

Check = Callable[[], Awaitable[None]]
_log = logger(__name__)


class NotReadyError(Exception):
    """A readiness check failed for a reason that may be shown to anyone."""


class Heartbeat:
    """The sign of life of one loop."""

    def __init__(self, name: str, max_age_seconds: float, clock: Callable[[], float]) -> None:
        self.name = name
        self.max_age_seconds = max_age_seconds
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """Say that the loop made progress, or has nothing to do."""
        self._last = self._clock()

    @property
    def age_seconds(self) -> float:
        """Time since the last beat."""
        return self._clock() - self._last

    @property
    def alive(self) -> bool:
        """Whether the last beat is recent enough."""
        return self.age_seconds <= self.max_age_seconds


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one readiness check; `reason` is None where it passed."""

    reason: str | None
    seconds: float


class Health:
    """The loops and dependencies of one process.

    Args:
        clock: monotonic seconds.
        check_seconds: a readiness check that takes longer has failed.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, check_seconds: float = CHECK_SECONDS
    ) -> None:
        self._clock = clock
        self._check_seconds = check_seconds
        self._heartbeats: dict[str, Heartbeat] = {}
        self._checks: dict[str, Check] = {}
        self.draining = False

    def heartbeat(self, name: str, max_age_seconds: float) -> Heartbeat:
        """Return the heartbeat of a loop, which counts as just beaten."""
        self._heartbeats[name] = Heartbeat(name, max_age_seconds, self._clock)
        return self._heartbeats[name]

    def retire(self, name: str) -> None:
        """Forget a loop that ended as it should."""
        self._heartbeats.pop(name, None)

    def check(self, name: str, check: Check) -> None:
        """Add a readiness check: it passes when it returns, fails when it raises."""
        self._checks[name] = check

    def drain(self) -> None:
        """Answer not ready from now on: the process is stopping."""
        self.draining = True

    @property
    def stuck(self) -> dict[str, float]:
        """Loops without progress for too long, with the seconds since their last."""
        return {h.name: round(h.age_seconds, 1) for h in self._heartbeats.values() if not h.alive}

    async def _run(self, name: str, check: Check) -> CheckResult:
        started = self._clock()
        reason: str | None = None
        try:
            async with asyncio.timeout(self._check_seconds):
                await check()
        except NotReadyError as error:
            reason = str(error)
        except TimeoutError:
            reason = f"no answer within {self._check_seconds:g} s"
        except Exception as error:  # whatever a dependency raises, it is not ready; the log has the rest
            reason = type(error).__name__
            _log.warning("readiness check failed", check=name, exc_info=True)
        return CheckResult(reason, round(self._clock() - started, 3))

    async def results(self) -> dict[str, CheckResult]:
        """Run all readiness checks at once."""
        results = await asyncio.gather(*(self._run(name, check) for name, check in self._checks.items()))
        return dict(zip(self._checks, results, strict=True))


def router(health: Health) -> APIRouter:
    """Return the routes `/livez` and `/readyz`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/livez")
    async def livez() -> JSONResponse:
        stuck = health.stuck
        return JSONResponse(
            {"status": "stuck" if stuck else "alive", "stuck": stuck}, status_code=503 if stuck else 200
        )

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        results = await health.results()
        failed = any(result.reason is not None for result in results.values())
        status = "draining" if health.draining else "not ready" if failed else "ready"
        checks = {
            name: {"ok": result.reason is None, "reason": result.reason, "seconds": result.seconds}
            for name, result in results.items()
        }
        return JSONResponse(
            {"status": status, "checks": checks}, status_code=200 if status == "ready" else 503
        )

    return routes
