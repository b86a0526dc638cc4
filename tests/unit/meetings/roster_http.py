"""A county's meetings service over HTTP in memory: one application, so that all callers share its people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.meetings.app import SERVICE
from services.meetings.linked import LinkedPeople
from services.meetings.moments import current_time
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.people import People
from tests import http
from tests.http import NOW, Log, done
from tests.stores import MemoryPeopleStore
from tests.unit.meetings.examples import COUNTY, TOWN

MEMBER: dict[str, Any] = {
    "member_id": "member-lin",
    "division": COUNTY,
    "name": "林素问",
    "phone": "138 1234 5678",
    "account": "lin@example.org",
    "sector": "医药卫生界",
    "liaison_office": "孙武街道委员联络室",
    "skills": ["中医"],
    "term": "第十一届",
    "enrolled_on": "2024-01-10",
}
ZHAO: dict[str, Any] = {
    **MEMBER,
    "member_id": "member-zhao",
    "name": "赵青禾",
    "phone": "139 8765 4321",
    "account": None,
    "sector": "农业界",
}
ACTIVITY: dict[str, Any] = {
    "activity_id": "visit-to-sunwu",
    "division": TOWN,
    "kind": "show-and-visit",
    "done_on": "2024-05-06",
    "place": "文安社区",
    "members": ["member-lin"],
    "people_met": 35,
    "issues": ["三组主路没有路灯"],
    "direction": "to-the-people",
    "showed_member_identity": True,
}
BRANCH: dict[str, Any] = {
    "branch_id": "branch-of-health",
    "division": COUNTY,
    "title": "医卫界功能型党支部",
    "base": "县委员活动中心",
    "sectors": ["医药卫生界"],
    "founded_on": "2023-06-01",
}


class County:
    """The service of a county, its store of people, and those who call it.

    Attributes:
        now: the present moment, to be set by the test.
    """

    def __init__(self) -> None:
        self.now = NOW
        self.log = Log()
        self.people = MemoryPeopleStore()

        async def clock() -> datetime:
            return self.now

        self.app = http.application(SERVICE, self.log, instead={current_time: clock})
        self.app.state.people = People(
            self.people,
            identify=person_id,
            clock=lambda: self.now,
            erasers=(LinkedPeople(self.people, lambda: self.now),),
        )
        self.office = self.caller(Role.OFFICE, COUNTY)
        self.town = self.caller(Role.LIAISON, TOWN)
        self.lin = self.caller(Role.MEMBER, COUNTY, subject="lin@example.org")

    def caller(self, role: Role | None, division: str = COUNTY, subject: str = "p-1") -> http.Caller:
        """Return somebody of this county, or of another."""
        return http.Caller(self.app, role, division, subject=subject)

    async def with_member(self, body: dict[str, Any] | None = None) -> County:
        """Let the office enrol a member."""
        done(await self.office.post("/members", body or MEMBER))
        return self

    def accesses(self) -> list[tuple[str, str, str]]:
        """Return who was looked at or written of, how and why."""
        return [(line["person"], line["action"], line["why"]) for line in self.people.log]
