"""Published by cases: ledger entries, problems, typical cases, file numbers (streams `entry-<meeting id>`,
`problem-<id>`, `case-<id>`, `archive-<town>-<year>`).

Every event names its topic, so that a subscriber needs no join. Names and fields are stored for good; see
`base.py` for how they may grow.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from shared.contracts.base import DomainEvent
from shared.contracts.types import (
    ContactMeans,
    DivisionCode,
    FileRef,
    Flag,
    Id,
    Line,
    LoopItem,
    MediaLevel,
    RatedBy,
    Rating,
    ReferralDecision,
    ReplyResult,
    SelectionLevel,
    Sha256,
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

    A published typical case is told in this way, too.

    Attributes:
        problem_id: the solved problem.
        evidence: ids of the events that show it.
        done_on: the day of it, in Asia/Shanghai; None in older events, or where a back-entry does not say.
    """

    item: LoopItem
    problem_id: Id | None = None
    evidence: tuple[str, ...]
    done_on: date | None = None


class LoopItemUndone(EntryEvent):
    """One of the five is no longer there: its problem was reopened (C18).

    Attributes:
        problem_id: the reopened problem.
        evidence: ids of the events that show it.
    """

    item: LoopItem
    problem_id: Id | None = None
    evidence: tuple[str, ...]


class LoopProblemClosed(EntryEvent):
    """A problem that had been solved, and was open again, was closed without a solution (C11, C18).

    The loop waits for it no longer: another solved problem is one of the five, or an exemption.

    Attributes:
        evidence: ids of the events that show it.
    """

    problem_id: Id
    evidence: tuple[str, ...]
    closed_on: date | None


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
    """The press or a broadcaster reported the activity (C16).

    Attributes:
        link: to the report, http or https.
        page: where it stands in print, e.g. 3 版.
        files: e.g. a picture of the page; their bytes are kept outside the record.
    """

    outlet: Line
    level: MediaLevel
    title: Line | None = None
    link: Line | None = None
    reported_on: date | None
    page: Line | None = None
    files: tuple[FileRef, ...] = ()


class LoopClosed(EntryEvent):
    """All five are there or exempted (C18).

    Attributes:
        exempted: the items that are exempted, counted apart from those done.
        closed_on: day of what came last, not of what was recorded last; None where old records do not say.
    """

    exempted: tuple[LoopItem, ...] = ()
    closed_on: date | None


class LoopReopened(EntryEvent):
    """What had been closed lacks an item again (C18)."""

    item: LoopItem
    reason: Text


class ArchiveNumberAssigned(EntryEvent):
    """A closed entry got its file number in the series of a town and year (C19).

    Its stream is `archive-<town>-<year>`, one series each, so that numbers run without gap or double.

    Attributes:
        town: code of the series' town; of the county, for an activity of the county.
        year: of the consultation.
        number: 1, 2, 3 … in the series.
        file_number: `<town>-<year>-<number>`, the number with four digits at least: `371621001-2024-0001`.
        assigned_on: in Asia/Shanghai.
    """

    town: DivisionCode
    year: int = Field(ge=1949, le=2200)
    number: int = Field(ge=1)
    file_number: Line
    assigned_on: date


class EntryArchived(EntryEvent):
    """归档: the entry was filed under its number, which stays with it, also when its loop reopens (C19).

    Attributes:
        file_number: see `ArchiveNumberAssigned`.
        archived_on: in Asia/Shanghai.
    """

    file_number: Line
    archived_on: date


# typical cases


class TypicalCaseEvent(CasesEvent, service="cases"):
    """An event of a typical case."""

    case_id: Id
    entry_id: Id


class TypicalCaseDrafted(TypicalCaseEvent):
    """A typical case, or another version of it, was drafted (C13).

    Attributes:
        number: of the version: 1, 2, 3 … in the case.
        sha256: of the draft, which is kept beside the record, for people may be named in it.
        reason: why it corrects what is published (C15); None before a publication.
        drafted_on: the day, in Asia/Shanghai.
    """

    number: int = Field(ge=1)
    sha256: Sha256
    reason: Text | None = None
    drafted_on: date


class TypicalCasePublished(TypicalCaseEvent):
    """A version of a typical case passed the privacy check and may be read by everybody (C14).

    A later one takes its place; it stays readable to those who keep the record (C15).

    Attributes:
        number, sha256: of the version.
        background, participants, process, opinions, results: 背景, 主体, 过程, 意见, 成效.
        reason: why it corrects the one published before; None for the first.
        published_on: the day, in Asia/Shanghai.
    """

    number: int = Field(ge=1)
    sha256: Sha256
    title: Line
    background: Text
    participants: Text
    process: Text
    opinions: Text
    results: Text
    reason: Text | None = None
    published_on: date


class TypicalCaseSelected(TypicalCaseEvent):
    """评为优秀案例: a published case was selected as excellent (C15); several levels may select one.

    Attributes:
        year: that it was selected for.
        level: whose selection it was.
        body: who selected it, e.g. 山东省政协; None where that is not said.
        number: of the version that was published then.
        selected_on: the day, in Asia/Shanghai.
    """

    year: int = Field(ge=1949, le=2200)
    level: SelectionLevel
    body: Line | None = None
    number: int = Field(ge=1)
    selected_on: date


