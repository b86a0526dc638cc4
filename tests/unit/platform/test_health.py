"""Alive while every loop makes progress; ready while every dependency is there."""

import asyncio

import httpx
from fastapi import FastAPI

from shared.platform.health import Health, NotReadyError, router


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def get(health: Health, path: str) -> httpx.Response:
    app = FastAPI()
    app.include_router(router(health))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        return await client.get(path)


async def nothing() -> None: ...


async def test_a_loop_without_progress_is_named_with_its_age() -> None:
    clock = Clock()
    health = Health(clock)
    health.heartbeat("relay", 5)
    beating = health.heartbeat("projection timeline", 5)
    clock.now += 6
    beating.beat()
    response = await get(health, "/livez")
    assert (response.status_code, response.json()) == (503, {"status": "stuck", "stuck": {"relay": 6.0}})


async def test_progress_makes_alive_again_and_a_loop_that_ended_is_not_missed() -> None:
    clock = Clock()
    health = Health(clock)
    relay = health.heartbeat("relay", 5)
    health.heartbeat("import", 5)
    clock.now += 6
    relay.beat()
    health.retire("import")
    assert (await get(health, "/livez")).status_code == 200


async def test_ready_when_every_check_passes() -> None:
    health = Health()
    health.check("mongo", nothing)
    response = await get(health, "/readyz")
    assert response.status_code == 200
    assert response.json()["checks"]["mongo"]["ok"] is True


async def test_a_failing_check_is_named_and_its_secrets_are_not_shown() -> None:
    async def lagging() -> None:
        raise NotReadyError("40 s behind")

    async def leaking() -> None:
        raise ConnectionError("mongodb://root:hunter2@db")

    health = Health()
    health.check("timeline", lagging)
    health.check("mongo", leaking)
    response = await get(health, "/readyz")
    checks = response.json()["checks"]
    assert (response.status_code, response.json()["status"]) == (503, "not ready")
    assert (checks["timeline"]["reason"], checks["mongo"]["reason"]) == ("40 s behind", "ConnectionError")
    assert "hunter2" not in response.text


async def test_a_check_that_does_not_answer_fails() -> None:
    async def hanging() -> None:
        await asyncio.Event().wait()

    health = Health(check_seconds=0.01)
    health.check("kafka", hanging)
    response = await get(health, "/readyz")
    assert response.json()["checks"]["kafka"]["reason"] == "no answer within 0.01 s"


async def test_a_stopping_process_is_alive_but_not_ready() -> None:
    health = Health()
    health.drain()
    assert (await get(health, "/readyz")).json()["status"] == "draining"
    assert (await get(health, "/readyz")).status_code == 503
    assert (await get(health, "/livez")).status_code == 200
