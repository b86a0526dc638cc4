"""Texts beside the record on the real database, and in the memory of the other tests: the same promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from services.cases.app import SERVICE as CASES
from services.cases.domain.typical_case import CaseText
from services.cases.drafts import CaseDraft
from services.meetings.app import SERVICE
from shared.platform.mongo import connect
from shared.platform.people import Details, Person
from shared.platform.settings import Settings
from shared.platform.texts import ERASED, MongoTextStore, Texts, TextStore, sha256_of, texts_in
from tests.unit.meetings.examples import TOWN
from tests.unit.meetings.text_tools import MemoryTextStore

pytestmark = pytest.mark.rule("M16")

NOW = datetime(2024, 5, 13, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
TEXT = "王大山(13800000000)同意补装路灯。"


@pytest.fixture(params=["memory", "mongo"])
async def store(
    request: pytest.FixtureRequest, mongo_url: str, mongo_prefix: str
) -> AsyncIterator[TextStore]:
    if request.param == "memory":
        yield MemoryTextStore()
        return
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    yield MongoTextStore(mongo.database("meetings"))
    mongo.close()


def at(store: TextStore, now: datetime) -> Texts:
    return Texts(store, clock=lambda: now)


async def nothing_is_drafted(meeting_id: str, sha256: str) -> bool:
    return False


async def everything_is_drafted(meeting_id: str, sha256: str) -> bool:
    return True


async def test_a_text_is_found_by_meeting_and_hash(store: TextStore) -> None:
    texts = at(store, NOW)
    sha256 = await texts.put("meeting-1", TEXT)
    kept = await texts.get("meeting-1", sha256)
    assert kept is not None
    assert (kept.text, kept.erased_on, sha256) == (TEXT, None, sha256_of(TEXT))
    assert await texts.get("meeting-2", sha256) is None


async def test_only_what_the_record_does_not_know_is_swept_away(store: TextStore) -> None:
    texts = at(store, NOW)
    orphan, drafted = await texts.put("meeting-1", "没有写完"), await texts.put("meeting-1", TEXT)
    await texts.committed("meeting-1", drafted)
    assert await at(store, NOW + timedelta(minutes=59)).sweep(nothing_is_drafted) == 0, "it may be under way"
    assert await at(store, LATER).sweep(nothing_is_drafted) == 1
    assert await texts.get("meeting-1", orphan) is None
    assert await texts.get("meeting-1", drafted) is not None


async def test_a_text_whose_mark_was_lost_gets_it_from_the_record(store: TextStore) -> None:
    sha256 = await at(store, NOW).put("meeting-1", TEXT)
    assert await at(store, LATER).sweep(everything_is_drafted) == 0
    assert await at(store, LATER).sweep(nothing_is_drafted) == 0, "it has its mark now"
    assert await at(store, LATER).get("meeting-1", sha256) is not None


async def test_a_text_that_is_written_again_is_not_swept_away_meanwhile(store: TextStore) -> None:
    sha256 = await at(store, NOW).put("meeting-1", TEXT)
    await at(store, LATER).put("meeting-1", TEXT)
    assert await at(store, LATER + timedelta(minutes=1)).sweep(nothing_is_drafted) == 0
    assert await at(store, LATER).get("meeting-1", sha256) is not None


async def test_the_same_text_written_by_many_at_once_is_there_once(store: TextStore) -> None:
    texts = at(store, NOW)
    hashes = await asyncio.gather(*(texts.put("meeting-1", TEXT) for _ in range(20)))
    assert len(set(hashes)) == 1


async def test_who_is_erased_is_gone_from_every_text_also_from_one_that_nobody_committed(
    store: TextStore,
) -> None:
    texts = at(store, NOW)
    sha256 = await texts.put("meeting-1", TEXT)
    await texts.put("meeting-2", "王大山没有到会。")
    await texts.put("meeting-3", "与他人有关。")
    person = Person(id="person-1", name="王大山", phone="13800000000")
    assert await texts.erase(person) == 2
    kept = await texts.get("meeting-1", sha256)
    assert kept is not None
    assert (kept.text, kept.erased_on) == (f"{ERASED}({ERASED})同意补装路灯。", NOW.date())
    await texts.put("meeting-1", TEXT)
    again = await texts.get("meeting-1", sha256)
    assert again is not None
    assert again.text == kept.text, "writing it again does not bring the name back"


async def test_a_name_with_special_signs_is_a_name_and_no_pattern(store: TextStore) -> None:
    texts = at(store, NOW)
    sha256 = await texts.put("meeting-1", "买买提·艾力(组长).*")
    assert await texts.erase(Person(id="person-1", name=".*")) == 1
    kept = await texts.get("meeting-1", sha256)
    assert kept is not None
    assert kept.text == f"买买提·艾力(组长){ERASED}"


async def test_erasing_a_person_of_the_service_reaches_the_texts(mongo_url: str, mongo_prefix: str) -> None:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    database = mongo.database("meetings")
    people, texts = SERVICE.people(database), texts_in(database)
    await people.prepare()
    sha256 = await texts.put("meeting-1", TEXT)
    await texts.committed("meeting-1", sha256)
    await people.put("person-1", division=TOWN, details=Details(name="王大山", phone="13800000000"))

    done = await people.erase("person-1", by="operator", why="本人要求")

    assert set(done.places) == {"people", "texts"}
    kept = await texts.get("meeting-1", sha256)
    assert kept is not None
    assert "王大山" not in kept.text
    assert "13800000000" not in kept.text
    mongo.close()


@pytest.mark.rule("C14")
async def test_a_service_that_keeps_no_people_takes_out_of_its_drafts_whom_others_know(
    mongo_url: str, mongo_prefix: str
) -> None:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    database = mongo.database("cases")
    people, texts = CASES.people(database), texts_in(database)
    draft = CaseDraft(CaseText("灯亮了", "", "", "", "", f"{TEXT}"), ("王大山", "李四"), "salt")
    sha256 = await texts.put("case-1", draft.written())
    known = Person(id="person-1", name="王大山", phone="13800000000")

    done = await people.erase("person-1", by="operator", why="本人要求", known=known)

    assert done.places == ("texts",)
    kept = await texts.get("case-1", sha256)
    assert kept is not None
    assert CaseDraft.read(kept.text).names == ("李四",)
    assert "王大山" not in kept.text
    assert "13800000000" not in kept.text
    mongo.close()
