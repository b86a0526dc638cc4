"""How a service's process listens."""

from __future__ import annotations

import httpx
from fastapi import FastAPI

from shared.eventsourcing.service import server_config
from shared.platform.settings import load_settings

CADDY_KEEPS_SECONDS = 120.0
"""Idle connections to a service, the longest of the usual proxies."""


def test_clients_and_proxies_let_go_of_idle_connections_before_the_server_does() -> None:
    config = server_config(FastAPI(), "topics", load_settings(env="dev"))

    assert config.timeout_keep_alive > CADDY_KEEPS_SECONDS
    assert config.timeout_keep_alive > (httpx.Limits().keepalive_expiry or 0)
