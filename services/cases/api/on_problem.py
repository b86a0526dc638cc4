"""What the endpoints of a problem have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.cases.deciders import PROBLEM
from services.cases.domain.problem import Problem, ProblemCommand
from shared.contracts.types import Line
from shared.eventsourcing.http import Commands, Written
from shared.platform.auth import Principal, Role
from shared.platform.problems import NotFoundError

CLERKS = frozenset({Role.LIAISON, Role.OFFICE})

Bodies = Annotated[tuple[Line, ...], Field(max_length=50)]
"""Organisations that handle a problem together."""


async def on_problem(
    commands: Commands, problem_id: str, command: ProblemCommand, source: str | None = None
) -> Written:
    """Do a command on a problem; raises as `Commands.execute` does."""
    return await commands.execute(
        PROBLEM, problem_id, command, location=f"/problems/{problem_id}", source=source
    )


def is_clerk(caller: Principal) -> bool:
    """Tell whether the caller enters for others what came on paper."""
    return not CLERKS.isdisjoint(caller.roles)


def check_handler(problem: Problem, caller: Principal, *, with_co_handlers: bool = False) -> None:
    """Let a department act on its own assignments only; the liaison office enters what came on paper.

    Args:
        problem: as it stands.
        caller: whoever wants to act.
        with_co_handlers: it is something that co-handlers do, too.

    Raises:
        NotFoundError: there is no such problem in the caller's division, or it is somebody else's.
    """
    handlers = {problem.lead, *(problem.co_handlers if with_co_handlers else ())}
    if not problem.problem_id or not caller.covers(problem.division):
        raise NotFoundError
    if not is_clerk(caller) and caller.organisation not in handlers:
        raise NotFoundError
