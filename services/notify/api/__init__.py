"""Notify over HTTP."""

from __future__ import annotations

from services.notify.api import deliveries, follows, inbox, newsletters, recipients, unsubscribing, webhooks

ROUTERS = (
    inbox.router,
    recipients.router,
    deliveries.router,
    unsubscribing.router,
    follows.router,
    newsletters.router,
    webhooks.router,
)
