"""Who can be told something: a department, a town's or the county's office, a person."""

from __future__ import annotations

_LONGEST = 200  # what `NoticePosted` takes


def department(name: str) -> str:
    """Return a department as a recipient."""
    return f"department:{name}"[:_LONGEST].rstrip()


def liaison(division: str) -> str:
    """Return a town's liaison office as a recipient."""
    return f"liaison:{division}"


def office(division: str) -> str:
    """Return a county's CPPCC office as a recipient."""
    return f"office:{division}"


def person(person_id: str) -> str:
    """Return a person as a recipient, by their opaque id."""
    return f"person:{person_id}"


def in_charge_of(division: str) -> str:
    """Return who runs the activities of a division: its town's liaison office, or the county's office."""
    return liaison(division[:9]) if len(division) >= len("371621001") else office(division)
