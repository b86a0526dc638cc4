"""Who is told what: in plain Chinese, what to do and by when.

Each message goes to whoever has something to do now, and to nobody else: a bell that rings for everything
is not heard. Of a town's problem that is the town's liaison office, of a county topic's the county's office;
the county's office is not told of every problem solved in its towns, which the board shows it, but it is
told where it has to decide (C10). A person is told what became of their topic (T11), and of the meetings to
which they are invited or have a place in (M06, M07, M08, M17).

Reasons and replies are free text that may name people: they are read with the problem, never copied here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.notify.domain.recipients import department, in_charge_of, office, person
from services.notify.domain.reminders import RATING_ENDS_WORKING_DAYS
from services.notify.domain.wording import LONGEST_NAME, LONGEST_PROBLEM, RESULTS, day, fit, moment
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    ProblemAssigned,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ReferralDecided,
)
from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingRescheduled,
    NoticeSent,
    ParticipantInvited,
    ParticipantRegistered,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.contracts.topics import TopicRejected
from shared.contracts.types import ReplyResult

_CHOICES = "，".join(f"{result} {meaning}" for result, meaning in RESULTS.items())

_LONGEST_NAMES = 500

_CHECK_IN = "到会时在活动页面打开本人签到码签到。"
"""Where the check-in code is: it is good for a minute or two, too short for any mail (N01, M10)."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told.

    Attributes:
        recipient: see `recipients.py`.
    """

    recipient: str
    title: str
    body: str


def messages_on(event: DomainEvent) -> Sequence[Message]:
    """Return what an event has to be told about, and to whom.

    Nothing for a back-entry: the import of last year's ledger must not ring anybody's bell.
    """
    if event.back_entry:
        return ()
    match event:
        case ProblemAssigned():
            return _assigned(event)
        case ProblemReturned():
            return [_returned(event)]
        case ProblemReassigned():
            return _reassigned(event)
        case DueDateExtended():
            return [_extended(event)]
        case ProblemReplied():
            return [_replied(event)]
        case ProblemSolved():
            return [_solved(event)]
        case ProblemReopened():
            return _reopened(event)
        case ProblemReferred():
            return [_referred(event)]
        case ReferralDecided():
            return _decided(event)
        case TopicRejected():
            return _rejected(event)
        case ParticipantInvited():
            return [_invited(event)]
        case ParticipantRegistered():
            return [_registered(event)]
        case SeatPromoted():
            return [_promoted(event)]
        case RegistrationWithdrawn():
            return [_withdrawn(event)]
        case NoticeSent():
            return [Message(person(p), *_notice(event)) for p in event.people]
        case MeetingRescheduled():
            return [Message(person(p), *_rescheduled(event)) for p in event.people]
        case MeetingCancelled():
            return [Message(person(p), *_cancelled(event)) for p in event.people]
    return ()


def _assigned(event: ProblemAssigned) -> Sequence[Message]:
    problem = f"问题：{fit(event.text, LONGEST_PROBLEM)}"
    names = f"\n协办单位：{fit('、'.join(event.co_handlers), _LONGEST_NAMES)}。" if event.co_handlers else ""
    to_lead = Message(
        department(event.lead),
        f"新交办问题，最迟{day(event.due_on)}答复",
        f"{problem}\n请先与提出人沟通，再答复办理结果（{_CHOICES}）；B、C 类须填写回头看日期。{names}",
    )
    title = f"新交办问题，请协助{fit(event.lead, LONGEST_NAME)}办理"
    body = f"{problem}\n请与承办单位（{event.lead}）联系，共同办理；由承办单位最迟{day(event.due_on)}答复。"
    return [to_lead, *(Message(department(name), title, body) for name in event.co_handlers)]


def _returned(event: ProblemReturned) -> Message:
    lead = fit(event.lead, LONGEST_NAME)
    body = "退回理由见问题办理记录。请重新确定承办单位；重新交办后，答复期限重新计算。"
    return Message(in_charge_of(event.division), f"{lead}退回交办的问题，请重新交办", body)


def _reassigned(event: ProblemReassigned) -> Sequence[Message]:
    before = f"原承办单位（{event.previous_lead}）已退回，现交由你单位办理。"
    to_lead = Message(
        department(event.lead),
        f"新交办问题，最迟{day(event.due_on)}答复",
        f"{before}请先与提出人沟通，再答复办理结果（{_CHOICES}）；B、C 类须填写回头看日期。",
    )
    title = f"新交办问题，请协助{fit(event.lead, LONGEST_NAME)}办理"
    body = f"请与承办单位（{event.lead}）联系，共同办理；由承办单位最迟{day(event.due_on)}答复。"
    return [to_lead, *(Message(department(name), title, body) for name in event.co_handlers)]


def _extended(event: DueDateExtended) -> Message:
    before = f"（原定{day(event.due_before)}）" if event.due_before else ""
    body = f"经{event.approver}同意，答复期限延至{day(event.due_on)}{before}。请按期答复。"
    return Message(department(event.lead), f"问题办理已延期，最迟{day(event.due_on)}答复", body)


def _replied(event: ProblemReplied) -> Message:
    lead = fit(event.lead, LONGEST_NAME)
    return Message(
        in_charge_of(event.division),
        f"{lead}已答复：{event.result} 类（{RESULTS[event.result]}）",
        f"{day(event.replied_on)}答复。{_after_reply(event)}",
    )


def _after_reply(event: ProblemReplied) -> str:
    if event.result is ReplyResult.D:
        return "D 类答复即办结，不计入已解决。请将答复内容告知提出人。"
    rate = f"请于答复后 {RATING_ENDS_WORKING_DAYS} 个工作日内联系提出人评价满意度"
    if event.result is ReplyResult.A:
        return f"{rate}：满意或基本满意即销号，不满意则重新办理。到期无人评价的，由召集人说明理由后确认。"
    look_again = f"于{day(event.follow_up_on)}回头看" if event.follow_up_on else "确定回头看日期"
    return f"{rate}，并{look_again}，由承办单位再次答复办理结果。"


def _solved(event: ProblemSolved) -> Message:
    on = f"{day(event.solved_on)}销号。" if event.solved_on else ""
    return Message(
        in_charge_of(event.division),
        "问题已解决，予以销号",
        f"{on}请核对本项活动的“五个一”，典型案例、媒体报道尚缺的请补齐；齐全后自动闭环。",
    )


def _reopened(event: ProblemReopened) -> Sequence[Message]:
    again = f"问题重新办理（第 {event.attempt} 次）"
    by = f"最迟{day(event.due_on)}答复" if event.due_on else "答复期限待定"
    to_office = Message(
        in_charge_of(event.division),
        f"{again}，{by if event.due_on else '请确定答复期限'}",
        "已通知承办单位重新办理，原因见问题办理记录。"
        + ("请督促按期再次答复。" if event.due_on else "请与承办单位商定新的答复期限。"),
    )
    if event.lead is None:
        return [to_office]
    body = "请先与提出人沟通，重新办理后再次答复；原因见问题办理记录。"
    to_lead = Message(department(event.lead), f"{again}，{by}", body)
    helping = f"{again}，请协助{fit(event.lead, LONGEST_NAME)}办理"
    body = f"请与承办单位（{event.lead}）联系，共同办理；{by}。原因见问题办理记录。"
    to_co_handlers = [Message(department(name), helping, body) for name in event.co_handlers]
    return [to_lead, *to_co_handlers, to_office]


def _referred(event: ProblemReferred) -> Message:
    return Message(
        office(event.division[:6]),
        "重新办理后仍不满意，请研究决定",
        "问题重新办理后提出人仍不满意，理由见问题办理记录。请研究决定如何处理，并告知委员联络室和承办单位。",
    )


def _decided(event: ReferralDecided) -> Sequence[Message]:
    if event.lead is not None:
        return ()  # it is handled once more: who has to, is told by `ProblemReopened`
    body = "县政协办公室已研究决定不再办理，理由见问题办理记录。请告知提出人；不计入已解决。"
    return [Message(in_charge_of(event.division), "提请决定的问题已办结", body)]


def _rejected(event: TopicRejected) -> Sequence[Message]:
    if event.proposer is None:
        return ()
    # The reason is written for the proposer, and for nobody else to be shown here.
    body = f"未予受理的理由：{fit(event.reason, LONGEST_PROBLEM)}"
    return [Message(person(event.proposer), "您提出的议题未予受理", body)]


def _invited(event: ParticipantInvited) -> Message:
    body = "请在活动页面答复是否参加；改变主意可以重新答复。席位以答复参加的先后为准。"
    return Message(person(event.person), "邀请您参加一次协商活动", body)


def _registered(event: ParticipantRegistered) -> Message:
    body = f"席位已为您保留，时间、地点和议程见活动页面。{_CHECK_IN}不能参加的请尽早取消，以便让给下一位。"
    return Message(person(event.person), "报名成功：您已列入参会名单", body)


def _promoted(event: SeatPromoted) -> Message:
    body = f"您已由候补转为正式参会，请按时参加。{_CHECK_IN}不能参加的请尽早取消，以便让给下一位。"
    return Message(person(event.person), "有席位了：您已列入参会名单", body)


def _withdrawn(event: RegistrationWithdrawn) -> Message:
    title = "已取消报名，席位已交还" if event.had_seat else "已取消报名，不再候补"
    body = "您不再列入这次协商活动的名单，不必前往。改变主意的，可在活动页面重新报名。"
    return Message(person(event.person), title, body)


def _notice(event: NoticeSent) -> tuple[str, str]:
    papers = f"随附材料 {len(event.papers)} 份。" if event.papers else ""
    return "协商活动的会议通知", f"时间、地点和议程见活动页面。{papers}{_CHECK_IN}"


def _rescheduled(event: MeetingRescheduled) -> tuple[str, str]:
    before, now = moment(event.was_starts_at), moment(event.starts_at)
    when = f"时间改为{now}（原定{before}）" if before != now else f"时间不变（{now}）"
    moved = (event.was_venue_id, event.was_link) != (event.venue_id, event.link)
    where = "，地点有变，请见活动页面" if moved else ""
    return "您参加的协商活动有变动", f"{when}{where}。您的席位保留；不能参加的请取消报名。"


def _cancelled(event: MeetingCancelled) -> tuple[str, str]:
    return "您参加的协商活动已取消", "原因见活动页面。不必前往，也不必再做什么。"
