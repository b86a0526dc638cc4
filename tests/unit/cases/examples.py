"""A ledger entry and its problems in a town, as the tests know them."""

from __future__ import annotations

from datetime import date

from services.cases.calendar import CALENDAR
from services.cases.domain.entry import (
    ExemptItem,
    NoteArchived,
    NoteCasePublished,
    NoteProblemClosed,
    NoteProblemReopened,
    NoteProblemSolved,
    OpenEntry,
    ReportInMedia,
    WriteTypicalCase,
)
from services.cases.domain.problem import (
    AssignProblem,
    Clock,
    ConfirmSolution,
    DecideReferral,
    ExtendDueDate,
    RateReply,
    ReassignProblem,
    RecordContact,
    ReopenProblem,
    ReplyToProblem,
    ReportProgress,
    ReturnProblem,
)
from shared.contracts.cases import (
    ArchiveNumberAssigned,
    DueDateExtended,
    EntryArchived,
    LedgerEntryOpened,
    LoopClosed,
    LoopItemDone,
    LoopItemExempted,
    LoopItemUndone,
    LoopProblemClosed,
    LoopReopened,
    MediaReported,
    ProblemAssigned,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ProgressReported,
    ProposerContacted,
    ReferralDecided,
    ReplyRated,
    TypicalCaseWritten,
)
from shared.contracts.types import (
    ContactMeans,
    LoopItem,
    MediaLevel,
    Rating,
    ReferralDecision,
    ReplyResult,
)

COUNTY = "371621"
TOWN = "371621001"
NEXT_TOWN = "371621002"
OTHER_COUNTY = "371622"

LAMPS = "street-lamps"
EVENING = "meeting-on-lamps"
CORNER, PATH = "dark-corner", "dark-path"
"""Two problems that came of one meeting."""

MAY_10, MAY_13, JUNE_3, JUNE_7 = date(2024, 5, 10), date(2024, 5, 13), date(2024, 6, 3), date(2024, 6, 7)
JULY_1, AUGUST_13, SEPTEMBER_2 = date(2024, 7, 1), date(2024, 8, 13), date(2024, 9, 2)

# a ledger entry

EVIDENCE = (f"topic-{LAMPS}:1", f"meeting-{EVENING}:10")

OPEN = OpenEntry(EVENING, LAMPS, TOWN, MAY_10, ("补装六盏路灯",), EVIDENCE)
NOTE_SOLVED = NoteProblemSolved(CORNER, JUNE_7, f"problem-{CORNER}:4")
NOTE_REOPENED = NoteProblemReopened(CORNER, "又不亮了", f"problem-{CORNER}:5")
NOTE_CLOSED = NoteProblemClosed(CORNER, JULY_1, f"problem-{CORNER}:8")
NOTE_PUBLISHED = NoteCasePublished(JULY_1, "case-lamps:4")
NOTE_ARCHIVED = NoteArchived(f"{TOWN}-2024-0001", JULY_1)
WRITE = WriteTypicalCase("一盏灯照亮一条路", JULY_1, background="主路无灯", results="六盏路灯亮起")
REPORT = ReportInMedia("惠民融媒", MediaLevel.COUNTY, JULY_1, title="灯亮了")
EXEMPT = ExemptItem(LoopItem.REPORT, "涉及个人隐私，不宜宣传", "县政协主席会议", JULY_1)

OPENED = LedgerEntryOpened(
    entry_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    held_on=MAY_10,
    opinions=("补装六盏路灯",),
    evidence=EVIDENCE,
)
_ENTRY = {"entry_id": EVENING, "topic_id": LAMPS, "division": TOWN}
DONE = LoopItemDone(
    **_ENTRY, item=LoopItem.PROBLEM, problem_id=CORNER, evidence=(f"problem-{CORNER}:4",), done_on=JUNE_7
)
DONE_TOO = DONE.model_copy(update={"problem_id": PATH, "evidence": (f"problem-{PATH}:4",)})
GIVEN_UP = LoopProblemClosed(**_ENTRY, problem_id=CORNER, evidence=(f"problem-{CORNER}:8",), closed_on=JULY_1)
PUBLISHED = LoopItemDone(**_ENTRY, item=LoopItem.CASE, evidence=("case-lamps:4",), done_on=JULY_1)
NUMBERED = ArchiveNumberAssigned(
    **_ENTRY, town=TOWN, year=2024, number=1, file_number=f"{TOWN}-2024-0001", assigned_on=JULY_1
)
ARCHIVED = EntryArchived(**_ENTRY, file_number=f"{TOWN}-2024-0001", archived_on=JULY_1)
UNDONE = LoopItemUndone(**_ENTRY, item=LoopItem.PROBLEM, problem_id=CORNER, evidence=(f"problem-{CORNER}:5",))
WRITTEN = TypicalCaseWritten(
    **_ENTRY, title="一盏灯照亮一条路", background="主路无灯", results="六盏路灯亮起", written_on=JULY_1
)
REPORTED = MediaReported(
    **_ENTRY, outlet="惠民融媒", level=MediaLevel.COUNTY, title="灯亮了", reported_on=JULY_1
)
CLOSED = LoopClosed(**_ENTRY, closed_on=JULY_1)
LOOP_REOPENED = LoopReopened(**_ENTRY, item=LoopItem.PROBLEM, reason="又不亮了")


def exempted(item: LoopItem = LoopItem.REPORT) -> LoopItemExempted:
    """Return the exemption of an item."""
    return LoopItemExempted(
        **_ENTRY,
        item=item,
        reason="涉及个人隐私，不宜宣传",
        approver="县政协主席会议",
        exempted_on=JULY_1,
    )


