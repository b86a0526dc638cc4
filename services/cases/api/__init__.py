"""Cases over HTTP: commands in, read models out."""

from __future__ import annotations

from services.cases.api import entries, problems

ROUTERS = (
    entries.router,
    problems.router,
)
