"""A meeting's page, to which the code on its poster leads: HTML in the reader's language. Pure.

The template and its style are in `pages/`. The page names offices and places, no people, no seats left (M09).
"""

from __future__ import annotations

from services.meetings.documents.fields import About
from shared.platform.language import Language, Text
from shared.platform.pages import Pages

PAGES = Pages("services.meetings")

SAY = {
    "name": Text("有事多商量 · 惠协商", "Consultation"),
    "scheduled": Text("即将召开", "To take place"),
    "open": Text("正在进行", "Taking place"),
    "held": Text("已经举行", "Held"),
    "cancelled": Text("已取消", "Cancelled"),
    "reason": Text("原因：", "Reason: "),
    "how": Text("怎样参加", "How to take part"),
    "with_account": Text(
        "有账号的，登录后报名；名额已满时自动候补，有空位即通知您。",
        "With an account, sign in and register. If it is full you wait, and are told when a seat is free.",
    ),
    "without_account": Text(
        "没有账号的，请联系召集人或当地政协联络室，由工作人员代为报名；也可以当天到场登记。",
        "Without one, ask the convener or the liaison office to register you, or sign in at the door.",
    ),
    "into_calendar": Text("加入手机日历", "Add it to your calendar"),
    "off_calendar": Text("从手机日历中删去", "Take it off your calendar"),
}
FACTS = {
    "时间": Text("时间", "Time"),
    "地点": Text("地点", "Place"),
    "形式": Text("形式", "Form"),
    "召集人": Text("召集人", "Convener"),
    "主持人": Text("主持人", "Host"),
}


def meeting_page(about: About, language: Language) -> str:
    """Return the page of a meeting."""
    known = about.common()
    return PAGES.render(
        "meeting.html",
        language=language,
        say={name: text.in_(language) for name, text in SAY.items()},
        title=about.title,
        division=about.division,
        situation=about.meeting["situation"],
        reason=about.meeting.get("cancel_reason") or "",
        facts=[(label.in_(language), known[name]) for name, label in FACTS.items()],
        meeting_id=about.meeting["meeting_id"],
    )
