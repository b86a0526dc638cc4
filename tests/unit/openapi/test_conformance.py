"""The services answer whatever is sent to them as their OpenAPI documents say, and never with 5xx.

Requests are made from the documents themselves: valid ones, and such as break a rule of them; about things
that are there, and about any.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Any, Final

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.platform.auth import Role, issue_dev_token
from shared.platform.authorisation import rights_of
from tests.authorisation.example import COUNTY, ME, Example
from tests.authorisation.sources import SOURCES
from tests.http import SETTINGS
from tests.unit.authorisation.world import World

pytestmark = pytest.mark.slow

MANY = 5
"""Requests of each kind to each operation: the same in every run; one where an account is missed anyway."""

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def known_ids(example: Example, known: dict[str, str]) -> dict[str, str]:
    """Return the path parameters of an example, about something that is there."""
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+?)", re.escape(example.endpoint.partition(" ")[2]))
    found = re.fullmatch(pattern, example.path.format(**known).partition("?")[0])
    assert found is not None, example
    return found.groupdict()


def needing_an_account(app: FastAPI) -> set[str]:
    """Return the endpoints that turn away whoever has none."""
    return {
        f"{right.method} {right.path}"
        for right in rights_of(app)
        if right.permission is not None and not right.permission.anonymous
    }


class Run:
    """A service that is sent what its document allows, and what not.

    Attributes:
        faults: what was answered otherwise than the document says.
        answered: how often with which status.
    """

    def __init__(self, world: World, examples: tuple[Example, ...], role: Role | None) -> None:
        self._world = world
        self._examples = {each.endpoint: each for each in reversed(examples)}
        token = issue_dev_token(SETTINGS, [role], COUNTY, ME) if role else None
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._turned_away = set() if role else needing_an_account(world.app)
        self.answered = Counter[int]()
        self.schema = schemathesis.openapi.from_dict(world.app.openapi())
        self.schema.app = world.app
        self.faults: list[str] = []

    def all(self) -> None:
        """Try every operation."""
        app: Any = self._world.app  # both libraries describe ASGI, each in words of its own
        with asgi.get_client(app) as client:
            for result in self.schema.get_all_operations():
                assert isinstance(result, Ok), result
                operation = result.ok()
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    self._world.begin()
                    self._operation(operation, mode, client)

    def _point_at(self, example: Example, case: Any) -> None:
        """Let a request be about what is there, without what would be refused before it is looked at."""
        known = self._world.known
        case.path_parameters = known_ids(example, known)
        case.headers = {name: value.format(**known) for name, value in example.headers.items()}
        if case.query:
            case.query.pop("cursor", None)

    def _operation(self, operation: Any, mode: GenerationMode, client: Any) -> None:
        endpoint = f"{operation.method.upper()} {operation.path}"
        example = self._examples[endpoint]

        @settings(
            max_examples=1 if endpoint in self._turned_away else MANY,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode), st.booleans())
        def send(case: Any, about_what_is_there: bool) -> None:
            if about_what_is_there:
                self._point_at(example, case)
            response = case.call(session=client, headers=self._headers)
            self.answered[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        try:
            send()
        except FailureGroup as group:
            self.faults += [f"{operation.label}, {mode.value}: {fault}" for fault in group.exceptions]
        except Exception as error:
            self.faults.append(f"{operation.label}, {mode.value}: {error!r}")


@pytest.mark.parametrize("service", SOURCES)
@pytest.mark.parametrize("role", [Role.OFFICE, None], ids=["the office", "nobody"])
async def test_what_is_answered_stands_in_the_document(service: str, role: Role | None) -> None:
    world = await SOURCES[service].world()
    run = Run(world, SOURCES[service].EXAMPLES, role)
    await asyncio.to_thread(run.all)
    assert run.faults == [], "\n\n".join(run.faults)
    assert {200, 401 if role is None else 404, 422} <= run.answered.keys(), run.answered
