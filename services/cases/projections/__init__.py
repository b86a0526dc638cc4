"""What cases answers from, one module a read model. Pure folds."""

from __future__ import annotations

from services.cases.projections.entries import ENTRIES
from services.cases.projections.problems import PROBLEMS

ALL = (
    ENTRIES,
    PROBLEMS,
)
