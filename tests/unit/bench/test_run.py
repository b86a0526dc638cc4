"""What can be asked of a run."""

from __future__ import annotations

import importlib

import pytest

from shared.cli.bench import MEASURES, run
from shared.cli.bench.running import BenchError


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_is_a_module_of_its_name(name: str) -> None:
    assert callable(importlib.import_module(f"shared.cli.bench.measure_{name}").measure)


def test_an_unknown_measure_is_refused_before_anything_is_started() -> None:
    with pytest.raises(BenchError, match="no measure speed; there are: append"):
        run(only=["append", "speed"])
