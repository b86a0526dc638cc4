"""A quorum and a ballot, where the topic's procedure has them (M14)."""

from __future__ import annotations

from math import ceil

from shared.contracts.types import MeetingRules


def quorum_of(rules: MeetingRules, expected: int | None) -> int | None:
    """Return how many have to be there; None where the procedure has no quorum.

    Args:
        rules: of the procedure.
        expected: how many are expected to come; a share of an unknown number asks for nobody.
    """
    asked = [rules.quorum] if rules.quorum is not None else []
    if rules.quorum_percent is not None and expected is not None:
        asked.append(ceil(expected * rules.quorum_percent / 100))
    return max(asked) if asked else None


def passes(in_favour: int, present: int) -> bool:
    """Tell whether more than half of those present are in favour; who does not vote is not."""
    return 2 * in_favour > present
