"""The composition root of notify."""

from __future__ import annotations

from services.notify import projections, reactions
from services.notify.api import ROUTERS
from services.notify.deciders import NOTICE, RECIPIENT
from shared.eventsourcing.service import Service

SERVICE = Service(
    name="notify",
    title="惠协商 · 通知",
    deciders=(NOTICE, RECIPIENT),
    keeps_people=True,
    projections=projections.ALL,
    reactions=reactions.ALL,
    routers=ROUTERS,
)
