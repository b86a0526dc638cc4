"""Topics over HTTP: commands in, read models out."""

from __future__ import annotations

from services.topics.api import (
    merging,
    pages,
    plans,
    procedures,
    steps,
    submissions,
    support,
    surveys,
    topics,
    triage,
)

# Tried in this order: what is asked most comes first.
ROUTERS = (
    topics.router,
    submissions.router,
    pages.router,
    triage.router,
    steps.router,
    surveys.router,
    support.router,
    merging.router,
    plans.router,
    procedures.router,
)
