from __future__ import annotations

from shared.eventsourcing.fingerprint import changed_without_version
from tests.projections_lock import LOCK, projections


def test_no_fold_changed_without_a_new_version() -> None:
    """A changed fold with an old version would leave documents of two folds in one build."""
    assert changed_without_version(projections(), LOCK) == [], (
        "raise the projection's version, then: python -m tests.projections_lock"
    )
