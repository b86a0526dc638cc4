"""How the tour says what answers say in codes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.platform.language import Text
from shared.platform.working_days import SHANGHAI

_WORDS = {
    "proposed": Text("已提出", "proposed"),
    "adopted": Text("已立项", "adopted"),
    "merged": Text("已并入", "merged"),
    "concluded": Text("已办结", "concluded"),
    "planned": Text("未启动", "planned"),
    "in-progress": Text("进行中", "in progress"),
    "deferred": Text("已延期", "deferred"),
    "registered": Text("已有席位", "has a seat"),
    "waitlisted": Text("候补", "on the waitlist"),
    "host": Text("主持人", "host"),
    "recorder": Text("记录人", "recorder"),
    "participant": Text("参会人", "participant"),
    "transport": Text("交通", "transport"),
    "people": Text("人员资料", "people"),
    "returned": Text("已退回", "returned"),
    "handling": Text("办理中", "being handled"),
    "replied": Text("已答复", "replied"),
    "solved": Text("已解决", "solved"),
    "closed": Text("已办结", "closed"),
    "referred": Text("待办公室决定", "before the county's office"),
    "topic": Text("议题", "topic"),
    "consultation": Text("协商", "consultation"),
    "problem": Text("问题解决", "problem solved"),
    "case": Text("典型案例", "case"),
    "report": Text("媒体宣传", "report"),
    "transactional": Text("办事通知", "transactional"),
    "follow": Text("关注进展", "follow"),
    "digest": Text("汇总", "digest"),
    "newsletter": Text("工作通讯", "newsletter"),
    "inbox": Text("收件箱", "inboxes"),
    "email": Text("邮件", "mails"),
    "webhook": Text("推送", "webhooks"),
    "meetings": Text("协商", "meetings"),
    "problems_assigned": Text("交办", "problems assigned"),
    "problems_solved": Text("解决", "problems solved"),
    "loops_closed": Text("闭环", "loops closed"),
}


def word(code: str) -> Text:
    """Return what a code means; itself where that is not known here."""
    return _WORDS.get(code, Text(code, code))


def flags(found: Iterable[dict[str, Any]]) -> Text:
    """Return the flags of an answer as one text."""
    said = [f"{flag['rule']} {flag['text']}" for flag in found]
    return Text("；".join(said) or "无提示", "; ".join(said) or "no flag")


def minute(moment: str) -> str:
    """Return a moment of an answer in Asia/Shanghai, to the minute."""
    return f"{_local(moment):%Y-%m-%d %H:%M}"


def clock(moment: str) -> str:
    """Return the time of day of a moment of an answer in Asia/Shanghai, to the second."""
    return f"{_local(moment):%H:%M:%S}"


def _local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(SHANGHAI)


def joined(said: Iterable[Text | str]) -> Text:
    """Return texts, or what answers say, as an enumeration."""
    texts = [each if isinstance(each, Text) else Text(each, each) for each in said]
    return Text("、".join(text.zh for text in texts), ", ".join(text.en for text in texts))
