"""What notify answers from, one module a read model. Pure folds."""

from __future__ import annotations

from services.notify.projections.deliveries import DELIVERIES
from services.notify.projections.inbox import INBOX
from services.notify.projections.meetings import MEETINGS, VENUES
from services.notify.projections.preferences import PREFERENCES
from services.notify.projections.subjects import SUBJECTS

ALL = (
    DELIVERIES,
    INBOX,
    MEETINGS,
    PREFERENCES,
    SUBJECTS,
    VENUES,
)
