"""Fingerprints of every service's projections; `python -m tests.projections_lock` writes them down."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from shared.eventsourcing.fingerprint import write_lock
from shared.eventsourcing.projection import Projection
from shared.platform.settings import PORTS

LOCK = Path(__file__).parent.parent / "docs" / "projections.lock.json"


def projections() -> Mapping[str, tuple[Projection, ...]]:
    """Return every service's projections."""
    return {
        name: importlib.import_module(f"services.{name}.app").SERVICE.projections for name in sorted(PORTS)
    }


if __name__ == "__main__":
    write_lock(projections(), LOCK)
