"""A topic's limit in days shows, and stops nothing (T21)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.topics.app import SERVICE
from shared.platform.auth import Role
from tests.http import Caller, Log, application, done

PROPOSAL: dict[str, Any] = {
    "topic_id": "street-lamps",
    "division": "371621001",
    "title": "路灯补亮",
    "origin": "residents",
    "proposed_on": "2024-03-01",
}
TOPIC = "/topics/street-lamps"


@pytest.mark.rule("T21")
async def test_a_small_topic_goes_on_after_its_thirty_days_and_still_shows_when_they_ended() -> None:
    town = Caller(application(SERVICE, Log()), Role.LIAISON, "371621001")
    done(await town.post("/topics", PROPOSAL))
    done(await town.post(f"{TOPIC}/adoption", {"procedure": "micro", "adopted_on": "2024-03-05"}))
    after = {"reason": "现场已商定", "approver": "街道党工委", "waived_on": "2024-05-06"}

    done(await town.post(f"{TOPIC}/steps/consult/waiver", after))

    shown = await town.get(TOPIC)
    assert date.fromisoformat(shown["due_on"]) < date(2024, 5, 6)
    assert (shown["situation"], shown["next_step"]) == ("adopted", "convert")
