"""Whose notices an account reads."""

from __future__ import annotations

import pytest

from services.notify.domain.recipients import person
from services.notify.inbox import addressed_to, inboxes_of, is_for
from shared.eventsourcing.http import person_id
from shared.platform.auth import Principal, Role
from tests.documents import matches
from tests.unit.notify.examples import COUNTY, FINANCE, HOUSING, LIAISON, NEXT_COUNTY, NEXT_TOWN, OFFICE, TOWN

OWN = person(person_id("p-1"))


def account(*roles: Role, division: str = TOWN, organisation: str | None = None) -> Principal:
    return Principal("p-1", frozenset(roles), division, organisation)


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (account(Role.LIAISON), {LIAISON}),
        (account(Role.OFFICE, division=COUNTY), {OFFICE}),
        (account(Role.DEPARTMENT, division=COUNTY, organisation="县住建局"), {HOUSING}),
        (
            account(Role.LIAISON, Role.DEPARTMENT, organisation="县住建局"),
            {LIAISON, HOUSING},
        ),
    ],
)
def test_an_account_reads_for_the_offices_it_acts_for(caller: Principal, expected: set[str]) -> None:
    assert inboxes_of(caller) == expected | {OWN}


@pytest.mark.parametrize(
    "caller",
    [
        account(Role.DEPARTMENT, division=COUNTY),
        account(Role.RESIDENT, Role.MEMBER, organisation="县住建局"),
        account(Role.CONVENER, Role.AUDITOR, Role.ADMIN, organisation="县住建局"),
    ],
    ids=["department-without-a-name", "member-of-a-department", "others"],
)
def test_others_read_for_themselves_alone(caller: Principal) -> None:
    assert inboxes_of(caller) == {OWN}


@pytest.mark.parametrize("division", [TOWN, NEXT_TOWN, NEXT_COUNTY])
def test_a_person_reads_what_they_are_told_wherever_it_happened(division: str) -> None:
    somebody_else = Principal("p-2", frozenset({Role.RESIDENT}), TOWN, None)
    notice = {"recipient": OWN, "division": division}

    assert is_for(account(Role.RESIDENT), notice)
    assert not is_for(somebody_else, notice)


@pytest.mark.parametrize(
    ("caller", "mine"),
    [
        (account(Role.DEPARTMENT, division=COUNTY, organisation="县住建局"), True),
        (account(Role.DEPARTMENT, division=TOWN, organisation="县住建局"), True),
        (account(Role.DEPARTMENT, division=NEXT_TOWN, organisation="县住建局"), False),
        (account(Role.DEPARTMENT, division=NEXT_COUNTY, organisation="县住建局"), False),
        (account(Role.DEPARTMENT, division=COUNTY, organisation="县财政局"), False),
        (account(Role.OFFICE, division=COUNTY), False),
    ],
    ids=["county-s", "town-s", "next-town-s", "next-county-s", "other-department", "office"],
)
def test_a_department_of_the_same_name_elsewhere_does_not_read_it(caller: Principal, mine: bool) -> None:
    assert is_for(caller, {"recipient": HOUSING, "division": TOWN}) is mine


@pytest.mark.parametrize("recipient", [HOUSING, FINANCE, LIAISON, OFFICE, OWN, person("another-person")])
@pytest.mark.parametrize("division", [COUNTY, TOWN, f"{TOWN}201", NEXT_TOWN, NEXT_COUNTY])
@pytest.mark.parametrize(
    "caller",
    [
        account(Role.LIAISON),
        account(Role.OFFICE, division=COUNTY),
        account(Role.DEPARTMENT, division=COUNTY, organisation="县住建局"),
        account(Role.AUDITOR, division=COUNTY),
    ],
    ids=["liaison", "office", "department", "auditor"],
)
def test_the_list_shows_what_may_be_read(caller: Principal, recipient: str, division: str) -> None:
    notice = {"recipient": recipient, "division": division}

    assert any(matches(notice, inbox) for inbox in addressed_to(caller)) == is_for(caller, notice)
