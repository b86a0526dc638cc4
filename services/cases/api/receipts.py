"""Problems of one's own topic, followed and rated without an account (C08, T08)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import BaseModel, ConfigDict

from services.cases.api.on_problem import on_problem
from services.cases.calendar import ClockOf
from services.cases.deciders import PROBLEM
from services.cases.domain import problem as problems
from services.cases.projections.problems import PROBLEMS
from services.cases.proposers import topics_of_receipt
from services.cases.views.receipts import FollowedProblem, FollowedProblems
from shared.contracts.types import Id, RatedBy, Rating
from shared.eventsourcing.http import CommandsOf, Written
from shared.eventsourcing.reading import ReadingOf
from shared.platform.authorisation import Access, anyone
from shared.platform.privacy import MaskedText
from shared.platform.problems import NotFoundError
from shared.platform.rate_limit import DAY, HOUR, LimitsOf, Rate, limited
from shared.platform.receipts import receipt_key

router = APIRouter()

FOLLOWING = limited("following", per_minute=60, per_hour=600)
TRIES = (Rate(60, HOUR), Rate(200, DAY))
"""Of query codes for one receipt number, right ones included: else the limit would stop no guess."""

Receipt = Annotated[str, Path(max_length=40, description="Receipt number, with or without hyphens")]
QueryCode = Annotated[
    str, Header(alias="HXS-Query-Code", max_length=40, description="In a header, since addresses are logged")
]


async def _opened(
    receipt: Receipt, code: QueryCode, request: Request, reading: ReadingOf, limits: LimitsOf
) -> frozenset[str]:
    """Return the ids of the topics that a receipt opens, to whoever does not try one code after the other."""
    if key := receipt_key(receipt):
        await limits.hit(f"receipt:{key}", *TRIES)
    return await topics_of_receipt(reading, receipt, code, request.app.state.settings.signing_secrets)


Opened = Annotated[frozenset[str], Depends(_opened)]


@router.get("/receipts/{receipt}/problems", dependencies=[Depends(FOLLOWING), Depends(anyone())])
async def list_own_problems(topics: Opened, reading: ReadingOf) -> FollowedProblems:
    """Return the problems that came of a topic, to whoever has its receipt number and query code."""
    found = await reading.all(PROBLEMS, {"topic_id": {"$in": sorted(topics)}})
    return FollowedProblems(items=tuple(FollowedProblem.of(problem) for problem in found))


class OwnRating(BaseModel):
    """How content the proposer is with the newest reply (C08)."""

    model_config = ConfigDict(extra="forbid")

    rating: Rating
    reason: MaskedText | None = None


@router.post(
    "/receipts/{receipt}/problems/{problem_id}/rating",
    dependencies=[Depends(FOLLOWING), Depends(anyone(Access.WRITE))],
)
async def rate_own_problem(
    topics: Opened, problem_id: Id, body: OwnRating, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Rate the newest reply to a problem of one's own topic, without an account (C08)."""
    problem = await commands.state(PROBLEM, problem_id)
    if problem.topic_id not in topics:
        raise NotFoundError
    command = problems.RateReply(body.rating, None, body.reason, rated_by=RatedBy.PROPOSER, at=clock)
    return await on_problem(replace(commands, caller=None), problem_id, command)
