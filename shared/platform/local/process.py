"""Child processes that end with their parent, and directories that outlive no run.

An engine is started for a demo or a test run and must leave nothing behind, even where that run was
killed: the kernel signals the child when its parent dies, and a directory whose owner is gone is
removed by the next run.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.05
_LOG_LINES_SHOWN = 15
_ERROR_MARK = re.compile(r'"s":"[EF]"|\b(ERROR|FATAL|Error|Exception)\b')  # of mongod, of Kafka, of Python
_PORTS = range(20_000, 32_768)


def _telling_lines(log: Path) -> str:
    """Return the lines that a server marked as errors, else the last ones: what came after says little."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    errors = [line for line in lines if _ERROR_MARK.search(line)]
    return "\n".join((errors or lines)[-_LOG_LINES_SHOWN:])


class LocalEngineError(Exception):
    """An engine on this machine could not be started."""


class EngineNotAvailableError(LocalEngineError):
    """What an engine needs is not installed here; the message says what to install."""


class EngineExitedError(LocalEngineError):
    """An engine ended, or said nothing in time, before it was ready.

    Attributes:
        log: the file that holds its whole output.
    """

    def __init__(self, name: str, reason: str, log: Path) -> None:
        self.log = log
        super().__init__(f"{name} {reason}; from {log}:\n{_telling_lines(log)}")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on at this moment.

    From below the range that systems take outgoing connections' ports from: there a client that keeps
    trying to reach a killed server may come to be connected to itself, and the port is gone.
    """
    while True:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def throwaway_directory(name: str) -> Iterator[Path]:
    """Yield a new directory, removed at the end; first remove those of runs that were killed.

    Its owner holds a lock on it for as long as it lives, which the kernel drops with the process.
    """
    root = Path(tempfile.gettempdir())
    prefix = f"hxs-{name}-"
    for old in root.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), _locked(old):  # locked, or not ours to remove: leave it
            shutil.rmtree(old)
    path = Path(tempfile.mkdtemp(prefix=prefix))
    with _locked(path):
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _end_with_parent(parent: int) -> Callable[[], None]:
    """Return what a child runs before it becomes the engine.

    The signal comes when the *thread* that started the child ends, so an engine is to be started from
    a thread that lives as long as it should.
    """
    libc = ctypes.CDLL(None, use_errno=True)  # loaded here: after a fork little may be called safely

    def arrange() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what the parent waits for must still end the child
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between: no signal will come
            os._exit(1)

    return arrange


def _popen(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent(os.getpid()) if sys.platform == "linux" else None,
        )


_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def _spawn(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process as a child of a thread that lives as long as this process.

    For the kernel the parent is the thread that forked: a child started from a worker thread would end with
    that thread.
    """
    if threading.current_thread() is threading.main_thread():
        return _popen(command, log)
    return _spawner.submit(_popen, command, log).result()


class Child:
    """One child process with its output in a file.

    It has a session of its own, so that Ctrl-C in a terminal reaches the parent alone, which then
    stops its children in the order it wants.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self._name = name
        self._log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        self._process = _spawn(command, log)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once `ready()` is true, asked every 50 ms.

        Raises:
            EngineExitedError: the process ended first, or the seconds passed.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise EngineExitedError(self._name, f"ended with code {self._process.returncode}", self._log)
            if time.monotonic() > deadline:
                raise EngineExitedError(self._name, f"was not ready after {seconds:.0f} s", self._log)
            time.sleep(_POLL_SECONDS)

    def wait_for_output(self, text: str, seconds: float) -> None:
        """Return once this process has written `text`.

        Raises:
            EngineExitedError: as `wait_until`.
        """
        self.wait_until(lambda: text in self.output(), seconds)

    def output(self) -> str:
        """Return all that this process has written so far."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def stop(self, seconds: float = 15) -> None:
        """End it: SIGTERM, and SIGKILL where it has not ended after `seconds`."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self._process.kill()
        self._process.wait()
