"""The composition root of meetings, which reacts to nothing: what it does, people tell it."""

from __future__ import annotations

from services.meetings import projections
from services.meetings.api import ROUTERS, posters
from services.meetings.deciders import ACTIVITY, BRANCH, MEETING, MEMBER, MINUTES, STANDARD, VENUE
from services.meetings.linked import LinkedPeople
from shared.eventsourcing.service import Service
from shared.platform.texts import texts_in

SERVICE = Service(
    name="meetings",
    title="惠协商 · 协商阵地与协商活动",
    deciders=(VENUE, MEETING, MINUTES, MEMBER, ACTIVITY, BRANCH, STANDARD),
    projections=projections.ALL,
    routers=ROUTERS,
    installs=(posters.install,),
    keeps_people=True,
    erasers=(texts_in, LinkedPeople.of),
    keeps_files=True,
)
