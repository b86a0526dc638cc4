"""Plans with the progress of their items, venues with their assessments."""

from __future__ import annotations

from typing import Any

import pytest

from services.board.progress import ItemProgress, is_going_on, item_progress, with_progress
from services.board.projections import ALL, PLANS, VENUES
from shared.contracts.meetings import (
    AssessedItem,
    VenueAssessed,
    VenueChanged,
    VenueClosed,
    VenueOpened,
    VenueReopened,
)
from shared.contracts.topics import (
    PlanAmended,
    PlanApproved,
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    PlanReviewed,
)
from shared.contracts.types import Tier
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from tests.unit.board.streams import day

DRAFTED = PlanDrafted(plan_id="plan-1", division="371621", year=2024, title="年度协商工作计划")
ITEMS = [PlanItemAdded(plan_id="plan-1", number=n, title=f"重点议题 {n}") for n in (2, 1)]
REVIEWED = PlanReviewed(plan_id="plan-1", reviewed_on=day("01-10"))
APPROVED = PlanApproved(plan_id="plan-1", body="县委常委会", meeting="第 3 次", approved_on=day("01-15"))
ISSUED = PlanIssued(
    plan_id="plan-1", document_number="惠字〔2024〕1号", issuing_bodies=(), issued_on=day("01-20")
)
OPENED = VenueOpened(venue_id="v-1", division="371621001", title="孙武街道协商议事厅", tier=Tier.HALL)


def assessed(met: int) -> VenueAssessed:
    """Return an assessment with so many of the six met."""
    items = tuple(AssessedItem(code=f"i{n}", title="有", met=n < met) for n in range(6))
    return VenueAssessed(venue_id="v-1", standard="longkou", standard_version=1, items=items)


def test_a_plan_goes_from_draft_to_issued_with_its_items_by_number() -> None:
    plan = fold_all(PLANS, stream_of("plan-plan-1", DRAFTED, *ITEMS, REVIEWED, APPROVED, ISSUED))["plan-1"]

    assert (plan["stage"], plan["document_number"]) == ("issued", "惠字〔2024〕1号")
    assert [item["number"] for item in plan["items"]] == [1, 2]


@pytest.mark.parametrize(
    ("events", "stage"),
    [((), "draft"), ((REVIEWED,), "reviewed"), ((REVIEWED, APPROVED), "approved")],
)
def test_a_plan_shows_its_stage(events: tuple[Any, ...], stage: str) -> None:
    assert fold_all(PLANS, stream_of("plan-plan-1", DRAFTED, *events))["plan-1"]["stage"] == stage


def activity(status: str, item: int = 1, plan: str = "plan-1", *, concluded: bool = False) -> dict[str, Any]:
    """Return what progress looks at of an activity."""
    topic = {"concluded": concluded}
    return {"_id": f"t-{status}", "plan_id": plan, "plan_item": item, "status": status, "topic": topic}


@pytest.mark.rule("T05")
@pytest.mark.parametrize(
    ("activities", "progress"),
    [
        ([], ItemProgress.PLANNED),
        ([activity("merged"), activity("withdrawn")], ItemProgress.PLANNED),
        ([activity("solved")], ItemProgress.IN_PROGRESS),
        ([activity("closed")], ItemProgress.DONE),
        ([activity("closed"), activity("assigned")], ItemProgress.IN_PROGRESS),
        ([activity("closed"), activity("withdrawn")], ItemProgress.DONE),
        ([activity("consulted", concluded=True)], ItemProgress.DONE),
    ],
)
def test_an_items_progress_follows_from_its_activities(
    activities: list[dict[str, Any]], progress: ItemProgress
) -> None:
    assert item_progress(None, activities) is progress


