"""The vocabulary that events and commands share; names as in the glossary, Chinese as people see it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z-]{2,63}$")]
"""An opaque id: lower-case letters, digits and hyphens, usually a UUID."""

DivisionCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$")]
"""A public division code: 6 digits a county, 9 a town, 12 a community or village."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""One line: a title, an organisation, an official role."""

Day = Annotated[date, Field(ge=date(1949, 1, 1), lt=date(2200, 1, 1))]
"""A day in a command, far enough from the ends of the calendar to count months and working days."""


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256, as 64 hexadecimal digits."""


class Value(BaseModel):
    """A part of an event, without an identity of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Origin(StrEnum):
    """议题来源: who raised the topic (T07)."""

    RESIDENTS = "residents"
    MEMBER = "member"
    SECTOR = "sector"
    DEPARTMENT = "department"
    COMPANY = "company"
    STAKEHOLDER = "stakeholder"
    COUNTY_COMMITTEE = "county-committee"


class Channel(StrEnum):
    """How the topic came in (T07)."""

    WEB = "web"
    QR = "qr"
    HOTLINE = "hotline"
    MAIL = "mail"
    BOX = "box"
    MEMBER = "member"
    IMPORT = "import"
    CLERK = "clerk"


class Basis(StrEnum):
    """选题依据: why it is worth consulting on (T07)."""

    PARTY_AND_GOVERNMENT_NEED = "party-and-government-need"
    PEOPLE_HOPE = "people-hope"
    CPPCC_CAN = "cppcc-can"


class Level(StrEnum):
    """级别: which level runs the activity."""

    COUNTY = "county"
    TOWN = "town"
    COMMUNITY = "community"


class TopicClass(StrEnum):
    """类别: what a topic is about (T09)."""

    AGRICULTURE = "agriculture"
    CONSTRUCTION = "construction"
    TRANSPORT = "transport"
    ENVIRONMENT = "environment"
    EDUCATION = "education"
    HEALTH = "health"
    WELFARE = "welfare"
    PUBLIC_SAFETY = "public-safety"
    CULTURE = "culture"
    BUSINESS = "business"
    GOVERNANCE = "governance"
    OTHER = "other"


class Tier(StrEnum):
    """协商议事厅 / 室 / 站 (M01)."""

    HALL = "hall"
    ROOM = "room"
    STATION = "station"


class HostPlatform(StrEnum):
    """依托平台: what a venue is housed in (M01)."""

    PARTY_SERVICE_CENTRE = "party-service-centre"
    CIVILISATION_PRACTICE_CENTRE = "civilisation-practice-centre"
    MEDIATION_CENTRE = "mediation-centre"
    COMMUNITY_SERVICE_CENTRE = "community-service-centre"
    MEMBER_ACTIVITY_CENTRE = "member-activity-centre"
    LIAISON_OFFICE = "liaison-office"


class MeetingForm(StrEnum):
    """协商形式 of a meeting (M05)."""

    MEETING = "meeting"
    ON_SITE = "on-site"
    MICRO = "micro"
    ONLINE = "online"


class AttendeeKind(StrEnum):
    """Who takes part, as attendance is counted (M11)."""

    MEMBER = "member"
    DEPARTMENT = "department"
    STAKEHOLDER = "stakeholder"
    RESIDENT = "resident"


class SegmentKind(StrEnum):
    """通报 · 提问 · 解答 · 发言: what is done in a part of a meeting (M12)."""

    BRIEFING = "briefing"
    QUESTIONS = "questions"
    ANSWERS = "answers"
    SPEECHES = "speeches"


class SignerRole(StrEnum):
    """As what somebody signs the minutes (M16)."""

    HOST = "host"
    RECORDER = "recorder"
    PARTICIPANT = "participant"


class ActivityKind(StrEnum):
    """What a member does for the people outside of meetings (M19)."""

    INSPECTION = "inspection"
    """视察"""
    BRIEFING = "briefing"
    """情况通报"""
    SHOW_AND_VISIT = "show-and-visit"
    """双亮双进: members show who they are and go to the people, or the people come to the CPPCC."""
    ADVICE = "advice"
    """咨询"""


