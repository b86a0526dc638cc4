"""Notify over HTTP."""

from __future__ import annotations

from services.notify.api import inbox, unsubscribing

ROUTERS = (inbox.router, unsubscribing.router)
