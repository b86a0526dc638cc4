"""Procedures as published, versioned data (T06, T10).

What is shipped (`presets/`) is every county's beginning; a county goes on from there by publishing the next
version, or a procedure of its own.

The names and fields of its events are stored for good (`shared/contracts/topics.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import ProcedurePublished, Step
from shared.contracts.types import MeetingRules
from shared.contracts.versions import Circumstances, Versions, check_publication

DEFAULT_PROCEDURE = "three-discussions-seven-steps"

NEEDED_STEPS = ("consult", "convert")
"""Steps that other services' events complete: without them a topic would never be concluded."""

FIRST_STEPS = ("raise", "adopt")
"""Steps that are done once a topic is adopted, in this order."""


@dataclass(frozen=True)
class Procedure:
    """A published version of a procedure; it never changes (T06).

    Attributes:
        days: calendar days that a topic has in all, counted from its proposal (T21); None for no limit.
        surveys_required: surveys that are to precede the consultation (T17); None where it asks for none.
        rules: for its meetings; None where it says nothing.
        official: False for a preset: a county's default, not a rule of any authority.
        source: where its wording comes from, in Chinese.
    """

    code: str
    version: int
    title: str
    steps: tuple[Step, ...]
    days: int | None = None
    surveys_required: int | None = None
    rules: MeetingRules | None = None
    official: bool = False
    source: str = ""


class Procedures(Versions[Procedure]):
    """The published versions of every procedure."""

    kind, title, rule = "procedure", "程序", "T10"


# a county's versions of one procedure


@dataclass(frozen=True)
class Published:
    """What a county has published under one code, oldest first."""

    division: str = ""
    versions: tuple[Procedure, ...] = ()


@dataclass(frozen=True)
class PublishProcedure:
    """Publish the next version of a procedure in a county (T06).

    Attributes:
        division: the county.
        at: see `Circumstances`; no part of what was asked.
    """

    division: str
    procedure: Procedure
    published_on: date
    at: Circumstances[Procedure]


def evolve(published: Published, event: DomainEvent) -> Published:
    """Return what is published after an event."""
    if not isinstance(event, ProcedurePublished):
        return published
    version = Procedure(
        code=event.procedure,
        version=event.procedure_version,
        title=event.title,
        steps=event.steps,
        days=event.days,
        surveys_required=event.surveys_required,
        rules=event.rules,
        source=event.source or "",
    )
    return Published(event.division, (*published.versions, version))


def decide(command: PublishProcedure, published: Published) -> Sequence[DomainEvent]:
    """Return what a publication does.

    Raises:
        RefusedError: the version is there already or leaves a gap, or no topic could follow it.
    """
    procedure = replace(command.procedure, official=False)
    if procedure in published.versions:
        return []
    check_publication(procedure, published.versions, command.published_on, command.at)
    _require_followable(procedure)
    return [
        ProcedurePublished(
            division=command.division,
            procedure=procedure.code,
            procedure_version=procedure.version,
            title=procedure.title,
            steps=procedure.steps,
            days=procedure.days,
            surveys_required=procedure.surveys_required,
            rules=procedure.rules,
            source=procedure.source or None,
            published_on=command.published_on,
        )
    ]


def _require_followable(procedure: Procedure) -> None:
    codes = [step.code for step in procedure.steps]
    if len(set(codes)) != len(codes):
        raise _bad_steps("步骤代码不能重复。", "Each step has a code of its own.")
    missing = [code for code in NEEDED_STEPS if code not in codes]
    if missing:
        raise _bad_steps(
            f"缺少步骤：{'、'.join(missing)}。", f"A procedure needs the steps {', '.join(NEEDED_STEPS)}."
        )
    if codes.index("consult") > codes.index("convert"):
        raise _bad_steps("成果转化须在协商之后。", "What was agreed is carried out after the consultation.")
    first = [code for code in codes if code in FIRST_STEPS]
    if codes[: len(first)] != [code for code in FIRST_STEPS if code in first]:
        raise _bad_steps("议题产生、议题确定须排在最前。", "Raising and adopting the topic come first.")


def _bad_steps(zh: str, en: str) -> RefusedError:
    return RefusedError("steps-impossible", rule="T06", zh=zh, en=en, field="steps")
