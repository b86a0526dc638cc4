"""Cases over HTTP: commands in, read models out."""

from __future__ import annotations

from services.cases.api import archive, entries, problems

ROUTERS = (
    entries.router,
    archive.router,
    problems.router,
)
