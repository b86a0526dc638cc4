"""The board over HTTP: a public page and summary, and lists for those who work with it."""

from __future__ import annotations

from services.board.api import (
    activities,
    events,
    figures,
    ledger,
    members,
    page,
    plans,
    public,
    public_pages,
    todo,
    venues,
)

ROUTERS = (
    events.router,  # before those that take its paths for ids
    page.router,
    public_pages.router,
    public.router,
    todo.router,
    activities.router,
    ledger.router,
    figures.router,
    members.router,
    plans.router,
    venues.router,
)
