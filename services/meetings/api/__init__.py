"""Meetings over HTTP: commands in, read models out."""

from __future__ import annotations

from services.meetings.api import (
    activities,
    branches,
    calendars,
    documents,
    meetings,
    members,
    minutes,
    own_seats,
    posters,
    proceedings,
    seating,
    standards,
    venues,
)

ROUTERS = (
    venues.router,
    seating.router,
    own_seats.router,
    meetings.router,
    proceedings.router,
    standards.router,
    minutes.router,
    documents.router,
    calendars.router,
    posters.router,
    members.router,
    activities.router,
    branches.router,
)