# a problem

HOUSING = "县住建局"

POWER, TRANSPORT = "县供电公司", "县交通运输局"
MAY_16, MAY_17, NOVEMBER_13 = date(2024, 5, 16), date(2024, 5, 17), date(2024, 11, 13)
AT = Clock(date(2024, 12, 31), CALENDAR)
"""Long after all that happens here: a day that is to count is said."""

ASSIGN = AssignProblem(
    *(CORNER, EVENING, LAMPS, TOWN, "村口没有路灯", HOUSING, MAY_13, AUGUST_13), co_handlers=(POWER,), at=AT
)
RETURN = ReturnProblem("村道归交通运输局管养", MAY_16, at=AT)
REASSIGN = ReassignProblem(TRANSPORT, (POWER,), MAY_17, at=AT)
CONTACT = RecordContact(ContactMeans.PHONE, "同意先装主路", MAY_17, at=AT)
PROGRESS = ReportProgress(40, "灯杆已到货", by=HOUSING, reported_on=MAY_17, at=AT)
EXTEND = ExtendDueDate("灯具到货推迟", "县政协主席会议", NOVEMBER_13, JULY_1, at=AT)
REPLY = ReplyToProblem(ReplyResult.A, JUNE_3, "六盏路灯已装好", contacted_on=MAY_13, at=AT)
RATE = RateReply(Rating.SATISFIED, JUNE_7, at=AT)
CONFIRM = ConfirmSolution("提出人外出务工，经电话核实", JULY_1, at=AT)
REOPEN = ReopenProblem("又不亮了", SEPTEMBER_2, JULY_1, at=AT)
AGAIN = DecideReferral(ReferralDecision.HANDLE_AGAIN, "确未解决，重新办理", SEPTEMBER_2, at=AT)
GIVE_UP = DecideReferral(ReferralDecision.CLOSE, "受规划所限，近期无法安装", SEPTEMBER_2, at=AT)

_PROBLEM = {"problem_id": CORNER, **_ENTRY}
ASSIGNED = ProblemAssigned(
    **_PROBLEM,
    text="村口没有路灯",
    lead=HOUSING,
    co_handlers=("县供电公司",),
    assigned_on=MAY_13,
    due_on=AUGUST_13,
)
RETURNED = ProblemReturned(**_PROBLEM, lead=HOUSING, reason="村道归交通运输局管养", returned_on=MAY_16)
REASSIGNED = ProblemReassigned(
    **_PROBLEM,
    lead=TRANSPORT,
    co_handlers=(POWER,),
    previous_lead=HOUSING,
    assigned_on=MAY_17,
    due_on=date(2024, 8, 19),  # 17 August is a Saturday
)
CONTACTED = ProposerContacted(
    **_PROBLEM, lead=HOUSING, contacted_on=MAY_17, means=ContactMeans.PHONE, outcome="同意先装主路"
)
PROGRESSED = ProgressReported(
    **_PROBLEM, lead=HOUSING, by=HOUSING, percent=40, note="灯杆已到货", reported_on=MAY_17
)
EXTENDED = DueDateExtended(
    **_PROBLEM,
    lead=HOUSING,
    reason="灯具到货推迟",
    approver="县政协主席会议",
    due_before=AUGUST_13,
    due_on=NOVEMBER_13,
    extended_on=JULY_1,
)
SOLVED = ProblemSolved(**_PROBLEM, solved_on=JUNE_7)
CONFIRMED = ProblemConfirmed(**_PROBLEM, reason="提出人外出务工，经电话核实", confirmed_on=JULY_1)
REFERRED = ProblemReferred(**_PROBLEM, reason="还是太暗", referred_on=date(2024, 8, 1))
DECIDED = ReferralDecided(
    **_PROBLEM,
    decision=ReferralDecision.HANDLE_AGAIN,
    reason="确未解决，重新办理",
    lead=HOUSING,
    decided_on=SEPTEMBER_2,
)
CLOSURE_DECIDED = ReferralDecided(
    **_PROBLEM,
    decision=ReferralDecision.CLOSE,
    reason="受规划所限，近期无法安装",
    decided_on=SEPTEMBER_2,
)
ENDED = ProblemClosed(**_PROBLEM, closed_on=JUNE_3)


def replied(result: ReplyResult = ReplyResult.A, on: date = JUNE_3) -> ProblemReplied:
    """Return a department's reply; B and C say when it is looked at again."""
    later = result in (ReplyResult.B, ReplyResult.C)
    return ProblemReplied(
        **_PROBLEM,
        lead=HOUSING,
        result=result,
        text="六盏路灯已装好",
        follow_up_on=JULY_1 if later else None,
        replied_on=on,
        contacted_on=MAY_13,
    )


def rated(rating: Rating = Rating.SATISFIED, on: date | None = JUNE_7) -> ReplyRated:
    """Return the rating of a reply; 不满意 says why."""
    reason = "还是太暗" if rating is Rating.DISSATISFIED else None
    return ReplyRated(**_PROBLEM, rating=rating, reason=reason, rated_on=on)


def reopened(
    attempt: int = 2,
    reason: str = "还是太暗",
    due_on: date | None = SEPTEMBER_2,
    on: date | None = JUNE_7,
) -> ProblemReopened:
    """Return a reopening."""
    return ProblemReopened(
        **_PROBLEM,
        lead=HOUSING,
        co_handlers=("县供电公司",),
        reason=reason,
        due_on=due_on,
        attempt=attempt,
        reopened_on=on,
    )


BACK_REPLIED = replied().model_copy(update={"text": None, "contacted_on": None, "back_entry": True})
"""A reply as an old record tells it: the result and the day."""
