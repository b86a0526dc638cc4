"""The aggregates of cases, as the core runs them."""

from __future__ import annotations

from services.cases.domain import archive, entry, loop, problem, typical_case
from shared.eventsourcing.decider import Decider

ENTRY: Decider[entry.EntryCommand, loop.Entry] = Decider(
    category="entry",
    initial=loop.Entry(),
    decide=entry.decide,
    evolve=loop.evolve,
    state_type=loop.Entry,
    state_version=3,
    division_of=lambda state: state.division,
)
ARCHIVE: Decider[archive.AssignNumber, archive.Series] = Decider(
    category="archive",
    initial=archive.Series(),
    decide=archive.decide,
    evolve=archive.evolve,
    state_type=archive.Series,
    division_of=lambda state: state.town,
)
PROBLEM: Decider[problem.ProblemCommand, problem.Problem] = Decider(
    category="problem",
    initial=problem.Problem(),
    decide=problem.decide,
    evolve=problem.evolve,
    state_type=problem.Problem,
    state_version=3,
    division_of=lambda state: state.division,
)
CASE: Decider[typical_case.CaseCommand, typical_case.TypicalCase] = Decider(
    category="case",
    initial=typical_case.TypicalCase(),
    decide=typical_case.decide,
    evolve=typical_case.evolve,
    state_type=typical_case.TypicalCase,
    division_of=lambda state: state.division,
)
