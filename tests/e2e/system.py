"""The five services as processes on a real broker and a real database, and people who use them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from shared.platform.auth import Role, issue_dev_token
from shared.platform.local.process import Child, free_port
from shared.platform.settings import PORTS, Settings

PATIENCE_SECONDS = 30.0
SECRET = "a secret for tests alone, of forty characters"
CODES = "another one for the codes that tests hand out"
NOT_HEARD_OF_YET = frozenset({"topic-unknown", "topic-not-adopted"})
"""Refusals by a service whose own copy of what another one did just now may lag."""

HTTP = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), timeout=10)
"""A connection a request; a client a request would read all the certificates of the system each time."""


def eventually(what: str, condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Return what `condition` returns once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
    return found


@dataclass
class System:
    """Five processes.

    Attributes:
        logs: folder of their logs.
    """

    settings: Settings
    logs: Path
    children: dict[str, Child] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS})

    def start(self, name: str) -> None:
        """Start a service; `wait_until_ready` waits for it."""
        command = self.command(name, self.ports[name])
        self.children[name] = Child(name, command, self.logs / f"{name}.log")

    def command(self, name: str, port: int, *, only: str | None = None) -> list[str]:
        """Return the command that runs a service, or some of its parts."""
        environment = {
            "HXS_MONGO_URL": self.settings.mongo_url,
            "HXS_MONGO_PREFIX": self.settings.mongo_prefix,
            "HXS_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "HXS_DEV_TOKEN_SECRET": SECRET,
            "HXS_SIGNING_SECRETS": CODES,
            "HXS_HTTP_PORT": str(port),
            "HXS_LOG_FORMAT": "json",
        }
        variables = [f"{key}={value}" for key, value in environment.items()]
        serve = [sys.executable, "-m", "shared.cli.main", "serve", name]
        return ["env", *variables, *serve, *(["--only", only] if only else [])]

    def stop_service(self, name: str) -> None:
        """Stop a service as an operator does."""
        self.children.pop(name).stop()

    def wait_until_ready(self, *names: str) -> None:
        """Return when the services answer that they are ready."""
        for name in names or tuple(self.children):
            eventually(f"{name} is ready", partial(self._is_ready, name))

    def _is_ready(self, name: str) -> bool:
        try:
            return HTTP.get(f"{self.url(name)}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self, name: str) -> None:
        """Kill a service, without a word."""
        self.children.pop(name).kill()

    def stop(self) -> None:
        """Stop everything."""
        for child in self.children.values():
            child.stop()

    def url(self, name: str) -> str:
        """Return where a service listens."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def person(self, role: Role, division: str, organisation: str | None = None) -> Person:
        """Return somebody with one role."""
        settings = Settings(dev_token_secret=SECRET)
        subject = f"{role.value}-{division}-{organisation or ''}"
        token = issue_dev_token(
            settings, roles=[role], division=division, subject=subject, organisation=organisation
        )
        return Person(self, token)


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    system: System
    token: str

    def ask(
        self, method: str, service: str, path: str, *, headers: Mapping[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        """Send a request."""
        return HTTP.request(
            method,
            f"{self.system.url(service)}{path}",
            json=body if method == "POST" else None,
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
        )

    def does(self, service: str, path: str, **body: Any) -> dict[str, Any]:
        """Give a command that must succeed."""
        response = self.ask("POST", service, path, **body)
        assert response.is_success, response.text
        done: dict[str, Any] = response.json()
        return done

    def does_once_heard(self, service: str, path: str, **body: Any) -> dict[str, Any]:
        """Give a command about what another service did just now: again until this one has heard of it."""

        def heard() -> httpx.Response | None:
            response = self.ask("POST", service, path, **body)
            unheard = response.is_client_error and response.json()["code"] in NOT_HEARD_OF_YET
            return None if unheard else response

        response: httpx.Response = eventually(f"{service} has heard of what {path} is about", heard)
        assert response.is_success, response.text
        done: dict[str, Any] = response.json()
        return done

    def sees(self, service: str, path: str, version: int | None = None) -> dict[str, Any]:
        """Read what must be there, waiting for a version."""
        headers = {"HXS-Min-Version": str(version)} if version else {}

        def read() -> dict[str, Any] | None:
            response = self.ask("GET", service, path, headers=headers)
            if response.status_code in (404, 503):
                return None
            assert response.is_success, response.text
            found: dict[str, Any] = response.json()
            return found

        shown: dict[str, Any] = eventually(f"{path} of {service}", read)
        return shown
