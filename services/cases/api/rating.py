"""What becomes of a reply, over HTTP: rated, confirmed, decided by the office (C08–C10)."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from pydantic import BaseModel

from services.cases.api.on_problem import Bodies, is_clerk, on_problem
from services.cases.calendar import ClockOf
from services.cases.deciders import PROBLEM
from services.cases.domain import problem as problems
from services.cases.proposers import proposers_of
from services.cases.rights import Convener, CountyOffice, Resident
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Day, Id, Line, RatedBy, Rating, ReferralDecision
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry, person_id
from shared.eventsourcing.reading import ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.privacy import MaskedText
from shared.platform.problems import NotFoundError

router = APIRouter()


class ReplyRating(CommandBody):
    """How content the proposer is (C08).

    Attributes:
        rated_on: by whoever enters it for others; a proposer rates today.
        due_on: likewise: new last day, where 不满意 reopens the problem; three months, moved to a working
            day, unless given (C10). What a back-entry does not say stays unknown.
        solved_on: back-entry only: the day of the strike-off.
    """

    rating: Rating
    rated_on: Day | None = None
    reason: MaskedText | None = None
    due_on: Day | None = None
    solved_on: Day | None = None


@router.post("/problems/{problem_id}/rating")
async def rate(
    problem_id: Id,
    body: ReplyRating,
    caller: Resident,
    commands: CommandsOf,
    reading: ReadingOf,
    clock: ClockOf,
) -> Written:
    """Rate the newest reply (C08); an A reply that satisfies solves the problem (C09).

    The proposer rates their own, wherever it lies by now. The liaison and the county's office enter what the
    proposer gave on paper or by telephone; a convener, where nobody knows who proposed the topic, what the
    people present said.
    """
    check_back_entry(caller, back_entry=body.back_entry)
    problem = await commands.state(PROBLEM, problem_id)
    # A clerk needs to be nobody's proposer, and an import does not wait until the topics are known here.
    proposers = frozenset() if is_clerk(caller) else await proposers_of(reading, problem.topic_id)
    if proposers and person_id(caller.subject) in proposers:
        own = problems.RateReply(body.rating, None, body.reason, rated_by=RatedBy.PROPOSER, at=clock)
        return await on_problem(_there(commands, caller, problem), problem_id, own)
    by = _on_behalf(caller, problem, proposers)
    if body.rated_on is None and not body.back_entry:
        raise RefusedError(
            "rating-day-missing",
            rule="C08",
            zh="请填评价日期。",
            en="Say when it was rated.",
            field="rated_on",
        )
    command = problems.RateReply(**body.content(), rated_by=None if body.back_entry else by, at=clock)
    return await on_problem(commands, problem_id, command, body.source)


def _there(commands: Commands, caller: Principal, problem: problems.Problem) -> Commands:
    """Return a request's way to the problem's division: what is one's own is so wherever it was sorted to."""
    return replace(commands, caller=replace(caller, division=problem.division))


def _on_behalf(caller: Principal, problem: problems.Problem, proposers: frozenset[str] | None) -> RatedBy:
    """Return as whom somebody enters a rating for others.

    Args:
        caller: whoever wants to.
        problem: as it stands.
        proposers: of its topic; None where that has not been heard of yet.

    Raises:
        NotCaughtUpError: whether somebody is known who rates it themselves is not known yet.
        NotFoundError: there is no such problem in the caller's division, or it is not theirs to rate.
        RefusedError: the proposer is known, who rates it themselves.
    """
    if not problem.problem_id or not caller.covers(problem.division):
        raise NotFoundError
    if is_clerk(caller):
        return RatedBy.CLERK
    if Role.CONVENER not in caller.roles:
        raise NotFoundError
    if proposers is None:
        raise NotCaughtUpError(problem.topic_id, wanted=1, seen=0)
    if proposers:
        raise RefusedError(
            "proposer-rates",
            rule="C08",
            zh="提出人已知，由其本人评价；纸面或电话评价由联络室代录，15 个工作日未评价的由召集人确认。",
            en="The proposer is known and rates it; what they gave on paper the liaison office enters, and "
            "after 15 working days without a rating the convener confirms the solution.",
        )
    return RatedBy.CONVENER


class Confirmation(BaseModel):
    """Why an unrated reply is taken as solving the problem."""

    reason: MaskedText
    confirmed_on: Day


@router.post("/problems/{problem_id}/confirmation")
async def confirm(
    problem_id: Id, body: Confirmation, caller: Convener, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Confirm an A reply that nobody rated for 15 working days (C09)."""
    return await on_problem(commands, problem_id, problems.ConfirmSolution(**dict(body), at=clock))


class Decision(CommandBody):
    """What the office decides on a problem that did not satisfy twice (C10).

    Attributes:
        reason: as the proposer is told it.
        decided_on: today unless said.
        lead, co_handlers: of `handle-again`: who handles it; as before unless a lead is named.
        due_on: of `handle-again`: three months, moved to a working day, unless given.
    """

    decision: ReferralDecision
    reason: MaskedText
    decided_on: Day | None = None
    lead: Line | None = None
    co_handlers: Bodies = ()
    due_on: Day | None = None


@router.post("/problems/{problem_id}/decision")
async def decide(
    problem_id: Id, body: Decision, caller: CountyOffice, commands: CommandsOf, clock: ClockOf
) -> Written:
    """Decide on a referred problem: handled again, or ended with reasons; neither solves it (C10)."""
    command = problems.DecideReferral(**body.content(), at=clock)
    return await on_problem(commands, problem_id, command, body.source)
