"""The board answers whatever is sent to it as its OpenAPI document says, never with 5xx; a real database."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
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

from services.board.app import SERVICE
from shared.eventsourcing.service import Part, build
from shared.platform.auth import Role, issue_dev_token
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.integration.test_board_api import store
from tests.unit.board.live import whole_life
from tests.unit.board.streams import example_year

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDLESS = "/events"


class Run:
    """The board, which is sent what its document allows, and what not.

    Attributes:
        faults: what was answered otherwise than the document says.
        answered: how often with which status.
    """

    def __init__(self, app: Any, headers: dict[str, str], many: int) -> None:
        self._app = app
        self._headers = headers
        self._many = many
        self.schema = schemathesis.openapi.from_dict(app.openapi())
        self.schema.app = app
        self.answered = Counter[int]()
        self.faults: list[str] = []

    def all(self) -> None:
        """Try every operation."""
        with asgi.get_client(self._app) as client:
            for result in self.schema.get_all_operations():
                assert isinstance(result, Ok), result
                operation = result.ok()
                if not operation.path.endswith(ENDLESS):
                    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                        self._operation(operation, mode, client)

    def _operation(self, operation: Any, mode: GenerationMode, client: Any) -> None:
        @settings(
            max_examples=self._many,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def send(case: Any) -> None:
            if case.path_parameters and "topic_id" in case.path_parameters:
                case.path_parameters["topic_id"] = "t001"
            if case.query:
                case.query.pop("cursor", None)
            response = case.call(session=client, headers=self._headers)
            self.answered[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        try:
            send()
        except FailureGroup as group:
            self.faults += [f"{operation.label}, {mode.value}: {fault}" for fault in group.exceptions]
        except Exception as error:
            self.faults.append(f"{operation.label}, {mode.value}: {error!r}")


@pytest.mark.parametrize(("role", "many"), [(Role.OFFICE, 6), (None, 2)], ids=["the office", "nobody"])
async def test_what_is_answered_stands_in_the_document(
    mongo_url: str, mongo_prefix: str, role: Role | None, many: int
) -> None:
    own = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    mongo = connect(own, "board")
    live = [event for stream in whole_life() for event in stream[:4]]
    await store(mongo.database("board"), [*example_year(), *live])
    mongo.close()
    token = issue_dev_token(own, [role], "371621", "someone") if role else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    def tried() -> Run:
        run = Run(build(SERVICE, own, frozenset({Part.API})), headers, many)
        run.all()
        return run

    run = await asyncio.to_thread(tried)
    assert run.faults == [], "\n\n".join(run.faults)
    assert {200, 422 if role else 401} <= run.answered.keys(), run.answered
