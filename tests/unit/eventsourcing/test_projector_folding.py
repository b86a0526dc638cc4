"""The runner's part of a fold, without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.contracts.envelope import Recorded
from shared.eventsourcing.folding import NewerLogError, Step, StepReader, UnreadableError, fold_steps
from shared.eventsourcing.incoming import StoredRecord, event_id_of
from shared.eventsourcing.projection import Projection
from tests.projection_tools import Brittle, Log, box_events, boxes, shelves

SERVICE = "folding"
EVENTS = box_events(SERVICE)


def steps(projection: Projection, *records: StoredRecord) -> dict[str, list[Step]]:
    """Return the steps of records by document."""
    reader = StepReader(projection, {})
    found: dict[str, list[Step]] = {}
    for record in records:
        for key, step in reader.read(record):
            found.setdefault(key, []).append(step)
    return found


def test_a_step_at_or_below_a_documents_position_is_passed_over() -> None:
    log, projection = Log(SERVICE), boxes(SERVICE)
    first, second = (log.record("box-1", EVENTS.Put(amount=n)) for n in (1, 10))
    of_box = steps(projection, first, second)["1"]

    once = fold_steps(projection, "1", None, of_box)
    again = fold_steps(projection, "1", once.document, of_box)

    assert once.document is not None
    assert once.document["total"] == 11
    assert (again.changed, again.document) == (False, once.document)


def test_positions_of_partitions_do_not_touch_each_other() -> None:
    log, projection = Log(SERVICE), shelves(SERVICE)
    far = [log.record("box-1", EVENTS.Put(amount=1), partition=3) for _ in range(5)][-1]
    near = log.record("box-2", EVENTS.Put(amount=10), partition=4)

    document = fold_steps(projection, "a", None, steps(projection, far, near)["a"]).document

    assert document is not None
    assert document["total"] == 11
    assert document["_pos"] == {f"{SERVICE}-3@1": 4, f"{SERVICE}-4@1": 0}


def test_an_error_leaves_the_document_as_of_the_step_before() -> None:
    log, projection = Log(SERVICE), boxes(SERVICE)
    events = [EVENTS.Put(amount=1), EVENTS.Shaken(hard=True), EVENTS.Put(amount=10)]

    folded = fold_steps(
        projection, "1", None, steps(projection, *(log.record("box-1", e) for e in events))["1"]
    )

    assert folded.poison is not None
    assert (folded.poison.index, event_id_of(folded.poison.record)) == (1, "box-1:2")
    assert folded.document is not None
    assert (folded.document["total"], folded.document["_version"]) == (1, 1)


def test_runner_fields_may_be_left_out_of_what_a_fold_returns() -> None:
    log = Log(SERVICE)
    forgetful = replace(boxes(SERVICE), fold=lambda document, recorded, key: {"last": recorded.version})
    records = [log.record("box-1", EVENTS.Put(amount=1)) for _ in range(2)]

    document = fold_steps(forgetful, "1", None, steps(forgetful, records[0])["1"]).document
    document = fold_steps(forgetful, "1", document, steps(forgetful, *records)["1"]).document

    assert document is not None
    assert (document["_id"], document["_rev"], document["_version"], document["last"]) == ("1", 2, 2, 2)


def test_a_document_remembers_what_it_lacks_of_a_stream_that_is_held_back() -> None:
    """Box 1 is parked from offset 0 on; its shelf goes on with box 2, and takes box 1 in on a retry."""
    log, projection = Log(SERVICE), shelves(SERVICE)
    parked, other = log.record("box-1", EVENTS.Put(amount=1)), log.record("box-2", EVENTS.Put(amount=10))
    held = {f"{SERVICE}-0@1": {"box-1": 0}}

    without = fold_steps(projection, "a", None, steps(projection, other)["a"], held=held).document
    healed = fold_steps(projection, "a", without, steps(projection, parked)["a"], retried=True).document
    again = fold_steps(projection, "a", healed, steps(projection, parked)["a"], retried=True)

    assert without is not None
    assert (without["total"], without["_behind"]) == (10, {"box-1": 0})
    assert healed is not None
    assert (healed["total"], healed["_pos"]) == (11, {f"{SERVICE}-0@1": 1})
    assert not again.changed


@pytest.mark.parametrize(("generation", "steps_of_it"), [(1, 0), (2, 1)])
def test_records_of_an_older_log_do_nothing(generation: int, steps_of_it: int) -> None:
    reader = StepReader(boxes(SERVICE), {SERVICE: 2})
    record = Log(SERVICE, generation=generation).record("box-1", EVENTS.Put(amount=1))

    assert len(reader.read(record)) == steps_of_it


def test_a_record_of_a_newer_log_asks_for_a_rebuild() -> None:
    reader = StepReader(boxes(SERVICE), {})

    with pytest.raises(NewerLogError) as caught:
        reader.read(Log(SERVICE, generation=3).record("box-1", EVENTS.Put(amount=1)))

    assert (caught.value.service, caught.value.generation) == (SERVICE, 3)


def test_an_event_that_is_not_read_is_not_even_parsed() -> None:
    sealed = Log(SERVICE).record("box-1", EVENTS.Sealed(), value=b"{not json")

    assert steps(shelves(SERVICE), sealed) == {}


def test_a_version_of_a_read_event_that_is_too_new_is_a_fault_not_a_stranger() -> None:
    newer = Log(SERVICE).record("box-1", EVENTS.Put(amount=1), ce_type=f"hxs.{SERVICE}.Put.v9")
    stranger = Log(SERVICE).record("box-1", EVENTS.Put(amount=1), ce_type=f"hxs.{SERVICE}.Lost.v1")

    with pytest.raises(UnreadableError):
        steps(shelves(SERVICE), newer)
    assert steps(shelves(SERVICE), stranger) == {}


def test_keys_that_cannot_be_told_are_a_fault_of_the_record() -> None:
    def keys(recorded: Recorded) -> Iterable[str]:
        raise LookupError(recorded.stream)

    def fold(document: Mapping[str, Any] | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
        return {}

    lost = Projection("lost", 1, (EVENTS.Put,), keys, fold)

    with pytest.raises(UnreadableError):
        steps(lost, Log(SERVICE).record("box-1", EVENTS.Put(amount=1)))


def test_a_mended_mistake_is_no_mistake() -> None:
    brittle = Brittle()
    brittle.mended = True
    projection = boxes(SERVICE, brittle=brittle)
    shaken = Log(SERVICE).record("box-1", EVENTS.Shaken(hard=True))

    assert fold_steps(projection, "1", None, steps(projection, shaken)["1"]).poison is None
