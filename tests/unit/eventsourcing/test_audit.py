"""What an audit finds in a stream, and what it lets pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from shared.eventsourcing.audit import StreamAudit, TamperedFault, snapshot_fault
from shared.eventsourcing.commit import Commit
from tests.log_tools import chain

Documents = list[dict[str, Any]]


def stored(commits: int = 4) -> Documents:
    """Return a stream's commits, two events each, as they lie in the store."""
    return [commit.to_document() for commit in chain("counter-1", commits, events=2)]


def faults_of(documents: Iterable[dict[str, Any]]) -> list[TamperedFault]:
    audit = StreamAudit("counter-1")
    return [fault for document in documents for fault in audit.add(document)]


def test_a_stream_as_it_was_written_has_no_fault() -> None:
    assert faults_of(stored()) == []


def test_being_relayed_changes_nothing_of_the_record() -> None:
    documents = stored()
    documents[1]["relayed"] = True

    assert faults_of(documents) == []


def edit_event(document: dict[str, Any]) -> None:
    document["events"][0]["data"]["by"] = 1000


def edit_type(document: dict[str, Any]) -> None:
    document["events"][0]["type"] = "hxs.counting.CounterStopped.v1"


def edit_actor(document: dict[str, Any]) -> None:
    document["meta"]["actor"] = "u-2"


def edit_time(document: dict[str, Any]) -> None:
    document["recorded_at"] += timedelta(days=1)


def edit_command(document: dict[str, Any]) -> None:
    document["command_id"] = "another"


@pytest.mark.parametrize("edit", [edit_event, edit_type, edit_actor, edit_time, edit_command])
def test_an_edited_commit_is_the_one_fault(edit: Callable[[dict[str, Any]], None]) -> None:
    documents = stored()
    edit(documents[1])

    assert faults_of(documents) == [TamperedFault("counter-1:3", "content does not agree with its hash")]


def test_an_edited_commit_with_a_new_hash_breaks_the_chain_after_it() -> None:
    documents = stored()
    edit_event(documents[1])
    documents[1]["hash"] = Commit.from_document(documents[1]).computed_hash()

    assert faults_of(documents) == [TamperedFault("counter-1:5", "does not follow on the commit before it")]


def test_a_commit_taken_out_leaves_a_gap() -> None:
    documents = stored()
    del documents[1]

    assert faults_of(documents) == [
        TamperedFault("counter-1:5", "version 3 should come here"),
        TamperedFault("counter-1:5", "does not follow on the commit before it"),
    ]


def test_a_stream_must_begin_at_its_beginning() -> None:
    assert TamperedFault("counter-1:3", "version 1 should come here") in faults_of(stored()[1:])


def test_a_count_or_an_id_that_disagrees_is_a_fault() -> None:
    documents = stored()
    documents[0]["count"] = 1
    documents[2]["_id"] = "counter-2:5"

    reason = "id or count does not agree with the content"
    assert faults_of(documents) == [
        TamperedFault("counter-1:1", reason),
        TamperedFault("counter-2:5", reason),
    ]


@pytest.mark.parametrize("field", ["events", "meta", "hash", "recorded_at"])
def test_a_commit_that_cannot_be_read_is_a_fault_not_a_crash(field: str) -> None:
    documents = stored()
    documents[1][field] = None

    assert "counter-1:3" in {fault.commit_id for fault in faults_of(documents)}


def snapshot(document: dict[str, Any]) -> dict[str, Any]:
    return {"_id": "counter-1", "version": document["version"] + 1, "hash": document["hash"]}


def test_a_snapshot_of_the_stream_as_it_is_has_no_fault() -> None:
    documents = stored()

    assert snapshot_fault(snapshot(documents[-1]), documents[-1]) is None


def test_a_stream_cut_off_is_seen_by_the_snapshot_left_behind() -> None:
    documents = stored()

    fault = snapshot_fault(snapshot(documents[-1]), documents[-2])

    assert fault == TamperedFault("counter-1:8", "a snapshot of this version exists, its commit does not")
    assert snapshot_fault(snapshot(documents[-1]), None) == fault


def test_a_snapshot_of_another_history_is_a_fault() -> None:
    documents = stored()
    other = snapshot(documents[-1]) | {"hash": "f" * 64}

    fault = snapshot_fault(other, documents[-1])

    assert fault == TamperedFault("counter-1:7", "a snapshot was taken of another history")
