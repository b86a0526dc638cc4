"""One document a topic, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.topics import (
    Step,
    StepCompleted,
    StepWaived,
    TopicAbsorbed,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicReopened,
    TopicsEvent,
    TopicWithdrawn,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

TOPIC_EVENTS: tuple[type[TopicsEvent], ...] = (
    TopicProposed,
    TopicAdopted,
    StepCompleted,
    StepWaived,
    TopicMerged,
    TopicAbsorbed,
    TopicWithdrawn,
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
        return {**event.model_dump(mode="json"), "situation": "proposed", "steps": [], "absorbed": []}
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, **_change(document, event)}


def _change(document: Document, event: DomainEvent) -> dict[str, Any]:
    match event:
        case TopicAdopted():
            return {
                "situation": "adopted",
                "adopted_on": event.adopted_on.isoformat(),
                "due_on": event.due_on.isoformat() if event.due_on else None,
                "procedure": {"code": event.procedure, "version": event.procedure_version},
                "plan_id": event.plan_id,
                "plan_item": event.plan_item,
                "steps": _first_steps(event, document),
            }
        case StepCompleted():
            return {"steps": _with_step(document["steps"], event.step, _completed(event))}
        case StepWaived():
            waived = {
                "status": "waived",
                "on": event.waived_on.isoformat(),
                "reason": event.reason,
                "approver": event.approver,
            }
            return {"steps": _with_step(document["steps"], event.step, waived)}
        case TopicMerged():
            return {"situation": "merged", "merged_into": event.into, "before": document["situation"]}
        case TopicAbsorbed():
            return {"absorbed": [*document["absorbed"], event.absorbed]}
        case TopicWithdrawn():
            return {"situation": "withdrawn", "withdrawal_reason": event.reason}
        case TopicConcluded():
            concluded_on = event.concluded_on.isoformat() if event.concluded_on else None
            before = document["situation"]
            return {"situation": "concluded", "concluded_on": concluded_on, "before": before}
        case TopicReopened():
            return {"situation": document["before"], "concluded_on": None}
    raise OutOfOrderError(event, document)


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
    if event.papers:
        kept["given"] = said["papers"]
    return {"status": "done", "on": said.get("completed_on"), **kept}


def _said(step: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name in Step.model_fields}


def _with_step(steps: list[dict[str, Any]], code: str, change: dict[str, Any]) -> list[dict[str, Any]]:
    if all(step["code"] != code for step in steps):
        return [*steps, {"code": code, **change}]
    # A second meeting replaces the first one's date and deviation: no step mixes facts of two.
    return [{**_said(step), **change} if step["code"] == code else step for step in steps]


TOPICS = Projection(
    name="topics",
    version=1,
    events=TOPIC_EVENTS,
    keys=topic_key,
    fold=fold_topic,
    main_category="topic",
    indexes=(
        (("division", 1), ("_id", 1)),
        (("situation", 1), ("_id", 1)),
        (("plan_id", 1), ("plan_item", 1)),
    ),
)
