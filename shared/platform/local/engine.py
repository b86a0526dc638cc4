"""What the engines of one machine have in common: data in a directory, start, stop, kill, restart."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from shared.platform.local.process import Child, throwaway_directory


class Engine(ABC):
    """A server run as a child process, with its data in a directory.

    A context manager, plain or async. Start it from a thread that lives as long as it should (see
    `process.Child`); the async form starts it in the caller's thread and waits in another.
    """

    name: ClassVar[str]

    def __init__(self, data: Path | None = None) -> None:
        """Describe a server; `start` starts it.

        Args:
            data: directory of an earlier or a new server; None for one that `stop` removes.
        """
        self._data = data
        self._throwaway = contextlib.ExitStack()
        self._directory: Path | None = None
        self._child: Child | None = None

    @abstractmethod
    def _spawn(self, directory: Path) -> Child:
        """Start the process on this directory; it need not be ready on return."""

    @abstractmethod
    def _wait_until_ready(self, child: Child) -> None:
        """Return when clients are served, or raise `EngineExitedError`."""

    @property
    def pid(self) -> int | None:
        """The process id, None while it is stopped."""
        return self._child.pid if self._child else None

    def start(self) -> Self:
        """Start it and return when it serves clients.

        Raises:
            EngineNotAvailableError: something it needs is not installed.
            EngineExitedError: it ended, or was not ready in time; the message tells why, from its log.
        """
        self._wait_or_stop(self._launch())
        return self

    def _launch(self) -> Child:
        if self._child is not None:
            raise RuntimeError(f"{self.name} is started already; stop or kill it first")
        if self._directory is None:
            self._directory = self._data or self._throwaway.enter_context(throwaway_directory(self.name))
            self._directory.mkdir(parents=True, exist_ok=True)
        self._child = self._spawn(self._directory)
        return self._child

    def _wait_or_stop(self, child: Child) -> None:
        try:
            self._wait_until_ready(child)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut it down cleanly, and remove its data if they are throw-away."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        self._throwaway.close()
        self._directory = None

    def kill(self) -> None:
        """End it as a power cut would; `start` then recovers on the same data and address."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def restart(self) -> Self:
        """Shut it down cleanly and start it again on the same data and address."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._wait_or_stop, self._launch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
