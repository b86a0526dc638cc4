"""Floor and core are measured with the same work on the same messages."""

from __future__ import annotations

import orjson

from shared.cli.bench import bare
from shared.cli.bench.sample import LEDGERS, arrivals, commits, entry, first_commits, fold_fields
from shared.contracts.envelope import headers_of
from shared.eventsourcing.testing import fold_all


def test_the_bare_loop_folds_an_entry_into_the_same_fields_as_the_projection() -> None:
    recorded = [r for commit in commits("ledger-1", 3) for r in commit.recorded()]
    plain = None
    for number in (1, 2, 3):
        plain = fold_fields(plain, orjson.loads(entry("ledger-1", number).model_dump_json()))

    assert fold_all(LEDGERS, recorded) == {"1": plain}


def test_the_bare_relay_sends_the_headers_that_ours_sends() -> None:
    (commit,) = first_commits(1)
    document = commit.to_document()
    ((envelope, event),) = commit.envelopes(generation=1)

    assert bare.headers(document, document["events"][0], "topics") == headers_of(envelope, "topics")
    assert event.data == document["events"][0]["data"]


def test_a_log_holds_the_streams_mixed_and_each_in_its_order() -> None:
    order = arrivals(50_000)
    versions: dict[int, list[int]] = {}
    for stream, version in order:
        versions.setdefault(stream, []).append(version)

    assert len({stream for stream, _ in order[:1000]}) > 900
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


def test_a_longer_log_begins_as_a_shorter_one() -> None:
    assert arrivals(3000)[:1000] == arrivals(1000)
