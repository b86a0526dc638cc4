"""A problem from its assignment to its strike-off: returned, worked on, answered, rated (C02–C09)."""

from __future__ import annotations

from dataclasses import dataclass

from shared.cli.demo.tour.cast import DEPARTMENT, ROADS, Cast
from shared.cli.demo.tour.playing import Answer, Tour
from shared.cli.demo.tour.queue import waits_for, waits_no_more
from shared.cli.demo.tour.seats import Planned
from shared.cli.demo.tour.topics import Submitted
from shared.cli.demo.tour.words import joined, word
from shared.platform.language import Text
from shared.platform.working_days import WorkCalendar

CALENDAR = WorkCalendar()
DUE_WORKING_DAYS, EXTENDED_WORKING_DAYS = 5, 20
_EVIDENCE = b"%PDF-1.4\n% a photograph of the first lamps, made up\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that came of the meeting."""

    problem_id: str
    entry_id: str

    @property
    def path(self) -> str:
        """Return its path."""
        return f"/problems/{self.problem_id}"


def shown(cast: Cast, problem: Problem, done: Answer) -> Answer:
    """Return a problem as it stands after a command."""
    return cast.liaison.reads("cases", problem.path, version=done["version"])


def assign_a_problem(tour: Tour, cast: Cast, meeting: Planned) -> Problem:
    """Play an assignment to the wrong department, its return, and the right one."""
    tour.chapter(Text("交办：错投退回、重新交办、待办", "Assigned: to the wrong one, returned, anew; queues"))
    waits_for(tour, cast.liaison, "assign", entry_id=meeting.meeting_id)
    problem = _assign(tour, cast, meeting)
    _return(tour, cast, problem)
    due_on = CALENDAR.add_working_days(tour.today, DUE_WORKING_DAYS).isoformat()
    done = cast.liaison.does("cases", f"{problem.path}/reassignment", lead=DEPARTMENT, due_on=due_on)
    now = shown(cast, problem, done)
    leads = joined(assignment["lead"] for assignment in now["assignments"])
    tour.step(
        "problem-reassigned",
        cast.liaison.title,
        Text("重新交办，时限重新起算", "assigns it anew, and the clock starts again"),
        Text(
            f"{now['lead']}，{now['due_on']} 前答复；两次交办都保留：{leads.zh}",
            f"{now['lead']} is to reply by {now['due_on']}; both assignments are kept: {leads.en}",
        ),
        lead=now["lead"],
        due_on=now["due_on"],
        assignments=[assignment["lead"] for assignment in now["assignments"]],
        light=now["light"],
    )
    waits_for(tour, cast.department, "reply", problem_id=problem.problem_id)
    return problem


def _assign(tour: Tour, cast: Cast, meeting: Planned) -> Problem:
    done = cast.liaison.does(
        "cases",
        "/problems",
        entry_id=meeting.meeting_id,
        opinion=1,
        lead=ROADS,
        assigned_on=tour.today.isoformat(),
    )
    problem = Problem(done["id"], meeting.meeting_id)
    now = shown(cast, problem, done)
    tour.step(
        "problem-assigned",
        cast.liaison.title,
        Text("把协商意见交办给部门", "assigns what was agreed to a department"),
        Text(
            f"“{now['text']}”，{now['lead']}，{now['due_on']} 前答复",
            f"“{now['text']}”, {now['lead']}, to reply by {now['due_on']}",
        ),
        problem_id=problem.problem_id,
        lead=now["lead"],
        due_on=now["due_on"],
    )
    return problem


def _return(tour: Tour, cast: Cast, problem: Problem) -> None:
    waits_for(tour, cast.roads, "reply", problem_id=problem.problem_id)
    reason = "路灯由住建部门管护，不属本单位职责"
    done = cast.roads.does("cases", f"{problem.path}/return", reason=reason)
    now = shown(cast, problem, done)
    tour.step(
        "problem-returned",
        cast.roads.title,
        Text("三个工作日内退回", "returns it within three working days"),
        Text(f"{word(now['status']).zh}：{reason}", f"{word(now['status']).en}: {reason}"),
        status=now["status"],
        reason=now["assignments"][-1]["reason"],
    )
    waits_no_more(tour, cast.roads, "reply", problem_id=problem.problem_id)


