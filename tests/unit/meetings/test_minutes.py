"""Minutes: who may write, sign and publish them, and what a signature is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import strategies as st

from services.meetings.deciders import MINUTES
from services.meetings.domain.minutes import (
    Drafting,
    DraftMinutes,
    HeldMeeting,
    Minutes,
    MinutesCommand,
    PublishMinutes,
    Signing,
    SignMinutes,
)
from services.meetings.projections.minutes import MINUTES as MINUTES_MODEL
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MinutesDrafted, MinutesPublished, MinutesSigned
from shared.contracts.types import Flag, SignerRole
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import fold_all, given, recorded, stream_of
from tests.lives import (
    Episode,
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    live,
    read_back,
)
from tests.unit.meetings.examples import EVENING, LAMPS, TOWN

pytestmark = pytest.mark.rule("M16")

FIRST, SECOND, THIRD = ("1" * 64, "2" * 64, "3" * 64)
MAY_20, MAY_21, MAY_22 = date(2024, 5, 20), date(2024, 5, 21), date(2024, 5, 22)
NOW = datetime(2024, 5, 21, 2, 0, tzinfo=UTC)
HELD = HeldMeeting(EVENING, LAMPS, TOWN, due_on=MAY_21)
DRAFT = DraftMinutes(FIRST, Drafting(MAY_20, HELD))
HOST, RECORDER, PARTICIPANT = SignerRole.HOST, SignerRole.RECORDER, SignerRole.PARTICIPANT


def drafted(sha256: str = FIRST, number: int = 1, reason: str | None = None) -> MinutesDrafted:
    return MinutesDrafted(
        meeting_id=EVENING,
        topic_id=LAMPS,
        division=TOWN,
        number=number,
        sha256=sha256,
        reason=reason,
        drafted_on=MAY_20,
    )


def sign(person: str, role: SignerRole, sha256: str = FIRST, number: int = 1) -> SignMinutes:
    return SignMinutes(number, sha256, person, role, Signing(NOW, frozenset({role})))


def signed(person: str, role: SignerRole, sha256: str = FIRST, number: int = 1) -> MinutesSigned:
    return MinutesSigned(
        meeting_id=EVENING, number=number, sha256=sha256, person=person, role=role, signed_at=NOW
    )


def published(sha256: str = FIRST, number: int = 1) -> MinutesPublished:
    return MinutesPublished(
        meeting_id=EVENING,
        topic_id=LAMPS,
        division=TOWN,
        number=number,
        sha256=sha256,
        published_on=MAY_21,
    )


SIGNED = (drafted(), signed("the-host", HOST), signed("the-recorder", RECORDER))
PUBLISHED = (*SIGNED, published())

# drafting


def test_minutes_are_drafted_after_the_meeting_was_held() -> None:
    given(MINUTES).when(DRAFT).then(drafted())


def test_minutes_of_a_meeting_that_was_not_held_are_refused() -> None:
    given(MINUTES).when(replace(DRAFT, at=Drafting(MAY_20, None))).then_refused(
        "meeting-not-held", rule="M16"
    )


def test_the_last_day_for_minutes_is_in_time() -> None:
    (event,) = MINUTES.decide(replace(DRAFT, at=Drafting(MAY_21, HELD)), Minutes())
    assert isinstance(event, MinutesDrafted)
    assert event.flags == ()


def test_minutes_after_their_day_are_taken_and_flagged() -> None:
    (event,) = MINUTES.decide(replace(DRAFT, at=Drafting(MAY_22, HELD)), Minutes())
    assert isinstance(event, MinutesDrafted)
    assert event.flags == (Flag(rule="M16", text="纪要最迟应于 2024-05-21 形成，实际于 2024-05-22 形成"),)


def test_minutes_of_a_back_entry_are_not_late_for_its_source_does_not_say() -> None:
    at = Drafting(date(2026, 1, 1), replace(HELD, due_on=None))
    (event,) = MINUTES.decide(replace(DRAFT, at=at), Minutes())
    assert isinstance(event, MinutesDrafted)
    assert event.flags == ()


def test_only_the_first_draft_can_be_late() -> None:
    (event,) = MINUTES.decide(
        replace(DRAFT, sha256=SECOND, at=Drafting(MAY_22, HELD)), MINUTES.fold([drafted()])
    )
    assert isinstance(event, MinutesDrafted)
    assert event.flags == ()


def test_the_same_text_drafted_again_changes_nothing() -> None:
    given(MINUTES, drafted()).when(DRAFT).then_nothing()


def test_a_new_draft_before_publication_needs_no_reason_and_takes_the_signatures_away() -> None:
    again = given(MINUTES, *SIGNED).when(replace(DRAFT, sha256=SECOND)).then(drafted(SECOND, 2))
    again.when(PublishMinutes(2, MAY_21)).then_refused("signatures-missing", rule="M16")


def test_a_correction_of_published_minutes_states_its_reason() -> None:
    given(MINUTES, *PUBLISHED).when(replace(DRAFT, sha256=SECOND)).then_refused(
        "correction-without-reason", rule="M16"
    )


def test_a_correction_is_signed_and_published_like_the_first_version() -> None:
    reason = "路灯应为八盏"
    corrected = (
        given(MINUTES, *PUBLISHED)
        .when(replace(DRAFT, sha256=SECOND, reason=reason))
        .then(drafted(SECOND, 2, reason))
    )
    corrected.when(PublishMinutes(2, MAY_21)).then_refused("signatures-missing", rule="M16")
    (
        corrected.when(sign("the-host", HOST, SECOND, 2))
        .then(signed("the-host", HOST, SECOND, 2))
        .when(sign("the-recorder", RECORDER, SECOND, 2))
        .then(signed("the-recorder", RECORDER, SECOND, 2))
        .when(PublishMinutes(2, MAY_21))
        .then(published(SECOND, 2))
    )


# signing


@pytest.mark.parametrize("role", list(SignerRole))
def test_who_was_there_signs_what_they_have_read(role: SignerRole) -> None:
    given(MINUTES, drafted()).when(sign("person-1", role)).then(signed("person-1", role))


def test_who_was_not_there_does_not_sign() -> None:
    stranger = replace(sign("person-9", PARTICIPANT), at=Signing(NOW, frozenset()))
    given(MINUTES, drafted()).when(stranger).then_refused("not-entitled-to-sign", rule="M16")


def test_nobody_signs_as_what_they_were_not() -> None:
    as_host = replace(sign("person-9", HOST), at=Signing(NOW, frozenset({PARTICIPANT})))
    given(MINUTES, drafted()).when(as_host).then_refused("not-entitled-to-sign", rule="M16")


def test_a_signature_under_another_text_is_refused() -> None:
    given(MINUTES, drafted()).when(sign("person-1", PARTICIPANT, SECOND)).then_refused(
        "minutes-differ", rule="M16"
    )


def test_a_version_that_was_replaced_is_not_signed() -> None:
    given(MINUTES, drafted(), drafted(SECOND, 2)).when(sign("person-1", PARTICIPANT)).then_refused(
        "minutes-not-newest", rule="M16"
    )


def test_a_second_signature_of_the_same_person_changes_nothing() -> None:
    given(MINUTES, *SIGNED).when(sign("the-host", HOST)).then_nothing()


@pytest.mark.rule("M05")
def test_the_host_does_not_sign_as_recorder_too() -> None:
    given(MINUTES, drafted(), signed("the-host", HOST)).when(sign("the-host", RECORDER)).then_refused(
        "signed-already", rule="M16"
    )


def test_a_meeting_has_one_host_to_sign() -> None:
    given(MINUTES, *SIGNED).when(sign("somebody-else", HOST)).then_refused("role-signed-already", rule="M16")


def test_many_participants_sign_also_after_publication() -> None:
    given(MINUTES, *PUBLISHED, signed("person-1", PARTICIPANT)).when(sign("person-2", PARTICIPANT)).then(
        signed("person-2", PARTICIPANT)
    )


def test_nothing_is_signed_or_published_before_it_is_drafted() -> None:
    given(MINUTES).when(sign("the-host", HOST)).then_refused("minutes-unknown")
    given(MINUTES).when(PublishMinutes(1, MAY_21)).then_refused("minutes-unknown")


# publishing


def test_minutes_signed_by_host_and_recorder_are_published() -> None:
    given(MINUTES, *SIGNED).when(PublishMinutes(1, MAY_21)).then(published())


@pytest.mark.parametrize("there", [HOST, RECORDER])
def test_minutes_without_the_signatures_of_both_are_not_published(there: SignerRole) -> None:
    given(MINUTES, drafted(), signed("person-1", there), signed("person-2", PARTICIPANT)).when(
        PublishMinutes(1, MAY_21)
    ).then_refused("signatures-missing", rule="M16")


def test_publishing_twice_changes_nothing() -> None:
    given(MINUTES, *PUBLISHED).when(PublishMinutes(1, MAY_22)).then_nothing()


def test_a_version_that_was_replaced_is_not_published() -> None:
    given(MINUTES, *SIGNED, drafted(SECOND, 2)).when(PublishMinutes(1, MAY_21)).then_refused(
        "minutes-not-newest", rule="M16"
    )


# whatever comes

_texts = st.sampled_from([FIRST, SECOND, THIRD])
_numbers = st.integers(1, 3)
_roles = st.sampled_from(SignerRole)
_drafts = st.builds(
    DraftMinutes, _texts, st.builds(Drafting, st.just(MAY_20), st.just(HELD)), st.sampled_from([None, "更正"])
)
_signatures = st.builds(
    SignMinutes,
    _numbers,
    _texts,
    st.sampled_from(["person-1", "person-2", "person-3"]),
    _roles,
    st.builds(Signing, st.just(NOW), st.frozensets(_roles)),
)
_diligent: st.SearchStrategy[MinutesCommand] = st.sampled_from(
    [sign("person-1", HOST), sign("person-2", RECORDER), PublishMinutes(1, MAY_21)]
)
_publications = st.builds(PublishMinutes, _numbers, st.just(MAY_21))
MinutesLife = list[Episode[MinutesCommand, Minutes]]
_any: st.SearchStrategy[MinutesCommand] = st.one_of(_drafts, _signatures, _diligent, _publications)
lives: st.SearchStrategy[MinutesLife] = st.lists(_any, max_size=20).map(
    lambda commands: live(MINUTES, [DRAFT, *commands])
)


@for_any(lives)
def test_a_command_to_minutes_met_twice_is_silent_or_refused(life: MinutesLife) -> None:
    expect_silence_or_refusal_the_second_time(MINUTES, life)


@for_any(lives)
def test_a_snapshot_brings_back_all_minutes_and_so_does_their_stream(life: MinutesLife) -> None:
    expect_snapshots_to_bring_back_every_state(MINUTES, life)
    assert MINUTES.fold(read_back(events_of(life))) == life[-1].after


@for_any(lives)
def test_what_is_published_was_signed_by_two_people_as_host_and_recorder_in_that_version(
    life: MinutesLife,
) -> None:
    events = events_of(life)
    for at, event in enumerate(events):
        if isinstance(event, MinutesPublished):
            signatures = [e for e in events[:at] if isinstance(e, MinutesSigned) and e.sha256 == event.sha256]
            by_role = {e.role: e.person for e in signatures if e.number == event.number}
            assert by_role[HOST] != by_role[RECORDER]


@for_any(lives)
def test_the_read_model_shows_every_version_with_its_own_signatures(life: MinutesLife) -> None:
    events = events_of(life)
    document = fold_all(MINUTES_MODEL, stream_of(f"minutes-{EVENING}", *events))[EVENING]
    state = life[-1].after
    shown = [
        (
            v["number"],
            v["sha256"],
            [(s["person"], s["role"]) for s in v["signatures"]],
            bool(v["published_on"]),
        )
        for v in document["versions"]
    ]
    assert shown == [
        (v.number, v.sha256, [(s.person, s.role) for s in v.signatures], v.published) for v in state.versions
    ]
    last = max((v.number for v in state.versions if v.published), default=None)
    assert document["published"] == last


@pytest.mark.parametrize("event", [signed("the-host", HOST), published()])
def test_a_read_model_that_missed_the_draft_says_so(event: DomainEvent) -> None:
    with pytest.raises(OutOfOrderError):
        MINUTES_MODEL.fold(None, recorded(event, f"minutes-{EVENING}", 1), EVENING)
