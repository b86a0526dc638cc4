"""A line of the table: a floor, our own figure, and whether that is as good as it was meant to be."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict


class Row(TypedDict):
    """One figure.

    Attributes:
        measure: what was measured.
        floor: the bare drivers' figure, or what it is compared with; None where it stands alone.
        own: ours.
        ratio: own ÷ floor.
        unit: of both.
        goal: in words, such as `≥ 0.9 ×`.
        met: whether the goal is reached.
    """

    measure: str
    floor: float | None
    own: float
    ratio: float | None
    unit: str
    goal: str
    met: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """How good a figure, or its ratio to the floor, has to be.

    Attributes:
        at_least: the least that is good enough; None where less is better.
        at_most: the most that is good enough; None where more is better.
        unit: of the limit: `×` for a ratio.
    """

    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"

    def __str__(self) -> str:
        sign, limit = ("≤", self.at_most) if self.at_least is None else ("≥", self.at_least)
        return f"{sign} {limit:g} {self.unit}"

    def met_by(self, value: float) -> bool:
        """Tell whether a value, as it is shown, is good enough."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most


def _rounded(value: float) -> float:
    """Return a figure with as many digits as it deserves."""
    return float(f"{value:.4g}") if abs(value) < 1000 else float(round(value))


def compared(measure: str, figures: Figures, unit: str, goal: Goal) -> Row:
    """Return the row of a figure that is judged by its ratio to the floor."""
    ratio = round(figures.own / figures.floor, 2)
    return Row(
        measure=measure,
        floor=_rounded(figures.floor),
        own=_rounded(figures.own),
        ratio=ratio,
        unit=unit,
        goal=str(goal),
        met=goal.met_by(ratio),
    )


def alone(measure: str, own: float, unit: str, goal: Goal, *, floor: float | None = None) -> Row:
    """Return the row of a figure that is judged by itself; a floor is shown for comparison."""
    return Row(
        measure=measure,
        floor=None if floor is None else _rounded(floor),
        own=_rounded(own),
        ratio=None,
        unit=unit,
        goal=str(goal),
        met=goal.met_by(_rounded(own)),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """The medians of what was measured in turn."""

    floor: float
    own: float


Measurement = Callable[[], Awaitable[float]]


async def alternate(repetitions: int, floor: Measurement, own: Measurement) -> Figures:
    """Measure floor and own figure in turn, and return their medians."""
    floors: list[float] = []
    owns: list[float] = []
    for _ in range(repetitions):
        for found, measure in ((floors, floor), (owns, own)):
            gc.collect()  # what one has left behind is not for the other to clean up
            found.append(await measure())
    return Figures(statistics.median(floors), statistics.median(owns))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
