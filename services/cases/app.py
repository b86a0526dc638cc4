"""The composition root of cases."""

from __future__ import annotations

from services.cases import projections, reactions
from services.cases.api import ROUTERS
from services.cases.deciders import ARCHIVE, CASE, ENTRY, PROBLEM
from shared.eventsourcing.service import Service
from shared.platform.texts import texts_in

SERVICE = Service(
    name="cases",
    title="惠协商 · 台账与问题办理",
    deciders=(ENTRY, ARCHIVE, PROBLEM, CASE),
    projections=projections.ALL,
    reactions=reactions.ALL,
    routers=ROUTERS,
    keeps_files=True,
    erasers=(texts_in,),
)
