"""An example request for every endpoint of the board, and what it has heard for them to be right."""

from __future__ import annotations

from datetime import UTC, date, datetime

from shared.contracts.cases import LedgerEntryOpened, ProblemAssigned
from shared.contracts.meetings import (
    Attendance,
    MeetingHeld,
    MeetingScheduled,
    MemberEnrolled,
    ParticipantInvited,
    VenueOpened,
)
from shared.contracts.topics import PlanDrafted, TopicAdopted, TopicProposed
from shared.contracts.types import AttendeeKind, Channel, MeetingForm, Origin, Tier
from shared.eventsourcing.http import person_id
from shared.platform.receipts import receipt_number, receipt_of
from tests.authorisation.example import COUNTY, ME, TOWN, Example, Reach
from tests.http import NOW, SETTINGS
from tests.unit.authorisation.world import World
from tests.unit.board.memory import IN_MEMORY, on_shelves

LAMPS, HELD, COMING = "topic-lamps", "meeting-held", "meeting-coming"
RECEIPT = receipt_of(LAMPS, receipt_number(LAMPS, "HM"), SETTINGS.signing_secrets)
TODAY: date = NOW.date()


def _public(path: str, *, of: str | None = None, lists: bool = False) -> Example:
    return Example(f"GET {of or path}", path, reach=Reach.EVERYWHERE, lists=lists)


def _listed(path: str, reach: Reach = Reach.DIVISION, lives_in: str = TOWN) -> Example:
    return Example(f"GET {path}", path, reach=reach, lives_in=lives_in, lists=True)


_LISTS = (
    _public("/"),
    _public("/board"),
    _public("/events"),
    _public("/statistics"),
    _public("/public"),
    _public("/public/cases"),
    _public(f"/public/pages/{LAMPS}", of="/public/pages/{topic_id}"),
    _public("/public/receipt"),
    Example(
        "POST /public/receipt",
        "/public/receipt",
        form={"receipt": RECEIPT.number, "code": RECEIPT.query_code},
        reach=Reach.OWN,
    ),
    Example(
        "GET /public/receipts/{receipt}",
        f"/public/receipts/{RECEIPT.number}",
        headers={"HXS-Query-Code": RECEIPT.query_code},
        reach=Reach.OWN,
    ),
    _public("/public/summary"),
    _public("/public/topics", lists=True),
    _public(f"/public/topics/{LAMPS}", of="/public/topics/{topic_id}"),
    _listed("/todo", Reach.OWN),
    Example("GET /todo/count", "/todo/count", reach=Reach.OWN),
    _listed("/todo/all"),
    Example("GET /todo/all/count", "/todo/all/count", reach=Reach.OWN),
    _listed("/activities"),
    Example("GET /activities/{topic_id}", f"/activities/{LAMPS}"),
    Example("GET /topics/{topic_id}/timeline", f"/topics/{LAMPS}/timeline"),
    _listed("/ledger"),
    _listed("/departments"),
    _listed("/venues"),
    _listed("/plans", Reach.COUNTY, COUNTY),
    Example("GET /plans/{plan_id}", "/plans/plan-2024", reach=Reach.COUNTY, lives_in=COUNTY),
    _listed("/members/activity", Reach.COUNTY, COUNTY),
    Example("GET /members/me/activity", "/members/me/activity", reach=Reach.COUNTY, lives_in=COUNTY),
)


_STREAMS = (
    *("/activities", "/departments", "/ledger", "/members/activity", "/plans", "/public/cases"),
    *("/public/topics", "/statistics", "/todo", "/todo/all", "/venues"),
)
"""Lists whose changes can be followed: a stream says when to ask again, and shows nothing of the list."""


EXAMPLES = (
    *_LISTS,
    *(_public(f"{path}/events") for path in _STREAMS),
    Example("GET /topics/{topic_id}/timeline/events", f"/topics/{LAMPS}/timeline/events"),
)


class BoardWorld(World):
    """A board in memory."""

    def _equip(self) -> None:
        super()._equip()
        on_shelves(self.app, self.kept.log)


async def world() -> World:
    """Return a county with one of everything that the board shows."""
    made = BoardWorld(IN_MEMORY)
    _hear_of_topic(made)
    _hear_of_consultations(made)
    _hear_of_the_rest(made)
    made.remember()
    return made


def _hear_of_topic(world: World) -> None:
    proposed = TopicProposed(
        topic_id=LAMPS,
        division=TOWN,
        title="路灯补亮",
        origin=Origin.RESIDENTS,
        channel=Channel.QR,
        receipt=RECEIPT.number,
        proposed_on=TODAY,
    )
    adopted = TopicAdopted(topic_id=LAMPS, procedure="micro", procedure_version=1, steps=(), adopted_on=TODAY)
    world.kept.log.hear(f"topic-{LAMPS}", proposed, adopted)


def _hear_of_consultations(world: World) -> None:
    scheduled = MeetingScheduled(
        meeting_id=COMING,
        topic_id=LAMPS,
        division=TOWN,
        form=MeetingForm.MICRO,
        day=date(2024, 5, 20),
        starts_at=datetime(2024, 5, 20, 1, tzinfo=UTC),
    )
    invited = ParticipantInvited(
        meeting_id=COMING,
        topic_id=LAMPS,
        person=person_id(ME),
        kind=AttendeeKind.RESIDENT,
        invited_at=NOW,
    )
    held = MeetingHeld(
        meeting_id=HELD,
        topic_id=LAMPS,
        division=TOWN,
        form=MeetingForm.MICRO,
        held_on=TODAY,
        attendance=Attendance(present=12),
    )
    world.kept.log.hear(f"meeting-{COMING}", scheduled, invited)
    world.kept.log.hear(f"meeting-{HELD}", held)


def _hear_of_the_rest(world: World) -> None:
    log = world.kept.log
    of_entry = {"topic_id": LAMPS, "division": TOWN, "entry_id": HELD}
    log.hear(f"entry-{HELD}", LedgerEntryOpened(**of_entry, held_on=TODAY))
    assigned = ProblemAssigned(
        **of_entry,
        problem_id="problem-dark",
        text="村口没有路灯",
        lead="县住建局",
        assigned_on=TODAY,
        due_on=date(2024, 8, 6),
    )
    log.hear("problem-problem-dark", assigned)
    log.hear("venue-hall", VenueOpened(venue_id="hall", division=TOWN, title="协商议事厅", tier=Tier.HALL))
    plan = PlanDrafted(plan_id="plan-2024", division=COUNTY, year=2024, title="2024 年度协商工作计划")
    log.hear("plan-plan-2024", plan)
    member = MemberEnrolled(
        member_id="member-1",
        division=COUNTY,
        person=person_id(ME),
        account=person_id(ME),
        sector="农业界",
        liaison_office="石庙镇委员联络室",
        enrolled_on=date(2022, 1, 10),
    )
    log.hear("member-member-1", member)
