"""The ids of what a ledger's rows become: the same row gives the same ids, whoever imports it and how often.

序号 is a row's number in its year; with county, year and sheet it is the row's identity. A venue has neither
number nor year: town and name identify it, so that next year's ledger finds it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from shared.ledger.text import key

# Fixed for good: another namespace would make every second import a first one.
NAMESPACE = UUID("6f1d3a52-8d0b-5c9e-9a54-3b7c6d2e1f08")


@dataclass(frozen=True, slots=True)
class RowIdentity:
    """What a row of a ledger is, independent of where it stands in a file.

    Attributes:
        path: e.g. `371621/2024/activity/17`.
    """

    path: str

    @classmethod
    def of_activity(cls, county: str, year: int, number: int) -> RowIdentity:
        """Return the identity of a row of the 协商活动台账."""
        return cls(f"{county}/{year}/activity/{number}")

    @classmethod
    def of_plan(cls, county: str, year: int) -> RowIdentity:
        """Return the identity of a year's plan."""
        return cls(f"{county}/{year}/plan")

    @classmethod
    def of_plan_item(cls, county: str, year: int, number: int) -> RowIdentity:
        """Return the identity of a row of the 年度协商工作计划."""
        return cls(f"{county}/{year}/plan/{number}")

    @classmethod
    def of_venue(cls, town: str, name: str) -> RowIdentity:
        """Return the identity of a venue, by its town's code and its own name."""
        return cls(f"{town}/venue/{key(name)}")

    def id(self, part: str) -> UUID:
        """Return the id of something that the row becomes, e.g. `topic`, `meeting`, `command:adopt`."""
        return uuid5(NAMESPACE, f"{self.path}#{part}")
