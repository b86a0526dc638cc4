"""What several decisions on a problem have in common: its names, and days that cannot be true."""

from __future__ import annotations

from datetime import date

from services.cases.domain.problem.clock import Clock
from services.cases.domain.problem.state import Problem, Status
from shared.contracts.refusal import RefusedError

MOST_MONTHS = 6
"""After the first assignment, with all extensions (C06)."""

_STANDS = {
    Status.HANDLING: "正在办理，尚未答复",
    Status.RETURNED: "已退回，待重新交办",
    Status.SOLVED: "已解决销号",
    Status.CLOSED: "已办结",
    Status.REFERRED: "已报办公室决定",
}
_SINCE = {
    Status.HANDLING: ("交办或重新办理", "came into these hands"),
    Status.RETURNED: ("退回", "was returned"),
    Status.REPLIED: ("答复", "was answered"),
    Status.SOLVED: ("销号", "was solved"),
    Status.REFERRED: ("报办公室", "was referred"),
}


def of(problem: Problem) -> dict[str, str]:
    """Return what every event of a problem names."""
    return {
        "problem_id": problem.problem_id,
        "entry_id": problem.entry_id,
        "topic_id": problem.topic_id,
        "division": problem.division,
    }


def wrong_status(problem: Problem, *, rule: str) -> RefusedError:
    """Return the refusal of what cannot be done to a problem as it stands."""
    stands = _STANDS.get(problem.status, f"已答复（{problem.result}）")
    return RefusedError(
        "problem-status",
        rule=rule,
        zh=f"问题目前{stands}，不能这样办理。",
        en=f"The problem is {problem.status}; this cannot be done now.",
    )


def check_not_ahead(field: str, day: date | None, today: date, *, rule: str) -> None:
    """Refuse a day that has not come yet; a back-entry cannot have one either.

    Raises:
        RefusedError: it is after today.
    """
    if day is not None and day > today:
        raise RefusedError(
            "day-in-future",
            rule=rule,
            zh=f"日期 {day} 还没有到（今天是 {today}）。",
            en=f"{day} has not come yet; today is {today}.",
            field=field,
        )


def check_happened(field: str, day: date, problem: Problem, today: date, *, rule: str) -> None:
    """Refuse a day on which it cannot have happened: ahead, or before the problem came to where it stands.

    Raises:
        RefusedError: it is one.
    """
    check_not_ahead(field, day, today, rule=rule)
    if problem.since is not None and day < problem.since:
        what = _SINCE[problem.status]
        raise RefusedError(
            "day-too-early",
            rule=rule,
            zh=f"日期 {day} 早于{what[0]}日期 {problem.since}。",
            en=f"{day} is before {problem.since}, when the problem {what[1]}.",
            field=field,
        )


def check_handlers(lead: str, co_handlers: tuple[str, ...], *, rule: str) -> None:
    """Refuse a lead that is its own co-handler.

    Raises:
        RefusedError: it is.
    """
    if lead in co_handlers:
        raise RefusedError(
            "lead-is-co-handler",
            rule=rule,
            zh=f"{lead}不能既是承办单位又是协办单位。",
            en=f"{lead} cannot be lead and co-handler at once.",
            field="co_handlers",
        )


def check_due(due_on: date, since: date, *, code: str, rule: str) -> None:
    """Refuse a last day that is over before it begins.

    Raises:
        RefusedError: it is before `since`.
    """
    if due_on < since:
        raise RefusedError(
            code,
            rule=rule,
            zh=f"办理时限 {due_on} 早于 {since}。",
            en=f"Due on {due_on}, before {since}.",
            field="due_on",
        )


def check_within_six_months(due_on: date, since: date, at: Clock) -> None:
    """Refuse a last day to which no extension could put it off; it would need neither reason nor approver.

    Args:
        due_on: the last day.
        since: when it was assigned, or is handled again.
        at: the calendar.

    Raises:
        RefusedError: it is later than six months after `since`.
    """
    last = at.calendar.months_after(since, MOST_MONTHS)
    if due_on > last:
        raise RefusedError(
            "due-too-late",
            rule="C06",
            zh=f"办理时限最长 {MOST_MONTHS} 个月，自 {since} 起至 {last} 为止。",
            en=f"Handling takes {MOST_MONTHS} months at most: from {since} until {last}.",
            field="due_on",
        )
