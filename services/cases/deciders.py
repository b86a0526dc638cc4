"""The aggregates of cases, as the core runs them."""

from __future__ import annotations

from services.cases.domain import entry, problem
from shared.eventsourcing.decider import Decider

ENTRY: Decider[entry.EntryCommand, entry.Entry] = Decider(
    category="entry",
    initial=entry.Entry(),
    decide=entry.decide,
    evolve=entry.evolve,
    state_type=entry.Entry,
    division_of=lambda state: state.division,
)
PROBLEM: Decider[problem.ProblemCommand, problem.Problem] = Decider(
    category="problem",
    initial=problem.Problem(),
    decide=problem.decide,
    evolve=problem.evolve,
    state_type=problem.Problem,
    division_of=lambda state: state.division,
)
