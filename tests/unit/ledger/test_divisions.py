"""The towns of a county."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.ledger import Divisions, DivisionsFileError
from shared.ledger.divisions import Town
from tests.unit.ledger.workbooks import DIVISIONS, EXAMPLES

TWO = """code,name,level,parent
371621,惠民县,county,3716
371622,阳信县,county,3716
371622001,信城街道,town,371622
"""


def test_the_example_has_fifteen_towns() -> None:
    assert (DIVISIONS.county, DIVISIONS.name, len(DIVISIONS.towns)) == ("371621", "惠民县", 15)


def test_of_several_counties_one_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    path.write_text(TWO, encoding="utf-8")

    assert (Town("371622001", "信城街道"),) == Divisions.load(path, "371622").towns
    with pytest.raises(DivisionsFileError, match="not named"):
        Divisions.load(path)


def test_a_county_that_is_not_in_the_file_is_refused() -> None:
    with pytest.raises(DivisionsFileError, match="371622"):
        Divisions.load(EXAMPLES / "divisions-371621.csv", "371622")


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    with pytest.raises(DivisionsFileError, match="column"):
        Divisions.load(path)


def test_two_towns_of_one_stem_are_told_apart_by_their_full_names() -> None:
    divisions = Divisions("371600", "某县", (Town("371600001", "城关镇"), Town("371600002", "城关街道")))

    assert divisions.town("城关") is None
    assert Town("371600001", "城关镇") == divisions.town("城关镇")
