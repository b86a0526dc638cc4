"""Meetings' aggregates, as the core runs them."""

from __future__ import annotations

from services.meetings.domain import activity, branch, meeting, member, minutes, standards, venue
from shared.eventsourcing.decider import Decider

VENUE: Decider[venue.VenueCommand, venue.Venue] = Decider(
    category="venue",
    initial=venue.Venue(),
    decide=venue.decide,
    evolve=venue.evolve,
    state_type=venue.Venue,
    state_version=2,
    division_of=lambda state: state.division,
)
MEMBER: Decider[member.MemberCommand, member.Member] = Decider(
    category="member",
    initial=member.Member(),
    decide=member.decide,
    evolve=member.evolve,
    state_type=member.Member,
    division_of=lambda state: state.division,
)
ACTIVITY: Decider[activity.ActivityCommand, activity.Activity] = Decider(
    category="activity",
    initial=activity.Activity(),
    decide=activity.decide,
    evolve=activity.evolve,
    state_type=activity.Activity,
    division_of=lambda state: state.division,
)
BRANCH: Decider[branch.BranchCommand, branch.Branch] = Decider(
    category="branch",
    initial=branch.Branch(),
    decide=branch.decide,
    evolve=branch.evolve,
    state_type=branch.Branch,
    division_of=lambda state: state.division,
)
MEETING: Decider[meeting.MeetingCommand, meeting.Meeting] = Decider(
    category="meeting",
    initial=meeting.Unknown(),
    decide=meeting.decide,
    evolve=meeting.evolve,
    state_type=meeting.Meeting,
    state_version=2,
    division_of=lambda state: state.division,
)
MINUTES: Decider[minutes.MinutesCommand, minutes.Minutes] = Decider(
    category="minutes",
    initial=minutes.Minutes(),
    decide=minutes.decide,
    evolve=minutes.evolve,
    state_type=minutes.Minutes,
    division_of=lambda state: state.division,
)
STANDARD: Decider[standards.PublishStandard, standards.Published] = Decider(
    category="standard",
    initial=standards.Published(),
    decide=standards.decide,
    evolve=standards.evolve,
    state_type=standards.Published,
    division_of=lambda state: state.division,
)
