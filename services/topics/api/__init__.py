"""Topics over HTTP: commands in, read models out."""

from __future__ import annotations

from services.topics.api import merging, plans, procedures, steps, support, surveys, topics

ROUTERS = (
    topics.router,
    steps.router,
    surveys.router,
    support.router,
    merging.router,
    plans.router,
    procedures.router,
)
