"""What the doctor makes of what it sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.cli import doctor
from shared.platform.local.process import free_port
from tests.unit.cli.running import Hxs

NOW = datetime(2024, 9, 5, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("seconds", "ok"), [(0, True), (4.9, True), (-4.9, True), (5, False), (-60, False)])
def test_clocks_may_differ_a_little(seconds: float, ok: bool) -> None:
    assert doctor._clock(NOW + timedelta(seconds=seconds), NOW).ok is ok


def test_a_disk_that_is_nearly_full_is_seen_before_writing_stops() -> None:
    full, roomy = (doctor._disk({"fsTotalSize": 100e9, "fsUsedSize": used * 1e9}) for used in (99, 50))

    assert (full.ok, roomy.ok) == (False, True)
    assert full.remedy


@pytest.mark.parametrize(
    ("answer", "ok", "says"),
    [
        (httpx.Response(200, json={"status": "ready", "checks": {}}), True, "ready"),
        (
            httpx.Response(
                503, json={"status": "not ready", "checks": {"mongo": {"ok": False, "reason": "no answer"}}}
            ),
            False,
            "mongo: no answer",
        ),
        (httpx.Response(503, json={"status": "draining", "checks": {}}), False, "draining"),
        (httpx.Response(404, text="<html>"), False, "something else answers"),
    ],
)
async def test_a_service_is_taken_at_its_word(answer: httpx.Response, ok: bool, says: str) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda request: answer)) as client:
        check = await doctor._service(client, "topics", "http://topics")

    assert check.ok is ok
    assert says in check.detail


def test_with_nothing_running_each_line_says_what_to_do(hxs: Hxs, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = free_port()
    monkeypatch.setenv("HXS_MONGO_URL", f"mongodb://127.0.0.1:{nowhere}/?serverSelectionTimeoutMS=200")
    monkeypatch.setenv("HXS_KAFKA_BOOTSTRAP", f"127.0.0.1:{nowhere}")

    done = hxs("doctor", "--json")

    assert done.code == 1
    wrong = {check["name"]: check["remedy"] for check in done.json if not check["ok"]}
    assert {"sign-in", "mongo", "kafka"} <= wrong.keys()
    assert all(wrong.values())
