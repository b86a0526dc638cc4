"""Who plays the tour: people of a town and its county, with development tokens of their roles."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from shared.cli.demo.tour.playing import Person, Tour
from shared.platform.auth import Role, issue_dev_token
from shared.platform.divisions import load_divisions
from shared.platform.language import Text


@dataclass(frozen=True)
class Cast:
    """The people.

    Attributes:
        run: tells this tour's people from those of others.
        town: code of theirs; `town_name` and `county_name` are for people.
        roads: a department that has nothing to do with street lamps.
        visitor: somebody without an account.
    """

    run: str

    county: str
    county_name: str
    town: str
    town_name: str
    office: Person
    liaison: Person
    host: Person
    recorder: Person
    member: Person
    department: Person
    roads: Person
    first: Person
    second: Person
    third: Person
    visitor: Person

    def address(self, name: str) -> str:
        """Return the mail address of somebody in this tour."""
        return f"{name}.{self.run}@{DOMAIN}"

    def proposer(self, query_code: str) -> Person:
        """Return whoever proposed a topic without an account, and has its query code."""
        return replace(self.visitor, headers={"HXS-Query-Code": query_code})

    def title_of(self, actor: str) -> Text:
        """Return as what the tour tells of an actor in a history; others stay as they are."""
        people = [each for each in vars(self).values() if isinstance(each, Person)]
        return next((p.title for p in people if p.subject and p.id == actor), Text(actor, actor))


DEPARTMENT, ROADS = "县住建局", "县交通运输局"
DOMAIN = "hxs.invalid"
"""Of all mail addresses in a tour: no mail ever gets there."""


def cast_for(tour: Tour) -> Cast:
    """Return the people of a tour, who have never been there before."""
    county, divisions, run = tour.settings.county, load_divisions(), uuid.uuid4().hex[:8]
    town, town_name = divisions.towns(county)[0]

    def person(name: str, role: Role, zh: str, en: str, *, countywide: bool = False) -> Person:
        subject = f"tour-{run}-{name}"
        organisation = zh if role is Role.DEPARTMENT else None
        division = county if countywide else town
        token = issue_dev_token(tour.settings, [role], division, subject, organisation=organisation)
        return Person(tour, Text(zh, en), subject, token)

    return Cast(
        run=run,
        county=county,
        county_name=divisions.name(county),
        town=town,
        town_name=town_name,
        office=person("office", Role.OFFICE, "县政协办公室", "county office", countywide=True),
        liaison=person("liaison", Role.LIAISON, "委员联络室", "liaison office"),
        host=person("host", Role.CONVENER, "主持人", "host"),
        recorder=person("recorder", Role.MEMBER, "记录人", "recorder"),
        member=person("member", Role.MEMBER, "政协委员", "member"),
        department=person("department", Role.DEPARTMENT, DEPARTMENT, "department"),
        roads=person("roads", Role.DEPARTMENT, ROADS, "roads department"),
        first=person("first", Role.RESIDENT, "群众甲", "resident A"),
        second=person("second", Role.RESIDENT, "群众乙", "resident B"),
        third=person("third", Role.RESIDENT, "群众丙", "resident C"),
        visitor=Person(tour, Text("无账号群众", "resident without an account")),
    )
