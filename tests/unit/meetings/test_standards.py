"""Venue standards: what is shipped, and what a presets file may not say."""

from __future__ import annotations

from dataclasses import asdict, replace
from importlib.resources import files
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from services.meetings.domain.standards import DEFAULT_STANDARD, VenueStandard
from services.meetings.presets import load_standards, parse_standards
from shared.contracts.refusal import RefusedError
from shared.contracts.versions import PresetsError
from tests.unit.meetings.examples import LONGKOU

RAW: list[dict[str, Any]] = orjson.loads((files("services.meetings.presets") / "standards.json").read_bytes())
PRESETS = [standard for versions in load_standards().by_code.values() for standard in versions]

each_preset = pytest.mark.parametrize("preset", PRESETS, ids=lambda p: f"{p.code}-{p.version}")


def document(*standards: VenueStandard) -> bytes:
    return orjson.dumps([asdict(standard) for standard in standards])


def test_the_two_presets_of_the_domain_are_shipped_and_longkou_is_the_default() -> None:
    assert list(load_standards().by_code) == ["longkou", "zhongshan"]
    assert [item.title for item in load_standards().newest(DEFAULT_STANDARD).items] == [
        "有阵地",
        "有标识",
        "有制度",
        "有流程",
        "有活动",
        "有实效",
    ]


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: f"{raw['code']}-{raw['version']}")
def test_everything_that_the_presets_file_says_is_read(raw: dict[str, Any]) -> None:
    """A misspelt key would be passed over silently."""
    (read,) = parse_standards(orjson.dumps([raw])).by_code[raw["code"]]
    (kept,) = orjson.loads(document(read))

    items = [{"computed": None, "at_least": 1, **item} for item in raw["items"]]
    assert kept == {**raw, "items": items}


@each_preset
def test_a_preset_is_never_shown_as_an_official_rule_and_names_its_source(preset: VenueStandard) -> None:
    assert not preset.official
    assert preset.source


@pytest.mark.rule("M03")
def test_only_activity_and_effect_are_computed() -> None:
    computed = {item.title for standard in PRESETS for item in standard.items if item.computed}

    assert computed == {"有活动", "有实效"}


@pytest.mark.rule("T06")
def test_the_newest_version_is_used_whatever_the_order_in_the_file() -> None:
    second = replace(LONGKOU, version=2, title="六有(新)")

    assert parse_standards(document(second, LONGKOU)).newest("longkou") == second


@pytest.mark.rule("T06")
@pytest.mark.parametrize("versions", [[2], [1, 1], [1, 3]])
def test_versions_with_a_gap_or_a_double_are_refused(versions: list[int]) -> None:
    with pytest.raises(PresetsError, match="without gap or double") as refused:
        parse_standards(document(*(replace(LONGKOU, version=v) for v in versions)))

    assert refused.value.code == "longkou"


@pytest.mark.rule("M02")
@pytest.mark.parametrize("items", [LONGKOU.items[:5], (*LONGKOU.items[:5], LONGKOU.items[0])])
def test_a_standard_has_six_items_each_once(items: tuple[Any, ...]) -> None:
    with pytest.raises(PresetsError, match="6 items"):
        parse_standards(document(replace(LONGKOU, items=items)))


def test_a_file_that_is_no_list_of_standards_is_refused() -> None:
    with pytest.raises(ValidationError):
        parse_standards(b'{"longkou": []}')


@pytest.mark.rule("M02")
def test_an_unknown_standard_is_refused_with_those_there_are() -> None:
    with pytest.raises(RefusedError, match="longkou, zhongshan") as refused:
        load_standards().newest("luxian")

    assert (refused.value.code, refused.value.field) == ("standard-unknown", "standard")


def test_an_item_is_found_by_its_title_too() -> None:
    """Ledgers name the items in Chinese."""
    assert [LONGKOU.code_of(name) for name in ("有标识", "signage", "有食堂")] == [
        "signage",
        "signage",
        "有食堂",
    ]
