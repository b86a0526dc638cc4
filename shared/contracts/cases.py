"""Published by cases: ledger entries and problems (streams `entry-<meeting id>`, `problem-<id>`).

Every event names its topic, so that a subscriber needs no join. Names and fields are stored for good; see
`base.py` for how they may grow.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from shared.contracts.base import DomainEvent
from shared.contracts.types import (
    DivisionCode,
    Flag,
    Id,
    Line,
    LoopItem,
    MediaLevel,
    Rating,
    ReplyResult,
    Text,
)


class CasesEvent(DomainEvent, service="cases"):
    """An event of the cases service."""

    topic_id: Id
    division: DivisionCode


class EntryEvent(CasesEvent, service="cases"):
    """An event of a ledger entry."""

    entry_id: Id


class ProblemEvent(CasesEvent, service="cases"):
    """An event of a problem."""

    problem_id: Id
    entry_id: Id


# ledger entries


class LedgerEntryOpened(EntryEvent):
    """A consultation got its line in the town's ledger (C01); the topic and the consultation are there.

    Attributes:
        entry_id: the meeting's id.
        opinions: texts of what was agreed, in order; problems may come of them.
        evidence: ids of the events that show it (C17).
    """

    held_on: date
    opinions: tuple[Text, ...] = ()
    evidence: tuple[str, ...] = ()


class LoopItemDone(EntryEvent):
    """One of the five is there by what happened elsewhere: the problem is solved (C17).

    The others need no event of their own: `LedgerEntryOpened` stands for topic and consultation,
    `TypicalCaseWritten` for the case, `MediaReported` for the report.

    Attributes:
        problem_id: the solved problem.
        evidence: ids of the events that show it.
    """

    item: LoopItem
    problem_id: Id | None = None
    evidence: tuple[str, ...]


class LoopItemUndone(EntryEvent):
    """One of the five is no longer there: its problem was reopened (C18).

    Attributes:
        problem_id: the reopened problem.
        evidence: ids of the events that show it.
    """

    item: LoopItem
    problem_id: Id | None = None
    evidence: tuple[str, ...]


class LoopItemExempted(EntryEvent):
    """One of the five is not asked for; never shown as done (C17).

    Attributes:
        approver: the body that allowed it, e.g. 县政协主席会议.
    """

    item: LoopItem
    reason: Text
    approver: Line
    exempted_on: date | None


class TypicalCaseWritten(EntryEvent):
    """The typical case of an activity is written, in its five dimensions (C13).

    Attributes:
        background, participants, process, opinions, results: 背景, 主体, 过程, 意见, 成效; None where a
            back-entry does not say.
    """

    title: Line
    background: Text | None = None
    participants: Text | None = None
    process: Text | None = None
    opinions: Text | None = None
    results: Text | None = None
    written_on: date | None


class MediaReported(EntryEvent):
    """The press or a broadcaster reported the activity (C16)."""

    outlet: Line
    level: MediaLevel
    title: Line | None = None
    link: Line | None = None
    reported_on: date | None


class LoopClosed(EntryEvent):
    """All five are there or exempted (C18).

    Attributes:
        exempted: the items that are exempted, counted apart from those done.
    """

    exempted: tuple[LoopItem, ...] = ()
    closed_on: date | None


class LoopReopened(EntryEvent):
    """What had been closed lacks an item again (C18)."""

    item: LoopItem
    reason: Text


# problems


class ProblemAssigned(ProblemEvent):
    """交办: a problem was given to those who must solve it (C02).

    Attributes:
        lead: 承办单位.
        due_on: the last day for a reply.
    """

    text: Text
    lead: Line
    co_handlers: tuple[Line, ...] = ()
    assigned_on: date
    due_on: date


class ProblemReplied(ProblemEvent):
    """答复: the lead handler answered (C07).

    Attributes:
        text: None where a back-entry does not say.
        follow_up_on: when a B or C reply is looked at again (回头看).
        contacted_on: when the handler spoke with the proposer before the reply (C04).
        no_contact_reason: why not, where nobody did.
        flags: e.g. no contact with the proposer before the reply (C04).
    """

    lead: Line
    result: ReplyResult
    text: Text | None = None
    follow_up_on: date | None = None
    replied_on: date
    contacted_on: date | None = None
    no_contact_reason: Text | None = None
    flags: tuple[Flag, ...] = ()


class ReplyRated(ProblemEvent):
    """The proposer (or the convener for those present) rated the reply (C08)."""

    rating: Rating
    reason: Text | None = None
    rated_on: date | None


class ProblemConfirmed(ProblemEvent):
    """An A reply that nobody rated for 15 working days was confirmed by the convener (C09)."""

    reason: Text
    confirmed_on: date


class ProblemSolved(ProblemEvent):
    """销号: the problem is solved (C09).

    Attributes:
        solved_on: None where a back-entry does not say.
    """

    solved_on: date | None


class ProblemReopened(ProblemEvent):
    """重新办理: the rating was 不满意; handled once more (C10).

    Attributes:
        due_on: the new last day for a reply; None until the office has set it.
        attempt: 2 for the first reopening.
        lead, co_handlers: as assigned, who have it on their desks again.
    """

    lead: Line | None = None
    co_handlers: tuple[Line, ...] = ()
    reason: Text
    due_on: date | None
    attempt: int = Field(ge=2)


class ProblemReferred(ProblemEvent):
    """A second 不满意: the office decides what comes of it (C10)."""

    reason: Text


class ProblemClosed(ProblemEvent):
    """A D reply closes the problem without counting it as solved (C11)."""

    closed_on: date
