"""Meetings over HTTP: commands in, read models out."""

from __future__ import annotations

from services.meetings.api import meetings, standards, venues

ROUTERS = (venues.router, meetings.router, standards.router)
