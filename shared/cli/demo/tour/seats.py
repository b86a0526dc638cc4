"""A meeting with few seats: invitations, registrations, the waitlist, a seat that becomes free (M05–M09)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import Answer, Person, Tour
from shared.cli.demo.tour.words import flags, minute, word
from shared.platform.language import Text
from shared.platform.working_days import SHANGHAI

SEATS = 4
_AHEAD = timedelta(days=45)
_LENGTH = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Planned:
    """A meeting that was scheduled."""

    meeting_id: str
    venue_id: str
    starts_at: datetime

    @property
    def path(self) -> str:
        """Return its path."""
        return f"/meetings/{self.meeting_id}"


def fill_a_meeting(tour: Tour, cast: Cast, topic: str) -> Planned:
    """Play a meeting up to a full waitlist, and a seat that becomes free."""
    tour.chapter(
        Text("席位：邀请、报名、候补、递补", "Seats: invitations, registration, waitlist, promotion")
    )
    meeting = _schedule(tour, cast, topic)
    version = _invite(tour, cast, meeting)
    _fill(tour, cast, meeting, version)
    _promote(tour, cast, meeting)
    return meeting


def hours(starts_at: datetime) -> dict[str, str]:
    """Return when a meeting of usual length begins and ends, as a command says it."""
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + _LENGTH).isoformat()}


def _schedule(tour: Tour, cast: Cast, topic: str) -> Planned:
    liaison = cast.liaison
    venue: str = liaison.does(
        "meetings",
        "/venues",
        division=cast.town,
        title="老城街协商议事站（演示）",
        tier="station",
        host_platform="party-service-centre",
        address="老城街 1 号",
        capacity=30,
        opened_on=tour.today.isoformat(),
    )["id"]
    starts_at = datetime.combine(tour.today + _AHEAD, time(9, 30), SHANGHAI)
    done = liaison.does(
        "meetings",
        "/meetings",
        **hours(starts_at),
        topic_id=topic,
        venue_id=venue,
        capacity=SEATS,
        convener="党员委员召集人",
        host="联络室主任",
        recorder="联络室记录员",
        host_id=cast.host.id,
        recorder_id=cast.recorder.id,
    )
    meeting = Planned(done["id"], venue, starts_at)
    shown = liaison.reads("meetings", meeting.path, version=done["version"])
    tour.step(
        "meeting-scheduled",
        liaison.title,
        Text("安排协商活动", "schedules a meeting"),
        Text(
            f"{minute(shown['starts_at'])}，席位 {shown['capacity']} 个；{flags(shown['flags']).zh}",
            f"{minute(shown['starts_at'])}, {shown['capacity']} seats; {flags(shown['flags']).en}",
        ),
        meeting_id=meeting.meeting_id,
        capacity=shown["capacity"],
        flags=shown["flags"],
    )
    return meeting


def _invite(tour: Tour, cast: Cast, meeting: Planned) -> int:
    invited = [
        {"person": cast.member.id, "kind": "member"},
        {"person": cast.department.id, "kind": "department"},
    ]
    done = cast.liaison.does("meetings", f"{meeting.path}/invitations", people=invited)
    tour.step(
        "people-invited",
        cast.liaison.title,
        Text("邀请政协委员和部门", "invites a member and a department"),
        Text(f"已邀请 {len(done['people'])} 人", f"{len(done['people'])} invited"),
        people=len(done["people"]),
    )
    for person in (cast.member, cast.department):
        notice = person.hears("ParticipantInvited")
        answer = person.does("meetings", f"/my{meeting.path}/answer", accepts=True)
        place = _place(person, meeting, answer["version"])
        tour.step(
            "invitation-accepted",
            person.title,
            Text(f"收到“{notice['title']}”，接受邀请", f"is told “{notice['title']}”, and accepts"),
            _standing(place),
            notice=notice["title"],
            standing=place["standing"],
        )
    version: int = answer["version"]
    return version


def _place(person: Person, meeting: Planned, version: int) -> Answer:
    return person.reads("meetings", f"{meeting.path}/seats", version=version)


def _standing(place: Answer) -> Text:
    said, position = word(place["standing"]), place.get("position")
    if position is None:
        return Text(f"{said.zh}，序号 {place['number']}", f"{said.en}, number {place['number']}")
    return Text(f"{said.zh}第 {position} 位", f"{said.en}, place {position}")


def _fill(tour: Tour, cast: Cast, meeting: Planned, version: int) -> None:
    for person in (cast.first, cast.second, cast.third):
        left = _place(person, meeting, version)["seats_left"]
        done = person.does("meetings", f"/my{meeting.path}/registration")
        version = done["version"]
        place = _place(person, meeting, version)
        tour.step(
            "registered" if place["standing"] == "registered" else "waitlisted",
            person.title,
            Text(f"看到余席 {left} 个，报名", f"sees {left} seats left, and registers"),
            _standing(place),
            seats_left=left,
            standing=place["standing"],
            position=place.get("position"),
        )


def _promote(tour: Tour, cast: Cast, meeting: Planned) -> None:
    done = cast.first.does("meetings", f"/my{meeting.path}/withdrawal")
    seats = _place(cast.first, meeting, done["version"])
    tour.step(
        "registration-withdrawn",
        cast.first.title,
        Text("取消报名", "gives up the seat"),
        Text(
            f"余席 {seats['seats_left']} 个，候补 {seats['waiting']} 人：空出的席位已给下一位",
            f"{seats['seats_left']} seats left, {seats['waiting']} waiting: the next one has the seat",
        ),
        seats_left=seats["seats_left"],
        waiting=seats["waiting"],
    )
    place = _place(cast.third, meeting, done["version"])
    notice = cast.third.hears("SeatPromoted")
    tour.step(
        "seat-promoted",
        cast.third.title,
        Text("查看自己的席位和收件箱", "looks at their place and inbox"),
        Text(
            f"{_standing(place).zh}；收到“{notice['title']}”",
            f"{_standing(place).en}; told “{notice['title']}”",
        ),
        standing=place["standing"],
        notice=notice["title"],
    )
