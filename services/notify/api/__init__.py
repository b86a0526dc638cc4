"""Notify over HTTP."""

from __future__ import annotations

from services.notify.api import follows, inbox, newsletters, unsubscribing

ROUTERS = (inbox.router, unsubscribing.router, follows.router, newsletters.router)
