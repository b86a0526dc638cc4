"""Topics' aggregates, as the core runs them."""

from __future__ import annotations

from services.topics.domain import plan, procedures, topic
from shared.eventsourcing.decider import Decider

TOPIC: Decider[topic.TopicCommand, topic.Topic] = Decider(
    category="topic",
    initial=topic.Unknown(),
    decide=topic.decide,
    evolve=topic.evolve,
    state_type=topic.Topic,
    state_version=3,
    division_of=lambda state: state.division,
)
PLAN: Decider[plan.PlanCommand, plan.Plan] = Decider(
    category="plan",
    initial=plan.Plan(),
    decide=plan.decide,
    evolve=plan.evolve,
    state_type=plan.Plan,
    state_version=2,
    division_of=lambda state: state.division,
)
PROCEDURE: Decider[procedures.PublishProcedure, procedures.Published] = Decider(
    category="procedure",
    initial=procedures.Published(),
    decide=procedures.decide,
    evolve=procedures.evolve,
    state_type=procedures.Published,
    division_of=lambda state: state.division,
)
