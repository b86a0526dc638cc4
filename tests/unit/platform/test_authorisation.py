"""Who may do what."""

import pytest

from shared.platform.auth import Principal, Role
from shared.platform.authorisation import (
    Access,
    anyone,
    check_division,
    require,
    visible_divisions,
)
from shared.platform.problems import NotFoundError

COUNTY = Principal("p-1", frozenset({Role.OFFICE}), "371621")
TOWN = Principal("p-2", frozenset({Role.LIAISON}), "371621001")


@pytest.mark.parametrize(
    ("declared", "allowed"),
    [
        (Role.RESIDENT, {"resident", "member", "convener", "liaison", "office"}),
        (Role.MEMBER, {"member", "convener", "liaison", "office"}),
        (Role.CONVENER, {"convener", "liaison", "office"}),
        (Role.LIAISON, {"liaison", "office"}),
        (Role.DEPARTMENT, {"department", "office"}),
        (Role.OFFICE, {"office"}),
    ],
)
def test_who_may_write_what_a_role_may_write(declared: Role, allowed: set[str]) -> None:
    """Roles build on each other, and the office may do everything."""
    assert require(declared).permission.roles == allowed


def test_the_auditor_reads_everything() -> None:
    assert Role.AUDITOR in require(Role.DEPARTMENT, access=Access.READ).permission.roles


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_auditor_and_admin_cannot_even_be_declared_to_write(role: Role) -> None:
    with pytest.raises(ValueError, match="never change the record"):
        require(role)


def test_operating_the_system_is_for_whom_it_is_declared_and_nobody_else() -> None:
    assert require(Role.ADMIN, access=Access.OPERATE).permission.roles == {"admin"}


def test_what_is_open_is_open_to_every_role_and_to_none() -> None:
    permission = anyone().permission
    assert permission.anonymous
    assert permission.allows(Principal("p", frozenset(), "371621"))


@pytest.mark.parametrize("division", ["371621001", "371621001201"])
def test_a_right_holds_in_the_division_and_inside_it(division: str) -> None:
    check_division(TOWN, division)


@pytest.mark.parametrize("division", ["371621", "371621003", "371622001", ""])
def test_elsewhere_nothing_is_to_be_found(division: str) -> None:
    with pytest.raises(NotFoundError):
        check_division(TOWN, division)


@pytest.mark.parametrize(
    ("caller", "asked", "inside", "outside"),
    [
        (
            COUNTY,
            None,
            ["371621", "371621001", "371621001201"],
            ["37162", "371620999", "371622", "371622001"],
        ),
        (COUNTY, "371621001", ["371621001", "371621001999"], ["371621", "371621003"]),
        (TOWN, "371621", ["371621001", "371621001201"], ["371621", "371621003"]),
    ],
)
def test_a_list_shows_what_is_asked_for_inside_the_callers_division(
    caller: Principal, asked: str | None, inside: list[str], outside: list[str]
) -> None:
    condition = visible_divisions(caller, asked)
    for division in inside:
        assert condition["$gte"] <= division < condition["$lt"]
    for division in outside:
        assert not condition["$gte"] <= division < condition["$lt"]


def test_a_list_of_another_county_is_not_to_be_found() -> None:
    with pytest.raises(NotFoundError):
        visible_divisions(COUNTY, "371622")
