"""The glossary's words as people see them, in Chinese and English."""

from __future__ import annotations

from services.board.progress import ItemProgress
from services.board.status import ItemState, Status
from shared.contracts.types import LoopItem, MediaLevel, MeetingForm, Origin, Rating, Tier
from shared.platform.language import Text

STATUSES = {
    Status.PROPOSED: Text("已提出", "Proposed"),
    Status.ADOPTED: Text("已立项", "Adopted"),
    Status.CONSULTED: Text("已协商", "Consulted on"),
    Status.ASSIGNED: Text("办理中", "In hand"),
    Status.REPLIED: Text("已答复", "Answered"),
    Status.REOPENED: Text("重新办理", "Reopened"),
    Status.SOLVED: Text("已解决", "Solved"),
    Status.CLOSED: Text("已闭环", "Loop closed"),
    Status.MERGED: Text("已并入", "Merged"),
    Status.WITHDRAWN: Text("已撤回", "Withdrawn"),
}
LOOP_ITEMS = {
    LoopItem.TOPIC: Text("协商议题", "Topic"),
    LoopItem.CONSULTATION: Text("协商活动", "Consultation"),
    LoopItem.PROBLEM: Text("解决问题", "Problem solved"),
    LoopItem.CASE: Text("典型案例", "Typical case"),
    LoopItem.REPORT: Text("媒体宣传", "Media report"),
}
LOOP_LETTERS = {
    LoopItem.TOPIC: Text("题", "T"),
    LoopItem.CONSULTATION: Text("商", "C"),
    LoopItem.PROBLEM: Text("解", "S"),
    LoopItem.CASE: Text("案", "W"),
    LoopItem.REPORT: Text("宣", "R"),
}
ITEM_STATES = {
    ItemState.DONE: Text("有", "done"),
    ItemState.OPEN: Text("待", "open"),
    ItemState.EXEMPTED: Text("免", "exempt"),
}
PROGRESS = {
    ItemProgress.PLANNED: Text("未启动", "Planned"),
    ItemProgress.IN_PROGRESS: Text("进行中", "In progress"),
    ItemProgress.DONE: Text("已完成", "Done"),
}
ORIGINS = {
    Origin.RESIDENTS: Text("群众反映", "raised by residents"),
    Origin.MEMBER: Text("委员提出", "raised by a member"),
    Origin.SECTOR: Text("界别提出", "raised by a sector"),
    Origin.DEPARTMENT: Text("部门提出", "raised by a department"),
    Origin.COMPANY: Text("企业反映", "raised by a company"),
    Origin.STAKEHOLDER: Text("利益相关方提出", "raised by a stakeholder"),
    Origin.COUNTY_COMMITTEE: Text("县委交办", "assigned by the county Party committee"),
}
FORMS = {
    MeetingForm.MEETING: Text("会议协商", "Meeting"),
    MeetingForm.ON_SITE: Text("现场协商", "On site"),
    MeetingForm.MICRO: Text("微协商", "Micro-consultation"),
    MeetingForm.ONLINE: Text("线上协商", "Online"),
}
RATINGS = {
    Rating.SATISFIED: Text("满意", "satisfied"),
    Rating.FAIRLY_SATISFIED: Text("基本满意", "fairly satisfied"),
    Rating.DISSATISFIED: Text("不满意", "dissatisfied"),
}
MEDIA_LEVELS = {
    MediaLevel.COUNTY: Text("县级", "county"),
    MediaLevel.CITY: Text("市级", "city"),
    MediaLevel.PROVINCE: Text("省级", "province"),
    MediaLevel.NATION: Text("国家级", "national"),
}
TIERS = {
    Tier.HALL: Text("协商议事厅", "Consultation hall"),
    Tier.ROOM: Text("协商议事室", "Consultation room"),
    Tier.STATION: Text("协商议事站", "Consultation station"),
}
