"""The composition root of the board: a pure subscriber, without commands of its own."""

from __future__ import annotations

from services.board import projections
from services.board.api import ROUTERS
from services.board.install import install
from shared.eventsourcing.service import Service

SERVICE = Service(
    name="board",
    title="惠协商 · 看板",
    projections=projections.ALL,
    routers=ROUTERS,
    installs=(install,),
)
