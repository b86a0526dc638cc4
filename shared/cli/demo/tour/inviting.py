"""An invitation by mail, moved and called off: one entry in a calendar (N11, M17)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from shared.cli.demo.mail_catcher import Caught
from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.mailbox import Mailbox, calendar_of, entry_of
from shared.cli.demo.tour.playing import MissingError, Tour
from shared.cli.demo.tour.seats import Planned, hours
from shared.cli.demo.tour.words import minute
from shared.platform.language import Text
from shared.platform.working_days import SHANGHAI

_AHEAD = timedelta(days=60)


def invite_by_mail(tour: Tour, cast: Cast, mailbox: Mailbox, topic: str, venue: str) -> None:
    """Play what somebody who is invited to a meeting gets by mail until it is called off."""
    tour.chapter(
        Text("邮件邀请：日历的邀请、更新、取消", "By mail: an invitation, its update, its cancellation")
    )
    liaison = cast.liaison
    starts_at = datetime.combine(tour.today + _AHEAD, time(14, 30), SHANGHAI)
    meeting_id = liaison.does(
        "meetings",
        "/meetings",
        **hours(starts_at),
        topic_id=topic,
        venue_id=venue,
        convener="党员委员召集人",
        host="联络室主任",
        recorder="联络室记录员",
    )["id"]
    meeting = Planned(meeting_id, venue, starts_at)
    invited = [{"person": cast.first.id, "kind": "resident"}]
    liaison.does("meetings", f"{meeting.path}/invitations", people=invited)
    mails = [_mail(tour, cast, mailbox, meeting, sequence=0, method="REQUEST")]
    later = (starts_at + timedelta(hours=1)).isoformat()
    liaison.does("meetings", f"{meeting.path}/rescheduling", reason="会议室另有安排", starts_at=later)
    mails.append(_mail(tour, cast, mailbox, meeting, sequence=1, method="REQUEST"))
    liaison.does("meetings", f"{meeting.path}/cancellation", reason="并入下次协商")
    mails.append(_mail(tour, cast, mailbox, meeting, sequence=2, method="CANCEL"))
    uids = {str(entry["UID"]) for entry in map(_entry, mails)}
    if len(uids) != 1:
        raise MissingError(
            f"the invitations to {meeting.path} are {len(uids)} entries in a calendar, not one"
        )


def _entry(mail: Caught) -> dict[str, object]:
    calendar = calendar_of(mail)
    if calendar is None:
        raise MissingError(f"the mail “{mail.subject}” brings no invitation")
    return {**entry_of(calendar), "METHOD": str(calendar["METHOD"])}


def _mail(
    tour: Tour, cast: Cast, mailbox: Mailbox, meeting: Planned, *, sequence: int, method: str
) -> Caught:
    def is_it(mail: Caught) -> bool:
        if calendar_of(mail) is None:
            return False
        entry = _entry(mail)
        return meeting.meeting_id in str(entry["UID"]) and entry["SEQUENCE"] == sequence

    mail = mailbox.gets(cast.address("first"), f"SEQUENCE {sequence} of {meeting.path}", is_it)
    entry = _entry(mail)
    if entry["METHOD"] != method:
        raise MissingError(f"the mail “{mail.subject}” says {entry['METHOD']}, not {method}")
    calendar = calendar_of(mail)
    starts = minute(entry_of(calendar)["DTSTART"].dt.isoformat()) if calendar else ""
    tour.step(
        "invitation-mailed",
        cast.first.title,
        Text(f"收到邮件“{mail.subject}”", f"gets the mail “{mail.subject}”"),
        Text(
            f"附日历：{method}，SEQUENCE {sequence}，{starts}",
            f"with a calendar entry: {method}, SEQUENCE {sequence}, {starts}",
        ),
        subject=mail.subject,
        message_id=mail.message_id,
        method=method,
        sequence=sequence,
        uid=str(entry["UID"]),
    )
    return mail
