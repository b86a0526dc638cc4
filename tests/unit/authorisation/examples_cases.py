"""An example request for every endpoint of cases, and a county in which it is right."""

from __future__ import annotations

from services.cases.app import SERVICE
from tests.unit.authorisation import examples_cases_casework as casework
from tests.unit.authorisation import examples_cases_ledger as ledger
from tests.unit.authorisation import examples_cases_problems as problems
from tests.unit.authorisation.world import World

_PARTS = (problems, casework, ledger)
EXAMPLES = tuple(example for part in _PARTS for example in part.EXAMPLES)


async def world() -> World:
    """Return cases of a county."""
    made = World(SERVICE)
    for part in _PARTS:
        await part.fill(made)
    made.remember()
    return made
