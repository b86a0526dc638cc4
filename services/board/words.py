"""The glossary's words as people see them, in Chinese and English."""

from __future__ import annotations

from services.board.progress import ItemProgress
from services.board.status import ItemState, Status
from shared.contracts.types import (
    HostPlatform,
    LoopItem,
    MediaLevel,
    Rating,
    SelectionLevel,
    Tier,
)
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
    Status.REJECTED: Text("不予立项", "Not taken up"),
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
    ItemProgress.DEFERRED: Text("已延期", "Deferred"),
    ItemProgress.CANCELLED: Text("已取消", "Cancelled"),
    ItemProgress.MERGED: Text("已合并", "Merged"),
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
SELECTION_LEVELS = {
    SelectionLevel.COUNTY: Text("县级", "county"),
    SelectionLevel.CITY: Text("市级", "city"),
    SelectionLevel.PROVINCE: Text("省级", "province"),
    SelectionLevel.NATION: Text("国家级", "national"),
}
TIERS = {
    Tier.HALL: Text("协商议事厅", "Consultation hall"),
    Tier.ROOM: Text("协商议事室", "Consultation room"),
    Tier.STATION: Text("协商议事站", "Consultation station"),
}
HOST_PLATFORMS = {
    HostPlatform.PARTY_SERVICE_CENTRE: Text("党群服务中心", "Party and mass service centre"),
    HostPlatform.CIVILISATION_PRACTICE_CENTRE: Text("新时代文明实践中心", "Civilisation practice centre"),
    HostPlatform.MEDIATION_CENTRE: Text("人民调解中心", "Mediation centre"),
    HostPlatform.COMMUNITY_SERVICE_CENTRE: Text("社区服务中心", "Community service centre"),
    HostPlatform.MEMBER_ACTIVITY_CENTRE: Text("委员活动中心", "Members' activity centre"),
    HostPlatform.LIAISON_OFFICE: Text("委员联络室", "Members' liaison office"),
}
STAGES = {
    "draft": Text("起草", "Draft"),
    "reviewed": Text("已审议", "Reviewed"),
    "approved": Text("已审定", "Approved"),
    "issued": Text("已印发", "Issued"),
}
FIGURE_NAMES = {
    "proposed": Text("提出议题", "Proposed"),
    "adopted": Text("立项", "Adopted"),
    "meetings": Text("协商活动", "Meetings"),
    "attendance": Text("参会人次", "Attendance"),
    "problems_assigned": Text("交办问题", "Assigned"),
    "problems_solved": Text("已解决", "Solved"),
    "loops_closed": Text("闭环", "Closed"),
}
TABLES = {
    "queues": (
        Text("各镇街待办", "What waits in the towns"),
        Text("由委员联络室和县政协办公室办理的事项。", "To be done by the liaison offices and the county's."),
    ),
    "departments": (
        Text("承办单位办理情况", "Departments"),
        Text(
            "按单位名称音序排列，不作排名；“–”表示尚无答复；答复天数为中位数，按自然日计。",
            "In the order of their names, not ranked; – where nothing is answered yet; median calendar days.",
        ),
    ),
    "months": (
        Text("每月统计", "Month by month"),
        Text("按事情发生的月份计。", "Counted in the month in which it happened."),
    ),
}
"""Of the page's tables of figures: title, and what has to be known to read them."""
PAGE = {
    "name": Text("惠协商", "Hui Xieshang"),
    "title": Text("五个一看板", "The five-one board"),
    "purpose": Text("有事多商量 · 协商活动办理情况", "Grassroots consultation: what became of it"),
    "skip": Text("跳到看板", "Skip to the board"),
    "choose": Text("选择镇街与日期", "Choose town and day"),
    "town": Text("镇街", "Town"),
    "year": Text("年度", "Year"),
    "as_of": Text("截至日期", "As of"),
    "all_towns": Text("全部镇街", "All towns"),
    "show": Text("查看", "Show"),
    "reset": Text("恢复默认", "Reset"),
    "refresh": Text("刷新", "Refresh"),
    "live": Text("实时更新中", "Live"),
    "offline": Text("连接中断，正在重连", "Connection lost, trying again"),
    "updated": Text("看板已更新：", "The board has changed: "),
    "as_it_stood": Text("截至 {}", "As of {}"),
    "solved": Text("已解决问题", "Problems solved"),
    "exempted": Text("闭环中含免除项", "Loops with an exempted item"),
    "plan_items": Text("年度计划条目", "Items of the year's plan"),
    "venues": Text("协商阵地", "Venues"),
    "yellow": Text("即将到期", "Due soon"),
    "late": Text("逾期与临期", "Overdue and due soon"),
    "nothing_late": Text(
        "没有逾期，也没有七个工作日内到期的事项。", "Nothing is overdue or due within 7 working days."
    ),
    "by_town": Text("各镇街活动", "Activities by town"),
    "table": Text("各镇街协商活动与五个一", "Activities by town with their five items"),
    "topic": Text("议题", "Topic"),
    "status": Text("状态", "Status"),
    "light": Text("时限", "Due"),
    "handler": Text("承办", "In hand of"),
    "no_due": Text("无时限", "Nothing due"),
    "not_expected": Text("不再要求", "Not expected"),
    "legend": Text("五个一", "The five"),
    "exempt_note": Text("“免”须经批准，不算完成", "An exempt item needs approval and does not count as done"),
    "activities": Text("{} 项活动", "{} activities"),
    "closed": Text("闭环 {}", "{} closed"),
    "overdue": Text("逾期 {}", "{} overdue"),
    "due_soon": Text("临期 {}", "{} due soon"),
    "open_town": Text(
        "活动较多，点开镇街查看其各项活动。", "There are many activities; open a town to see its own."
    ),
    "page": Text("第 {} 页，共 {} 页", "Page {} of {}"),
    "earlier": Text("上一页", "Previous page"),
    "later": Text("下一页", "Next page"),
    "only_town": Text("只看{}", "Only {}"),
    "empty": Text(
        "还没有协商活动。录入或导入台账后，这里会自动出现。", "Activities appear here as they are entered."
    ),
    "stale": Text(
        "{} 项活动有记录等待管理员处理，其内容可能不全。",
        "{} activities wait for an operator and may be incomplete.",
    ),
    "stale_mark": Text("待处理", "incomplete"),
    "order": Text(
        "镇街按行政区划代码排列，不作排名。", "Towns are in the order of their codes; nothing is ranked."
    ),
}
"""The page's own words; `{}` is filled in by the template."""
