"""What a mail says besides the notice itself: what it is about, where to go, why it was sent. Pure.

The fields have Chinese names, for a county's clerks may replace the templates that use them; none is renamed
or taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notify.channels import Delivery
from services.notify.domain.digest_text import blocks
from services.notify.domain.wording import fit
from services.notify.meeting_facts import Meeting
from shared.contracts.notify import NoticeClass
from shared.platform.settings import Settings

_LONGEST_PROBLEM = 200

_WHY = {
    NoticeClass.TRANSACTIONAL: (
        "您收到这封邮件，是因为其中的事项需要您办理或与您直接有关，这类通知不能关闭。"
    ),
    NoticeClass.FOLLOW: "您收到这封邮件，是因为您提出、附议或关注了这项议题。",
    NoticeClass.DIGEST: "您收到这封邮件，是因为您选择了定期汇总。",
    NoticeClass.NEWSLETTER: "您收到这封邮件，是因为您订阅了工作通讯。",
}
_CHANGE = "邮箱地址、通知方式和免打扰时段由您决定；如需修改，请登录惠协商，或联系当地政协联络室。"
_CALENDAR = "邮件所附的日历邀请可加入手机或电脑日历，会议有变动时会自动更新。"
_OFF_CALENDAR = "会议已加入手机或电脑日历的，打开邮件所附的日历文件即可删去。"
_PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a mail leads: to where something is to be done, or looked up."""

    text: str
    url: str


def link_of(delivery: Delivery, settings: Settings) -> Link:
    """Return where to go on from a notice: offices and departments to the board, people to public pages."""
    if not delivery.recipient.startswith(_PERSON):
        return Link("打开工作看板", f"{settings.public_board_url}/")
    if delivery.meeting_id is not None:
        return Link("查看会议", f"{settings.public_meetings_url}/m/{delivery.meeting_id}")
    if delivery.topic_id is not None:
        return Link("查看议题进展", f"{settings.public_url}/submit/follow")
    return Link("打开惠协商", f"{settings.public_board_url}/")


def facts_of(delivery: Delivery, meeting: Meeting | None) -> Sequence[tuple[str, str]]:
    """Return what a notice is about, as names and values."""
    topic = delivery.topic_title or (meeting.title if meeting else None)
    facts = [("议题", topic)] if topic else []
    if delivery.problem_text and delivery.problem_text not in (delivery.body or ""):
        facts.append(("问题", fit(delivery.problem_text, _LONGEST_PROBLEM)))
    if meeting is not None:
        facts += [("时间", meeting.time), ("地点", meeting.place), ("形式", meeting.form)]
        facts += [("状态", "已取消")] if meeting.cancelled else []
    return facts


def _about_calendar(delivery: Delivery, meeting: Meeting | None) -> str:
    if meeting is None:
        return ""
    return _OFF_CALENDAR if meeting.is_off(delivery.event_name) else _CALENDAR


def fields_of(
    delivery: Delivery, meeting: Meeting | None, link: Link, unsubscribe: str | None, division: str
) -> Mapping[str, Any]:
    """Return the fields that a template may use.

    Args:
        delivery: what is told.
        meeting: that it is about, where it is an invitation or changes one.
        link: where to go on.
        unsubscribe: address of the page by which the class is switched off; None where it cannot be.
        division: name of the county or town.
    """
    return {
        "标题": delivery.title,
        "正文": [{"标题": block.heading or "", "段落": block.lines} for block in blocks(delivery.body or "")],
        "事项": [{"名称": name, "内容": value} for name, value in facts_of(delivery, meeting)],
        "链接": {"文字": link.text, "地址": link.url},
        "日历": _about_calendar(delivery, meeting),
        "缘由": _WHY[delivery.notice_class],
        "更改": _CHANGE,
        "退订": unsubscribe or "",
        "区划": division,
    }
