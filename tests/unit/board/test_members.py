"""What members did in a year: counted, in the order of the roster, never ranked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.board.member_activity import DEEDS_IN_WORDS, activity_of
from services.board.projections.members import DEEDS, ROSTER, Deed
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    AttendeeCheckedIn,
    MemberActivityCorrected,
    MemberActivityRecorded,
    MemberActivityStruck,
    MemberChanged,
    MemberEnrolled,
    MemberRetired,
)
from shared.contracts.topics import SurveyRecorded
from shared.contracts.types import ActivityKind, AttendeeKind, Origin
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.http import person_id
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from shared.platform.auth import Role
from tests.http import Caller
from tests.unit.board.live import HOST, scheduled
from tests.unit.board.memory import caller_of
from tests.unit.board.streams import day, held, proposed

COUNTY = "371621"
MINE = person_id("p-1")


def enrolled(member: str = "m-one", account: str | None = MINE, on: str = "01-10") -> list[Recorded]:
    """Return the stream of a member."""
    event = MemberEnrolled(
        member_id=member,
        division=COUNTY,
        person=account or f"person-of-{member}",
        account=account,
        sector="农业界",
        liaison_office="石庙镇委员联络室",
        enrolled_on=day(on),
    )
    return stream_of(f"member-{member}", event)


def came(person: str, kind: AttendeeKind = AttendeeKind.MEMBER) -> AttendeeCheckedIn:
    """Return a check-in to the meeting."""
    return AttendeeCheckedIn(
        meeting_id="m-1", person=person, kind=kind, checked_in_at=datetime(2024, 5, 15, 1, tzinfo=UTC)
    )


def recorded_activity(**more: Any) -> MemberActivityRecorded:
    """Return an inspection of two members."""
    said: dict[str, Any] = {"kind": ActivityKind.INSPECTION, "done_on": day("06-01"), "place": "水厂"}
    said |= {"members": ("m-one", "m-two")}
    return MemberActivityRecorded(activity_id="a-1", division="371621101", **{**said, **more})


def meeting(*events: DomainEvent) -> list[Recorded]:
    """Return the stream of the meeting."""
    return stream_of("meeting-m-1", scheduled(host_id=HOST), *events)


def surveyed(*people: str) -> list[Recorded]:
    """Return the stream of a topic with a survey."""
    survey = SurveyRecorded(
        topic_id="t-1",
        survey_id="s-1",
        surveyed_on=day("05-02"),
        place="东村",
        people=people,
        findings="积水",
    )
    return stream_of("topic-t-1", proposed(), survey)


def done(*streams: list[Recorded], year: int = 2024) -> Mapping[str, Mapping[Deed, int]]:
    """Return what each member did, by their ids, without what they did not."""
    events = [event for stream in streams for event in stream]
    deeds = [each for each in fold_all(DEEDS, events).values() if each["year"] == year]
    found = activity_of(fold_all(ROSTER, events).values(), deeds)
    return {each.member["member_id"]: {d: n for d, n in each.done.items() if n} for each in found}


# what counts


def test_a_consultation_counts_for_whoever_was_there_as_a_member_once_it_was_held() -> None:
    guest = came("resident-1", AttendeeKind.RESIDENT)
    coming = meeting(came(MINE), came(MINE), guest)
    over = meeting(came(MINE), came(MINE), guest, held())

    assert done(enrolled(), coming) == {"m-one": {}}
    assert done(enrolled(), over) == {"m-one": {Deed.ATTENDED: 1}}
    assert "resident-1" not in str(fold_all(DEEDS, over))


def test_the_host_of_a_consultation_is_counted_as_its_host() -> None:
    assert done(enrolled(account=HOST), meeting(came(HOST), held())) == {
        "m-one": {Deed.ATTENDED: 1, Deed.HOSTED: 1}
    }


@pytest.mark.rule("M19")
def test_an_activity_counts_for_each_who_took_part_and_as_it_was_corrected() -> None:
    corrected = MemberActivityCorrected(
        activity_id="a-1",
        reason="另一位",
        kind=ActivityKind.ADVICE,
        done_on=day("06-02"),
        place="水厂",
        members=("m-two",),
    )
    struck = MemberActivityStruck(activity_id="a-1", reason="重复")
    roster = [*enrolled(), *enrolled("m-two", None)]

    assert done(roster, stream_of("activity-a-1", recorded_activity())) == {
        "m-one": {Deed.INSPECTION: 1},
        "m-two": {Deed.INSPECTION: 1},
    }
    assert done(roster, stream_of("activity-a-1", recorded_activity(), corrected)) == {
        "m-one": {},
        "m-two": {Deed.ADVICE: 1},
    }
    assert done(roster, stream_of("activity-a-1", recorded_activity(), struck)) == {"m-one": {}, "m-two": {}}


def test_a_survey_counts_once_for_who_is_named_by_two_ids() -> None:
    assert done(enrolled(), surveyed("m-one", MINE)) == {"m-one": {Deed.SURVEYED: 1}}


def test_only_what_a_member_proposed_is_kept_of_topics() -> None:
    mine = stream_of("topic-t-1", proposed(origin=Origin.MEMBER, proposer=MINE))
    residents = stream_of("topic-t-2", proposed("t-2", proposer="resident-1"))

    assert done(enrolled(), mine, residents) == {"m-one": {Deed.PROPOSED: 1}}
    assert "topic-t-2" not in fold_all(DEEDS, [*mine, *residents])


def test_a_year_has_what_was_done_in_it() -> None:
    activity = stream_of("activity-a-1", recorded_activity(done_on=date(2023, 12, 31)))

    assert done(enrolled(), activity) == {"m-one": {}}
    assert done(enrolled(), activity, year=2023) == {"m-one": {Deed.INSPECTION: 1}}


def test_an_account_that_a_member_gets_later_counts_what_was_done_before() -> None:
    change = MemberChanged(
        member_id="m-one",
        account=MINE,
        sector="农业界",
        liaison_office="石庙镇委员联络室",
        changed_on=day("07-01"),
    )
    late = stream_of("member-m-one", enrolled(account=None)[0].event, change)

    assert done(late, meeting(came(MINE), held())) == {"m-one": {Deed.ATTENDED: 1}}


def test_members_stand_in_the_order_of_the_roster_whatever_they_did() -> None:
    roster = [*enrolled("m-two", None, "01-09"), *enrolled("m-three", None), *enrolled("m-one")]

    assert list(done(roster, meeting(came(MINE), held()))) == ["m-two", "m-one", "m-three"]


def test_a_change_of_somebody_who_was_never_enrolled_waits_for_an_operator() -> None:
    retired = MemberRetired(member_id="m-one", reason="换届", retired_on=day("12-31"))

    with pytest.raises(OutOfOrderError):
        fold_all(ROSTER, stream_of("member-m-one", retired))


@pytest.mark.parametrize("projection", [DEEDS, ROSTER])
def test_any_interleaving_gives_the_same_documents(projection: Any) -> None:
    activity = stream_of("activity-a-1", recorded_activity())
    assert_interleaving_does_not_matter(
        projection, enrolled(), meeting(came(MINE), held()), activity, surveyed(MINE)
    )


def test_every_deed_has_its_words() -> None:
    assert DEEDS_IN_WORDS.keys() == set(Deed)


# over HTTP


def caller(role: Role, division: str = COUNTY, subject: str = "p-1") -> Caller:
    """Return somebody who asks a board that heard of two members and a consultation."""
    return caller_of(
        *(enrolled(), enrolled("m-two", None), meeting(came(MINE), held())),
        role=role,
        division=division,
        subject=subject,
    )


async def test_offices_and_auditors_read_what_members_did() -> None:
    for role in (Role.LIAISON, Role.OFFICE, Role.AUDITOR):
        found = (await caller(role).get("/members/activity?year=2024"))["items"]
        assert [(each["member_id"], each["done"]["attended"]) for each in found] == [
            ("m-one", 1),
            ("m-two", 0),
        ]
        assert found[0].keys().isdisjoint({"name", "person", "account"})


async def test_a_member_reads_their_own_year_and_nobody_elses() -> None:
    member = caller(Role.MEMBER, "371621101")

    assert (await member.get("/members/me/activity?year=2024"))["done"]["attended"] == 1
    assert await member.status_of("/members/activity") == 403
    assert await caller(Role.MEMBER, subject="p-9").status_of("/members/me/activity") == 404


async def test_another_countys_members_are_not_there() -> None:
    assert (await caller(Role.OFFICE, "371622").get("/members/activity"))["items"] == []
    assert await caller(Role.MEMBER, "371622").status_of("/members/me/activity") == 404


@pytest.mark.parametrize(("asked", "number"), [("sector=农业界", 2), ("sector=教育界", 0), ("year=2023", 2)])
async def test_members_are_narrowed_by_sector_and_office(asked: str, number: int) -> None:
    assert len((await caller(Role.OFFICE).get(f"/members/activity?{asked}"))["items"]) == number


async def test_what_members_did_is_saved_as_a_file() -> None:
    file = await caller(Role.OFFICE).ask("/members/activity?year=2024&format=csv")

    assert "参加协商" in file.text
    assert file.headers["content-type"].startswith("text/csv")
