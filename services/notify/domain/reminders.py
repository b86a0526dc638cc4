"""Who is reminded of what on a day (N06, N07): pure, in working days.

A date to keep, of a reply or of a follow-up, is recalled to the lead department

    weekly    once a week while there is more time than that, on the first working day of the week
    seven     once, at seven working days before it (on the next one or two, if nobody looked that day)
    daily     in the last five working days before it, and on the day itself
    overdue   on every working day after it; then the office in charge is told, too

Two things are recalled once: minutes that are not there on the seventh working day after a meeting, and an A
reply that nobody has rated on the tenth working day; or within two weeks of it, if nobody looked that day.

Nothing is counted, and nothing remembered: what is due follows from the day alone, under a cause that names
the duty, its date and the occasion. So two processes that look at the same time, or one that looks again,
name the same cause and somebody is told once (N03); and after days of standstill comes what is due now, not
what was missed. A date that is moved is another date; a duty that is done is none any more.

Who acted is not reminded of it (N07): a department that reported progress or spoke with the proposer hears
nothing of it on that day, and no weekly reminder in that week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from services.notify.domain.recipients import department, in_charge_of, person
from services.notify.domain.wording import LONGEST_PROBLEM, day, fit

SEVEN = 7
LAST_DAYS = 5
MINUTES_WORKING_DAYS = 7
RATING_WORKING_DAYS = 10
ONCE_WITHIN_WORKING_DAYS = 10
"""For how long what is recalled once is made up for."""

RATING_ENDS_WORKING_DAYS = 15
"""How long there is to rate a reply; then the convener may confirm an A (C09)."""


class Calendar(Protocol):
    """What reminders need of a working calendar (`shared.platform.working_days.WorkCalendar`)."""

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work that day."""
        ...

    def working_days_between(self, a: date, b: date) -> int:
        """Return how many working days lie after `a` up to and including `b`; negative for an earlier `b`."""
        ...


class Matter(StrEnum):
    """What there is to do."""

    REPLY = "reply"
    FOLLOW_UP = "follow-up"
    MINUTES = "minutes"
    RATING = "rating"


class Occasion(StrEnum):
    """Why somebody is reminded today."""

    WEEKLY = "weekly"
    SEVEN = "seven"
    DAILY = "daily"
    OVERDUE = "overdue"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that somebody has to do, and has not done yet.

    Attributes:
        subject: what it is about, as a stream: `problem-<id>`, `minutes-<meeting id>`.
        division: of it, which says who is in charge.
        since: the day, in Asia/Shanghai, on which it came up: assigned, held, replied.
        due_on: the date to keep, of a reply or a follow-up; None for what is recalled once.
        text: of the problem.
        lead: the department that has to act.
        people: opaque ids of those who have to act: host and recorder, or the proposers.
        acted_on: when the lead last did something about it, which is not yet what is asked.
    """

    subject: str
    matter: Matter
    division: str
    since: date
    due_on: date | None = None
    topic_id: str | None = None
    text: str | None = None
    lead: str | None = None
    people: tuple[str, ...] = ()
    acted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one recipient is told.

    Attributes:
        cause: names duty, date and occasion; for one cause a recipient is told once.
    """

    cause: str
    occasion: Occasion
    recipient: str
    title: str
    body: str


def reminders_due(duty: Duty, today: date, calendar: Calendar) -> list[Reminder]:
    """Return who is to be reminded of a duty on a day in Asia/Shanghai; nobody on a day off."""
    if not calendar.is_working_day(today):
        return []
    if duty.matter in (Matter.REPLY, Matter.FOLLOW_UP):
        return _of_a_date(duty, today, calendar)
    wait, tell = {
        Matter.MINUTES: (MINUTES_WORKING_DAYS, _of_minutes),
        Matter.RATING: (RATING_WORKING_DAYS, _of_rating),
    }[duty.matter]
    late = calendar.working_days_between(duty.since, today) - wait
    return tell(duty) if 0 <= late < ONCE_WITHIN_WORKING_DAYS else []


# dates to keep


