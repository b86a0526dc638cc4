"""Documents kept at hand, within a bound of memory."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.eventsourcing.document_cache import DocumentCache
from shared.eventsourcing.projection import Document


def document(key: str, *, length: int = 1000) -> Document:
    return {"_id": key, "text": "议" * length, "_as_of": datetime(2024, 9, 5, tzinfo=UTC)}


def kept(cache: DocumentCache, keys: str, place: str = "board__v1") -> str:
    return "".join(key for key in keys if cache.get(place, key) is not None)


def test_what_was_used_least_recently_is_let_go_first() -> None:
    cache = DocumentCache(most_bytes=50_000)  # three of them
    for key in "abc":
        cache.put("board__v1", key, document(key))
    cache.get("board__v1", "a")

    cache.put("board__v1", "d", document("d"))

    assert kept(cache, "abcd") == "acd"


def test_a_large_document_takes_the_place_of_many_small_ones() -> None:
    cache = DocumentCache(most_bytes=50_000)
    for key in "abcdefgh":
        cache.put("board__v1", key, document(key, length=300))

    cache.put("ledger__v1", "x", document("x", length=2000))

    assert kept(cache, "abcdefgh") == "efgh"
    assert kept(cache, "x", "ledger__v1") == "x"


def test_a_document_that_is_put_again_and_again_counts_once() -> None:
    cache = DocumentCache(most_bytes=50_000)
    for key in "aabbbbbbbbbbbbbb":
        cache.put("board__v1", key, document(key))

    assert kept(cache, "ab") == "ab"


def test_a_document_larger_than_the_bound_is_not_kept() -> None:
    cache = DocumentCache(most_bytes=100)
    cache.put("board__v1", "a", document("a"))

    assert kept(cache, "a") == ""


def test_a_place_is_forgotten_without_the_others_and_makes_room() -> None:
    cache = DocumentCache(most_bytes=50_000)
    for place, keys in (("board__v1", "ab"), ("ledger__v1", "a")):
        for key in keys:
            cache.put(place, key, document(key))

    cache.forget("board__v1")
    for key in "bc":
        cache.put("ledger__v1", key, document(key))

    assert kept(cache, "ab") == ""
    assert kept(cache, "abc", "ledger__v1") == "abc"
