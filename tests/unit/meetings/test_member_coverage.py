"""The two coverages: percentages only, over five people or more, that tell of nobody (M18)."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import strategies as st

from services.meetings.domain.coverage import LEAST, Coverage, PartyFacts, coverage, percentage
from tests.lives import for_any

IN_BRANCH = PartyFacts(party_member=True, branch="branch-of-health")
OUTSIDE = PartyFacts(party_member=True)
NO_MEMBER = PartyFacts(party_member=False)
UNKNOWN = PartyFacts()
BRANCHES = {"branch-of-health": ("医药卫生界",), "branch-of-schools": ("教育界",)}


def of(*facts: PartyFacts, sectors: tuple[str, ...] = (), **activities: tuple[str, ...]) -> Coverage:
    """Return the coverage of a county whose members are numbered; all of a covered sector unless said."""
    ids = [f"m{n}" for n in range(len(facts))]
    of_sector = sectors or ("医药卫生界",) * len(facts)
    return coverage(
        dict(zip(ids, facts, strict=True)),
        dict(zip(ids, of_sector, strict=True)),
        branches=BRANCHES,
        activities=activities,
    )


@pytest.mark.rule("M18")
def test_party_organisation_covers_the_party_members_who_belong_to_a_standing_branch() -> None:
    dissolved = PartyFacts(party_member=True, branch="branch-that-was-dissolved")

    found = of(*[IN_BRANCH] * 6, dissolved, OUTSIDE, *[NO_MEMBER] * 9)

    assert found.party_organisation == 75


@pytest.mark.rule("M18")
def test_party_work_covers_the_members_of_sectors_with_a_branch_whoever_they_are() -> None:
    sectors = ("医药卫生界",) * 3 + ("教育界",) + ("工商联",)

    assert of(*[NO_MEMBER] * 5, sectors=sectors).party_work == 80


@pytest.mark.rule("M18")
@pytest.mark.rule("M19")
def test_identity_is_shown_by_party_members_in_activities_that_count_and_that_they_took_part_in() -> None:
    def shown_in(*activities: str) -> PartyFacts:
        return PartyFacts(party_member=True, shown_in=frozenset(activities))

    found = of(
        shown_in("visit", "fair"),
        shown_in("visit"),
        shown_in("struck"),
        OUTSIDE,
        OUTSIDE,
        PartyFacts(party_member=False, shown_in=frozenset({"visit"})),
        visit=("m0", "m5"),
        fair=("m0",),
    )

    assert found.showed_party_identity == 20, "m0 alone: m1 was not there, m2's was struck, m5 is none"


@pytest.mark.rule("M18")
@pytest.mark.parametrize("party_members", range(LEAST + 1))
def test_nothing_is_told_of_fewer_than_five_people(party_members: int) -> None:
    found = of(*[IN_BRANCH] * party_members, *[NO_MEMBER] * 20)

    told = found.party_organisation, found.showed_party_identity
    assert told == ((100, 0) if party_members >= LEAST else (None, None))
    assert of(*[NO_MEMBER] * party_members).party_work == (100 if party_members >= LEAST else None)


@pytest.mark.rule("M18")
@for_any(st.integers(LEAST, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_full_coverage_is_said_of_all_only(counts: tuple[int, int]) -> None:
    part, whole = counts

    percent = percentage(part, whole)

    assert percent is not None
    assert (percent == 100) == (part == whole)
    assert 0 <= percent * whole <= part * 100


@pytest.mark.rule("M18")
def test_no_count_leaves_with_the_percentages() -> None:
    assert {field.name: field.type for field in fields(Coverage)} == {
        "party_organisation": "int | None",
        "party_work": "int | None",
        "showed_party_identity": "int | None",
        "complete": "bool",
    }


@pytest.mark.rule("M18")
def test_it_is_said_whether_something_was_entered_of_everybody() -> None:
    assert of(IN_BRANCH, NO_MEMBER).complete
    assert not of(IN_BRANCH, UNKNOWN).complete