def _of_a_date(duty: Duty, today: date, calendar: Calendar) -> list[Reminder]:
    if duty.due_on is None or duty.lead is None:
        return []
    occasion, when = _occasion(duty, duty.due_on, today, calendar)
    if occasion is None:
        return []
    cause = f"reminder:{duty.subject}:{duty.matter}:{duty.due_on}:{occasion}{when}"
    left = calendar.working_days_between(today, duty.due_on)
    told = []
    if not _acted(duty, occasion, today):
        title = _title(duty.matter, left, occasion, "今天" if today == duty.due_on else day(duty.due_on))
        told.append(Reminder(cause, occasion, department(duty.lead), title, _to_do(duty)))
    if occasion is Occasion.OVERDUE:
        told.append(Reminder(cause, occasion, in_charge_of(duty.division), *_to_in_charge(duty, left)))
    return told


def _occasion(
    duty: Duty, due_on: date, today: date, calendar: Calendar
) -> tuple[Occasion, str] | tuple[None, str]:
    """Return why to remind today, and what tells it from the next time for the same reason."""
    if today > due_on:
        return Occasion.OVERDUE, f":{today}"
    if duty.since >= today:
        return None, ""  # told this very day
    left = calendar.working_days_between(today, due_on)
    if left <= LAST_DAYS:
        return Occasion.DAILY, f":{today}"
    if left <= SEVEN:
        return Occasion.SEVEN, ""
    if duty.since >= _monday(today):
        return None, ""  # told this very week
    year, week, _ = today.isocalendar()
    return Occasion.WEEKLY, f":{year}-W{week:02}"


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _acted(duty: Duty, occasion: Occasion, today: date) -> bool:
    since = _monday(today) if occasion is Occasion.WEEKLY else today
    return duty.acted_on is not None and duty.acted_on >= since


_ASKED = {Matter.REPLY: "答复", Matter.FOLLOW_UP: "回头看"}


def _title(matter: Matter, left: int, occasion: Occasion, due: str) -> str:
    asked = _ASKED[matter]
    if occasion is Occasion.OVERDUE:
        return f"{asked}{_late(left)}，请尽快办理"
    return f"{asked}提醒：还有 {left} 个工作日，{due}到期" if left else f"{asked}提醒：{due}到期"


def _late(left: int) -> str:
    return f"已超期 {-left} 个工作日"  # at least one: reminders go out on working days


def _problem(duty: Duty) -> str:
    return f"问题：{fit(duty.text, LONGEST_PROBLEM)}\n" if duty.text else ""


def _to_do(duty: Duty) -> str:
    if duty.matter is Matter.FOLLOW_UP:
        return f"{_problem(duty)}请查看问题现状，再次答复办理结果。"
    return f"{_problem(duty)}请先与提出人沟通，再答复办理结果；确需延期的，请在到期前申请。"


def _to_in_charge(duty: Duty, left: int) -> tuple[str, str]:
    asked = _ASKED[duty.matter]
    return f"{asked}{_late(left)}，请督办", f"{_problem(duty)}承办单位：{duty.lead}。请督促尽快{asked}。"


# what is recalled once


def _of_minutes(duty: Duty) -> list[Reminder]:
    title = f"协商活动后第 {MINUTES_WORKING_DAYS} 个工作日，尚无会议记录"
    body = f"活动于{day(duty.since)}举行。请尽快整理会议记录，经主持人、记录人签字后公布。"
    told = (in_charge_of(duty.division), *(person(p) for p in dict.fromkeys(duty.people)))
    return [Reminder(_once(duty), Occasion.ONCE, recipient, title, body) for recipient in told]


def _of_rating(duty: Duty) -> list[Reminder]:
    ends = f"答复后 {RATING_ENDS_WORKING_DAYS} 个工作日内无人评价的，由召集人说明理由后确认。"
    title = f"答复后 {RATING_WORKING_DAYS} 个工作日，尚未评价满意度"
    body = f"{_problem(duty)}{day(duty.since)}已答复（A 类）。请联系提出人评价；{ends}"
    in_charge = Reminder(_once(duty), Occasion.ONCE, in_charge_of(duty.division), title, body)
    title = "请评价对您议题的答复"
    body = (
        f"承办单位已于{day(duty.since)}答复。请评价是否满意：满意或基本满意即销号，不满意则重新办理。{ends}"
    )
    proposers = [person(p) for p in dict.fromkeys(duty.people)]
    return [in_charge, *(Reminder(_once(duty), Occasion.ONCE, p, title, body) for p in proposers)]


def _once(duty: Duty) -> str:
    return f"reminder:{duty.subject}:{duty.matter}:{duty.since}:{Occasion.ONCE}"
