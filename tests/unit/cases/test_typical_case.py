"""Typical cases: what is published of them, what is refused, and what a correction keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import strategies as st

from services.cases.deciders import CASE as DECIDER
from services.cases.domain.typical_case import (
    PARTS,
    CaseCommand,
    DraftCase,
    Drafting,
    PublishCase,
    Publishing,
    ReviseCase,
    SelectCase,
    TypicalCase,
)
from services.cases.projections.typical_cases import CASES
from shared.contracts.cases import TypicalCaseDrafted, TypicalCasePublished, TypicalCaseSelected
from shared.contracts.refusal import NotThereError
from shared.contracts.types import SelectionLevel
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import fold_all, given, stream_of
from tests.lives import (
    Episode,
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    live,
)
from tests.unit.cases.casework import (
    CASE,
    EVENING,
    HASH,
    JULY_1,
    JULY_8,
    LAMPS,
    OTHER_HASH,
    TEXT,
    TOWN,
    drafted,
    published,
    selected,
)

THIRD_HASH = "c" * 64
DRAFT = DraftCase(CASE, EVENING, LAMPS, TOWN, "said", Drafting(JULY_1, HASH))
PUBLISH = PublishCase(1, Publishing(JULY_1, TEXT, HASH))
SELECT = SelectCase(2024, SelectionLevel.CITY, JULY_8, "滨州市政协")


def publishing(**changes: Any) -> PublishCase:
    return PublishCase(1, replace(PUBLISH.at, **changes))


@pytest.mark.rule("C13")
def test_a_case_begins_with_a_draft_of_which_the_record_has_the_hash_only() -> None:
    given(DECIDER).when(DRAFT).then(drafted())
    assert "一盏灯" not in drafted().model_dump_json()
    given(DECIDER, drafted()).when(DRAFT).then_nothing()


@pytest.mark.rule("C13")
def test_each_text_is_a_version_and_the_same_text_is_none() -> None:
    given(DECIDER, drafted()).when(ReviseCase(OTHER_HASH, JULY_1)).then(drafted(2, OTHER_HASH))
    given(DECIDER, drafted()).when(ReviseCase(HASH, JULY_1)).then_nothing()


@pytest.mark.rule("C13")
def test_of_a_draft_there_is_nothing_to_correct_so_no_reason_is_kept() -> None:
    given(DECIDER, drafted()).when(ReviseCase(OTHER_HASH, JULY_1, "写错了")).then(drafted(2, OTHER_HASH))


@pytest.mark.rule("C13", "C14", "C15")
@pytest.mark.parametrize(
    "command", [ReviseCase(HASH, JULY_1), PUBLISH, SELECT], ids=lambda c: type(c).__name__
)
def test_nothing_is_done_to_a_case_that_nobody_drafted(command: CaseCommand) -> None:
    with pytest.raises(NotThereError):
        DECIDER.decide(command, TypicalCase())


@pytest.mark.rule("C14")
def test_a_case_in_which_nothing_is_found_is_published_with_its_text() -> None:
    given(DECIDER, drafted()).when(PUBLISH).then(published())
    given(DECIDER, drafted(), published()).when(PUBLISH).then_nothing()


@pytest.mark.rule("C14")
def test_a_case_is_not_published_while_anything_is_found_in_it() -> None:
    command = publishing(findings={"results": 2, "title": 1})
    refusal = given(DECIDER, drafted()).when(command).then_refused("case-names-people", rule="C14")
    assert refusal.field == "title"
    assert "标题 1 处、成效 2 处" in refusal.zh
    assert "title 1, results 2" in refusal.en


@pytest.mark.rule("C13")
@pytest.mark.parametrize("part", PARTS)
def test_a_case_is_not_published_while_one_of_its_parts_is_empty(part: str) -> None:
    command = publishing(text=replace(TEXT, **{part: ""}))
    refusal = given(DECIDER, drafted()).when(command).then_refused("case-incomplete", rule="C13")
    assert refusal.field == part
    assert PARTS[part] in refusal.zh


@pytest.mark.rule("C14")
@pytest.mark.parametrize("lost", [{"text": None}, {"sha256": OTHER_HASH}])
def test_a_text_that_is_no_longer_what_was_drafted_is_not_published(lost: dict[str, Any]) -> None:
    given(DECIDER, drafted()).when(publishing(**lost)).then_refused("case-text-changed", rule="C14")


@pytest.mark.rule("C14")
def test_only_the_newest_version_is_published() -> None:
    given(DECIDER, drafted(), drafted(2, OTHER_HASH)).when(PUBLISH).then_refused(
        "case-not-newest", rule="C14"
    )


@pytest.mark.rule("C15")
def test_a_correction_is_a_new_version_with_its_reason() -> None:
    once = (drafted(), published())
    refusal = (
        given(DECIDER, *once)
        .when(ReviseCase(OTHER_HASH, JULY_1))
        .then_refused("correction-without-reason", rule="C15")
    )
    assert refusal.field == "reason"
    again = drafted(2, OTHER_HASH, "应为八盏")
    given(DECIDER, *once).when(ReviseCase(OTHER_HASH, JULY_1, "应为八盏")).then(again)
    given(DECIDER, *once, again).when(PublishCase(2, Publishing(JULY_1, TEXT, OTHER_HASH))).then(
        published(2, OTHER_HASH, "应为八盏")
    )


@pytest.mark.rule("C15")
def test_only_a_published_case_is_selected() -> None:
    given(DECIDER, drafted()).when(SELECT).then_refused("case-not-published", rule="C15")
    given(DECIDER, drafted(), published()).when(SELECT).then(selected())


@pytest.mark.rule("C15")
def test_a_case_is_selected_once_a_year_and_level() -> None:
    once = (drafted(), published(), selected())
    given(DECIDER, *once).when(SELECT).then_nothing()
    given(DECIDER, *once).when(replace(SELECT, year=2023)).then(selected(2023))
    higher = SelectionLevel.PROVINCE
    given(DECIDER, *once).when(replace(SELECT, level=higher)).then(selected(level=higher))


@pytest.mark.rule("C15")
def test_what_is_selected_is_what_was_published_then_though_a_correction_is_being_written() -> None:
    correcting = (drafted(), published(), drafted(2, OTHER_HASH, "应为八盏"))
    given(DECIDER, *correcting).when(SELECT).then(selected(number=1))


@pytest.mark.rule("C15")
def test_a_selection_lies_neither_ahead_nor_before_its_year() -> None:
    ahead = replace(SELECT, selected_on=date(2024, 7, 9))
    given(DECIDER, drafted(), published()).when(ahead).then_refused("selected-in-the-future", rule="C15")
    early = replace(SELECT, year=2025)
    given(DECIDER, drafted(), published()).when(early).then_refused("selected-before-its-year", rule="C15")
    given(DECIDER, drafted(), published()).when(replace(SELECT, selected_on=JULY_1)).then(selected(on=JULY_1))


# any sequence of commands

_hashes = st.sampled_from([HASH, OTHER_HASH, THIRD_HASH])
_texts = st.sampled_from([TEXT, replace(TEXT, results=""), None])
_findings = st.sampled_from([{}, {}, {"results": 1}])
_at = st.builds(Publishing, st.just(JULY_1), _texts, _hashes, _findings)
_publish: st.SearchStrategy[CaseCommand] = st.builds(PublishCase, st.integers(1, 4), _at)
_others: st.SearchStrategy[CaseCommand] = st.one_of(
    st.just(DRAFT),
    st.builds(ReviseCase, _hashes, st.just(JULY_1), st.sampled_from([None, "应为八盏"])),
    st.builds(SelectCase, st.integers(2022, 2025), st.sampled_from(SelectionLevel), st.just(JULY_8)),
)


@st.composite
def _life(draw: st.DrawFn) -> list[Episode[CaseCommand, TypicalCase]]:
    commands = draw(st.lists(st.one_of(_publish, _others, st.just(PUBLISH)), max_size=12))
    return live(DECIDER, [*draw(st.sampled_from([(), (DRAFT,), (DRAFT, PUBLISH)])), *commands])


@pytest.mark.rule("C13", "C14", "C15")
@for_any(_life(), examples=50)
def test_whatever_happens_what_is_published_was_checked_and_versions_count_on(
    life: list[Episode[CaseCommand, TypicalCase]],
) -> None:
    for episode in life:
        for event in episode.events:
            if isinstance(event, TypicalCasePublished):
                assert isinstance(episode.command, PublishCase)
                assert not episode.command.at.findings
                assert all(getattr(event, part) for part in PARTS)
                assert event.sha256 == episode.command.at.sha256 == episode.before.versions[-1].sha256
                assert (event.reason is None) == (episode.before.published is None)
            if isinstance(event, TypicalCaseSelected):
                assert event.number == episode.before.published
    numbers = [e.number for e in events_of(life) if isinstance(e, TypicalCaseDrafted)]
    assert numbers == list(range(1, len(numbers) + 1))
    after = life[-1].after if life else TypicalCase()
    assert len(set(after.selections)) == len(after.selections)


@for_any(_life(), examples=50)
def test_a_case_told_twice_does_not_do_it_twice(life: list[Episode[CaseCommand, TypicalCase]]) -> None:
    expect_silence_or_refusal_the_second_time(DECIDER, life)


@for_any(_life(), examples=50)
def test_a_case_is_brought_back_by_its_snapshot(life: list[Episode[CaseCommand, TypicalCase]]) -> None:
    expect_snapshots_to_bring_back_every_state(DECIDER, life)


# the read model


def document(*events: Any) -> Any:
    return fold_all(CASES, stream_of(DECIDER.stream(CASE), *events))[CASE]


@pytest.mark.rule("C14")
def test_of_a_draft_the_read_model_has_no_text() -> None:
    shown = document(drafted())
    assert (shown["published"], shown["title"], shown["pending"], shown["grams"]) == (None, None, True, [])
    assert shown["versions"] == [
        {"number": 1, "sha256": HASH, "reason": None, "drafted_on": "2024-07-01", "published_on": None}
    ]


@pytest.mark.rule("C15")
def test_versions_that_were_published_stay_and_the_newest_of_them_is_shown() -> None:
    again = (drafted(2, OTHER_HASH, "应为八盏"), published(2, OTHER_HASH, "应为八盏", title="八盏灯"))
    before, after = document(drafted(), published(), again[0]), document(drafted(), published(), *again)
    assert (before["published"], before["title"], before["pending"]) == (1, TEXT.title, True)
    assert (after["published"], after["title"], after["pending"]) == (2, "八盏灯", False)
    assert [v["title"] for v in after["versions"]] == [TEXT.title, "八盏灯"]
    assert document(drafted(), published(), selected())["selections"] == [
        {
            "year": 2024,
            "level": "city",
            "body": "滨州市政协",
            "number": 1,
            "selected_on": "2024-07-08",
        }
    ]


@pytest.mark.parametrize("event", [published(), selected()], ids=lambda e: e.name)
def test_a_stream_that_begins_in_its_middle_is_out_of_order(event: Any) -> None:
    with pytest.raises(OutOfOrderError):
        document(event)


@for_any(_life(), examples=50)
def test_the_read_model_shows_what_the_decider_knows(life: list[Episode[CaseCommand, TypicalCase]]) -> None:
    if events := events_of(life):
        shown, state = document(*events), life[-1].after
        assert shown["published"] == state.published
        assert [(v["number"], v["sha256"]) for v in shown["versions"]] == [
            (v.number, v.sha256) for v in state.versions
        ]
        assert shown["pending"] is not state.versions[-1].published
        assert [(s["year"], s["level"]) for s in shown["selections"]] == list(state.selections)
