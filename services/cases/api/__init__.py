"""Cases over HTTP: commands in, read models out."""

from __future__ import annotations

from services.cases.api import (
    archive,
    entries,
    handling,
    ledger,
    problems,
    published_cases,
    rating,
    receipts,
    reports,
    typical_cases,
)

ROUTERS = (
    entries.router,
    archive.router,
    ledger.router,
    problems.router,
    handling.router,
    rating.router,
    receipts.router,
    reports.router,
    typical_cases.router,
    published_cases.router,
)
