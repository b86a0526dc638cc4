"""A typical case: drafted, published once nothing personal is left in it, corrected, selected (C13–C15).

The record has the hash of each version's draft, never the draft: people may be named in it while it is being
written. What is published passed the check, and stands in its event. The names and fields of these events
are stored for good (`shared/contracts/cases.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from shared.contracts.base import DomainEvent
from shared.contracts.cases import TypicalCaseDrafted, TypicalCasePublished, TypicalCaseSelected
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import SelectionLevel


class Dimension(StrEnum):
    """What a typical case tells (C13), in the order in which it is read."""

    BACKGROUND = "background"
    PARTICIPANTS = "participants"
    PROCESS = "process"
    OPINIONS = "opinions"
    RESULTS = "results"


DIMENSIONS = {
    Dimension.BACKGROUND: "背景",
    Dimension.PARTICIPANTS: "主体",
    Dimension.PROCESS: "过程",
    Dimension.OPINIONS: "意见",
    Dimension.RESULTS: "成效",
}
PARTS: dict[str, str] = {"title": "标题", **{each.value: word for each, word in DIMENSIONS.items()}}
"""All that is published of a case, as people call it."""

# state


@dataclass(frozen=True)
class Version:
    """One draft, by its hash, and why it corrects what was published before it."""

    number: int
    sha256: str
    reason: str | None = None
    published: bool = False


@dataclass(frozen=True)
class TypicalCase:
    """All versions, the newest last; none before the first draft.

    Attributes:
        selections: years and levels that selected it.
    """

    case_id: str = ""
    entry_id: str = ""
    topic_id: str = ""
    division: str = ""
    versions: tuple[Version, ...] = ()
    selections: tuple[tuple[int, SelectionLevel], ...] = ()

    @property
    def published(self) -> int | None:
        """Number of the version that everybody reads; None before the first publication."""
        return next((v.number for v in reversed(self.versions) if v.published), None)


def evolve(case: TypicalCase, event: DomainEvent) -> TypicalCase:
    """Return the case after an event."""
    match event:
        case TypicalCaseDrafted():
            version = Version(event.number, event.sha256, event.reason)
            about = replace(
                case,
                case_id=event.case_id,
                entry_id=event.entry_id,
                topic_id=event.topic_id,
                division=event.division,
            )
            return replace(about, versions=(*case.versions, version))
        case TypicalCasePublished():
            *older, newest = case.versions
            return replace(case, versions=(*older, replace(newest, published=True)))
        case TypicalCaseSelected():
            return replace(case, selections=(*case.selections, (event.year, event.level)))
    return case


# commands


@dataclass(frozen=True)
class Drafting:
    """What a first draft meets when it arrives.

    Attributes:
        today: in Asia/Shanghai.
        sha256: of the draft: what is filled in depends on what is known at the moment.
    """

    today: date
    sha256: str


@dataclass(frozen=True)
class DraftCase:
    """Begin a case about an activity.

    Attributes:
        entry_id: its line in the ledger.
        said: hash of what the editor said about it; the rest is filled in.
    """

    case_id: str
    entry_id: str
    topic_id: str
    division: str
    said: str
    at: Drafting


@dataclass(frozen=True)
class ReviseCase:
    """Write another version.

    Attributes:
        sha256: of the draft.
        reason: why it differs from what is published; needed for a correction.
        today: in Asia/Shanghai.
    """

    sha256: str
    today: date
    reason: str | None = None


@dataclass(frozen=True)
class CaseText:
    """What is published of a case: plain text, none of it empty but in a draft."""

    title: str
    background: str
    participants: str
    process: str
    opinions: str
    results: str


@dataclass(frozen=True)
class Publishing:
    """What a publication meets when it arrives.

    Attributes:
        today: in Asia/Shanghai.
        text: as it is kept; None where it is lost.
        sha256: of the draft as it is kept: what was drafted, unless somebody was erased from it since.
        findings: how many the privacy check finds, by part of the text; parts without any are left out.
    """

    today: date
    text: CaseText | None
    sha256: str
    findings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PublishCase:
    """Let everybody read a version: the newest."""

    number: int
    at: Publishing


@dataclass(frozen=True)
class SelectCase:
    """Record that a published case was selected as excellent (C15).

    Attributes:
        selected_on: in Asia/Shanghai; the day on which it is recorded unless said.
        today: likewise.
    """

    year: int
    level: SelectionLevel
    today: date
    body: str | None = None
    selected_on: date | None = None


CaseCommand = DraftCase | ReviseCase | PublishCase | SelectCase

# decisions


def decide(command: CaseCommand, case: TypicalCase) -> Sequence[DomainEvent]:
    """Return what a command does to a typical case.

    Raises:
        NotThereError: no case was drafted under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, DraftCase):
        return _draft(command, case)
    if not case.versions:
        raise NotThereError("case-unknown", zh="没有这个典型案例。", en="There is no such typical case.")
    match command:
        case ReviseCase():
            return _revise(command, case)
        case PublishCase():
            return _publish(command, case)
        case SelectCase():
            return _select(command, case)


