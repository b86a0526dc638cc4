"""The `hxs` command as tests run it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from typer.testing import CliRunner

from shared.cli.main import app


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value that was printed."""
        return json.loads(self.out)


@contextmanager
def _own_logs() -> Iterator[None]:
    """Have logs go afterwards where they went before: a command sends them elsewhere."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


class Hxs:
    """Runs commands; an error that is not to be expected fails the test."""

    def __call__(self, *arguments: object, stdin: str | None = None) -> Outcome:
        """Run one."""
        with _own_logs():
            done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Outcome(done.exit_code, done.stdout, done.stderr)
