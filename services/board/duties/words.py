"""What duties are called, and where they are done: which endpoint of which service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.board.duties.kinds import Kind
from shared.platform.language import Text

TITLES = {
    Kind.REVIEW_PLAN: Text("提请主席会议审议年度计划", "Have the plan reviewed"),
    Kind.APPROVE_PLAN: Text("提请县委常委会审定年度计划", "Have the plan approved"),
    Kind.ISSUE_PLAN: Text("印发年度计划", "Issue the plan"),
    Kind.TRIAGE: Text("受理分类", "Triage the topic"),
    Kind.ADOPT: Text("研究是否立项", "Adopt the topic, or reject it"),
    Kind.STEP: Text("完成步骤", "Complete the step"),
    Kind.SCHEDULE: Text("安排协商活动", "Schedule the consultation"),
    Kind.SEND_NOTICE: Text("发出会议通知", "Send the notice of the meeting"),
    Kind.ANSWER_INVITATION: Text("答复参会邀请", "Answer the invitation"),
    Kind.HOLD: Text("召开协商活动，会后结束会议", "Hold the consultation, and close it"),
    Kind.DRAFT_MINUTES: Text("起草会议记录", "Draft the minutes"),
    Kind.SIGN_MINUTES: Text("签署会议记录", "Sign the minutes"),
    Kind.PUBLISH_MINUTES: Text("公布会议记录", "Publish the minutes"),
    Kind.ASSIGN: Text("交办协商意见中的问题", "Assign problems of what was agreed"),
    Kind.REASSIGN: Text("退回的问题重新交办", "Assign the returned problem anew"),
    Kind.REPLY: Text("办理并答复", "Solve the problem and reply"),
    Kind.HELP: Text("协助承办单位办理", "Help the lead handler"),
    Kind.SET_DUE_DATE: Text("确定重新办理的时限", "Set the new due date"),
    Kind.FOLLOW_UP: Text("回头看，再次答复", "Look again, and reply"),
    Kind.RATE: Text("评价答复", "Rate the reply"),
    Kind.CONFIRM: Text("到期无人评价，确认是否解决", "Nobody rated it: confirm the solution"),
    Kind.DECIDE: Text("再次不满意，研究决定", "Dissatisfied again: decide"),
    Kind.WRITE_CASE: Text("起草典型案例", "Write the typical case"),
    Kind.PUBLISH_CASE: Text("核对并发布典型案例", "Check and publish the typical case"),
    Kind.ADD_REPORT: Text("登记媒体报道", "Add the media report"),
    Kind.ARCHIVE: Text("归档", "Archive the entry"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where something is done.

    Attributes:
        path: with the names of a duty's ids in braces.
    """

    service: str
    method: str
    path: str

    def address(self, duty: Mapping[str, Any]) -> str:
        """Return the path for a duty."""
        return self.path.format(**duty)


def _post(service: str, path: str) -> Endpoint:
    return Endpoint(service, "POST", path)


ENDPOINTS = {
    Kind.REVIEW_PLAN: _post("topics", "/plans/{plan_id}/review"),
    Kind.APPROVE_PLAN: _post("topics", "/plans/{plan_id}/approval"),
    Kind.ISSUE_PLAN: _post("topics", "/plans/{plan_id}/issue"),
    Kind.TRIAGE: _post("topics", "/topics/{topic_id}/triage"),
    Kind.ADOPT: _post("topics", "/topics/{topic_id}/adoption"),
    Kind.STEP: _post("topics", "/topics/{topic_id}/steps/{step}/completion"),
    Kind.SCHEDULE: _post("meetings", "/meetings"),
    Kind.SEND_NOTICE: _post("meetings", "/meetings/{meeting_id}/notices"),
    Kind.ANSWER_INVITATION: _post("meetings", "/my/meetings/{meeting_id}/answer"),
    Kind.HOLD: _post("meetings", "/meetings/{meeting_id}/holding"),
    Kind.DRAFT_MINUTES: _post("meetings", "/meetings/{meeting_id}/minutes"),
    Kind.SIGN_MINUTES: _post("meetings", "/meetings/{meeting_id}/minutes/signatures"),
    Kind.PUBLISH_MINUTES: _post("meetings", "/meetings/{meeting_id}/minutes/publication"),
    Kind.ASSIGN: _post("cases", "/problems"),
    Kind.REASSIGN: _post("cases", "/problems/{problem_id}/reassignment"),
    Kind.REPLY: _post("cases", "/problems/{problem_id}/replies"),
    Kind.HELP: _post("cases", "/problems/{problem_id}/progress"),
    Kind.SET_DUE_DATE: _post("cases", "/problems/{problem_id}/extension"),
    Kind.FOLLOW_UP: _post("cases", "/problems/{problem_id}/replies"),
    Kind.RATE: _post("cases", "/problems/{problem_id}/rating"),
    Kind.CONFIRM: _post("cases", "/problems/{problem_id}/confirmation"),
    Kind.DECIDE: _post("cases", "/problems/{problem_id}/decision"),
    Kind.WRITE_CASE: _post("cases", "/entries/{entry_id}/cases"),
    Kind.PUBLISH_CASE: _post("cases", "/cases/{case_id}/publication"),
    Kind.ADD_REPORT: _post("cases", "/entries/{entry_id}/reports"),
    Kind.ARCHIVE: _post("cases", "/entries/{entry_id}/archiving"),
}
