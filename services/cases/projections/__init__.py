"""What cases answers from, one module a read model. Pure folds."""

from __future__ import annotations

from services.cases.projections.archive import ARCHIVE_FILES
from services.cases.projections.entries import ENTRIES
from services.cases.projections.ledger import LEDGER, LEDGER_PLANS, LEDGER_VENUES
from services.cases.projections.meetings import HELD_MEETINGS
from services.cases.projections.problems import PROBLEMS
from services.cases.projections.topics import KNOWN_TOPICS
from services.cases.projections.typical_cases import CASES

ALL = (
    ENTRIES,
    ARCHIVE_FILES,
    LEDGER,
    LEDGER_PLANS,
    LEDGER_VENUES,
    PROBLEMS,
    KNOWN_TOPICS,
    CASES,
    HELD_MEETINGS,
)
