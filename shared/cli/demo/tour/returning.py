"""A solution that does not satisfy: open again, then before the county's office (C10, C11)."""

from __future__ import annotations

from shared.cli.demo.tour.cast import DEPARTMENT, Cast
from shared.cli.demo.tour.handling import Problem, rating_of, shown
from shared.cli.demo.tour.playing import Tour
from shared.cli.demo.tour.queue import waits_for, waits_no_more
from shared.cli.demo.tour.topics import Submitted
from shared.cli.demo.tour.words import word
from shared.platform.language import Text

_COMPLAINTS = ("修过的路面又松动了", "积水还在，没有找到原因")
_DECISION = "须与排水管网改造一并解决，列入明年计划；本件办结，不计入已解决"


def dissatisfy_twice(tour: Tour, cast: Cast, entry_id: str, topic: Submitted) -> None:
    """Play a problem whose replies satisfy nobody until the county's office decides."""
    tour.chapter(
        Text("不满意：重新办理、提交办公室决定", "Not satisfied: handled again, then the office decides")
    )
    today = tour.today.isoformat()
    assigned = {"entry_id": entry_id, "text": "路口积水", "lead": DEPARTMENT, "assigned_on": today}
    problem = Problem(cast.liaison.does("cases", "/problems", **assigned)["id"], entry_id)
    for attempt, complaint in enumerate(_COMPLAINTS, start=1):
        reply = {
            "result": "A",
            "text": f"第 {attempt} 次处理完毕",
            "replied_on": today,
            "contacted_on": today,
        }
        done = cast.department.does("cases", f"{problem.path}/replies", **reply)
        shown(cast, problem, done)
        read = rating_of(cast, topic, problem, "dissatisfied", reason=complaint)
        tour.step(
            "reply-not-satisfying",
            cast.visitor.title,
            Text(f"评价：不满意，{complaint}", f"is not satisfied: {complaint}"),
            Text(
                f"{word(read['status']).zh}" + (f"，{read['due_on']} 前再答复" if attempt == 1 else ""),
                f"{word(read['status']).en}" + (f", due on {read['due_on']}" if attempt == 1 else ""),
            ),
            attempt=attempt,
            status=read["status"],
        )
    _decide(tour, cast, problem)


def _decide(tour: Tour, cast: Cast, problem: Problem) -> None:
    waits_for(tour, cast.office, "decide", problem_id=problem.problem_id)
    decision = {"decision": "close", "reason": _DECISION}
    done = cast.office.does("cases", f"{problem.path}/decision", **decision)
    now = shown(cast, problem, done)
    tour.step(
        "referral-decided",
        cast.office.title,
        Text("两次不满意，由办公室决定", "decides after two dissatisfied ratings"),
        Text(
            f"{word(now['status']).zh}：{now['closed_because']}",
            f"{word(now['status']).en}: {now['closed_because']}",
        ),
        status=now["status"],
        solved_on=now["solved_on"],
        attempts=now["attempt"],
    )
    waits_no_more(tour, cast.office, "decide", problem_id=problem.problem_id)