def solve_a_problem(tour: Tour, cast: Cast, problem: Problem, topic: Submitted) -> None:
    """Play how the department solves it, and its proposer says so."""
    tour.chapter(Text("办理：联系、进度、延期、答复、评价", "Handled: contact, progress, extension, rating"))
    _work(tour, cast, problem)
    _extend(tour, cast, problem)
    _reply(tour, cast, problem, "B", text="首批 8 盏已修复，其余 4 盏待到货", follow_up_on=_later(tour, 10))
    _reply(
        tour,
        cast,
        problem,
        "A",
        text="12 盏路灯全部修复，人行道修补完成",
        contacted_on=tour.today.isoformat(),
    )
    _rate(tour, cast, problem, topic)
    waits_no_more(tour, cast.department, None, problem_id=problem.problem_id)


def _later(tour: Tour, working_days: int) -> str:
    return CALENDAR.add_working_days(tour.today, working_days).isoformat()


def _work(tour: Tour, cast: Cast, problem: Problem) -> None:
    department = cast.department
    department.does("cases", f"{problem.path}/contacts", means="on-site", outcome="现场看过，先修南段")
    file_id = department.uploads("cases", "首批路灯.pdf", _EVIDENCE)
    reported = {"percent": 40, "note": "首批路灯已安装", "files": [file_id]}
    done = department.does("cases", f"{problem.path}/progress", **reported)
    now = shown(cast, problem, done)
    (file,) = now["progress"][-1]["files"]
    content = department.fetches("cases", f"{problem.path}/files/{file['file_id']}")
    tour.step(
        "progress-reported",
        department.title,
        Text("与提出人现场沟通后报告进度，附佐证", "meets the proposer, then reports progress with evidence"),
        Text(
            f"{now['percent']}%，{file['media_type']} {len(content)} 字节",
            f"{now['percent']} %, {file['media_type']} of {len(content)} bytes",
        ),
        percent=now["percent"],
        contacts=len(now["contacts"]),
        media_type=file["media_type"],
        unchanged=content == _EVIDENCE,
    )


def _extend(tour: Tour, cast: Cast, problem: Problem) -> None:
    asked = {"reason": "灯杆基础需养护", "approver": "县政协办公室"}
    due_on = _later(tour, EXTENDED_WORKING_DAYS)
    done = cast.liaison.does("cases", f"{problem.path}/extension", **asked, due_on=due_on)
    extension = shown(cast, problem, done)["extensions"][-1]
    tour.step(
        "due-date-extended",
        cast.liaison.title,
        Text("经批准延长时限", "extends the due date"),
        Text(
            f"{extension['due_before']} → {extension['due_on']}，{extension['approver']}批准",
            f"{extension['due_before']} → {extension['due_on']}, allowed by {extension['approver']}",
        ),
        due_before=extension["due_before"],
        due_on=extension["due_on"],
    )


def _reply(tour: Tour, cast: Cast, problem: Problem, result: str, **said: str) -> None:
    replied = {"result": result, "replied_on": tour.today.isoformat(), **said}
    done = cast.department.does("cases", f"{problem.path}/replies", **replied)
    now = shown(cast, problem, done)
    following = now["follow_up_on"]
    tour.step(
        "problem-replied",
        cast.department.title,
        Text(f"答复：{result} 类", f"replies with result {result}"),
        Text(
            f"“{now['replies'][-1]['text']}”" + (f"，{following} 回头看" if following else ""),
            f"“{now['replies'][-1]['text']}”" + (f", looked at again on {following}" if following else ""),
        ),
        result=now["result"],
        follow_up_on=following,
        replies=len(now["replies"]),
    )


def rating_of(cast: Cast, topic: Submitted, problem: Problem, rating: str, **said: str) -> Answer:
    """Have the proposer rate a reply by receipt, and return what they then read of the problem.

    Others wait until it is there to be read: tries of query codes are counted.
    """
    proposer, listed = cast.proposer(topic.query_code), f"/receipts/{topic.receipt}/problems"
    done = proposer.does("cases", f"{listed}/{problem.problem_id}/rating", rating=rating, **said)
    shown(cast, problem, done)
    items = proposer.reads("cases", listed)["items"]
    return next(each for each in items if each["problem_id"] == problem.problem_id)


def _rate(tour: Tour, cast: Cast, problem: Problem, topic: Submitted) -> None:
    read = rating_of(cast, topic, problem, "satisfied")
    tour.step(
        "reply-rated",
        cast.visitor.title,
        Text("凭回执和查询码评价：满意", "rates it by receipt and code: satisfied"),
        Text(
            f"{word(read['status']).zh}，{read['solved_on']} 销号",
            f"{word(read['status']).en}, struck off on {read['solved_on']}",
        ),
        status=read["status"],
        rating=read["rating"],
        problem_id=problem.problem_id,
    )
