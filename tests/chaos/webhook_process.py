"""A process of notify, all its parts, that takes up soon what a killed one was at.

    python -m tests.chaos.webhook_process

Engines, port and secrets come from the environment, as for any service.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.notify import webhook_feed, webhook_watch
from services.notify.app import SERVICE
from services.notify.channels.registry import MAKERS
from services.notify.workers import outgoing
from shared.eventsourcing.service import serve
from shared.platform.settings import load_settings

LEASE = timedelta(seconds=1)

if __name__ == "__main__":
    workers = (*outgoing(MAKERS, LEASE), webhook_feed.WORKER, webhook_watch.WORKER)
    serve(replace(SERVICE, workers=workers), load_settings())
