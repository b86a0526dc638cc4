"""The read models of members, their activities and sector branches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.meetings.deciders import ACTIVITY, BRANCH, MEMBER
from services.meetings.projections.activities import ACTIVITIES
from services.meetings.projections.branches import BRANCHES
from services.meetings.projections.members import MEMBERS
from services.meetings.views.activities import ActivityView
from services.meetings.views.branches import BranchView
from services.meetings.views.members import MemberView
from shared.contracts.base import DomainEvent
from shared.contracts.topics import TopicProposed
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, recorded, stream_of
from tests.unit.meetings.examples import COMMUNITY, TOWN, VENUE_CLOSED
from tests.unit.meetings.roster import (
    ACCOUNT,
    CHANGED,
    CORRECTED,
    DISSOLVED,
    ENROLLED,
    FOUNDED,
    HEALTH,
    LIN,
    LINKED,
    POSTED,
    POSTING_ENDED,
    QUARTER_HELD,
    REBASED,
    RECORDED,
    RETIRED,
    STRUCK,
    VISIT,
    YEAR_HELD,
)

MEMBER_STREAM = stream_of(MEMBER.stream(LIN), ENROLLED, CHANGED, LINKED, POSTED, POSTING_ENDED, RETIRED)
ACTIVITY_STREAM = stream_of(ACTIVITY.stream(VISIT), RECORDED, CORRECTED, STRUCK)
BRANCH_STREAM = stream_of(BRANCH.stream(HEALTH), FOUNDED, QUARTER_HELD, YEAR_HELD, REBASED, DISSOLVED)


def proposed(topic_id: str, activity_id: str | None = VISIT) -> TopicProposed:
    return TopicProposed(
        topic_id=topic_id,
        division=TOWN,
        title="路灯补亮",
        origin=Origin.MEMBER,
        channel=Channel.MEMBER,
        proposed_on=date(2024, 5, 8),
        activity_id=activity_id,
    )


def member_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(MEMBERS, stream_of(MEMBER.stream(LIN), *events))[LIN]


def activity_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(ACTIVITIES, stream_of(ACTIVITY.stream(VISIT), *events))[VISIT]


def branch_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(BRANCHES, stream_of(BRANCH.stream(HEALTH), *events))[HEALTH]


@pytest.mark.rule("M18")
def test_a_member_shows_sector_office_skills_and_is_found_by_them() -> None:
    shown = member_after(ENROLLED)

    assert (shown["sector"], shown["situation"], shown["postings"]) == ("医药卫生界", "serving", [])
    assert {"卫生", "中医", "孙武"} <= set(shown["grams"])
    assert MemberView.model_validate(shown).skills == ("中医", "公共卫生")


@pytest.mark.rule("M18")
def test_a_changed_member_shows_and_is_found_by_what_was_said_last() -> None:
    shown = member_after(ENROLLED, CHANGED)

    assert (shown["liaison_office"], shown["skills"]) == ("武定府街道委员联络室", ["中医"])
    assert "孙武" not in shown["grams"]
    assert member_after(ENROLLED, LINKED)["account"] == ACCOUNT


@pytest.mark.rule("M18")
def test_a_member_shows_of_each_place_the_latest_posting_in_order() -> None:
    later = POSTED.model_copy(update={"posted_to": COMMUNITY, "from_on": date(2024, 9, 1)})

    shown = member_after(ENROLLED, later, POSTED, POSTING_ENDED)

    assert [(p["posted_to"], p["until"]) for p in shown["postings"]] == [
        (TOWN, "2024-07-01"),
        (COMMUNITY, None),
    ]


@pytest.mark.rule("M18")
def test_a_retired_member_stays_on_show_with_the_reason() -> None:
    shown = member_after(ENROLLED, RETIRED)

    assert (shown["situation"], shown["retired_on"]) == ("retired", "2024-07-01")
    assert shown["retirement_reason"] == "调离本县"


@pytest.mark.rule("M19")
def test_an_activity_shows_its_issues_and_is_found_by_them() -> None:
    shown = activity_after(RECORDED)

    assert (shown["has_issues"], shown["people_met"], shown["topics"]) == (True, 35, [])
    assert "路灯" in shown["grams"]
    assert ActivityView.model_validate(shown).situation == "recorded"


@pytest.mark.rule("M19")
def test_a_corrected_activity_shows_what_was_said_last_and_why_and_a_struck_one_that_it_is() -> None:
    corrected = activity_after(RECORDED, CORRECTED)
    struck = activity_after(RECORDED, CORRECTED, STRUCK)

    assert (corrected["people_met"], corrected["correction_reason"]) == (53, "人数写错")
    assert (corrected["division"], corrected["situation"]) == (TOWN, "recorded")
    assert (struck["situation"], struck["strike_reason"]) == ("struck", "重复登记")


@pytest.mark.rule("M19")
def test_topics_that_came_of_an_activity_show_whichever_is_heard_of_first() -> None:
    topics = [stream_of(f"topic-{t}", proposed(t)) for t in ("street-lamps", "medicine")]
    unrelated = stream_of("topic-roads", proposed("roads", activity_id=None))

    documents = assert_interleaving_does_not_matter(ACTIVITIES, ACTIVITY_STREAM, *topics, unrelated)

    assert documents.keys() == {VISIT}
    assert documents[VISIT]["topics"] == ["medicine", "street-lamps"]


@pytest.mark.rule("M20")
def test_a_branch_shows_base_sectors_and_activities_in_order_and_not_what_it_owes() -> None:
    shown = branch_after(FOUNDED, QUARTER_HELD, YEAR_HELD, REBASED)

    assert (shown["base"], shown["sectors"], shown["situation"]) == (
        "县人民医院",
        ["医药卫生界"],
        "standing",
    )
    assert [a["done_on"] for a in shown["activities"]] == ["2024-03-01", "2024-05-10"]
    assert "duties" not in shown
    assert BranchView.model_validate(shown).title == "医卫界功能型党支部"


@pytest.mark.rule("M20")
def test_a_dissolved_branch_says_since_when_and_why() -> None:
    shown = branch_after(FOUNDED, DISSOLVED)

    assert (shown["situation"], shown["dissolved_on"]) == ("dissolved", "2024-07-01")
    assert shown["dissolution_reason"] == "界别调整"


HERE = (MEMBERS, ACTIVITIES, BRANCHES)


@pytest.mark.parametrize("projection", HERE, ids=lambda p: p.name)
def test_streams_may_interleave(projection: Projection) -> None:
    others = (
        stream_of(MEMBER.stream("member-zhao"), ENROLLED, POSTED),
        stream_of(ACTIVITY.stream("fair"), RECORDED, STRUCK),
        stream_of(BRANCH.stream("branch-of-schools"), FOUNDED, QUARTER_HELD),
    )

    documents = assert_interleaving_does_not_matter(
        projection, MEMBER_STREAM, ACTIVITY_STREAM, BRANCH_STREAM, *others
    )

    keys = {
        "members": {LIN, "member-zhao"},
        "member_activities": {VISIT, "fair"},
        "branches": {HEALTH, "branch-of-schools"},
    }
    assert documents.keys() == keys[projection.name]


@pytest.mark.parametrize(
    ("projection", "stream"),
    [
        (MEMBERS, MEMBER_STREAM),
        (ACTIVITIES, ACTIVITY_STREAM),
        (ACTIVITIES, [*stream_of("topic-lamps", proposed("lamps")), *ACTIVITY_STREAM]),
        (BRANCHES, BRANCH_STREAM),
    ],
)
def test_a_stream_that_does_not_begin_at_its_beginning_is_noticed(
    projection: Projection, stream: Any
) -> None:
    first = next(n for n, each in enumerate(stream) if each.version == 1 and each.stream[:5] != "topic")

    with pytest.raises(OutOfOrderError):
        fold_all(projection, [*stream[:first], *stream[first + 1 :]])


@pytest.mark.parametrize("projection", HERE, ids=lambda p: p.name)
def test_an_event_that_a_fold_was_not_written_for_is_noticed(projection: Projection) -> None:
    begun = {"members": ENROLLED, "member_activities": RECORDED, "branches": FOUNDED}[projection.name]
    document = fold_all(projection, stream_of("stream-1", begun))["1"]

    with pytest.raises(OutOfOrderError):
        projection.fold(dict(document), recorded(VENUE_CLOSED, "stream-1", 2), "1")
