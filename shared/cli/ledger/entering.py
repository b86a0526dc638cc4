"""Entering a ledger: the calls of its rows, sent to the services as one office's back-entry.

Rows are independent of each other and go side by side; the calls of one row go one after the other. A row
that a service refuses is reported with the service's reason, and the other rows go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from shared.cli.failures import UNREACHABLE, CliError
from shared.cli.ledger.commands import Activity, Call, plan_calls, venue_calls
from shared.ledger.reading import LedgerReading
from shared.ledger.rows import row_key
from shared.ledger.writing import Row, digest
from shared.platform.language import Text

ROWS_AT_ONCE = 16
WAIT_SECONDS = 30.0
"""For what a reaction in another service has to bring about first, and for a service that is busy."""

_PAUSE_SECONDS = 0.1
_BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""A connection ended under a request, as where a server closes an idle one, or restarts."""


class ServicesUnreachableError(CliError):
    """A service did not answer; what was entered so far stays, and importing again goes on from there."""

    def __init__(self, service: str, reason: str) -> None:
        why = Text(
            f"{service} 没有应答（{reason}），是否在运行？恢复后重新导入即可，已录入的不会重复",
            f"{service}: {reason}; is it running? Import again afterwards: nothing is entered twice",
        )
        super().__init__(why, UNREACHABLE)


class NotSignedInError(CliError):
    """A service does not accept the token, or not any more; whatever else was asked would be refused, too."""

    def __init__(self, service: str) -> None:
        super().__init__(
            Text(
                f"{service} 不接受所用的令牌（已过期，或不是本系统的）；请用县政协办公室的有效令牌"
                "（--token 或 HXS_TOKEN）重新导入，已录入的不会重复",
                f"{service} does not accept the token: it has expired, or is another system's; import again "
                "with one of the county's office (--token or HXS_TOKEN): nothing is entered twice",
            )
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
        own: rows that these services wrote into the workbook themselves; there is nothing to enter of them.
        edited: of them, those that say something else by now: where a row comes from the record, the record
            is what has to be changed.
    """

    commands: int = 0
    repeated: int = 0
    own: int = 0
    edited: list[str] = field(default_factory=list)
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

        What the services wrote into the workbook themselves is left as it is (C20).

        Raises:
            ServicesUnreachableError: a service does not answer.
            NotSignedInError: a service does not accept the token.
        """
        own = await self._own_rows(reading)
        for year in sorted({item.year for item in reading.plan_items}):
            is_own = any(row_key(item) in own for item in reading.plan_items if item.year == year)
            await self._row(() if is_own else plan_calls(reading, year))
        activities = [Activity(reading, row) for row in reading.activities if row_key(row) not in own]
        for _ in range(len(reading.activities) - len(activities)):
            self._progress()
        # A row may be merged into one further down, so all topics are there before anything is done to one.
        await self._rows([() if row_key(v) in own else venue_calls(reading, v) for v in reading.venues])
        proposed = await self._rows([activity.proposal() for activity in activities], tell=False)
        # Of a topic that was refused there is nothing more to say.
        await self._rows([a.rest() for a, done in zip(activities, proposed, strict=True) if done])
        return self._outcome

    async def _own_rows(self, reading: LedgerReading) -> set[tuple[str, str]]:
        """Return the rows that these services wrote themselves, and note those that were edited since."""
        if not reading.marks:
            return set()
        recorded = await self._recorded(sorted({row.year for row in reading.activities}))
        rows: list[Row] = [*reading.plan_items, *reading.venues, *reading.activities]
        own = {}
        for row in rows:
            mark = reading.marks.get(row_key(row))
            if mark is not None and recorded.get(mark.thing) == mark.recorded_at:
                own[row_key(row)] = row
                if digest(row) != mark.digest:
                    self._outcome.edited.append(f"{reading.path.name}#{row.sheet}!{row.row}")
        self._outcome.own = len(own)
        return set(own)

    async def _recorded(self, years: Sequence[int]) -> dict[str, str]:
        """Return when the services recorded what their ledgers of some years show, by id."""
        found: dict[str, str] = {}
        for year in years:
            asking = partial(_ask_what_was_recorded, year=year)
            response = await self._asked("cases", asking)
            response.raise_for_status()
            found |= response.json()["recorded_at"]
        return found

    async def send(self, rows: Iterable[Iterable[Call]]) -> Entered:
        """Send rows of other calls, such as a roster's.

        Raises:
            ServicesUnreachableError: a service does not answer.
            NotSignedInError: a service does not accept the token.
        """
        await self._rows(rows)
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
        response = await self._asked(
            call.service,
            lambda c: c.post(call.path, json=call.body, headers={"Idempotency-Key": call.key}),
        )
        if response.is_error:
            raise _RefusedError(_refusal(call, response))
        self._outcome.commands += 1
        self._outcome.repeated += bool(response.json()["repeated"])

    async def _wait_for(self, call: Call) -> None:
        response = await self._asked(
            call.service, lambda c: c.get(str(call.after), headers={"HXS-Min-Version": "1"})
        )
        if response.is_error:
            raise _RefusedError(_refusal(call, response))

    async def _asked(self, service: str, ask: Callable[[httpx.AsyncClient], Any]) -> httpx.Response:
        """Return a service's answer, waiting patiently for one that it may give in a moment."""
        deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
        while True:
            try:
                response: httpx.Response = await ask(self._clients[service])
            except httpx.TransportError as error:
                # Whether it was done is not known, and need not be: the key makes asking again harmless.
                if not isinstance(error, _BROKEN) or asyncio.get_running_loop().time() > deadline:
                    raise ServicesUnreachableError(service, str(error) or type(error).__name__) from error
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if response.status_code == httpx.codes.UNAUTHORIZED:
                raise NotSignedInError(service)
            if not _is_not_yet(response):
                return response
            if asyncio.get_running_loop().time() > deadline:
                return response
            await asyncio.sleep(float(response.headers.get("Retry-After", _PAUSE_SECONDS)))


async def _ask_what_was_recorded(client: httpx.AsyncClient, *, year: int) -> httpx.Response:
    return await client.get("/ledger/recorded", params={"year": year})


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
        row=str(call.body.get("source", call.path)),
        service=call.service,
        path=call.path,
        status=response.status_code,
        code=str(problem.get("code", "unexpected-answer")),
        detail=str(problem.get("detail", response.reason_phrase)),
        errors=tuple(problem.get("errors", ())),
    )