@pytest.mark.rule("T05")
@pytest.mark.parametrize(
    ("changes", "progress"),
    [
        ([{"kind": "defer", "number": 1, "quarter": 4}], {1: "deferred", 2: "done"}),
        ([{"kind": "cancel", "number": 2}], {1: "planned", 2: "cancelled"}),
        ([{"kind": "merge", "number": 1, "into": 2}], {1: "merged", 2: "done"}),
        (
            [{"kind": "add", "number": 3, "item": {"title": "乡村医生"}}],
            {1: "planned", 2: "done", 3: "planned"},
        ),
    ],
)
def test_an_items_progress_follows_from_the_amendments_too(
    changes: list[dict[str, Any]], progress: dict[int, str]
) -> None:
    amended = PlanAmended.model_validate(
        {
            "plan_id": "plan-1",
            "number": 1,
            "reason": "统筹安排",
            "body": "县委常委会",
            "document_number": "惠字〔2024〕9号",
            "amended_on": "2024-07-01",
            "changes": changes,
        }
    )
    plan = fold_all(PLANS, stream_of("plan-plan-1", DRAFTED, *ITEMS, ISSUED, amended))["plan-1"]

    shown = with_progress(plan, [activity("closed", 2)])["items"]

    assert {item["number"]: item["progress"] for item in shown} == progress
    assert sum(map(is_going_on, plan["items"])) == sum(
        state not in ("cancelled", "merged") for state in progress.values()
    )


def test_a_plan_shows_which_activities_carry_out_an_item() -> None:
    plan = fold_all(PLANS, stream_of("plan-plan-1", DRAFTED, *ITEMS, ISSUED))["plan-1"]
    shown = with_progress(plan, [activity("closed", 2), activity("closed", 1, "another")])

    assert [(item["progress"], item["topic_ids"]) for item in shown["items"]] == [
        ("planned", []),
        ("done", ["t-closed"]),
    ]


def test_a_venue_shows_its_latest_assessment_and_keeps_the_earlier_ones() -> None:
    venue = fold_all(VENUES, stream_of("venue-v-1", OPENED, assessed(4), assessed(6)))["v-1"]

    assert (venue["met"], venue["open"]) == (6, True)
    assert [assessment["met"] for assessment in venue["assessments"]] == [4, 6]


def test_a_venue_never_assessed_has_no_figure() -> None:
    assert fold_all(VENUES, stream_of("venue-v-1", OPENED))["v-1"]["met"] is None


def test_a_closed_venue_is_not_open() -> None:
    closed = VenueClosed(venue_id="v-1", reason="合并", closed_on=day("08-01"))

    assert not fold_all(VENUES, stream_of("venue-v-1", OPENED, closed))["v-1"]["open"]


def test_a_reopened_venue_is_open_again() -> None:
    closed = VenueClosed(venue_id="v-1", reason="修缮", closed_on=day("08-01"))
    reopened = VenueReopened(venue_id="v-1", reason="修缮完成", reopened_on=day("09-01"))

    venue = fold_all(VENUES, stream_of("venue-v-1", OPENED, closed, reopened))["v-1"]

    assert (venue["open"], venue["closed_on"]) == (True, None)


def test_a_changed_venue_is_called_what_it_is_called_now() -> None:
    changed = VenueChanged(
        venue_id="v-1", title="孙武街道协商议事厅(新址)", capacity=60, reason="搬迁", changed_on=day("08-01")
    )

    venue = fold_all(VENUES, stream_of("venue-v-1", OPENED, assessed(4), changed))["v-1"]

    assert (venue["title"], venue["capacity"], venue["met"]) == ("孙武街道协商议事厅(新址)", 60, 4)
    assert venue["division"] == OPENED.division


@pytest.mark.parametrize(
    ("projection", "stream"),
    [(PLANS, stream_of("plan-plan-1", ISSUED)), (VENUES, stream_of("venue-v-1", assessed(3)))],
)
def test_a_stream_that_lacks_its_beginning_is_refused(projection: Any, stream: Any) -> None:
    with pytest.raises(OutOfOrderError):
        fold_all(projection, stream)


def test_plans_and_venues_do_not_mix_whatever_the_order() -> None:
    other = VenueOpened(venue_id="v-2", division="371621003", title="何坊街道协商议事室", tier=Tier.ROOM)
    plan = stream_of("plan-plan-1", DRAFTED, *ITEMS, REVIEWED, APPROVED, ISSUED)
    venues = [stream_of("venue-v-1", OPENED, assessed(4), assessed(6)), stream_of("venue-v-2", other)]

    assert_interleaving_does_not_matter(PLANS, plan, *venues)
    assert set(assert_interleaving_does_not_matter(VENUES, plan, *venues)) == {"v-1", "v-2"}


def test_read_models_have_names_of_their_own() -> None:
    assert len({projection.name for projection in ALL}) == len(ALL)
