"""The aggregates of notify, as the core runs them."""

from __future__ import annotations

from services.notify.domain import notice, preferences
from shared.eventsourcing.decider import Decider

NOTICE: Decider[notice.NoticeCommand, notice.Notice] = Decider(
    category="notice",
    initial=notice.Unknown(),
    decide=notice.decide,
    evolve=notice.evolve,
    state_type=notice.Notice,
    state_version=2,
    division_of=lambda state: state.division,
)

RECIPIENT: Decider[preferences.PreferencesCommand, preferences.Preferences] = Decider(
    category="recipient",
    initial=preferences.Preferences(),
    decide=preferences.decide,
    evolve=preferences.evolve,
    state_type=preferences.Preferences,
    division_of=lambda state: state.division,
)
