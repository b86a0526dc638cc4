"""A meeting's page, to which the code on its poster leads: HTML in the reader's language. Pure.

The template and its style are in `pages/`. The page works without a script and carries nothing inline, so
that it lives under `default-src 'self'`. It names offices and places, no people, and no seats left (M09).
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2s
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.meetings.documents.fields import About
from shared.platform.language import Language, Text

STATIC = Path(str(files("services.meetings").joinpath("pages/static")))

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


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.meetings", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    content = (STATIC / name).read_bytes()
    return f"static/{name}?{blake2s(content, digest_size=6).hexdigest()}"


def meeting_page(about: About, language: Language) -> str:
    """Return the page of a meeting."""
    known = about.common()
    return (
        _environment()
        .get_template("meeting.html")
        .render(
            language=language,
            say={name: text.in_(language) for name, text in SAY.items()},
            asset=_asset,
            title=about.title,
            division=about.division,
            situation=about.meeting["situation"],
            reason=about.meeting.get("cancel_reason") or "",
            facts=[(label.in_(language), known[name]) for name, label in FACTS.items()],
            meeting_id=about.meeting["meeting_id"],
        )
    )
