"""The composition root of cases."""

from __future__ import annotations

from services.cases import projections, reactions
from services.cases.api import ROUTERS
from services.cases.deciders import ARCHIVE, ENTRY, PROBLEM
from shared.eventsourcing.service import Service

SERVICE = Service(
    name="cases",
    title="惠协商 · 台账与问题办理",
    deciders=(ENTRY, ARCHIVE, PROBLEM),
    projections=projections.ALL,
    reactions=reactions.ALL,
    routers=ROUTERS,
)
