"""Entering a ledger: the calls of its rows, sent to the services as one office's back-entry.

Rows are independent of each other and go side by side; the calls of one row go one after the other. A row
that a service refuses is reported with the service's reason, and the other rows go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.cli.ledger.commands import Activity, Call, plan_calls, venue_calls
from shared.ledger.reading import LedgerReading

ROWS_AT_ONCE = 16
WAIT_SECONDS = 30.0
"""For what a reaction in another service has to bring about first, and for a service that is busy."""

_PAUSE_SECONDS = 0.1


class ServicesUnreachableError(Exception):
    """A service did not answer; what was entered so far stays, and importing again goes on from there."""

    def __init__(self, service: str, reason: str) -> None:
        self.service = service
        super().__init__(
            f"{service}: {reason}; is it running? Import again afterwards: nothing is entered twice"
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that a service refused.

    Attributes:
        row: source of the row, e.g. `ledger.xlsx#协商活动台账!12`.
        code, detail, errors: of the service's problem document.
    """

    row: str
    service: str
    path: str
    status: int
    code: str
    detail: str
    errors: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Entered:
    """What an import changed.

    Attributes:
        commands: sent and accepted.
        repeated: of them, those done by an earlier import.
    """

    commands: int = 0
    repeated: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many commands did something now."""
        return self.commands - self.repeated


class _RefusedError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.detail)


class Importer:
    """Sends calls.

    Args:
        clients: one for each service, with base URL and token.
        progress: called after each row.
    """

    def __init__(
        self, clients: Mapping[str, httpx.AsyncClient], progress: Callable[[], None] = lambda: None
    ) -> None:
        self._clients = clients
        self._progress = progress
        self._slots = asyncio.Semaphore(ROWS_AT_ONCE)
        self._outcome = Entered()

    async def enter(self, reading: LedgerReading) -> Entered:
        """Enter everything: plans first, then venues and proposals, then what became of them.

        Raises:
            ServicesUnreachableError: a service does not answer.
        """
        for year in sorted({item.year for item in reading.plan_items}):
            await self._row(plan_calls(reading, year))
        activities = [Activity(reading, row) for row in reading.activities]
        # A row may be merged into one further down, so all topics are there before anything is done to one.
        await self._rows([venue_calls(reading, venue) for venue in reading.venues])
        proposed = await self._rows([[activity.proposal()] for activity in activities], tell=False)
        # Of a topic that was refused there is nothing more to say.
        await self._rows([a.rest() for a, done in zip(activities, proposed, strict=True) if done])
        return self._outcome

    async def _rows(self, rows: Iterable[Iterable[Call]], *, tell: bool = True) -> list[bool]:
        try:
            async with asyncio.TaskGroup() as tasks:
                entered = [tasks.create_task(self._row(calls, tell=tell)) for calls in rows]
        except ExceptionGroup as group:  # all rows meet the same closed door: one says it for all
            raise group.exceptions[0] from None
        return [task.result() for task in entered]

    async def _row(self, calls: Iterable[Call], *, tell: bool = True) -> bool:
        """Send a row's calls, one after the other; tell whether all were accepted."""
        async with self._slots:
            try:
                for call in calls:
                    await self._send(call)
            except _RefusedError as error:
                self._outcome.refusals.append(error.refusal)
                return False
            finally:
                if tell:
                    self._progress()
        return True

    async def _send(self, call: Call) -> None:
        if call.after is not None:
            await self._wait_for(call)
        response = await self._patiently(
            call, lambda c: c.post(call.path, json=call.body, headers={"Idempotency-Key": call.key})
        )
        if response.is_error:
            raise _RefusedError(_refusal(call, response))
        self._outcome.commands += 1
        self._outcome.repeated += bool(response.json()["repeated"])

    async def _wait_for(self, call: Call) -> None:
        response = await self._patiently(
            call, lambda c: c.get(str(call.after), headers={"HXS-Min-Version": "1"})
        )
        if response.is_error:
            raise _RefusedError(_refusal(call, response))

    async def _patiently(self, call: Call, ask: Callable[[httpx.AsyncClient], Any]) -> httpx.Response:
        deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
        while True:
            try:
                response: httpx.Response = await ask(self._clients[call.service])
            except httpx.TransportError as error:
                raise ServicesUnreachableError(call.service, str(error) or type(error).__name__) from error
            if not _is_not_yet(response):
                return response
            if asyncio.get_running_loop().time() > deadline:
                return response
            await asyncio.sleep(float(response.headers.get("Retry-After", _PAUSE_SECONDS)))


def _is_not_yet(response: httpx.Response) -> bool:
    """Tell whether the same call may succeed in a moment."""
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return True
    # The topic was entered just now; the service hears of it through its own copy, which may lag.
    return response.is_error and _problem(response).get("code") == "topic-unknown"


def _problem(response: httpx.Response) -> dict[str, Any]:
    is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
    problem: dict[str, Any] = response.json() if is_problem else {}
    return problem


def _refusal(call: Call, response: httpx.Response) -> Refusal:
    problem = _problem(response)
    return Refusal(
        row=str(call.body["source"]),
        service=call.service,
        path=call.path,
        status=response.status_code,
        code=str(problem.get("code", "unexpected-answer")),
        detail=str(problem.get("detail", response.reason_phrase)),
        errors=tuple(problem.get("errors", ())),
    )
