"""What the board's routes use, made once a process."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import FastAPI

from services.board.page import PAGES
from services.board.past import BoardPast
from services.board.projections import HAPPENED
from services.board.source import BoardSource
from shared.eventsourcing.pointer import NotBuiltError
from shared.platform.sse import Changes


def install(app: FastAPI) -> None:
    """Give the application what the routes above use, and the page's files."""
    models, database = app.state.read_models, app.state.process.database
    app.state.past = BoardPast(models[HAPPENED.name], database, lambda: datetime.now(UTC))
    source = BoardSource(models, app.state.settings.county, past=app.state.past)
    app.state.board = source
    app.state.changes = Changes(source.versions, lambda: app.state.health.draining, outages=(NotBuiltError,))
    PAGES.mount(app, "/static")
