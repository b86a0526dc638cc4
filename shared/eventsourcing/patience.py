"""Waiting out what is wrong outside: a database or a broker that is away, in place and visibly.

A consumer that let go of a batch because the database was away would have lost it; one that put it aside
would fill the parking with what nothing is wrong with. So it tries again until it works, or until it is
called off because the batch is somebody else's now.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.platform.logs import logger

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0

T = TypeVar("T")
_log = logger(__name__)


class CalledOffError(Exception):
    """What was being tried again is no longer ours to do; its cause is the last failure."""


class Patience:
    """Tries again what fails, with growing, jittered delays.

    Args:
        name: of the consumer, for the log.
        beat: called after each failure: it waits, but it is alive.

    Attributes:
        fault: what is wrong at present, in words for `/readyz`; None while all is well.
    """

    def __init__(self, name: str, beat: Callable[[], None] = lambda: None) -> None:
        self._name = name
        self._beat = beat
        self._off = asyncio.Event()
        self.fault: str | None = None

    async def run(self, operation: Callable[[], Awaitable[T]], *endings: type[Exception]) -> T:
        """Return what `operation` returns, however often it has to be called for that.

        Args:
            operation: safe to call again after a failure.
            endings: errors that are an outcome, not a failure: they are passed on.

        Raises:
            CalledOffError: `call_off` was called, and it still fails.
        """
        failures = 0
        while True:
            try:
                result = await operation()
            except Exception as error:
                if isinstance(error, (CalledOffError, *endings)):
                    raise
                # Everything else: a bug that let go of a batch would lose it as surely as a lost connection.
                failures += 1
                self._note(error, failures)
                self._beat()
                if await self._called_off(_delay_seconds(failures)):
                    raise CalledOffError(self._name) from error
            else:
                if failures:
                    _log.info("works again", consumer=self._name, after_failures=failures)
                    self.fault = None
                return result

    def _note(self, error: Exception, failures: int) -> None:
        while isinstance(error, ExceptionGroup):  # of a task group: the first is as good as all
            error = error.exceptions[0]
        self.fault = f"{type(error).__name__}: {error}"[:300]
        _log.warning(
            "will be tried again",
            consumer=self._name,
            failures=failures,
            error=self.fault,
            exc_info=failures == 1,
        )

    async def _called_off(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._off.wait()
        except TimeoutError:
            return False
        return True

    def call_off(self) -> None:
        """Give up at the next failure, and at once where it is waiting after one."""
        self._off.set()

    def renew(self) -> None:
        """Be patient again."""
        self._off.clear()
        self.fault = None


def _delay_seconds(failures: int) -> float:
    longest = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (failures - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter
