"""Commands and read models over HTTP: ids, versions, rights and refusals, the same in every service."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from pydantic import BaseModel

from shared.contracts.envelope import Meta
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import Line
from shared.eventsourcing.application import CommandHandler, Done
from shared.eventsourcing.decider import C, Decider, S
from shared.eventsourcing.errors import (
    IdempotencyKeyReusedError,
    NotCaughtUpError,
    VersionConflictError,
    VersionMismatchError,
)
from shared.eventsourcing.pointer import NotBuiltError
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import optional_principal
from shared.platform.http import correlation_id, expected_version, idempotency_key, written
from shared.platform.language import Text
from shared.platform.problems import (
    FieldError,
    NotFoundError,
    PreconditionFailedError,
    Problem,
    ProblemType,
    RoleNotAllowedError,
    UnavailableError,
    add_types,
    response_to,
)
from shared.platform.tracing import current_traceparent

COMMAND_NAMESPACE = uuid.UUID("5b0c9f6e-3f0a-5d3e-9d57-2f1c4b8f7a10")
"""Ids derived from idempotency keys live in it; it never changes."""

add_types(
    [
        ProblemType(
            "idempotency-key-reused",
            422,
            Text("幂等键已用于另一请求", "The key was used for another request"),
        ),
        ProblemType("busy", 503, Text("数据正被频繁修改", "The data is being changed too often")),
    ]
)


@lru_cache(4096)
def person_id(subject: str) -> str:
    """Return the opaque id under which a person stands in events and commits, which nobody can take back.

    A provider's subject may be a name or an address, so it is never stored itself.
    """
    return str(uuid.uuid5(COMMAND_NAMESPACE, f"person:{subject}"))


class CommandBody(BaseModel):
    """What every command takes that may be entered afterwards.

    Attributes:
        back_entry: copied from another record, of what already happened; for liaison and office.
        source: which record, e.g. `ledger.xlsx#协商活动台账!12`; kept, never published.
    """

    back_entry: bool = False
    source: Line | None = None

    def content(self, *without: str) -> dict[str, Any]:
        """Return the fields of the command itself."""
        left_out = {"source", *without}
        return {name: getattr(self, name) for name in type(self).model_fields if name not in left_out}


class Written(BaseModel):
    """What a command did.

    Attributes:
        id: of the thing it was about.
        version: of its stream after the command; send as `If-Match` or `HXS-Min-Version`.
        repeated: the command had been done before; this is the first answer.
    """

    id: str
    version: int
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Commands:
    """One request's way to the service's command handlers.

    Attributes:
        caller: who sent it; None for somebody without an account.
        command_id: from the Idempotency-Key and the sender's county, or new.
        expected_version: from If-Match.
    """

    handlers: dict[str, CommandHandler[Any, Any]]
    caller: Principal | None
    command_id: str
    expected_version: int | None
    correlation_id: str
    response: Response

    def new_id(self) -> str:
        """Return an id for what the command creates: the same one when the request is repeated."""
        return str(uuid.uuid5(COMMAND_NAMESPACE, self.command_id))

    async def execute(
        self,
        decider: Decider[C, S],
        id_: str,
        command: C,
        *,
        location: str,
        division: str = "",
        source: str | None = None,
    ) -> Written:
        """Do a command on the aggregate `id_`; sets Location and ETag.

        Args:
            decider: of the aggregate.
            id_: of the aggregate.
            command: what to do.
            location: path of what was written.
            division: of what the command creates; else the aggregate's own counts.
            source: which record a back-entry was copied from.

        Raises:
            NotFoundError: the aggregate, or `division`, is outside the caller's division.
            RefusedError, VersionMismatchError, VersionConflictError, IdempotencyKeyReusedError: answered
                as problem documents by `install`.
        """
        caller = self.caller
        if caller is not None and division and not caller.covers(division):
            raise NotFoundError

        def guard(state: S) -> None:
            belongs_to = decider.division_of(state) if decider.division_of else ""
            if caller is not None and belongs_to and not caller.covers(belongs_to):
                raise NotThereError("elsewhere", zh="未找到。", en="Not found.")

        meta = Meta(
            division=division,
            actor=person_id(caller.subject) if caller else "anonymous",
            correlation_id=self.correlation_id,
            causation_id=f"request:{self.correlation_id}",
            traceparent=current_traceparent(),
            source=source,
        )
        handler: CommandHandler[C, S] = self.handlers[decider.category]
        done: Done = await handler.execute(
            command,
            stream=decider.stream(id_),
            meta=meta,
            command_id=self.command_id,
            expected_version=self.expected_version,
            guard=guard,
        )
        written(self.response, location, done.version)
        return Written(id=id_, version=done.version, repeated=done.repeated)

    async def state(self, decider: Decider[C, S], id_: str) -> S:
        """Return an aggregate's state as it is now, for a check across aggregates of this service."""
        handler: CommandHandler[C, S] = self.handlers[decider.category]
        return (await handler.load(decider.stream(id_))).state


