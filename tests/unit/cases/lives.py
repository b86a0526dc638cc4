"""Hypothesis strategies: what a ledger entry or a problem may be told, in any order, sensible or not."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from services.cases.deciders import ENTRY, PROBLEM
from services.cases.domain import entry, loop, problem
from services.cases.domain.problem import Clock
from shared.contracts.types import (
    ContactMeans,
    LoopItem,
    MediaLevel,
    Rating,
    ReferralDecision,
    ReplyResult,
)
from tests.lives import Episode, live
from tests.unit.cases.examples import (
    AT,
    CORNER,
    EVENING,
    HOUSING,
    LAMPS,
    MAY_10,
    NOTE_REOPENED,
    NOTE_SOLVED,
    OPEN,
    PATH,
    POWER,
    REASSIGN,
    REPORT,
    TOWN,
    TRANSPORT,
    WRITE,
)

EntryLife = list[Episode[entry.EntryCommand, loop.Entry]]
ProblemLife = list[Episode[problem.ProblemCommand, problem.Problem]]

_back_entry = st.booleans()
_days = st.dates(date(2024, 5, 10), date(2024, 8, 31))
_perhaps_days = st.none() | _days
_perhaps = st.sampled_from([None, "路灯"])

# ledger entries

_problems = st.sampled_from([CORNER, PATH])
_evidence = st.sampled_from([f"problem-{CORNER}:{n}" for n in range(4, 9)])
_solved = st.builds(entry.NoteProblemSolved, _problems, _perhaps_days, _evidence, _back_entry)
_reopened = st.builds(entry.NoteProblemReopened, _problems, st.just("又不亮了"), _evidence, _back_entry)
_closed = st.builds(entry.NoteProblemClosed, _problems, _perhaps_days, _evidence, _back_entry)
_published = st.builds(
    entry.NoteCasePublished, _perhaps_days, st.sampled_from(["case-lamps:4", "case-lamps:6", "case-wires:4"])
)
_archived = st.builds(entry.NoteArchived, st.just(f"{TOWN}-2024-0001"), _days)
_write = st.builds(entry.WriteTypicalCase, st.just("一盏灯"), _perhaps_days, _perhaps, back_entry=_back_entry)
_report = st.builds(
    entry.ReportInMedia,
    st.just("惠民融媒"),
    st.sampled_from(MediaLevel),
    _perhaps_days,
    back_entry=_back_entry,
)
_exempt = st.builds(
    entry.ExemptItem,
    st.sampled_from(LoopItem),
    st.just("不宜宣传"),
    st.just("县政协主席会议"),
    _perhaps_days,
    _back_entry,
)
_to_entries: st.SearchStrategy[entry.EntryCommand] = st.one_of(
    _solved, _reopened, _closed, _published, _write, _report, _exempt, _archived, st.just(OPEN)
)

_CLOSING: list[entry.EntryCommand] = [NOTE_SOLVED, WRITE, REPORT]


@st.composite
def _entry_commands(draw: st.DrawFn) -> list[entry.EntryCommand]:
    """Draw commands of which most find an entry that was opened, and many a loop that was closed.

    Else a loop is hardly ever reopened and closed again.
    """
    first: list[entry.EntryCommand] = draw(st.lists(_to_entries, max_size=1))
    closing = draw(st.sampled_from([[], _CLOSING, [*_CLOSING, NOTE_REOPENED]]))
    return [*first, OPEN, *closing, *draw(st.lists(_to_entries, min_size=1, max_size=12))]


entry_lives: st.SearchStrategy[EntryLife] = _entry_commands().map(lambda commands: live(ENTRY, commands))

# problems

_at = st.sampled_from([AT, Clock(date(2024, 7, 15), AT.calendar)])
_assign = st.builds(
    problem.AssignProblem,
    problem_id=st.just(CORNER),
    entry_id=st.just(EVENING),
    topic_id=st.just(LAMPS),
    division=st.just(TOWN),
    text=st.just("村口没有路灯"),
    lead=st.just(HOUSING),
    assigned_on=st.just(MAY_10),
    due_on=_days,
    co_handlers=st.sampled_from([(), ("县供电公司",), (HOUSING,)]),
    back_entry=_back_entry,
    at=_at,
)
_return = st.builds(problem.ReturnProblem, st.just("不归我局"), _perhaps_days, _back_entry, at=_at)
_reassign = st.builds(
    problem.ReassignProblem,
    st.sampled_from([HOUSING, TRANSPORT]),
    st.sampled_from([(), (POWER,)]),
    _perhaps_days,
    _perhaps_days,
    _back_entry,
    at=_at,
)
_contact = st.builds(
    problem.RecordContact,
    st.sampled_from(ContactMeans),
    st.just("同意"),
    _perhaps_days,
    _back_entry,
    at=_at,
)
_progress = st.builds(
    problem.ReportProgress,
    st.integers(0, 100),
    st.just("正在施工"),
    _perhaps,
    reported_on=_perhaps_days,
    back_entry=_back_entry,
    at=_at,
)
_extend = st.builds(
    problem.ExtendDueDate,
    st.just("到货推迟"),
    st.just("主席会议"),
    st.dates(date(2024, 6, 1), date(2025, 3, 1)),
    _perhaps_days,
    _back_entry,
    at=_at,
)
_decision = st.builds(
    problem.DecideReferral,
    st.sampled_from(ReferralDecision),
    st.just("经研究"),
    st.none(),
    st.none() | st.just(TRANSPORT),
    at=_at,
)
_reply = st.builds(
    problem.ReplyToProblem,
    result=st.sampled_from(ReplyResult),
    replied_on=_days,
    text=_perhaps,
    follow_up_on=_perhaps_days,
    contacted_on=_perhaps_days,
    no_contact_reason=_perhaps,
    back_entry=_back_entry,
    at=_at,
)
_rate = st.builds(
    problem.RateReply,
    rating=st.sampled_from(Rating),
    rated_on=_days,
    reason=_perhaps,
    due_on=_perhaps_days,
    solved_on=_perhaps_days,
    back_entry=_back_entry,
    at=_at,
)
_confirm = st.builds(problem.ConfirmSolution, st.just("电话核实"), _days, at=_at)
_reopen = st.builds(problem.ReopenProblem, st.just("又不亮了"), _days, _perhaps_days, at=_at)
_to_problems: st.SearchStrategy[problem.ProblemCommand] = st.one_of(
    *(_assign, _return, _reassign, _contact, _progress, _extend),
    *(_reply, _rate, _confirm, _reopen, _decision),
)


_RETURN_IN_TIME = problem.ReturnProblem("不归我局", date(2024, 5, 14), at=AT)


@st.composite
def _in_order(draw: st.DrawFn) -> list[problem.ProblemCommand]:
    """Draw rounds of reply and rating, each later than the one before, some in between left out.

    In one of four nothing ever satisfies: else a problem hardly comes to the office.
    """
    commands: list[problem.ProblemCommand] = []
    displeased = draw(st.integers(1, 4)) == 4
    for month in range(6, draw(st.integers(6, 9))):
        result = draw(st.sampled_from(ReplyResult)) if not displeased else ReplyResult.A
        replied_on, end = date(2024, month, 3), date(2024, month, 28)
        commands.append(problem.ReplyToProblem(result, replied_on, "已装好", end, replied_on, at=AT))
        then = draw(st.sampled_from(["rate", "confirm", "nothing", "reopen"])) if not displeased else "rate"
        if then in ("rate", "reopen"):
            reason = draw(st.sampled_from(["还是太暗", None])) if not displeased else "还是太暗"
            rating = draw(st.sampled_from(Rating)) if not displeased else Rating.DISSATISFIED
            commands.append(problem.RateReply(rating, replied_on, reason, end, at=AT))
        if then == "confirm":
            day = date(2024, month, draw(st.sampled_from([20, 28])))
            commands.append(problem.ConfirmSolution("电话核实", day, at=AT))
        if then == "reopen":
            commands.append(problem.ReopenProblem("又不亮了", end, end, at=AT))
        if draw(st.booleans()):
            decision = draw(st.sampled_from(ReferralDecision))
            commands.append(problem.DecideReferral(decision, "经研究", end, at=AT))
    return commands


@st.composite
def _problem_commands(draw: st.DrawFn) -> list[problem.ProblemCommand]:
    """Draw commands in good order, or in any, of which most find a problem that was assigned."""
    first: list[problem.ProblemCommand] = draw(st.lists(_to_problems, max_size=1))
    returned: list[problem.ProblemCommand] = [_RETURN_IN_TIME, REASSIGN]
    given_back = returned if draw(st.booleans()) else []
    orderly = draw(_in_order())
    further = draw(st.lists(_to_problems, min_size=1, max_size=6))
    return [*first, draw(_assign), *given_back, *orderly, *further]


problem_lives: st.SearchStrategy[ProblemLife] = _problem_commands().map(
    lambda commands: live(PROBLEM, commands)
)
