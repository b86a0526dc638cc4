"""Logs of a test go into a text of its own."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from shared.platform import logs
from shared.platform.settings import load_settings


@pytest.fixture(autouse=True)
def stream() -> Iterator[io.StringIO]:
    """Return where lines go: JSON, from `debug` up, under the service name `topics`."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    logs.configure("topics", load_settings(log_level="debug", log_format="json"), lines)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
