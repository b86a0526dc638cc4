"""Where a duty is done is an endpoint that exists, and its address names what the duty is about."""

from __future__ import annotations

import importlib
from functools import cache

import pytest
from fastapi.routing import APIRoute

from services.board.duties.kinds import Kind
from services.board.duties.words import ENDPOINTS
from services.board.projections import DUTIES
from shared.eventsourcing.testing import fold_all
from tests.unit.board.live import whole_life


@cache
def endpoints(service: str) -> frozenset[tuple[str, str]]:
    """Return method and path of all that a service answers."""
    routers = importlib.import_module(f"services.{service}.app").SERVICE.routers
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return frozenset((method, route.path) for route in routes for method in route.methods or ())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_duty_is_done_at_an_endpoint_that_exists(kind: Kind) -> None:
    place = ENDPOINTS[kind]

    assert (place.method, place.path) in endpoints(place.service)


def test_a_duty_knows_all_that_its_address_names() -> None:
    streams = whole_life()
    for length in range(1, 8):
        so_far = [event for stream in streams for event in stream[:length]]
        for document in fold_all(DUTIES, so_far).values():
            for duty in document["duties"]:
                address = ENDPOINTS[Kind(duty["kind"])].address(duty)
                assert "{" not in address
                assert "None" not in address
