"""What topics answers from. Pure folds."""

from __future__ import annotations

from services.topics.projections.plans import PLANS
from services.topics.projections.procedures import PROCEDURES
from services.topics.projections.receipts import RECEIPTS
from services.topics.projections.topics import TOPICS
from services.topics.projections.venues import VENUES

ALL = (TOPICS, PLANS, PROCEDURES, RECEIPTS, VENUES)
