"""What a meeting does: its agenda, its opinions, its ballots (M12–M15)."""

from __future__ import annotations

from collections.abc import Sequence

from services.meetings.domain import agenda
from services.meetings.domain.ballot import passes, quorum_of
from services.meetings.domain.meeting.commands import (
    AgreeOpinion,
    OpenMeeting,
    SetAgenda,
    StartSegment,
    TakeBallot,
)
from services.meetings.domain.meeting.states import (
    Known,
    Open,
    Scheduled,
    hours_of,
    not_over,
    rules_of,
    still_to_come,
    taking_place,
)
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import AgendaSet, BallotTaken, MeetingOpened, OpinionAgreed, SegmentStarted
from shared.contracts.refusal import RefusedError

# agenda


def set_agenda(command: SetAgenda, meeting: Known) -> Sequence[DomainEvent]:
    """Return what an agenda does; while the meeting is open, what it came to already stays in it."""
    going = not_over(meeting)
    if command.items == going.agenda:
        return []
    agenda.check(command.items, _minutes_of(going))
    if isinstance(going, Open):
        _require_past_segments(command, going)
    return [AgendaSet(meeting_id=going.plan.meeting_id, items=command.items)]


def _minutes_of(meeting: Scheduled | Open) -> int:
    starts_at, ends_at = hours_of(meeting.plan)
    return int((ends_at - starts_at).total_seconds() // 60)


def _require_past_segments(command: SetAgenda, meeting: Open) -> None:
    kept = {item.item_id for item in agenda.segments(command.items)}
    for segment in meeting.segments:
        if segment.item_id not in kept:
            raise RefusedError(
                "agenda-without-past",
                rule="M12",
                zh=f"议程项 {segment.item_id} 已经开始，不能去掉。",
                en=f"The meeting came to item {segment.item_id} already; the agenda keeps it.",
                field="items",
            )


def open_meeting(command: OpenMeeting, meeting: Known) -> Sequence[DomainEvent]:
    """Return what it does that the host opens the meeting (M15)."""
    if isinstance(meeting, Open):
        return []
    scheduled = still_to_come(meeting)
    return [MeetingOpened(meeting_id=scheduled.plan.meeting_id, opened_at=command.at)]


def start_segment(command: StartSegment, meeting: Known) -> Sequence[DomainEvent]:
    """Return what it does to come to an item; a meeting may come back to an earlier one."""
    going = taking_place(meeting)
    if going.segments and going.segments[-1].item_id == command.item_id:
        return []
    if command.item_id not in {item.item_id for item in agenda.segments(going.agenda)}:
        raise RefusedError(
            "segment-unknown",
            rule="M12",
            zh="议程中没有这一环节。",
            en="The agenda has no such item, or it only holds others.",
            field="item_id",
        )
    return [SegmentStarted(meeting_id=going.plan.meeting_id, item_id=command.item_id, started_at=command.at)]


# opinions


def agree(command: AgreeOpinion, meeting: Known) -> Sequence[DomainEvent]:
    """Return what it does to agree on an opinion (M13)."""
    going = taking_place(meeting)
    opinion = command.opinion
    if opinion in going.opinions:
        return []
    if any(agreed.opinion_id == opinion.opinion_id for agreed in going.opinions):
        raise RefusedError(
            "opinion-exists",
            rule="M13",
            zh=f"编号 {opinion.opinion_id} 已有协商意见，内容不再改变。",
            en=f"There is an opinion {opinion.opinion_id} already; what was agreed does not change.",
            field="opinion_id",
        )
    if not opinion.agreed_by:
        raise RefusedError(
            "agreement-unstated",
            rule="M13",
            zh="协商意见须写明由谁达成一致。",
            en="An agreed opinion states who agrees.",
            field="agreed_by",
        )
    return [OpinionAgreed(meeting_id=going.plan.meeting_id, opinion=opinion)]


# ballots


def take_ballot(command: TakeBallot, meeting: Known) -> Sequence[DomainEvent]:
    """Return what a ballot does, in a procedure that has one (M14)."""
    going = taking_place(meeting)
    if not rules_of(going.plan).ballot:
        raise RefusedError(
            "ballot-not-provided",
            rule="M14",
            zh="该议题的程序不设表决，请以协商意见记录。",
            en="The topic's procedure has no ballot; record what was agreed as an opinion.",
        )
    question = _question_of(command, going)
    earlier = next((b for b in going.ballots if b.ballot_id == command.ballot_id), None)
    present = earlier.present if earlier else len(going.seats.arrivals)
    taken = BallotTaken(
        meeting_id=going.plan.meeting_id,
        ballot_id=command.ballot_id,
        question=question,
        opinion_id=command.opinion_id,
        in_favour=command.in_favour,
        against=command.against,
        abstentions=command.abstentions,
        present=present,
        tellers=command.tellers,
        passed=passes(command.in_favour, present),
        taken_at=earlier.taken_at if earlier else command.at,
    )
    if earlier is not None:
        return _taken_again(taken, earlier)
    _require_countable(command, going, present)
    return [taken]


def _question_of(command: TakeBallot, meeting: Open) -> str:
    opinions = {opinion.opinion_id: opinion.text for opinion in meeting.opinions}
    if command.opinion_id is not None and command.opinion_id not in opinions:
        raise RefusedError(
            "opinion-unknown",
            rule="M14",
            zh="没有这条协商意见。",
            en="There is no such opinion to vote on.",
            field="opinion_id",
        )
    question = command.question or opinions.get(command.opinion_id or "")
    if question is None:
        raise RefusedError(
            "question-unstated",
            rule="M14",
            zh="表决须写明表决事项，或所表决的协商意见。",
            en="A ballot states its question, or the opinion that it is about.",
            field="question",
        )
    return question


def _taken_again(taken: BallotTaken, earlier: BallotTaken) -> Sequence[DomainEvent]:
    if taken == earlier:
        return []
    raise RefusedError(
        "ballot-exists",
        rule="M14",
        zh=f"编号 {earlier.ballot_id} 已有表决结果，不再改变。",
        en=f"There is a ballot {earlier.ballot_id} already; its result does not change.",
        field="ballot_id",
    )


def _require_countable(command: TakeBallot, meeting: Open, present: int) -> None:
    if not command.tellers:
        raise RefusedError(
            "tellers-unstated",
            rule="M14",
            zh="表决须写明计票人、监票人。",
            en="A ballot states who counted.",
            field="tellers",
        )
    votes = command.in_favour + command.against + command.abstentions
    if votes > present:
        raise RefusedError(
            "votes-over-present",
            rule="M14",
            zh=f"赞成、反对、弃权合计 {votes} 票，多于签到的 {present} 人。",
            en=f"{votes} votes are more than the {present} who have checked in.",
            field="in_favour",
        )
    quorum = quorum_of(rules_of(meeting.plan), meeting.seats.expected)
    if quorum is not None and present < quorum:
        raise RefusedError(
            "quorum-missing",
            rule="M14",
            zh=f"到会 {present} 人，不足程序规定的 {quorum} 人，不能表决。",
            en=f"{present} are present; a ballot takes the {quorum} that the procedure asks for.",
        )
