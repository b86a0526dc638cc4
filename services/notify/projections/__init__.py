"""What notify answers from, one module a read model. Pure folds."""

from __future__ import annotations

from services.notify.projections.audience import AUDIENCE
from services.notify.projections.deliveries import DELIVERIES
from services.notify.projections.digests import DIGESTS
from services.notify.projections.duties import DUTIES
from services.notify.projections.inbox import INBOX
from services.notify.projections.meetings import MEETINGS, VENUES
from services.notify.projections.news import NEWS
from services.notify.projections.newsletters import NEWSLETTERS
from services.notify.projections.preferences import PREFERENCES
from services.notify.projections.receipts import RECEIPTS
from services.notify.projections.subjects import SUBJECTS
from services.notify.projections.topics import TOPICS
from services.notify.projections.webhooks import WEBHOOK_DELIVERIES, WEBHOOKS

ALL = (
    AUDIENCE,
    DELIVERIES,
    DIGESTS,
    DUTIES,
    INBOX,
    MEETINGS,
    NEWS,
    NEWSLETTERS,
    PREFERENCES,
    RECEIPTS,
    SUBJECTS,
    TOPICS,
    VENUES,
    WEBHOOK_DELIVERIES,
    WEBHOOKS,
)