# problems


class ProblemAssigned(ProblemEvent):
    """交办: a problem was given to those who must solve it (C02).

    Attributes:
        lead: 承办单位.
        due_on: the last day for a reply.
        opinion: which of the entry's opinions it came of, from 1; None where it is of none alone.
    """

    text: Text
    lead: Line
    co_handlers: tuple[Line, ...] = ()
    assigned_on: date
    due_on: date
    opinion: int | None = Field(default=None, ge=1)


class ProblemReturned(ProblemEvent):
    """退回: it is not for the lead to solve, who returned it within three working days (C03).

    Attributes:
        lead: who returned it.
        reason: why it is not theirs.
        returned_on: in Asia/Shanghai.
        flags: of a back-entry: returned later than that.
    """

    lead: Line
    reason: Text
    returned_on: date
    flags: tuple[Flag, ...] = ()


class ProblemReassigned(ProblemEvent):
    """重新交办: what was returned was given to somebody else; the clock starts again (C03).

    Attributes:
        lead, co_handlers: who must solve it from now on.
        previous_lead: who returned it.
        assigned_on: of this assignment; how far it may be extended is counted from the first one (C06).
        due_on: the last day for a reply.
    """

    lead: Line
    co_handlers: tuple[Line, ...] = ()
    previous_lead: Line
    assigned_on: date
    due_on: date


class ProposerContacted(ProblemEvent):
    """The handler spoke with the proposer before replying (C04).

    Attributes:
        lead: 承办单位.
        outcome: what came of it, without names and numbers.
    """

    lead: Line
    contacted_on: date
    means: ContactMeans
    outcome: Text


class ProgressReported(ProblemEvent):
    """办理进度: how far the solution is (C05).

    Attributes:
        by: the lead or the co-handler who reported; None where the office entered what came on paper.
        percent: 0 to 100; nothing follows from 100, only a reply answers.
        reason: why it fell, where it did.
        files: the evidence.
        flags: of a back-entry: it fell without a reason.
    """

    lead: Line
    by: Line | None = None
    percent: int = Field(ge=0, le=100)
    note: Text
    reason: Text | None = None
    files: tuple[FileRef, ...] = ()
    reported_on: date
    flags: tuple[Flag, ...] = ()


class DueDateExtended(ProblemEvent):
    """延期: the last day for a reply was put off, at most to six months after the first assignment (C06).

    Attributes:
        approver: the body or official role that allowed it.
        due_before: the last day until then; None where a reopening had set none.
        due_on: the last day from now on.
        flags: of a back-entry: later than six months.
    """

    lead: Line
    reason: Text
    approver: Line
    due_before: date | None
    due_on: date
    extended_on: date
    flags: tuple[Flag, ...] = ()


class ProblemReplied(ProblemEvent):
    """答复: the lead handler answered (C07).

    Attributes:
        text: None where a back-entry does not say.
        follow_up_on: when a B or C reply is looked at again (回头看).
        contacted_on: when the handler spoke with the proposer before the reply (C04).
        no_contact_reason: why not, where nobody did.
        flags: e.g. no contact with the proposer before the reply (C04).
        files: the evidence.
    """

    lead: Line
    result: ReplyResult
    text: Text | None = None
    follow_up_on: date | None = None
    replied_on: date
    contacted_on: date | None = None
    no_contact_reason: Text | None = None
    flags: tuple[Flag, ...] = ()
    files: tuple[FileRef, ...] = ()


class ReplyRated(ProblemEvent):
    """The proposer (or the convener for those present) rated the reply (C08).

    Attributes:
        rated_by: who gave it; None in older events and where a back-entry does not say.
    """

    rating: Rating
    reason: Text | None = None
    rated_on: date | None
    rated_by: RatedBy | None = None


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
    """重新办理: the rating was 不满意, a solution did not last, or the office decided so (C10).

    Attributes:
        due_on: the new last day for a reply; None until the office has set it.
        attempt: 2 for the first reopening.
        lead, co_handlers: who have it on their desks from now on; as assigned, unless the office decided
            otherwise.
        reopened_on: None in older events, and where a back-entry does not say.
    """

    lead: Line | None = None
    co_handlers: tuple[Line, ...] = ()
    reason: Text
    due_on: date | None
    attempt: int = Field(ge=2)
    reopened_on: date | None = None


class ProblemReferred(ProblemEvent):
    """A second 不满意: the office decides what comes of it (C10).

    Attributes:
        referred_on: the day of the rating; None in older events, and where a back-entry does not say.
    """

    reason: Text
    referred_on: date | None = None


class ReferralDecided(ProblemEvent):
    """The county's office decided on a problem that did not satisfy twice (C10).

    `ProblemReopened` or `ProblemClosed` follows in the same commit; neither counts as solved.

    Attributes:
        reason: as the proposer is told it.
        lead: who handles it from now on; None where it is closed.
    """

    decision: ReferralDecision
    reason: Text
    lead: Line | None = None
    decided_on: date


class ProblemClosed(ProblemEvent):
    """办结: a D reply (C11) or the office's decision (C10) ends the problem without counting it as solved.

    Attributes:
        reason: the office's, as the proposer is told it; None where a D reply ended it.
    """

    closed_on: date
    reason: Text | None = None