class ActivityDirection(StrEnum):
    """Who went to whom in a 双亮双进 (M19)."""

    TO_THE_PEOPLE = "to-the-people"
    """政协走进群众"""
    TO_THE_CPPCC = "to-the-cppcc"
    """群众走进政协"""


class BranchActivityKind(StrEnum):
    """What a sector branch owes: an activity each quarter, a meeting each year (M20)."""

    QUARTERLY = "quarterly"
    YEARLY_MEETING = "yearly-meeting"


class ReplyResult(StrEnum):
    """办理结果: A solved, B being solved or planned, C later, D for reference (C07)."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Rating(StrEnum):
    """满意度 (C08)."""

    SATISFIED = "satisfied"
    FAIRLY_SATISFIED = "fairly-satisfied"
    DISSATISFIED = "dissatisfied"


class RatedBy(StrEnum):
    """Who gave a rating (C08)."""

    PROPOSER = "proposer"
    """By account, or with receipt number and query code."""
    CLERK = "clerk"
    """What the proposer gave on paper or by telephone, entered by the liaison or the county's office."""
    CONVENER = "convener"
    """For the people present, where the proposer is unknown."""


class ContactMeans(StrEnum):
    """By which means the handler spoke with the proposer (C04)."""

    PHONE = "phone"
    VISIT = "visit"
    ON_SITE = "on-site"
    MESSAGE = "message"
    LETTER = "letter"


class ReferralDecision(StrEnum):
    """What the office decides on a problem that did not satisfy twice (C10)."""

    HANDLE_AGAIN = "handle-again"
    CLOSE = "close"


class MediaLevel(StrEnum):
    """媒体级别 (C16)."""

    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    NATION = "nation"


class SelectionLevel(StrEnum):
    """评选级别: which level selected a typical case as excellent (C15)."""

    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    NATION = "nation"


class LoopItem(StrEnum):
    """五个一: what a closed loop consists of (C17)."""

    TOPIC = "topic"
    CONSULTATION = "consultation"
    PROBLEM = "problem"
    CASE = "case"
    REPORT = "report"


class Flag(Value):
    """A rule of good order that a recorded fact did not keep; noted, never refused.

    Attributes:
        rule: its number in the domain's list, e.g. `M06`.
        text: what was not kept, in Chinese.
    """

    rule: str
    text: str


class MeetingRules(Value):
    """What a procedure asks of its meetings (M06, M14); a topic pins it together with the procedure (T10).

    Attributes:
        notice_working_days: whole working days between the notice and the meeting.
        papers_working_days: likewise for the papers; None where the procedure does not ask for them.
        composition: how many of a kind should be there at least; a kind not named is not asked for.
        quorum: how many have to be there in all; None without a quorum.
        quorum_percent: likewise, of those expected.
        ballot: the meeting may put an opinion to the vote.
    """

    notice_working_days: int = Field(default=3, ge=0)
    papers_working_days: int | None = Field(default=None, ge=0)
    composition: dict[AttendeeKind, int] = {
        AttendeeKind.MEMBER: 1,
        AttendeeKind.DEPARTMENT: 1,
        AttendeeKind.STAKEHOLDER: 1,
        AttendeeKind.RESIDENT: 3,
    }
    quorum: int | None = Field(default=None, ge=1)
    quorum_percent: int | None = Field(default=None, ge=1, le=100)
    ballot: bool = False


class FileRef(Value):
    """A file of the record: which bytes, not the bytes; they and the file's name lie outside of events (T18).

    Attributes:
        file_id: under which the owning service keeps it.
        media_type: by the file's own first bytes, e.g. `application/pdf`.
        size: in bytes.
        sha256: of the bytes, 64 hexadecimal digits.
    """

    file_id: Id
    media_type: Line
    size: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
