"""A typical case of the street lamps, as the tests know it, and who writes it over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from services.cases.app import SERVICE
from services.cases.domain.typical_case import CaseText
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    LedgerEntryOpened,
    ProblemAssigned,
    ProblemReplied,
    ProblemSolved,
    ReplyRated,
    TypicalCaseDrafted,
    TypicalCasePublished,
    TypicalCaseSelected,
)
from shared.contracts.meetings import AgreedOpinion, Attendance, Dissent, MeetingHeld, VenueOpened
from shared.contracts.topics import SurveyRecorded, TopicAdopted, TopicProposed
from shared.contracts.types import (
    Basis,
    Channel,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
    SelectionLevel,
    Tier,
)
from shared.platform.auth import Role
from shared.platform.clock import current_time
from shared.platform.texts import Texts, texts_of
from tests import http
from tests.http import Log
from tests.unit.meetings.text_tools import texts_in_memory

TOWN, LAMPS, EVENING, CORNER = "371621001", "street-lamps", "meeting-on-lamps", "dark-corner"
CASE = "lamps-case"
JULY_1, JULY_8 = date(2024, 7, 1), date(2024, 7, 8)
NOW = datetime(2024, 7, 1, 1, tzinfo=UTC)

HASH, OTHER_HASH = "a" * 64, "b" * 64
TEXT = CaseText(
    title="一盏灯照亮一条路",
    background="主路无灯。",
    participants="党员委员召集。",
    process="五月协商，六月装灯。",
    opinions="补装六盏路灯。",
    results="六盏路灯亮起。",
)
_CASE: dict[str, Any] = {"case_id": CASE, "entry_id": EVENING, "topic_id": LAMPS, "division": TOWN}


def drafted(number: int = 1, sha256: str = HASH, reason: str | None = None) -> TypicalCaseDrafted:
    """Return the drafting of a version."""
    return TypicalCaseDrafted(**_CASE, number=number, sha256=sha256, reason=reason, drafted_on=JULY_1)


def published(
    number: int = 1, sha256: str = HASH, reason: str | None = None, **text: str
) -> TypicalCasePublished:
    """Return the publication of a version."""
    said = {**vars(TEXT), **text}
    return TypicalCasePublished(
        **_CASE, **said, number=number, sha256=sha256, reason=reason, published_on=JULY_1
    )


def selected(
    year: int = 2024, level: SelectionLevel = SelectionLevel.CITY, number: int = 1, on: date = JULY_8
) -> TypicalCaseSelected:
    """Return a selection."""
    return TypicalCaseSelected(
        **_CASE, year=year, level=level, body="滨州市政协", number=number, selected_on=on
    )


# what happened before

PROPOSED = TopicProposed(
    topic_id=LAMPS,
    division=TOWN,
    title="主路补装路灯",
    description="晚上看不清路。",
    origin=Origin.RESIDENTS,
    channel=Channel.QR,
    basis=Basis.PEOPLE_HOPE,
    proposed_on=date(2024, 4, 1),
)
ADOPTED = TopicAdopted(
    topic_id=LAMPS,
    procedure="sanyi-qibu",
    procedure_version=1,
    steps=(),
    plan_id="plan-2024",
    plan_item=3,
    adopted_on=date(2024, 4, 8),
)
SURVEYED = SurveyRecorded(
    topic_id=LAMPS,
    survey_id="survey-1",
    surveyed_on=date(2024, 4, 15),
    place="文安路",
    by=("县政协城建委",),
    people=("member-1",),
    findings="主路 800 米无灯。",
)
OPENED_VENUE = VenueOpened(venue_id="hall", division=TOWN, title="孙武街道协商议事室", tier=Tier.ROOM)
HELD = MeetingHeld(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MICRO,
    venue_id="hall",
    held_on=date(2024, 5, 10),
    convener="党员委员召集人",
    host="联络室主任",
    recorder="联络室记录员",
    opinions=(
        AgreedOpinion(
            opinion_id="opinion-1",
            text="补装六盏路灯",
            agreed_by=("职能部门", "群众"),
            dissents=(Dissent(by="群众", explanation="应装八盏"),),
        ),
    ),
    attendance=Attendance(present=12, members=3, departments=2, residents=7),
)
OPENED = LedgerEntryOpened(
    entry_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    held_on=date(2024, 5, 10),
    opinions=("补装六盏路灯",),
    evidence=(f"topic-{LAMPS}:1", f"meeting-{EVENING}:10"),
)
_PROBLEM: dict[str, Any] = {
    "problem_id": CORNER,
    "entry_id": EVENING,
    "topic_id": LAMPS,
    "division": TOWN,
}
ASSIGNED = ProblemAssigned(
    **_PROBLEM,
    text="村口没有路灯",
    lead="县住建局",
    co_handlers=("县供电公司",),
    assigned_on=date(2024, 5, 13),
    due_on=date(2024, 8, 13),
)
REPLIED = ProblemReplied(
    **_PROBLEM,
    lead="县住建局",
    result=ReplyResult.A,
    text="六盏路灯已装好",
    replied_on=date(2024, 6, 3),
    contacted_on=date(2024, 5, 13),
)
RATED = ReplyRated(**_PROBLEM, rating=Rating.SATISFIED, rated_on=date(2024, 6, 7))
SOLVED = ProblemSolved(**_PROBLEM, solved_on=date(2024, 6, 7))

STREAMS: dict[str, tuple[DomainEvent, ...]] = {
    f"topic-{LAMPS}": (PROPOSED, ADOPTED, SURVEYED),
    "venue-hall": (OPENED_VENUE,),
    f"meeting-{EVENING}": (HELD,),
    f"problem-{CORNER}": (ASSIGNED, REPLIED, RATED, SOLVED),
}


# over HTTP


class Editor(http.Caller):
    """The town's liaison office, or somebody else, at a moment."""

    def __init__(self, log: Log, role: Role | None = Role.LIAISON, division: str = TOWN) -> None:
        async def clock() -> datetime:
            return NOW

        async def texts() -> Texts:
            return texts_in_memory(log, NOW)

        self.app = http.application(SERVICE, log, now=NOW, instead={current_time: clock, texts_of: texts})
        super().__init__(self.app, role, division)

    def beside(self, role: Role | None, division: str = TOWN) -> http.Caller:
        """Return somebody else who calls the same application."""
        return http.Caller(self.app, role, division)


async def happened(log: Log, editor: http.Caller) -> None:
    """Let all come to pass that precedes a typical case: the topic, the meeting, the problem solved."""
    for stream, events in STREAMS.items():
        if not stream.startswith("problem"):
            log.hear(stream, *events)
    await http.react(SERVICE, log)
    log.hear(f"problem-{CORNER}", *STREAMS[f"problem-{CORNER}"])
    await http.react(SERVICE, log)
