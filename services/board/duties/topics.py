"""A topic on its way to the consultation, and the replies that its proposer may rate (T09–T15, C08)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.board.duties.kinds import (
    Kind,
    Matter,
    State,
    day_said,
    in_charge_of,
    known,
    person,
    working_days_after,
)
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    ProblemClosed,
    ProblemEvent,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    ReplyRated,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingCancelled, MeetingHeld, MeetingScheduled, MeetingsEvent
from shared.contracts.topics import (
    MergerUndone,
    StepCompleted,
    StepWaived,
    TopicAbsorbed,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import ReplyResult

RATING_WORKING_DAYS = 15
"""How long there is to rate a reply (C08); then an A may be confirmed (C09)."""

# Codes of steps that have a meaning of their own, the same in every procedure.
_BY_ADOPTION = ("raise", "adopt")
_CONSULT = "consult"
_BY_CASES = ("convert", "track")  # what is to be done there waits as problems and entries

OF_TOPIC = (
    TopicProposed,
    TopicTriaged,
    TopicAdopted,
    TopicRejected,
    StepCompleted,
    StepWaived,
    TopicMerged,
    MergerUndone,
    TopicAbsorbed,
    TopicWithdrawn,
    TopicConcluded,
    TopicReopened,
)
OF_MEETINGS = (MeetingScheduled, MeetingHeld, MeetingCancelled)
OF_PROBLEMS = (ProblemReplied, ReplyRated, ProblemSolved, ProblemReopened, ProblemReferred, ProblemClosed)
EVENTS: tuple[type[DomainEvent], ...] = (*OF_TOPIC, *OF_MEETINGS, *OF_PROBLEMS)

_NOTHING: dict[str, Any] = {"topic": None, "meetings": {}, "unrated": {}}


def state_after(state: State | None, recorded: Recorded) -> Mapping[str, Any]:
    """Return what is known of a topic after an event of its own stream, of a meeting or a problem."""
    before = state or _NOTHING
    match recorded.event:
        case MeetingsEvent():
            return {**before, "meetings": _meetings(before["meetings"], recorded.event)}
        case ProblemEvent():
            return {**before, "unrated": _unrated(before["unrated"], recorded.event)}
    return {**before, "topic": _topic(before["topic"], recorded)}


def _meetings(meetings: Mapping[str, str], event: DomainEvent) -> Mapping[str, str]:
    match event:
        case MeetingScheduled():
            return {**meetings, event.meeting_id: "scheduled"}
        case MeetingHeld():
            return {**meetings, event.meeting_id: "held"}
        case MeetingCancelled():
            return {**meetings, event.meeting_id: "cancelled"}
    return meetings


def _unrated(unrated: Mapping[str, Any], event: ProblemEvent) -> Mapping[str, Any]:
    others = {problem: reply for problem, reply in unrated.items() if problem != event.problem_id}
    if isinstance(event, ProblemReplied) and event.result is not ReplyResult.D:
        reply = {
            "entry_id": event.entry_id,
            "division": event.division,
            "lead": event.lead,
            "result": str(event.result),
            "replied_on": event.replied_on.isoformat(),
        }
        return {**others, event.problem_id: reply}
    return others


def _topic(topic: Mapping[str, Any] | None, recorded: Recorded) -> Mapping[str, Any]:
    event = recorded.event
    if isinstance(event, TopicProposed):
        return {
            "division": event.division,
            "proposers": [event.proposer] if event.proposer else [],
            # By receipt or on paper: then a clerk enters what the proposer says.
            "by_clerk": event.on_behalf or event.receipt is not None,
            "since": event.proposed_on.isoformat(),
            "stage": "proposed",
            "ended": False,
            "due_on": None,
            "steps": [],
            "settled": [],
        }
    return {**known(topic, event), **_topic_change(known(topic, event), recorded)}


def _topic_change(topic: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    since = day_said(recorded)
    match recorded.event:
        case TopicTriaged() as event:
            stage = "triaged" if topic["stage"] == "proposed" else topic["stage"]
            return {"division": event.division, "stage": stage, "since": since}
        case TopicAdopted() as event:
            return {
                "stage": "adopted",
                "since": since,
                "due_on": event.due_on.isoformat() if event.due_on else None,
                "steps": [{"code": step.code, "title": step.title} for step in event.steps],
                "settled": sorted({*topic["settled"], *_BY_ADOPTION}),
            }
        case TopicAbsorbed() as event:
            return {"proposers": sorted({*topic["proposers"], *event.proposers})}
        case StepCompleted() | StepWaived() as event:
            return {"settled": sorted({*topic["settled"], event.step}), "since": since}
        case TopicReopened() as event:
            return {
                "ended": False,
                "settled": [code for code in topic["settled"] if code not in event.undone],
            }
        case MergerUndone():
            return {"ended": False}
    return {"ended": True}


def duties_of(topic_id: str, state: State) -> list[dict[str, Any]]:
    """Return what a topic waits for; nothing until it is known where it belongs."""
    topic = state["topic"]
    if topic is None:
        return []
    matter = Matter(f"topic-{topic_id}", topic["division"], topic_id, {})
    return [*_on_its_way(matter, topic, state["meetings"]), *_to_rate(matter, topic, state["unrated"])]


def _on_its_way(
    matter: Matter, topic: Mapping[str, Any], meetings: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    told = {"recipients": [in_charge_of(topic["division"])], "since": topic["since"]}
    if topic["ended"]:
        return
    if topic["stage"] != "adopted":
        yield matter.duty(Kind.TRIAGE if topic["stage"] == "proposed" else Kind.ADOPT, **told)
        return
    consulted = _CONSULT in topic["settled"] or "held" in meetings.values()
    step = _next_step(topic["steps"], topic["settled"], consulted=consulted)
    if step is None:
        return
    if step["code"] != _CONSULT:
        said: dict[str, Any] = {"step": step["code"], "step_title": step["title"], "of": step["code"]}
        yield matter.duty(Kind.STEP, **told, due_on=topic["due_on"], **said)
    elif "scheduled" not in meetings.values():
        yield matter.duty(Kind.SCHEDULE, **told, due_on=topic["due_on"])


def _next_step(
    steps: Sequence[Mapping[str, str]], settled: Sequence[str], *, consulted: bool
) -> Mapping[str, str] | None:
    """Return the step that somebody has to take by hand, or the consultation; None where there is none."""
    codes = [step["code"] for step in steps]
    # What was left out before a consultation that took place is a fact, and nobody's duty any more (T16).
    first = codes.index(_CONSULT) + 1 if consulted and _CONSULT in codes else 0
    following = next((step for step in steps[first:] if step["code"] not in settled), None)
    return None if following is None or following["code"] in _BY_CASES else following


def _to_rate(
    matter: Matter, topic: Mapping[str, Any], unrated: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for problem_id, reply in sorted(unrated.items()):
        in_charge = in_charge_of(reply["division"])
        raters = [person(proposer) for proposer in topic["proposers"]]
        yield Matter(matter.key, reply["division"], matter.topic_id).duty(
            Kind.RATE,
            [*raters, in_charge] if topic["by_clerk"] else raters or [in_charge],
            # Where nobody knows who proposed it, the convener rates for the people present (C08).
            for_conveners=not raters,
            since=reply["replied_on"],
            due_on=working_days_after(reply["replied_on"], RATING_WORKING_DAYS),
            of=problem_id,
            problem_id=problem_id,
            entry_id=reply["entry_id"],
            lead=reply["lead"],
        )
