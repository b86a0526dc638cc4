"""Who is told what: whoever has something to do, in plain words, and nobody about a back-entry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.deciders import NOTICE
from services.notify.domain.messages import Message, messages_on
from services.notify.domain.recipients import department, in_charge_of, person
from services.notify.reactions import TOLD, post_notices
from shared.contracts.base import DomainEvent, registry
from shared.contracts.cases import (
    ProblemAssigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    ReferralDecided,
)
from shared.contracts.meetings import MeetingCancelled, MeetingRescheduled, NoticeSent
from shared.contracts.notify import NoticePosted
from shared.contracts.topics import TopicRejected
from shared.contracts.types import ReplyResult
from shared.eventsourcing.testing import recorded
from tests.unit.contracts.generated import data_of
from tests.unit.notify.examples import (
    ASSIGNED,
    CANCELLED,
    COUNTY,
    DECIDED,
    EXTENDED,
    FINANCE,
    HOUSING,
    INVITED,
    LIAISON,
    NOTICE_SENT,
    OFFICE,
    POST,
    PROBLEM,
    PROMOTED,
    PROPOSER,
    REASSIGNED,
    REFERRED,
    REGISTERED,
    REJECTED,
    REOPENED,
    REPLIED,
    RESCHEDULED,
    RESIDENT,
    RETURNED,
    SEPTEMBER_3,
    SOLVED,
    TOWN,
    WITHDRAWN,
)

ALL_TOLD: list[DomainEvent] = [
    ASSIGNED,
    RETURNED,
    REASSIGNED,
    EXTENDED,
    REPLIED,
    SOLVED,
    REOPENED,
    REFERRED,
    DECIDED,
]
TO_PEOPLE: list[DomainEvent] = [
    REJECTED,
    INVITED,
    REGISTERED,
    PROMOTED,
    WITHDRAWN,
    NOTICE_SENT,
    RESCHEDULED,
    CANCELLED,
]
WHATEVER_IS_PUBLISHED = st.sampled_from(list(registry)).flatmap(
    lambda event: data_of(event.model_json_schema()).map(event.model_validate)
)


def only(event: DomainEvent) -> Message:
    """Return the one message on an event."""
    (message,) = messages_on(event)
    return message


def changed(event: DomainEvent, **changes: Any) -> DomainEvent:
    """Return an event with other contents, validated as if it had been read."""
    return type(event).model_validate({**event.model_dump(), **changes})


# who


@pytest.mark.parametrize(
    ("event", "recipients"),
    [
        (ASSIGNED, [HOUSING, FINANCE]),
        (REPLIED, [LIAISON]),
        (SOLVED, [LIAISON]),
        (REOPENED, [HOUSING, FINANCE, LIAISON]),
        (REFERRED, [OFFICE]),
        (RETURNED, [LIAISON]),
        (REASSIGNED, [HOUSING, FINANCE]),
        (EXTENDED, [HOUSING]),
        (DECIDED, [LIAISON]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whoever_has_something_to_do_is_told(event: DomainEvent, recipients: list[str]) -> None:
    assert [message.recipient for message in messages_on(event)] == recipients


@pytest.mark.parametrize("event", [REPLIED, SOLVED, REFERRED], ids=lambda e: type(e).__name__)
def test_of_a_county_topic_the_county_s_office_is_told(event: DomainEvent) -> None:
    assert only(changed(event, division=COUNTY)).recipient == OFFICE


@pytest.mark.parametrize(
    ("division", "expected"), [(COUNTY, OFFICE), (TOWN, LIAISON), (f"{TOWN}201", LIAISON)]
)
def test_a_community_s_problems_are_in_the_charge_of_its_town(division: str, expected: str) -> None:
    assert in_charge_of(division) == expected


@pytest.mark.parametrize("event", [*ALL_TOLD, *TO_PEOPLE], ids=lambda e: type(e).__name__)
def test_an_import_of_last_year_rings_nobody_s_bell(event: DomainEvent) -> None:
    assert messages_on(event)
    assert messages_on(changed(event, back_entry=True)) == ()


def test_every_event_that_is_listened_to_is_told_and_no_other() -> None:
    assert {type(event) for event in [*ALL_TOLD, *TO_PEOPLE]} == set(TOLD)


# what


def test_the_lead_learns_what_the_problem_is_what_to_do_and_by_when() -> None:
    to_lead, _ = messages_on(ASSIGNED)

    assert to_lead.title == "新交办问题，最迟2024年9月3日答复"
    assert to_lead.body == (
        "问题：东关社区三处路灯不亮\n"
        "请先与提出人沟通，再答复办理结果（A 已解决，B 正在解决或已列入计划，C 条件暂不具备，D 供参考）；"
        "B、C 类须填写回头看日期。\n"
        "协办单位：县财政局。"
    )


def test_without_co_handlers_none_are_mentioned() -> None:
    assert "协办单位" not in only(changed(ASSIGNED, co_handlers=())).body


def test_a_co_handler_learns_with_whom_and_by_when() -> None:
    _, to_co_handler = messages_on(ASSIGNED)

    assert to_co_handler.title == "新交办问题，请协助县住建局办理"
    assert to_co_handler.body == (
        "问题：东关社区三处路灯不亮\n请与承办单位（县住建局）联系，共同办理；由承办单位最迟2024年9月3日答复。"
    )


@pytest.mark.parametrize(
    ("result", "title", "body"),
    [
        (
            ReplyResult.A,
            "县住建局已答复：A 类（已解决）",
            "2024年9月3日答复。请于答复后 15 个工作日内联系提出人评价满意度：满意或基本满意即销号，"
            "不满意则重新办理。到期无人评价的，由召集人说明理由后确认。",
        ),
        (
            ReplyResult.B,
            "县住建局已答复：B 类（正在解决或已列入计划）",
            "2024年9月3日答复。请于答复后 15 个工作日内联系提出人评价满意度，并于2024年12月2日回头看，"
            "由承办单位再次答复办理结果。",
        ),
        (
            ReplyResult.C,
            "县住建局已答复：C 类（条件暂不具备）",
            "2024年9月3日答复。请于答复后 15 个工作日内联系提出人评价满意度，并于2024年12月2日回头看，"
            "由承办单位再次答复办理结果。",
        ),
        (
            ReplyResult.D,
            "县住建局已答复：D 类（供参考）",
            "2024年9月3日答复。D 类答复即办结，不计入已解决。请将答复内容告知提出人。",
        ),
    ],
)
def test_what_is_to_do_after_a_reply_depends_on_its_result(
    result: ReplyResult, title: str, body: str
) -> None:
    told = only(changed(REPLIED, result=result, follow_up_on=date(2024, 12, 2)))

    assert (told.title, told.body) == (title, body)


def test_a_reply_without_a_day_to_look_again_asks_for_one() -> None:
    assert "并确定回头看日期，" in only(changed(REPLIED, result=ReplyResult.B)).body


def test_a_solved_problem_reminds_of_what_the_loop_may_lack() -> None:
    told = only(SOLVED)

    assert told.title == "问题已解决，予以销号"
    assert told.body.startswith("2024年9月5日销号。请核对")
    assert only(changed(SOLVED, solved_on=None)).body.startswith("请核对")


def test_a_reopened_problem_is_back_on_the_desks_of_those_it_was_assigned_to() -> None:
    to_lead, to_co_handler, to_office = messages_on(REOPENED)

    assert to_lead.title == "问题重新办理（第 2 次），最迟2024年11月5日答复"
    assert to_lead.body.startswith("请先与提出人沟通，")
    assert to_co_handler.title == "问题重新办理（第 2 次），请协助县住建局办理"
    assert "最迟2024年11月5日答复。" in to_co_handler.body
    assert to_office.title == to_lead.title
    assert "请督促按期再次答复。" in to_office.body


def test_a_reopened_problem_without_a_last_day_asks_the_office_for_one() -> None:
    to_lead, _, to_office = messages_on(changed(REOPENED, due_on=None))

    assert to_lead.title == "问题重新办理（第 2 次），答复期限待定"
    assert to_office.title == "问题重新办理（第 2 次），请确定答复期限"
    assert "请与承办单位商定新的答复期限。" in to_office.body


def test_of_a_reopening_recorded_before_it_named_the_lead_the_office_is_told() -> None:
    assert only(changed(REOPENED, lead=None, co_handlers=())).recipient == LIAISON


@pytest.mark.rule("C10")
def test_what_stays_dissatisfying_is_for_the_county_s_office_to_decide() -> None:
    assert only(REFERRED).title == "重新办理后仍不满意，请研究决定"


@pytest.mark.parametrize("event", [REPLIED, REOPENED, REFERRED], ids=lambda e: type(e).__name__)
def test_free_text_about_people_is_not_copied(event: DomainEvent) -> None:
    assert "张某某" in event.model_dump_json()
    assert "张某某" not in str(messages_on(event))


# people


@pytest.mark.rule("T11")
def test_a_proposer_learns_that_the_topic_was_rejected_and_why() -> None:
    told = only(REJECTED)

    assert told.recipient == person(PROPOSER)
    assert (told.title, told.body) == (
        "您提出的议题未予受理",
        "未予受理的理由：属于个人之间的纠纷，请向人民调解委员会反映",
    )


@pytest.mark.rule("T11")
def test_of_a_rejection_whose_proposer_nobody_knows_nobody_is_told() -> None:
    assert messages_on(changed(REJECTED, proposer=None)) == ()


@pytest.mark.rule("C03")
def test_who_handles_a_problem_next_learns_who_returned_it_and_by_when_to_reply() -> None:
    to_lead, to_co_handler = messages_on(REASSIGNED)

    assert to_lead.title == to_co_handler.title.replace("请协助县住建局办理", "最迟2024年11月5日答复")
    assert "原承办单位（县城管局）已退回" in (to_lead.body or "")


@pytest.mark.rule("C06")
def test_an_extension_says_until_when_and_who_allowed_it() -> None:
    assert only(EXTENDED).body == (
        "经县政协办公室同意，答复期限延至2024年11月5日（原定2024年9月3日）。请按期答复。"
    )


@pytest.mark.rule("C10")
def test_a_decision_to_handle_it_once_more_is_told_by_its_reopening_alone() -> None:
    assert messages_on(changed(DECIDED, decision="handle-again", lead="县住建局")) == ()


@pytest.mark.rule("M07")
def test_who_is_invited_is_told_and_asked_to_answer() -> None:
    told = only(INVITED)

    assert told.recipient == person(RESIDENT)
    assert "答复是否参加" in told.body


@pytest.mark.rule("M08")
def test_who_got_a_seat_is_told_that_it_is_theirs() -> None:
    told = only(REGISTERED)

    assert (told.recipient, told.title) == (person(RESIDENT), "报名成功：您已列入参会名单")


@pytest.mark.rule("M08")
def test_who_moves_up_from_the_waitlist_is_told() -> None:
    told = only(PROMOTED)

    assert (told.recipient, told.title) == (person(RESIDENT), "有席位了：您已列入参会名单")


@pytest.mark.rule("M08")
@pytest.mark.parametrize(
    ("had_seat", "title"), [(True, "已取消报名，席位已交还"), (False, "已取消报名，不再候补")]
)
def test_who_gave_a_place_back_is_told_that_it_is_done(had_seat: bool, title: str) -> None:
    told = only(changed(WITHDRAWN, had_seat=had_seat))

    assert (told.recipient, told.title) == (person(RESIDENT), title)


@pytest.mark.rule("M06", "M17")
@pytest.mark.parametrize("event", [NOTICE_SENT, RESCHEDULED, CANCELLED], ids=lambda e: type(e).__name__)
def test_everyone_invited_or_registered_is_told(event: DomainEvent) -> None:
    assert [m.recipient for m in messages_on(event)] == [person(PROPOSER), person(RESIDENT)]


@pytest.mark.rule("N01")
@pytest.mark.parametrize("event", [REGISTERED, PROMOTED, NOTICE_SENT], ids=lambda e: type(e).__name__)
def test_whoever_is_to_come_is_told_where_their_check_in_code_is(event: DomainEvent) -> None:
    assert all("到会时在活动页面打开本人签到码签到" in message.body for message in messages_on(event))


@pytest.mark.rule("M17")
def test_a_rescheduled_meeting_says_when_it_was_and_when_it_is_in_local_time() -> None:
    body = messages_on(RESCHEDULED)[0].body

    assert body == "时间改为2024年9月6日14:30（原定2024年9月5日09:00）。您的席位保留；不能参加的请取消报名。"


@pytest.mark.rule("M17")
def test_a_meeting_that_only_moved_says_that_its_time_stays() -> None:
    moved = changed(RESCHEDULED, starts_at=RESCHEDULED.was_starts_at, venue_id="another-hall")

    assert messages_on(moved)[0].body.startswith("时间不变（2024年9月5日09:00），地点有变")


# however it is


@pytest.mark.rule("N03")
@settings(deadline=None, max_examples=200)
@given(WHATEVER_IS_PUBLISHED)
def test_whatever_is_published_is_told_at_most_once_to_each_and_never_of_a_back_entry(
    event: DomainEvent,
) -> None:
    told = [message.recipient for message in messages_on(event)]

    concerned: Sequence[str | None] = [""]
    if isinstance(event, NoticeSent | MeetingRescheduled | MeetingCancelled):
        concerned = event.people
    elif isinstance(event, TopicRejected):
        concerned = [event.proposer]
    elif isinstance(event, ReferralDecided) and event.lead is not None:
        concerned = []  # it is handled once more: `ProblemReopened` tells who has to
    to_be_told = isinstance(event, TOLD) and not event.back_entry
    assert bool(told) == (to_be_told and any(c is not None for c in concerned))
    named = {"", *getattr(event, "people", ())}
    if isinstance(event, ProblemAssigned | ProblemReopened):
        named |= {event.lead or "", *event.co_handlers}
    assert len(set(told)) <= len(named)


_long = st.integers(1, 4000).map(lambda n: "问" * n)
_name = st.integers(1, 200).map(lambda n: "局" * n)
_told: st.SearchStrategy[DomainEvent] = st.one_of(
    st.builds(
        lambda text, lead, others: ProblemAssigned(
            **PROBLEM,
            text=text,
            lead=lead,
            co_handlers=tuple(others),
            assigned_on=SEPTEMBER_3,
            due_on=SEPTEMBER_3,
        ),
        _long,
        _name,
        st.lists(_name, max_size=20),
    ),
    st.builds(
        lambda lead, result: ProblemReplied(**PROBLEM, lead=lead, result=result, replied_on=SEPTEMBER_3),
        _name,
        st.sampled_from(ReplyResult),
    ),
    st.builds(lambda reason: ProblemReopened(**PROBLEM, reason=reason, due_on=None, attempt=2), _long),
    st.builds(lambda reason: ProblemReferred(**PROBLEM, reason=reason), _long),
    st.builds(lambda day: ProblemSolved(**PROBLEM, solved_on=day), st.none() | st.dates()),
)


@settings(deadline=None)
@given(_told)
def test_what_is_told_fits_into_a_notice_however_long_names_and_texts_are(event: DomainEvent) -> None:
    for send in post_notices(recorded(event, "problem-dark-corner", 1)):
        (posted,) = NOTICE.decide(send.command, NOTICE.initial)
        assert isinstance(posted, NoticePosted)
        assert (posted.recipient, posted.title, posted.body) == (
            send.command.recipient,
            send.command.title,
            send.command.body,
        )


@given(st.text(min_size=1, max_size=200))
def test_a_department_is_one_recipient_however_its_name_is_written_down(name: str) -> None:
    given_to = replace(POST, recipient=department(name))

    (posted,) = NOTICE.decide(given_to, NOTICE.initial)

    assert isinstance(posted, NoticePosted)
    assert posted.recipient == given_to.recipient


def test_what_is_cut_short_says_so() -> None:
    to_lead, _ = messages_on(changed(ASSIGNED, text="问" * 4000))

    assert re.search(r"问…\n", to_lead.body)