# One dependency that calls the others: solving each of them took FastAPI longer than deciding the command.
async def _commands(
    request: Request,
    response: Response,
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="Same key, same answer")] = None,
    if_match: Annotated[str | None, Header(description='Version the change is based on, e.g. `"3"`')] = None,
) -> Commands:
    if not request.app.state.process.prepared:
        # Without the indexes of the store two writers could both win.
        raise UnavailableError(Text("系统正在启动。", "The service is starting."), retry_after_seconds=2)
    caller = await optional_principal(request)
    key = await idempotency_key(key)
    # A key belongs to a county: what one clerk has entered is known when another comes with the same.
    county = caller.division[:6] if caller else "anonymous"
    command_id = uuid.uuid5(COMMAND_NAMESPACE, f"{county}:{key}") if key else uuid.uuid4()
    return Commands(
        handlers=request.app.state.handlers,
        caller=caller,
        command_id=str(command_id),
        expected_version=await expected_version(if_match),
        correlation_id=await correlation_id(),
        response=response,
    )


CommandsOf = Annotated[Commands, Depends(_commands)]


def check_back_entry(caller: Principal | None, *, back_entry: bool) -> None:
    """Let only liaison and office enter afterwards what happened before.

    Raises:
        RoleNotAllowedError: somebody else wants to.
    """
    allowed = {Role.LIAISON, Role.OFFICE}
    if back_entry and (caller is None or allowed.isdisjoint(caller.roles)):
        raise RoleNotAllowedError(allowed)


class RefusalProblem(Problem):
    """A rule of the domain refuses the command: its own code, 422 where a field is at fault, else 409."""

    def __init__(self, refusal: RefusedError) -> None:
        text = Text(refusal.zh, refusal.en)
        errors = [FieldError(refusal.field, text, refusal.rule)] if refusal.field else []
        super().__init__(
            "rule-broken", text, errors=errors, facts={"rule": refusal.rule} if refusal.rule else None
        )
        status = 422 if refusal.field else 409
        self.kind = ProblemType(refusal.code, status, self.kind.title)


def problem_of(error: Exception) -> Problem:
    """Return how an error of the core is told to the caller; raises it again where it is none."""
    match error:
        case NotThereError():
            return NotFoundError()
        case RefusedError():
            return RefusalProblem(error)
        case VersionMismatchError():
            return PreconditionFailedError(error.actual)
        case IdempotencyKeyReusedError():
            return Problem("idempotency-key-reused")
        case VersionConflictError():
            detail = Text("请稍后重试。", "Try again in a moment.")
            return Problem("busy", detail, headers={"Retry-After": "1"})
        case NotCaughtUpError():
            detail = Text(
                "数据正在更新，请稍后重试。", "The data is being brought up to date; try again shortly."
            )
            return UnavailableError(detail, code="not-caught-up")
        case NotBuiltError():
            detail = Text(
                "数据正在首次建立，请稍后刷新。", "The data is being built for the first time; try shortly."
            )
            return UnavailableError(detail, retry_after_seconds=5)
    raise error


async def _answer(request: Request, error: Exception) -> Response:
    return response_to(problem_of(error), request.headers.get("accept-language", ""))


def install(app: FastAPI) -> None:
    """Answer the core's errors with problem documents."""
    handled: tuple[type[Exception], ...] = (
        RefusedError,
        VersionMismatchError,
        VersionConflictError,
        IdempotencyKeyReusedError,
        NotCaughtUpError,
        NotBuiltError,
    )
    for error in handled:
        app.add_exception_handler(error, _answer)


__all__ = [
    "CommandBody",
    "Commands",
    "CommandsOf",
    "RefusalProblem",
    "Written",
    "check_back_entry",
    "install",
    "person_id",
    "problem_of",
]
