"""What cases answers from, one module a read model. Pure folds."""

from __future__ import annotations

from services.cases.projections.entries import ENTRIES
from services.cases.projections.problems import PROBLEMS
from services.cases.projections.topics import KNOWN_TOPICS

ALL = (
    ENTRIES,
    PROBLEMS,
    KNOWN_TOPICS,
)
