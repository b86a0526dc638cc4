"""Who can be told something: a department, a town's or the county's office, a person, a system."""

from __future__ import annotations

import uuid

_LONGEST = 200  # what `NoticePosted` takes
_PERSON = "person:"
_RECIPIENT_IDS = uuid.UUID("0b1f5f8e-4c5c-5b57-8f5a-5a3d2f7f9c10")
"""What ids of organisations as recipients are derived in; it never changes."""


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
    return f"{_PERSON}{person_id}"


def webhook(endpoint_id: str) -> str:
    """Return a system's endpoint as a recipient."""
    return f"webhook:{endpoint_id}"


def in_charge_of(division: str) -> str:
    """Return who runs the activities of a division: its town's liaison office, or the county's office."""
    return liaison(division[:9]) if len(division) >= len("371621001") else office(division)


def recipient_id(recipient: str, division: str) -> str:
    """Return the id under which a recipient's address and preferences are kept.

    A person's is their own, so that erasing the person erases the address. Departments of two counties may
    have one name, so the county counts for whoever is no person.
    """
    if recipient.startswith(_PERSON):
        return recipient.removeprefix(_PERSON)
    return str(uuid.uuid5(_RECIPIENT_IDS, f"{division[:6]}/{recipient}"))
