"""Every endpoint of a service × role × division: who is let in, and what others are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import httpx
import pytest

from shared.platform.auth import Role
from shared.platform.authorisation import Permission, rights_of
from tests.authorisation.example import COUNTY, NEXT_COUNTY, NEXT_TOWN, TOWN, Example, Reach, Who
from tests.authorisation.sources import SOURCES
from tests.http import SETTINGS
from tests.unit.authorisation.world import World

pytestmark = pytest.mark.slow

DIVISIONS = (TOWN, NEXT_TOWN, COUNTY, NEXT_COUNTY)

_worlds: dict[str, World] = {}


async def world_of(service: str) -> World:
    """Return a service with what is there to touch, as at the beginning."""
    if service not in _worlds:
        _worlds[service] = await SOURCES[service].world()
    _worlds[service].begin()
    return _worlds[service]


def permission_of(world: World, example: Example) -> Permission:
    """Return what an example's endpoint declares."""
    (permission,) = (r.permission for r in rights_of(world.app) if f"{r.method} {r.path}" == example.endpoint)
    assert permission is not None
    return permission


def callers(example: Example) -> Iterator[Who]:
    """Return everybody: each role in each division, and somebody without an account."""
    for role, division in product(Role, DIVISIONS):
        yield Who(role, division, example.subject)
    yield Who(None, TOWN)


def expected(example: Example, permission: Permission, who: Who) -> int:
    """Return the status with which somebody is answered."""
    if not permission.anonymous:
        if who.role is None:
            return 401
        if who.role not in permission.roles:
            return 403
        if permission.scope == "county" and not SETTINGS.county.startswith(who.division):
            return 403
    if not example.lists and not who.reaches(example.reach, example.lives_in):
        return 404
    further = example.further
    return example.answers if further is None or further.lets(who) else further.otherwise


def told(response: httpx.Response) -> dict[str, Any]:
    """Return a problem document but for the request's own id."""
    return {name: value for name, value in response.json().items() if name != "instance"}


async def check(world: World, example: Example, permission: Permission, who: Who) -> str | None:
    """Return what is wrong with an answer, None where nothing is."""
    wanted = expected(example, permission, who)
    if wanted < 300:
        world.begin()
    response = await world.send(who, example)
    if response.status_code != wanted:
        return f"{who.role} of {who.division}: {response.status_code}, not {wanted}: {response.text[:300]}"
    if wanted == 200 and example.lists:
        seen = bool(response.json()["items"])
        if seen != who.reaches(example.reach, example.lives_in):
            return f"{who.role} of {who.division}: items {'' if seen else 'not '}seen"
    if wanted == 404 and told(response) != NOWHERE:
        return f"{who.role} of {who.division}: 404, told as something that is there: {response.text}"
    return None


NOWHERE = {
    "type": "urn:hxs:problem:not-found",
    "title": "未找到",
    "status": 404,
    "detail": "未找到",
    "code": "not-found",
}
"""What is answered about a thing that does not exist."""


def cases() -> Iterator[Any]:
    """Return each example with its service."""
    for service, source in SOURCES.items():
        for example in source.EXAMPLES:
            name = f"{service}: {example.endpoint}" + (" by a stranger" if example.further else "")
            yield pytest.param(service, example, id=name)


CASES = list(cases())
WRITES = [case for case in CASES if case.values[1].method != "GET" and not case.values[1].further]


def about_nothing(example: Example) -> Example:
    """Return the same request about a thing that does not exist."""
    place = example.endpoint.partition(" ")[2].split("/")
    path, query = (example.path.partition("?")[i] for i in (0, 2))
    parts = path.split("/")
    (first, *_) = (n for n, part in enumerate(place) if part.startswith("{"))
    parts[first] = example.nothing
    return replace(example, path="/".join(parts) + (f"?{query}" if query else ""))


def is_about_a_thing(example: Example) -> bool:
    """Tell whether an example touches something that lies in a division, and has to be there before."""
    in_reach_only = example.reach in (Reach.DIVISION, Reach.COUNTY)
    return in_reach_only and "{" in example.endpoint and not example.endpoint.endswith("/versions")


@pytest.mark.parametrize(("service", "example"), [case for case in CASES if is_about_a_thing(case.values[1])])
async def test_what_lies_elsewhere_is_answered_as_what_does_not_exist(service: str, example: Example) -> None:
    world = await world_of(service)
    response = await world.send(Who(Role.OFFICE, COUNTY, example.subject), about_nothing(example))
    assert (response.status_code, told(response)) == (404, NOWHERE)


@pytest.mark.parametrize(
    ("service", "example"), [each for each in WRITES if is_about_a_thing(each.values[1])]
)
async def test_what_was_done_is_not_told_to_who_may_not_see_it_though_they_know_its_key(
    service: str, example: Example
) -> None:
    world = await world_of(service)
    permission = permission_of(world, example)
    keyed = replace(example, headers={**example.headers, "Idempotency-Key": "a-key"})
    first = await world.send(Who(Role.OFFICE, COUNTY, example.subject), keyed)
    assert first.status_code == example.answers, first.text

    outside = [who for who in callers(example) if expected(example, permission, who) == 404]
    answers = [(who, await world.send(who, keyed)) for who in outside]

    assert [who for who, answer in answers if answer.status_code != 404 or told(answer) != NOWHERE] == []


@pytest.mark.parametrize(("service", "example"), CASES)
async def test_who_may_is_let_in_and_who_may_not_learns_nothing(service: str, example: Example) -> None:
    world = await world_of(service)
    permission = permission_of(world, example)
    wrong = [fault for who in callers(example) if (fault := await check(world, example, permission, who))]
    assert not wrong, "\n".join(wrong)
