"""What the board answers from, one module a read model."""

from services.board.projections.activities import ACTIVITIES
from services.board.projections.duties import DUTIES
from services.board.projections.handlings import HANDLINGS
from services.board.projections.happened import HAPPENED
from services.board.projections.ledger import LEDGER
from services.board.projections.members import DEEDS, ROSTER
from services.board.projections.plans import PLANS
from services.board.projections.public_topics import PUBLIC_TOPICS
from services.board.projections.timeline import TIMELINE
from services.board.projections.venues import VENUES

ALL = (
    ACTIVITIES,
    DEEDS,
    DUTIES,
    HANDLINGS,
    HAPPENED,
    LEDGER,
    PLANS,
    PUBLIC_TOPICS,
    ROSTER,
    TIMELINE,
    VENUES,
)

__all__ = [
    "ACTIVITIES",
    "ALL",
    "DEEDS",
    "DUTIES",
    "HANDLINGS",
    "HAPPENED",
    "LEDGER",
    "PLANS",
    "PUBLIC_TOPICS",
    "ROSTER",
    "TIMELINE",
    "VENUES",
]
