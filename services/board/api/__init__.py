"""The board over HTTP: a public page and summary, and lists for those who work with it."""

from __future__ import annotations

from services.board.api import activities, page, plans, venues

ROUTERS = (
    page.router,
    activities.router,
    plans.router,
    venues.router,
)
