"""The composition root of topics."""

from __future__ import annotations

from services.topics import projections, reactions
from services.topics.api import ROUTERS
from services.topics.api.pages import install
from services.topics.deciders import PLAN, PROCEDURE, TOPIC
from shared.eventsourcing.service import Service

SERVICE = Service(
    name="topics",
    title="惠协商 · 议题与计划",
    deciders=(TOPIC, PLAN, PROCEDURE),
    projections=projections.ALL,
    reactions=reactions.ALL,
    routers=ROUTERS,
    installs=(install,),
    keeps_people=True,
    keeps_files=True,
)
