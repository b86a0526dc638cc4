"""Meetings over HTTP: commands in, read models out."""

from __future__ import annotations

from services.meetings.api import meetings, minutes, own_seats, seating, standards, venues

ROUTERS = (
    venues.router,
    seating.router,
    own_seats.router,
    meetings.router,
    standards.router,
    minutes.router,
)
