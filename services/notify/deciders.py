"""The aggregates of notify, as the core runs them."""

from __future__ import annotations

from services.notify.domain import following, newsletter, notice, preferences, spread, webhook
from shared.eventsourcing.decider import Decider

NOTICE: Decider[notice.NoticeCommand, notice.Notice] = Decider(
    category="notice",
    initial=notice.Unknown(),
    decide=notice.decide,
    evolve=notice.evolve,
    state_type=notice.Notice,
    state_version=3,
    division_of=lambda state: state.division,
)

RECIPIENT: Decider[preferences.PreferencesCommand, preferences.Preferences] = Decider(
    category="recipient",
    initial=preferences.Preferences(),
    decide=preferences.decide,
    evolve=preferences.evolve,
    state_type=preferences.Preferences,
    # None of a state: who may choose for whom is checked at the endpoint, and people move between towns.
)

WEBHOOK: Decider[webhook.WebhookCommand, webhook.WebhookState] = Decider(
    category="webhook",
    initial=webhook.Unknown(),
    decide=webhook.decide,
    evolve=webhook.evolve,
    state_type=webhook.WebhookState,
    division_of=lambda state: state.division,
)

FOLLOW: Decider[following.FollowCommand, following.Following] = Decider(
    category="follow",
    initial=following.Following(),
    decide=following.decide,
    evolve=following.evolve,
    state_type=following.Following,
    division_of=lambda state: state.division,
)

NEWSLETTER: Decider[newsletter.WriteNewsletter, newsletter.Newsletter] = Decider(
    category="newsletter",
    initial=newsletter.Newsletter(),
    decide=newsletter.decide,
    evolve=newsletter.evolve,
    state_type=newsletter.Newsletter,
    division_of=lambda state: state.division,
)

NEWS: Decider[spread.NoteSpread, spread.Spread] = Decider(
    category="news",
    initial=spread.Spread(),
    decide=spread.decide,
    evolve=spread.evolve,
    state_type=spread.Spread,
    division_of=lambda state: state.division,
)
