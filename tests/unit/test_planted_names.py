"""Names and phones planted wherever somebody may type them, and looked for wherever something comes out.

All that services keep for ever or show to more than those who look people up: commits, records for Kafka,
lines of the log, every answer of every endpoint to everybody, files of lists. Then one is erased, and nothing
at all is left of them, not where people are looked up either. What Party membership may not do is proven in
tests/unit/meetings/test_member_privacy.py.
"""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import replace
from typing import Any

import pytest

from services.topics import submitting
from shared.platform.auth import Role
from shared.platform.people import Person
from tests.authorisation.example import TOWN, Example, Who
from tests.authorisation.sources import SOURCES
from tests.planting import (
    ANN,
    ANNS_MAIL,
    ANNS_PHONE,
    BEN,
    BENS_MAIL,
    LIAISON,
    OFFICE,
    Planted,
    kept_for_ever,
    leaks,
    logged,
    text_of,
)
from tests.unit.planted import CONTACT, SCENES, topics

pytestmark = pytest.mark.slow


@pytest.mark.rule("M18", "T08")
@pytest.mark.parametrize("service", SCENES)
async def test_no_planted_name_or_phone_is_kept_for_ever_logged_or_shown(service: str) -> None:
    with logged() as lines:
        planted = await SCENES[service]()
        await planted.ask_everything()

    assert leaks({"the record": kept_for_ever(planted.world)}) == []
    assert leaks({"the log": lines.getvalue()}) == []
    assert leaks({"the API's description": json.dumps(planted.world.app.openapi(), ensure_ascii=False)}) == []
    assert leaks(planted.shown()) == []
    assert planted.found in "".join(planted.answers.values()), "who may look people up does find them"


WORDS = frozenset({"reason", "text", "explanation", "question", "description", "findings", "place"})
WORDS |= {
    "note",
    "outcome",
    "no_contact_reason",
    "background",
    "participants",
    "process",
    "results",
    "approver",
}
OF_SERVICE = {"cases": {"title", "page", "body"}, "notify": {"title", "body"}}
"""Fields in which people write in their own words."""

LEAST_WRITTEN = {"topics": 6, "meetings": 6, "cases": 12, "notify": 3}
"""At how many endpoints of a service."""


def with_numbers(value: Any, words: Set[str], name: str = "") -> Any:
    """Return a body in whose free texts a telephone number, a mail address and an identity number stand."""
    if isinstance(value, dict):
        return {key: with_numbers(held, words, key) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [with_numbers(held, words, name) for held in value]
    return f"{value},{CONTACT}" if isinstance(value, str) and name in words else value


@pytest.mark.parametrize("service", LEAST_WRITTEN)
async def test_whatever_clerks_write_in_their_own_words_no_number_becomes_part_of_the_record(
    service: str,
) -> None:
    world, written = await SOURCES[service].world(), set()
    words = WORDS | OF_SERVICE.get(service, set())
    for example in SOURCES[service].EXAMPLES:
        body, by = with_numbers(example.body, words), replace(OFFICE, subject=example.subject)
        refused = example.further and not example.further.lets(by)
        if body == example.body or refused or example.endpoint.endswith("/minutes"):
            continue
        world.begin()
        response = await world.send(by, replace(example, body=body))
        assert response.status_code == example.answers, (example.endpoint, response.text)
        assert leaks({example.endpoint: kept_for_ever(world)}) == []
        written.add(example.endpoint)
    assert len(written) >= LEAST_WRITTEN[service], written


async def test_a_leak_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "masked", lambda text, names=(): text)

    planted = await topics()
    asked = Example("GET /topics/{topic_id}", f"/topics/{planted.things['topic'][0]}")
    answered = await planted.world.send(Who(Role.RESIDENT, TOWN), asked)

    assert leaks({"the record": kept_for_ever(planted.world)}, (ANN,)) == [f"{ANN} in the record"]
    assert leaks({"an answer": text_of(answered)}, (ANN,)) == [f"{ANN} in an answer"]


async def erase_ann(planted: Planted) -> None:
    """Erase Ann where the service knows her, and where she is named."""
    kept = planted.world.kept.people.people.people
    of_ann = {ANN, ANNS_PHONE, ANNS_MAIL}
    known = [id_ for id_, document in kept.items() if of_ann & {str(held) for held in document.values()}]
    for person in known:
        await planted.tell(f"/people/{person}/erasure", {"why": "本人要求"}, OFFICE)
    if not known:  # as `hxs people erase` does in a service that names people whom only others know
        ann = Person(id="ann", name=ANN, phone=ANNS_PHONE, email=ANNS_MAIL)
        await planted.world.app.state.people.erase("ann", by="operator", why="本人要求", known=ann)


@pytest.mark.rule("N12")
@pytest.mark.parametrize("service", [each for each in SCENES if each != "board"])  # which keeps nobody
async def test_of_an_erased_person_nothing_at_all_is_left(service: str) -> None:
    with logged() as lines:
        planted = await SCENES[service]()
        await erase_ann(planted)
        planted.answers.clear()
        await planted.ask_everything((OFFICE, LIAISON))
    kept = planted.world.kept

    names_and_addresses = {
        "people": repr(kept.people.people.people) + repr(kept.people.people.log),
        "texts": repr(kept.texts.documents),
    }
    everywhere = {
        **planted.answers,
        **names_and_addresses,
        "the log": lines.getvalue(),
        "the record": kept_for_ever(planted.world),
        "files": repr(kept.people.files.documents),
        "counts": repr(kept.people.limits.counts),
    }
    assert leaks(everywhere, (ANN, ANNS_PHONE, ANNS_MAIL)) == []
    assert leaks(names_and_addresses, (BEN, BENS_MAIL)), "others are not erased with them"
