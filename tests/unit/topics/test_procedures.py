"""Procedures: what is shipped, and which version a topic gets."""

from __future__ import annotations

from dataclasses import asdict, replace
from importlib.resources import files
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from services.topics.domain.procedures import DEFAULT_PROCEDURE, Procedure, Procedures
from services.topics.domain.topic import ADOPT, CONSULT, CONVERT, RAISE
from services.topics.presets import load_procedures, parse_procedures
from shared.contracts.refusal import RefusedError
from shared.contracts.versions import PresetsError
from tests.unit.topics.examples import FOUR_STEPS

RAW: list[dict[str, Any]] = orjson.loads((files("services.topics.presets") / "procedures.json").read_bytes())
PRESETS = [procedure for versions in load_procedures().by_code.values() for procedure in versions]

each_preset = pytest.mark.parametrize("preset", PRESETS, ids=lambda p: f"{p.code}-{p.version}")


def document(*procedures: Procedure) -> bytes:
    return orjson.dumps(
        [
            {**asdict(replace(p, steps=())), "steps": [step.model_dump() for step in p.steps]}
            for p in procedures
        ]
    )


# presets


def test_the_five_presets_of_the_domain_are_shipped_and_the_default_is_one_of_them() -> None:
    assert list(load_procedures().by_code) == [
        "three-discussions-seven-steps",
        "luxian-4",
        "jinhua-5",
        "fanzhen-8",
        "micro",
    ]
    assert load_procedures().newest(DEFAULT_PROCEDURE).title == "三议七步"


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: f"{raw['code']}-{raw['version']}")
def test_everything_that_the_presets_file_says_is_read(raw: dict[str, Any]) -> None:
    """A misspelt key would be passed over silently."""
    (read,) = parse_procedures(orjson.dumps([{**raw, "version": 1}])).by_code[raw["code"]]
    (kept,) = orjson.loads(document(replace(read, version=raw["version"])))

    unsaid = {"days": None, "surveys_required": None, "rules": None, "official": False}
    assert {**kept, "steps": None} == {**unsaid, **raw, "steps": None}
    assert kept["steps"] == [{"papers": [], **step} for step in raw["steps"]]


@each_preset
def test_a_preset_is_never_shown_as_an_official_rule(preset: Procedure) -> None:
    assert not preset.official
    assert preset.source, "a preset says where its wording comes from"


@each_preset
def test_a_preset_has_the_steps_that_facts_complete(preset: Procedure) -> None:
    codes = [step.code for step in preset.steps]

    assert {CONSULT, CONVERT} <= set(codes)
    assert codes.index(CONSULT) < codes.index(CONVERT)


@each_preset
def test_a_preset_names_each_step_once_and_in_chinese(preset: Procedure) -> None:
    codes = [step.code for step in preset.steps]

    assert len(set(codes)) == len(codes)
    assert all(step.title and step.phase for step in preset.steps)


@each_preset
def test_what_is_done_with_the_proposal_and_the_adoption_comes_first(preset: Procedure) -> None:
    codes = [step.code for step in preset.steps]
    done = [code for code in codes if code in (RAISE, ADOPT)]

    assert codes[: len(done)] == done


@pytest.mark.rule("T21")
def test_a_micro_consultation_has_thirty_days_and_no_other_preset_a_limit() -> None:
    assert {preset.code: preset.days for preset in PRESETS if preset.days} == {"micro": 30}


# versions


@pytest.mark.rule("T10")
def test_a_topic_gets_the_newest_version_wherever_it_stands_in_the_file() -> None:
    procedures = parse_procedures(document(replace(FOUR_STEPS, version=2, title="新四步"), FOUR_STEPS))

    assert procedures.newest("four-steps").title == "新四步"
    assert [p.version for p in procedures.by_code["four-steps"]] == [1, 2]


@pytest.mark.rule("T06")
@pytest.mark.parametrize("versions", [[2], [1, 1], [1, 3], [0, 1]])
def test_versions_are_numbered_from_one_without_gap_or_double(versions: list[int]) -> None:
    with pytest.raises(PresetsError, match="without gap or double") as caught:
        parse_procedures(document(*(replace(FOUR_STEPS, version=version) for version in versions)))

    assert caught.value.code == "four-steps"
    assert str(versions) in caught.value.reason


def test_an_entry_without_steps_is_no_procedure() -> None:
    with pytest.raises(ValidationError):
        parse_procedures(b'[{"code": "nothing", "version": 1, "title": "\xe6\x97\xa0"}]')


@pytest.mark.rule("T10")
def test_an_unknown_procedure_is_refused_and_the_known_ones_are_told() -> None:
    with pytest.raises(RefusedError) as caught:
        Procedures({"four-steps": (FOUR_STEPS,)}).newest("five-steps")

    assert (caught.value.code, caught.value.rule, caught.value.field) == (
        "procedure-unknown",
        "T10",
        "procedure",
    )
    assert "four-steps" in caught.value.zh
