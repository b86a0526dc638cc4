"""Those behind a topic hear of every stage of it, once (N08); newsletters reach who asked for them (N01)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.app import SERVICE
from services.notify.domain.news import STAGES, news_of
from services.notify.domain.notice import STALE_AFTER
from services.notify.domain.recipients import person, recipient_id
from services.notify.projections.audience import AUDIENCE
from services.notify.projections.news import NEWS
from services.notify.projections.newsletters import NEWSLETTERS
from services.notify.projections.topics import TOPICS
from services.notify.spreading import RECEIPT, Spreading, confirm_receipt
from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemClosed, TypicalCasePublished
from shared.contracts.meetings import MinutesPublished
from shared.contracts.notify import (
    ChannelChoice,
    NewsletterWritten,
    NewsSpread,
    NoticeChannel,
    NoticeClass,
    PreferencesChosen,
    TopicFollowed,
    TopicUnfollowed,
)
from shared.contracts.topics import (
    MergerUndone,
    StepCompleted,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicPart,
    TopicReopened,
    TopicSplit,
    TopicSupported,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import Channel, Origin, TopicClass
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, recorded, stream_of
from tests.http import react
from tests.unit.notify.clockwork import NEW_YEAR, Clockwork, Killed, Told
from tests.unit.notify.examples import (
    ASSIGNED,
    CANCELLED,
    CORNER,
    COUNTY,
    JUNE_3,
    LAMPS,
    NEXT_COUNTY,
    NEXT_TOWN,
    PROBLEM,
    PROPOSED,
    PROPOSER,
    REJECTED,
    REOPENED,
    REPLIED,
    RESCHEDULED,
    RESIDENT,
    SEPTEMBER_3,
    SEPTEMBER_5,
    SOLVED,
    TOWN,
)
from tests.unit.notify.test_duties import EXTENDED, FOR_REFERENCE, HELD, LATER, REASSIGNED, SCHEDULED

SUPPORTER, FOLLOWER, OTHER_PROPOSER = "person-who-supports", "person-who-follows", "another-who-proposed"
OWN = PROPOSED.model_copy(update={"proposer": PROPOSER})
SUPPORTED = TopicSupported(topic_id=LAMPS, person=SUPPORTER, supported_on=JUNE_3)
ADOPTED = TopicAdopted(
    topic_id=LAMPS, procedure="sanyi-qibu", procedure_version=1, steps=(), adopted_on=SEPTEMBER_3
)
CONCLUDED = TopicConcluded(topic_id=LAMPS, concluded_on=SEPTEMBER_5)
TRIAGED = TopicTriaged(
    topic_id=LAMPS, topic_class=TopicClass.CONSTRUCTION, division=TOWN, triaged_on=SEPTEMBER_3
)
WITHDRAWN = TopicWithdrawn(topic_id=LAMPS, reason="张某某已解决", withdrawn_on=SEPTEMBER_3)
MERGED = TopicMerged(topic_id=LAMPS, into="all-lamps", merged_on=SEPTEMBER_3, proposers=(PROPOSER,))
PUBLISHED_CASE = TypicalCasePublished(
    case_id="case-of-lamps",
    entry_id="meeting-on-lamps",
    topic_id=LAMPS,
    division=TOWN,
    number=1,
    sha256="0" * 64,
    title="路灯亮了",
    background="背景",
    participants="主体",
    process="过程",
    opinions="意见",
    results="成效",
    published_on=SEPTEMBER_5,
)
MINUTES = MinutesPublished(
    meeting_id="on-lamps", topic_id=LAMPS, division=TOWN, number=1, sha256="0" * 64, published_on=SEPTEMBER_3
)
SPLIT = TopicSplit(
    topic_id=LAMPS,
    parts=(TopicPart(topic_id="part-1", title="东关路灯", division=TOWN),),
    reason="分属两个单位",
    split_on=SEPTEMBER_3,
    origin=Origin.RESIDENTS,
    channel=Channel.QR,
    proposer=PROPOSER,
)
SURVEYED = StepCompleted(topic_id=LAMPS, step="survey", completed_on=SEPTEMBER_3)
WRITTEN = NewsletterWritten(
    newsletter_id="letter-1", division=TOWN, title="九月", body="本月协商活动三场。", written_at=NEW_YEAR
)


def follows(topic_id: str, who: str, *, wants: bool = True) -> TopicFollowed | TopicUnfollowed:
    """Return that somebody said whether they want to hear of a topic."""
    about = {"follow_id": f"follow-{who}", "topic_id": topic_id, "division": TOWN, "person": who}
    if wants:
        return TopicFollowed(**about, followed_at=NEW_YEAR)
    return TopicUnfollowed(**about, unfollowed_at=NEW_YEAR)


def clockwork(*topic: DomainEvent) -> Clockwork:
    """Return a process two hours later, which knows a topic with a proposer, a supporter, a follower."""
    works = Clockwork(NEW_YEAR + timedelta(hours=2))
    works.log.hear(f"topic-{LAMPS}", OWN, SUPPORTED, *topic)
    works.log.hear("follow-1", follows(LAMPS, FOLLOWER))
    return works


async def told(works: Clockwork, *, times: int = 2) -> list[Told]:
    """Have the news told, by a process that looks more than once; return who was told what."""
    spreading = Spreading()
    for _ in range(times):
        await spreading.step(works.bench)
    return works.told()


def to(people: Iterable[str], title: str, notice_class: NoticeClass = NoticeClass.FOLLOW) -> set[Told]:
    """Return that people were told something."""
    return {(person(who), title, notice_class) for who in people}


@pytest.mark.rule("N08")
async def test_proposer_supporter_and_follower_hear_of_a_stage_once() -> None:
    found = await told(clockwork(ADOPTED))

    assert len(found) == 3
    assert set(found) == to((PROPOSER, SUPPORTER, FOLLOWER), "议题已立项")


@pytest.mark.rule("N01")
@pytest.mark.rule("N08")
async def test_what_came_of_it_cannot_be_muted_by_its_proposer() -> None:
    found = set(await told(clockwork(CONCLUDED)))

    assert found == to((SUPPORTER, FOLLOWER), "议题已办结") | to(
        (PROPOSER,), "议题已办结", NoticeClass.TRANSACTIONAL
    )


_EVERY_STAGE = [
    (TRIAGED, "议题已分办", False),
    (ADOPTED, "议题已立项", False),
    (SURVEYED, "议题已完成调查研究", False),
    (SURVEYED.model_copy(update={"step": "publish"}), "议题办理有新进展", False),
    (SPLIT, "议题已拆分出 1 个议题", False),
    (SCHEDULED, "议题将开展协商", False),
    (HELD, "议题已协商", False),
    (MINUTES, "会议记录已公布", False),
    (ASSIGNED, "问题已交办", False),
    (REASSIGNED, "问题改由其他单位办理", False),
    (EXTENDED, "答复期限延长", False),
    (REPLIED, "问题已答复，请评价", True),
    (LATER, "问题已答复，请评价", True),
    (FOR_REFERENCE, "问题已答复", True),
    (SOLVED, "问题已解决", True),
    (REOPENED, "问题重新办理", False),
    (ProblemClosed(**PROBLEM, closed_on=SEPTEMBER_5, reason="已超出本县权限"), "问题已办结", True),
    (PUBLISHED_CASE, "典型案例已发布", False),
    (CONCLUDED, "议题已办结", True),
    (TopicReopened(topic_id=LAMPS, reason="张某某反映"), "议题重新办理", False),
    (MergerUndone(topic_id=LAMPS, into="all-lamps"), "并案已撤销", False),
]


def published(number: int) -> MinutesPublished:
    """Return that a draft of the minutes was published."""
    return MINUTES.model_copy(update={"number": number})


@pytest.mark.rule("N08")
async def test_minutes_are_told_when_they_are_published_first_whichever_draft_and_however_corrected() -> None:
    works = clockwork()
    works.log.hear("minutes-on-lamps", published(3))
    first = await told(works)
    works.log.events += stream_of("minutes-on-lamps", published(3), published(4))[1:]

    assert set(first) == to((PROPOSER, SUPPORTER, FOLLOWER), "会议记录已公布")
    assert await told(works) == first


@pytest.mark.rule("N08")
async def test_a_correction_of_minutes_that_were_entered_afterwards_is_told_to_nobody() -> None:
    works = clockwork()
    works.log.hear("minutes-on-lamps", MINUTES.model_copy(update={"back_entry": True}), published(2))

    assert await told(works) == []


@pytest.mark.rule("N08")
async def test_a_case_is_told_when_it_is_published_first_whichever_draft_and_however_corrected() -> None:
    works = clockwork()
    later = PUBLISHED_CASE.model_copy(update={"number": 3, "reason": "更正年份"})
    works.log.hear("case-case-of-lamps", PUBLISHED_CASE.model_copy(update={"number": 2}), later)

    found = await told(works)
    assert len(found) == 3
    assert set(found) == to((PROPOSER, SUPPORTER, FOLLOWER), "典型案例已发布")


@pytest.mark.rule("N08")
@pytest.mark.parametrize(("event", "title", "result"), _EVERY_STAGE, ids=lambda v: getattr(v, "name", None))
async def test_the_proposer_hears_of_each_stage(event: DomainEvent, title: str, result: bool) -> None:
    works = clockwork(event) if event.service == "topics" else clockwork()
    if event.service != "topics":
        works.log.hear("some-stream", event)

    kind = NoticeClass.TRANSACTIONAL if result else NoticeClass.FOLLOW
    assert (person(PROPOSER), title, kind) in await told(works)


@pytest.mark.parametrize("event", [event for event, *_ in _EVERY_STAGE], ids=lambda event: event.name)
def test_no_reason_reply_or_name_is_repeated(event: DomainEvent) -> None:
    news = news_of(event)

    assert news is not None
    assert "张某某" not in news.title + news.body
    assert type(event) in STAGES


@pytest.mark.parametrize("event", [event for event, *_ in _EVERY_STAGE], ids=lambda event: event.name)
def test_a_back_entry_is_no_news(event: DomainEvent) -> None:
    assert news_of(event.model_copy(update={"back_entry": True})) is None


@pytest.mark.rule("N08", "C11")
def test_of_a_d_reply_which_ends_a_problem_one_hears_once() -> None:
    assert news_of(FOR_REFERENCE) is not None
    assert news_of(ProblemClosed(**PROBLEM, closed_on=SEPTEMBER_5)) is None


@pytest.mark.rule("N08")
async def test_the_proposer_is_told_that_a_topic_was_received() -> None:
    works = clockwork()

    for _ in range(2):
        await react(replace(SERVICE, reactions=(RECEIPT,)), works.log)
        assert works.told() == [(person(PROPOSER), "您的议题已收到", NoticeClass.FOLLOW)]


def test_an_unknown_proposer_and_a_part_of_a_topic_get_no_receipt() -> None:
    part = OWN.model_copy(update={"split_from": "all-lamps"})
    for event in (PROPOSED, part, OWN.model_copy(update={"back_entry": True}), SUPPORTED):
        assert confirm_receipt(recorded(event, "topic-x", 1)) == []


@pytest.mark.rule("N07")
@pytest.mark.rule("N08")
async def test_a_proposer_is_not_told_of_their_own_withdrawal_but_others_are() -> None:
    assert set(await told(clockwork(WITHDRAWN))) == to((SUPPORTER, FOLLOWER), "议题已撤回")


@pytest.mark.rule("N08")
async def test_the_proposer_who_is_told_why_it_was_rejected_is_not_told_twice() -> None:
    assert set(await told(clockwork(REJECTED))) == to((SUPPORTER, FOLLOWER), "议题未予立项")


@pytest.mark.parametrize("event", [RESCHEDULED, CANCELLED], ids=lambda event: event.name)
async def test_who_is_told_as_a_participant_is_not_told_twice(event: DomainEvent) -> None:
    """The proposer was invited; participants are told by a notice that cannot be muted."""
    works = clockwork()
    works.log.hear("meeting-on-lamps", event)
    works.log.hear("follow-2", follows(LAMPS, RESIDENT))

    assert {who for who, *_ in await told(works)} == {person(SUPPORTER), person(FOLLOWER)}


@pytest.mark.rule("N08")
@pytest.mark.rule("T12")
async def test_after_a_merger_all_hear_of_the_survivor_once_and_proposers_as_proposers() -> None:
    works = clockwork(MERGED)
    other = OWN.model_copy(update={"topic_id": "all-lamps", "proposer": OTHER_PROPOSER})
    supports = [
        SUPPORTED.model_copy(update={"topic_id": "all-lamps", "person": p}) for p in (PROPOSER, "p-9")
    ]
    works.log.hear("topic-all-lamps", other, *supports)
    works.log.hear("topic-all-lamps-2", CONCLUDED.model_copy(update={"topic_id": "all-lamps"}))

    found = await told(works)

    merged = to((PROPOSER, SUPPORTER, FOLLOWER), "议题已并案")  # the survivor's people are not concerned
    concluded = to((SUPPORTER, FOLLOWER, "p-9"), "议题已办结") | to(
        (PROPOSER, OTHER_PROPOSER), "议题已办结", NoticeClass.TRANSACTIONAL
    )
    assert set(found) == merged | concluded
    assert len(found) == len(merged) + len(concluded)


@pytest.mark.rule("T12")
async def test_what_happens_to_a_merged_topic_afterwards_is_told_to_the_survivors_people_too() -> None:
    works = clockwork(MERGED)
    other = OWN.model_copy(update={"topic_id": "all-lamps", "proposer": OTHER_PROPOSER})
    works.log.hear("topic-all-lamps", other)
    works.log.hear("meeting-on-lamps", HELD)

    held = {who for who, title, _ in await told(works) if title == "议题已协商"}
    assert held == {person(who) for who in (PROPOSER, SUPPORTER, FOLLOWER, OTHER_PROPOSER)}


@pytest.mark.rule("N01")
async def test_who_wants_to_hear_no_more_hears_no_more_but_a_proposer_of_the_result() -> None:
    works = clockwork(ADOPTED, CONCLUDED)
    for n, who in enumerate((PROPOSER, SUPPORTER, FOLLOWER), start=2):
        works.log.hear(f"follow-{n}", follows(LAMPS, who, wants=False))

    assert await told(works) == [(person(PROPOSER), "议题已办结", NoticeClass.TRANSACTIONAL)]


async def test_old_times_are_no_news() -> None:
    works = clockwork(ADOPTED)
    works.now = NEW_YEAR + STALE_AFTER + timedelta(days=1)

    assert await told(works) == []


async def test_a_stage_waits_for_its_topic_to_be_known() -> None:
    works = Clockwork(NEW_YEAR + timedelta(hours=2))
    works.log.hear(f"problem-{CORNER}", ASSIGNED)
    assert await told(works) == []

    works.log.hear(f"topic-{LAMPS}", OWN)
    assert set(await told(works)) == to((PROPOSER,), "问题已交办")


@pytest.mark.parametrize("name", ["news", "topics", "audience", "preferences"])
async def test_nobody_is_told_before_it_is_known_whom_it_concerns(name: str) -> None:
    works = clockwork(ADOPTED)
    works.shelves[name].fresh = Freshness(as_of=NEW_YEAR, behind_events=9, behind_seconds=90.0)
    assert await told(works) == []

    works.shelves[name].fresh = Freshness(as_of=NEW_YEAR, behind_events=0, behind_seconds=0.0)
    assert await told(works) == []

    works.shelves[name].fresh = None
    assert len(await told(works)) == 3


@pytest.mark.rule("N03")
@pytest.mark.parametrize("commands", range(7))
async def test_killed_anywhere_nobody_is_forgotten_and_nobody_told_twice(commands: int) -> None:
    whole = await told(clockwork(ADOPTED, CONCLUDED))
    works = clockwork(ADOPTED, CONCLUDED)
    works.kill_after(commands)

    with pytest.raises(Killed) if commands < len(whole) else nullcontext():
        await told(works, times=1)
    after = await told(works.another())

    assert sorted(after) == sorted(whole)


async def test_that_all_were_told_is_noted_once_with_their_number() -> None:
    works = clockwork(ADOPTED)
    await told(works)
    await told(works.another())

    noted = [r.event for r in works.log.events if isinstance(r.event, NewsSpread)]
    assert [(n.cause, n.told) for n in noted] == [(f"topic-{LAMPS}:3", 3)]


# newsletters


def wants_newsletters(
    who: str, division: str, *, channel: NoticeChannel = NoticeChannel.INBOX
) -> DomainEvent:
    """Return that somebody asked for newsletters."""
    choice = ChannelChoice(notice_class=NoticeClass.NEWSLETTER, channel=channel, wanted=True)
    return PreferencesChosen(recipient=who, division=division, choices=(choice,), chosen_at=NEW_YEAR)


@pytest.mark.rule("N01")
async def test_a_newsletter_goes_to_those_of_its_division_who_asked_for_it() -> None:
    works = Clockwork(NEW_YEAR + timedelta(hours=2))
    for who, division in (("p-1", TOWN), ("p-2", NEXT_TOWN), ("p-3", f"{TOWN}201"), ("p-4", NEXT_COUNTY)):
        works.log.hear(
            f"recipient-{recipient_id(person(who), division)}", wants_newsletters(person(who), division)
        )
    nothing = PreferencesChosen(recipient=person("p-5"), division=TOWN, chosen_at=NEW_YEAR)
    works.log.hear("recipient-p-5", nothing)
    works.log.hear("newsletter-letter-1", WRITTEN)
    works.log.hear("newsletter-letter-2", WRITTEN.model_copy(update={"division": COUNTY, "title": "全县"}))

    found = await told(works)

    assert set(found) == to(("p-1", "p-3"), "九月", NoticeClass.NEWSLETTER) | to(
        ("p-1", "p-2", "p-3"), "全县", NoticeClass.NEWSLETTER
    )
    assert len(found) == 5


# read models


def test_how_it_is_heard_of_does_not_matter() -> None:
    topic = stream_of(f"topic-{LAMPS}", OWN, SUPPORTED, TRIAGED, ADOPTED, MERGED)
    follow = stream_of("follow-1", follows(LAMPS, SUPPORTER, wants=False), follows(LAMPS, SUPPORTER))
    problem = stream_of(f"problem-{CORNER}", ASSIGNED, REPLIED)
    letter = stream_of("newsletter-letter-1", WRITTEN)
    minutes = stream_of("minutes-on-lamps", published(2), published(3))
    causes = (topic[3].id, problem[1].id, letter[0].id, minutes[0].id)
    spreads = [
        stream_of(f"news-{n}", NewsSpread(cause=cause, division=TOWN, told=n, spread_at=NEW_YEAR))
        for n, cause in enumerate(causes)
    ]
    for projection in (TOPICS, AUDIENCE, NEWS, NEWSLETTERS):
        assert_interleaving_does_not_matter(projection, topic, follow, problem, letter, minutes, *spreads)

    news = fold_all(NEWS, [*topic, *problem, *letter, *minutes, *(spread for (spread,) in spreads)])
    keys = (*causes[:3], "minutes-on-lamps")
    assert [news[key] for key in keys] == [{"spread": True}] * 4
    assert news[problem[0].id]["spread"] is False


def test_a_topic_moves_and_is_merged_and_goes_on_alone() -> None:
    moved = TRIAGED.model_copy(update={"division": NEXT_TOWN})
    alone = MergerUndone(topic_id=LAMPS, into="all-lamps")
    topic = stream_of(f"topic-{LAMPS}", OWN, moved, MERGED, alone)

    assert fold_all(TOPICS, topic[:3])[LAMPS] == {
        "title": "路灯补亮",
        "division": NEXT_TOWN,
        "merged_into": "all-lamps",
    }
    assert fold_all(TOPICS, topic)[LAMPS]["merged_into"] is None
    with pytest.raises(OutOfOrderError):
        TOPICS.fold(None, recorded(MERGED, "topic-x", 1), "x")
