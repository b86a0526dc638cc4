"""The public pages' own words; `{}` is filled in by the templates."""

from __future__ import annotations

from shared.contracts.types import ReplyResult
from shared.platform.language import Text

WORDS = {
    "name": Text("惠协商", "Hui Xieshang"),
    "purpose": Text("有事多商量 · 遇事多商量 · 做事多商量", "What people raised, and what came of it"),
    "title": Text("协商公开", "Open to everybody"),
    "skip": Text("跳到内容", "Skip to the content"),
    "lead": Text(
        "这里公开已立项的协商议题、办理进度和典型案例。",
        "Topics that were taken up, how far they have come, and what they led to.",
    ),
    "propose": Text("我要提议题", "Propose a topic"),
    "follow": Text("凭受理编号查询我的议题", "Follow my own topic"),
    "search": Text("议题中的字词", "Words of the title"),
    "town": Text("镇街", "Town"),
    "all_towns": Text("全部镇街", "All towns"),
    "class": Text("类别", "Class"),
    "all_classes": Text("全部类别", "All classes"),
    "year": Text("年度", "Year"),
    "all_years": Text("全部年度", "All years"),
    "show": Text("查找", "Find"),
    "reset": Text("清除条件", "Clear"),
    "in_figures": Text("{} 年工作数据", "{} in figures"),
    "topics": Text("协商议题", "Topics"),
    "none": Text("没有符合条件的议题。", "There are no such topics."),
    "next": Text("下一页", "Next page"),
    "first": Text("回到第一页", "First page"),
    "proposed_on": Text("{} 提出", "raised on {}"),
    "happened": Text("办理经过", "What happened"),
    "no_day": Text("日期未记载", "no date recorded"),
    "case": Text("典型案例", "Typical case"),
    "selected": Text("{} 年{}优秀案例", "Selected as excellent, {}, {}"),
    "merged": Text("本议题已并入另一议题，合并办理：", "It goes on in another topic: "),
    "survivor": Text("查看该议题", "see it"),
    "back": Text("返回议题列表", "All topics"),
    "receipt": Text("受理编号", "Receipt number"),
    "code": Text("查询码", "Query code"),
    "receipt_lead": Text(
        "请输入提交议题时得到的受理编号和查询码。",
        "Enter the receipt number and the query code you were given.",
    ),
    "look": Text("查询", "Look it up"),
    "no_such": Text(
        "没有找到。请核对受理编号和查询码。", "Not found. Please check the receipt number and the query code."
    ),
    "too_often": Text("查询过于频繁，请稍后再试。", "Too many tries; please come back later."),
    "reason": Text("不予立项的原因", "Why it was not taken up"),
    "replies": Text("办理答复", "Replies"),
    "due": Text("办理时限 {}", "due {}"),
    "no_reply": Text("正在办理，尚未答复。", "In hand; no reply yet."),
    "more": Text(
        "补充情况或撤回议题，请到提交页面办理。",
        "To add to it or withdraw it, go to where you submitted it.",
    ),
    "there": Text("前往", "Go there"),
    "order": Text("镇街按行政区划代码排列，不作排名。", "Towns are in the order of their codes, not ranked."),
}
DIMENSIONS = {
    "background": Text("背景", "Background"),
    "participants": Text("主体", "Who took part"),
    "process": Text("过程", "How it went"),
    "opinions": Text("意见", "What was agreed"),
    "results": Text("成效", "What came of it"),
}
RESULTS = {
    ReplyResult.A: Text("已经解决", "solved"),
    ReplyResult.B: Text("正在解决或已列入计划", "being solved, or planned"),
    ReplyResult.C: Text("条件暂不具备，以后解决", "to be solved later, conditions are lacking"),
    ReplyResult.D: Text("留作参考", "noted for reference"),
}
FIGURES = {
    "cases": Text("典型案例", "Typical cases"),
    "reports": Text("媒体报道", "Media reports"),
}
