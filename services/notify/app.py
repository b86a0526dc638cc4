"""The composition root of notify."""

from __future__ import annotations

from services.notify import claims, listening, projections, reactions, spreading, workers
from services.notify.api import ROUTERS, unsubscribing
from services.notify.deciders import FOLLOW, NEWS, NEWSLETTER, NOTICE, RECIPIENT, WEBHOOK
from shared.eventsourcing.service import Service

SERVICE = Service(
    name="notify",
    title="惠协商 · 通知",
    deciders=(NOTICE, RECIPIENT, WEBHOOK, FOLLOW, NEWS, NEWSLETTER),
    keeps_people=True,
    projections=projections.ALL,
    reactions=(*reactions.ALL, spreading.RECEIPT),
    workers=workers.ALL,
    routers=ROUTERS,
    prepares=(claims.prepare_claims,),
    installs=(listening.install, unsubscribing.install),
)
