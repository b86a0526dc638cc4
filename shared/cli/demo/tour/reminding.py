"""What comes by the clock, as `hxs notify tick` brings it on; and a newsletter (N01, N05, N06)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta

from shared.cli import notify
from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.handling import CALENDAR, Problem
from shared.cli.demo.tour.mailbox import Mailbox
from shared.cli.demo.tour.playing import Answer, MissingError, Person, Tour
from shared.platform.language import Text
from shared.platform.working_days import SHANGHAI

_NEWSLETTER = "惠协商工作通讯（演示）"


def let_time_pass(tour: Tour, cast: Cast, mailbox: Mailbox, problem: Problem) -> None:
    """Play the next working day's morning: who is reminded of what, and gets which digest, each once."""
    tour.chapter(Text("到点提醒和每日汇总：只发一次", "By the clock: reminders and a digest, each once"))
    day = CALENDAR.on_or_after(tour.today + timedelta(days=1))
    moment = datetime.combine(day, time(9), SHANGHAI)
    posted = _tick_until_both(tour, moment)
    again = _tick(tour, moment)
    tour.step(
        "clock-ticked",
        cast.liaison.title,
        Text(
            f"hxs notify tick --at {moment.isoformat()}，两次",
            f"hxs notify tick --at {moment.isoformat()}, twice",
        ),
        Text(
            f"先是提醒 {posted['reminders']} 条、汇总 {posted['digests']} 条；再是 {sum(again.values())} 条",
            f"first {posted['reminders']} reminders, {posted['digests']} digests, then {sum(again.values())}",
        ),
        posted=posted,
        again=again,
    )
    if any(again.values()):
        raise MissingError(f"the second tick told {again} of what had been told")
    _reminded(tour, cast, mailbox, problem)
    _summed_up(tour, cast, mailbox)


def in_inbox(person: Person, is_it: Callable[[Answer], bool]) -> Answer:
    """Return the newest notice in somebody's inbox that is it, as soon as it is there."""
    page = person.reads("notify", "/inbox?limit=200", until=lambda page: any(map(is_it, page["items"])))
    return next(notice for notice in page["items"] if is_it(notice))


def _tick(tour: Tour, moment: datetime) -> dict[str, int]:
    return asyncio.run(notify.once(tour.settings, moment))


def _tick_until_both(tour: Tour, moment: datetime) -> dict[str, int]:
    """Tick until all that is due has been told: what notify has not heard of yet is told by the next tick."""
    posted: dict[str, int] = {}

    def told() -> dict[str, int] | None:
        for worker, count in _tick(tour, moment).items():
            posted[worker] = posted.get(worker, 0) + count
        return posted if all(posted.values()) else None

    return tour.waits_for("a reminder and a digest", told)


def _reminded(tour: Tour, cast: Cast, mailbox: Mailbox, problem: Problem) -> None:
    def is_it(notice: Answer) -> bool:
        return notice["problem_id"] == problem.problem_id and "提醒" in notice["title"]

    notice = in_inbox(cast.department, is_it)
    address = cast.address("department")
    mail = mailbox.gets(address, "a reminder", lambda mail: notice["title"] in mail.subject)
    tour.step(
        "reminder-came",
        cast.department.title,
        Text("收到答复提醒", "is reminded of the reply"),
        Text(f"“{notice['title']}”，邮件“{mail.subject}”", f"“{notice['title']}”, the mail “{mail.subject}”"),
        notice=notice["title"],
        subject=mail.subject,
    )


def _summed_up(tour: Tour, cast: Cast, mailbox: Mailbox) -> None:
    def is_it(notice: Answer) -> bool:
        return bool(notice["notice_class"] == "digest")

    notice = in_inbox(cast.third, is_it)
    mail = mailbox.gets(cast.address("third"), "the digest", lambda mail: notice["title"] in mail.subject)
    tour.step(
        "digest-came",
        cast.third.title,
        Text("收到每日汇总，按议题归并", "gets a digest, grouped by topic"),
        Text(f"“{notice['title']}”，邮件“{mail.subject}”", f"“{notice['title']}”, the mail “{mail.subject}”"),
        notice=notice["title"],
        subject=mail.subject,
        lines=len(notice["body"].splitlines()),
    )


def write_a_newsletter(tour: Tour, cast: Cast, mailbox: Mailbox) -> None:
    """Play a newsletter, to those who asked for it."""
    tour.chapter(Text("工作通讯和未读数", "A newsletter, and what is unread"))
    body = "本月起，各镇街设“有事来商量”接待日。"
    done = cast.office.does("notify", "/newsletters", division=cast.county, title=_NEWSLETTER, body=body)
    sent = cast.office.reads(
        "notify", f"/newsletters/{done['id']}", until=lambda letter: letter["spread_at"] is not None
    )
    mail = mailbox.gets(cast.address("second"), "the newsletter", lambda mail: _NEWSLETTER in mail.subject)
    tour.step(
        "newsletter-sent",
        cast.office.title,
        Text("写一期通讯，只发给订阅的人", "writes to those who asked for newsletters"),
        Text(
            f"告知 {sent['told']} 人；邮件“{mail.subject}”可一键退订",
            f"{sent['told']} told; the mail “{mail.subject}” ends it with one click",
        ),
        told=sent["told"],
        subject=mail.subject,
        one_click=mail.message["List-Unsubscribe-Post"],
    )
    _read_all(tour, cast.second)


def _read_all(tour: Tour, person: Person) -> None:
    path = "/inbox/unread"
    before = person.reads("notify", path, until=lambda count: bool(count["unread"]))["unread"]
    read = person.does("notify", "/inbox/reading")["read"]
    after = person.reads("notify", path, until=lambda count: not count["unread"])["unread"]
    tour.step(
        "inbox-read",
        person.title,
        Text("收件箱全部标为已读", "marks all of the inbox as read"),
        Text(f"未读 {before} → {after}", f"unread {before} → {after}"),
        before=before,
        read=read,
        after=after,
    )
