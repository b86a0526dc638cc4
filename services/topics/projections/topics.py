"""One document a topic, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.topics import (
    ClaimReleased,
    ConsultationConcluded,
    ConsultationReopened,
    Fact,
    FactPassedOn,
    MergerUndone,
    Step,
    StepCompleted,
    StepWaived,
    SurveyRecorded,
    TopicAbsorbed,
    TopicAdopted,
    TopicClaimed,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicsEvent,
    TopicSplit,
    TopicSupplemented,
    TopicSupported,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams

TOPIC_EVENTS: tuple[type[TopicsEvent], ...] = (
    TopicProposed,
    TopicTriaged,
    TopicAdopted,
    TopicRejected,
    StepCompleted,
    StepWaived,
    SurveyRecorded,
    TopicSupported,
    TopicSupplemented,
    TopicClaimed,
    ClaimReleased,
    TopicMerged,
    TopicAbsorbed,
    MergerUndone,
    TopicSplit,
    FactPassedOn,
    TopicWithdrawn,
    ConsultationConcluded,
    ConsultationReopened,
    TopicConcluded,
    TopicReopened,
)


def topic_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the topic that the event is about."""
    return (recorded.stream.removeprefix("topic-"),)


def fold_topic(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a topic's document after an event of its stream.

    Raises:
        OutOfOrderError: the topic was not proposed first.
    """
    event = recorded.event
    if isinstance(event, TopicProposed):
        return _first(event)
    if document is None:
        raise OutOfOrderError(event, document)
    change = _of_life(document, event)
    if change is None:
        change = _on_the_way(document, event)
    if change is None:
        raise OutOfOrderError(event, document)
    return {**document, **change}


def _first(event: TopicProposed) -> dict[str, Any]:
    return {
        **event.model_dump(mode="json"),
        "situation": "proposed",
        "triage": None,
        "topic_class": None,
        "claim": None,
        "steps": [],
        "next_step": None,
        "surveys": [],
        "supporters": 0,
        "supplements": [],
        "merged_into": None,
        "absorbed": [],
        "parts": [],
        "grams": grams(event.title, event.description),
    }


def _of_life(document: Document, event: DomainEvent) -> dict[str, Any] | None:
    """Return what an event changes that begins, ends or takes up again; None for any other."""
    said = event.model_dump(mode="json", exclude={"topic_id", "back_entry"})
    situation, before = document["situation"], document.get("before")
    match event:
        case TopicAdopted():
            steps = _first_steps(event, document)
            pinned = {"code": said.pop("procedure"), "version": said.pop("procedure_version")}
            adopted = {**said, "situation": "adopted", "procedure": pinned}
            return {**adopted, "steps": steps, "next_step": _next(steps)}
        case TopicRejected():
            reason, day = said["reason"], said["rejected_on"]
            return {"situation": "rejected", "rejection_reason": reason, "rejected_on": day}
        case TopicWithdrawn():
            reason, day = said["reason"], said["withdrawn_on"]
            return {"situation": "withdrawn", "withdrawal_reason": reason, "withdrawn_on": day}
        case TopicMerged():
            into, day = said["into"], said["merged_on"]
            reason = said["reason"]
            merged = {"merged_into": into, "merged_on": day, "merger_reason": reason}
            return {"situation": "merged", **merged, "before": situation}
        case TopicConcluded():
            return {"situation": "concluded", "concluded_on": said["concluded_on"], "before": situation}
        case TopicReopened():
            undone = _with_undone(document["steps"], event.undone)
            return {"situation": before, "concluded_on": None, **undone}
        case MergerUndone():
            going = {"merged_into": None, "merged_on": None, "merger_reason": None}
            return {"situation": before, **going}
    return None


def _on_the_way(document: Document, event: DomainEvent) -> dict[str, Any] | None:
    """Return what an event adds to a topic; None where it is none of these."""
    said = event.model_dump(mode="json", exclude={"topic_id", "back_entry"})
    match event:
        case TopicTriaged():
            return {"triage": said, "topic_class": said["topic_class"], "division": said["division"]}
        case StepCompleted():
            return _with_step(document["steps"], event.step, _completed(event))
        case StepWaived():
            waived = {"status": "waived", "on": said["waived_on"]}
            kept = {"reason": said["reason"], "approver": said["approver"]}
            return _with_step(document["steps"], event.step, {**waived, **kept})
        case SurveyRecorded():
            return {"surveys": [*document["surveys"], said]}
        case TopicSupported():
            return {"supporters": document["supporters"] + 1}
        case TopicSupplemented():
            return {"supplements": [*document["supplements"], said]}
        case TopicClaimed():
            return {"claim": said}
        case ClaimReleased():
            return {"claim": None}
        case TopicSplit():
            return {"parts": [*document["parts"], *(part["topic_id"] for part in said["parts"])]}
        case TopicAbsorbed():
            counted = event.supporters_in_all
            supporters = {} if counted is None else {"supporters": counted}
            return {"absorbed": [*document["absorbed"], event.absorbed], **supporters}
        case ConsultationConcluded():
            return {}  # the topic goes on: its ledger entries show which of its loops is closed
        case ConsultationReopened():
            return _with_undone(document["steps"], event.undone)
        case FactPassedOn():
            return _passed_on(document, event)
    return None


def _passed_on(document: Document, event: FactPassedOn) -> dict[str, Any]:
    """Return what a merged topic shows of a fact that its survivor was told of."""
    steps, on = document["steps"], event.happened_on.isoformat() if event.happened_on else None
    match event.fact:
        case Fact.CONSULTATION:
            held = {"status": "done", "on": on, "meeting_id": event.meeting_id}
            return _with_step(steps, "consult", held)
        case Fact.SOLUTION if any(step["code"] == "convert" for step in steps):
            return _with_step(steps, "convert", {"status": "done", "on": on})
        case Fact.REOPENING:
            return _with_undone(steps, event.undone)
    return {}


def _first_steps(event: TopicAdopted, document: Document) -> list[dict[str, Any]]:
    done_on = {"raise": document["proposed_on"], "adopt": event.adopted_on.isoformat()}
    # A consultation may have been held before the adoption (T16): its step keeps what was recorded.
    early = {step["code"]: step for step in document["steps"]}
    return [{**_fresh_step(step, done_on.get(step.code)), **early.get(step.code, {})} for step in event.steps]


def _fresh_step(step: Step, done_on: str | None) -> dict[str, Any]:
    said = step.model_dump(mode="json")
    return {**said, "status": "done", "on": done_on} if done_on else {**said, "status": "open"}


def _completed(event: StepCompleted) -> dict[str, Any]:
    said = event.model_dump(mode="json", exclude_none=True)
    kept: dict[str, Any] = {k: said[k] for k in ("surveys", "meeting_id", "deviation") if k in said}
    if event.given:
        kept["given"] = said["given"]
    elif event.papers:  # of the time before papers had kinds
        kept["given"] = [{"kind": None, "title": title} for title in event.papers]
    return {"status": "done", "on": said.get("completed_on"), **kept}


def _said(step: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name in Step.model_fields}


def _with_undone(steps: list[dict[str, Any]], undone: Collection[str]) -> dict[str, Any]:
    after = [{**_said(step), "status": "open"} if step["code"] in undone else step for step in steps]
    return {"steps": after, "next_step": _next(after)}


def _with_step(steps: list[dict[str, Any]], code: str, change: dict[str, Any]) -> dict[str, Any]:
    if all(step["code"] != code for step in steps):
        after = [*steps, {"code": code, **change}]
    else:
        # A second meeting replaces the first one's date and deviation: no step mixes facts of two.
        after = [{**_said(step), **change} if step["code"] == code else step for step in steps]
    return {"steps": after, "next_step": _next(after)}


def _next(steps: Iterable[Mapping[str, Any]]) -> str | None:
    return next((step["code"] for step in steps if step["status"] == "open"), None)


TOPICS = Projection(
    name="topics",
    version=3,
    events=TOPIC_EVENTS,
    keys=topic_key,
    fold=fold_topic,
    main_category="topic",
    indexes=(
        (("division", 1), ("_id", 1)),
        (("proposed_on", 1), ("_id", 1), ("division", 1)),
        (("due_on", 1), ("_id", 1), ("division", 1)),
        (("title", 1), ("_id", 1), ("division", 1)),
        (("situation", 1), ("_id", 1)),
        (("plan_id", 1), ("plan_item", 1)),
        (("grams", 1),),
        (("division", 1), ("grams", 1)),
        (("situation", 1), ("received_at", 1), ("_id", 1)),
    ),
)
