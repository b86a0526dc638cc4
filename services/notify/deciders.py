"""The aggregate of notify, as the core runs it."""

from __future__ import annotations

from services.notify.domain import notice
from shared.eventsourcing.decider import Decider

NOTICE: Decider[notice.NoticeCommand, notice.Notice] = Decider(
    category="notice",
    initial=notice.Unknown(),
    decide=notice.decide,
    evolve=notice.evolve,
    state_type=notice.Notice,
    division_of=lambda state: state.division,
)
