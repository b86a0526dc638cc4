"""What meetings answers from. Pure folds."""

from __future__ import annotations

from services.meetings.projections.activities import ACTIVITIES
from services.meetings.projections.branches import BRANCHES
from services.meetings.projections.known import KNOWN_TOPICS, SOLUTIONS
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.members import MEMBERS
from services.meetings.projections.minutes import MINUTES
from services.meetings.projections.seating import PARTICIPATIONS, SEATS
from services.meetings.projections.standards import STANDARDS
from services.meetings.projections.venues import VENUES

ALL = (
    VENUES,
    MEETINGS,
    KNOWN_TOPICS,
    SOLUTIONS,
    MINUTES,
    MEMBERS,
    ACTIVITIES,
    BRANCHES,
    PARTICIPATIONS,
    SEATS,
    STANDARDS,
)
