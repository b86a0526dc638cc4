"""What cases answers from, one module a read model. Pure folds."""

from __future__ import annotations

from services.cases.projections.archive import ARCHIVE_FILES
from services.cases.projections.entries import ENTRIES
from services.cases.projections.problems import PROBLEMS
from services.cases.projections.topics import KNOWN_TOPICS

ALL = (
    ENTRIES,
    ARCHIVE_FILES,
    PROBLEMS,
    KNOWN_TOPICS,
)
