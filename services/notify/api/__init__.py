"""Notify over HTTP."""

from __future__ import annotations

from services.notify.api import inbox

ROUTERS = (inbox.router,)