def _draft(command: DraftCase, case: TypicalCase) -> Sequence[DomainEvent]:
    if case.versions:
        return []
    return [
        TypicalCaseDrafted(
            case_id=command.case_id,
            entry_id=command.entry_id,
            topic_id=command.topic_id,
            division=command.division,
            number=1,
            sha256=command.at.sha256,
            drafted_on=command.at.today,
        )
    ]


def _revise(command: ReviseCase, case: TypicalCase) -> Sequence[DomainEvent]:
    if case.versions[-1].sha256 == command.sha256:
        return []
    if case.published is not None and command.reason is None:
        raise RefusedError(
            "correction-without-reason",
            rule="C15",
            zh="案例已发布，更正须写明原因。",
            en="The case is published; a correction states its reason.",
            field="reason",
        )
    return [
        TypicalCaseDrafted(
            **_of(case),
            number=len(case.versions) + 1,
            sha256=command.sha256,
            # Of a draft that nobody has seen published there is nothing to correct.
            reason=command.reason if case.published is not None else None,
            drafted_on=command.today,
        )
    ]


def _publish(command: PublishCase, case: TypicalCase) -> Sequence[DomainEvent]:
    newest = case.versions[-1]
    if command.number != newest.number:
        raise RefusedError(
            "case-not-newest",
            rule="C14",
            zh=f"案例最新为第 {newest.number} 稿，请先核对该稿。",
            en=f"The newest version is {newest.number}; check that one first.",
            field="number",
        )
    if newest.published:
        return []
    text = _text_to_publish(command.at, newest)
    _require_whole(text)
    _require_nothing_found(command.at.findings)
    return [
        TypicalCasePublished(
            **_of(case),
            **vars(text),
            number=newest.number,
            sha256=newest.sha256,
            reason=newest.reason,
            published_on=command.at.today,
        )
    ]


def _text_to_publish(at: Publishing, newest: Version) -> CaseText:
    # What was checked is what is published: no text that was erased from, none of another version.
    if at.text is None or at.sha256 != newest.sha256:
        raise RefusedError(
            "case-text-changed",
            rule="C14",
            zh="该稿正文已因删除个人信息而改变，或已缺失；请另存一稿后再发布。",
            en="Somebody was erased from this draft, or it is lost: save another version, then publish.",
        )
    return at.text


def _require_whole(text: CaseText) -> None:
    missing = [part for part in PARTS if not getattr(text, part)]
    if missing:
        raise RefusedError(
            "case-incomplete",
            rule="C13",
            zh=f"尚缺{'、'.join(PARTS[part] for part in missing)}，不能发布。",
            en=f"Still empty: {', '.join(missing)}.",
            field=missing[0],
        )


def _require_nothing_found(findings: dict[str, int]) -> None:
    found = {part: findings[part] for part in PARTS if findings.get(part)}
    if found:
        raise RefusedError(
            "case-names-people",
            rule="C14",
            zh="发布前须去除个人信息：" + "、".join(f"{PARTS[p]} {n} 处" for p, n in found.items()) + "。",
            en="Personal data is left, remove it first: "
            + ", ".join(f"{part} {count}" for part, count in found.items())
            + ".",
            field=next(iter(found)),
        )


def _select(command: SelectCase, case: TypicalCase) -> Sequence[DomainEvent]:
    if case.published is None:
        raise RefusedError(
            "case-not-published",
            rule="C15",
            zh="案例发布后才能评选。",
            en="Only a published case is selected.",
        )
    selected_on = command.selected_on or command.today
    if selected_on > command.today:
        raise RefusedError(
            "selected-in-the-future",
            rule="C15",
            zh="评选日期不能晚于今天。",
            en="A selection is recorded after it was made.",
            field="selected_on",
        )
    if command.year > selected_on.year:
        raise RefusedError(
            "selected-before-its-year",
            rule="C15",
            zh="评选年度不能晚于评选日期所在年份。",
            en="A case is selected in the year that it is selected for, or later.",
            field="year",
        )
    if (command.year, command.level) in case.selections:
        return []
    return [
        TypicalCaseSelected(
            **_of(case),
            year=command.year,
            level=command.level,
            body=command.body,
            number=case.published,
            selected_on=selected_on,
        )
    ]


def _of(case: TypicalCase) -> dict[str, str]:
    return {
        "case_id": case.case_id,
        "entry_id": case.entry_id,
        "topic_id": case.topic_id,
        "division": case.division,
    }
