"""What topics answers from. Pure folds."""

from __future__ import annotations

from services.topics.projections.plans import PLANS
from services.topics.projections.procedures import PROCEDURES
from services.topics.projections.topics import TOPICS

ALL = (TOPICS, PLANS, PROCEDURES)
