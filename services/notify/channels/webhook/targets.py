"""Where webhooks may go: to public addresses over https, and to what the operator allows (N10).

Whoever registers an address must not be able to make this service call what only this service can reach:
the database, a neighbour, the cloud's metadata. So an address is checked when it is registered, and again
whenever a connection is opened: the name is looked up once, every answer is checked, and the connection goes
to an address that was checked, never to the name again, which might mean something else by then (DNS
rebinding). Redirects are not followed, proxies of the environment not used.

`ssrfguard` does this (ADR 0018); here is what it is told. `HXS_WEBHOOK_ALLOW` lifts parts of it: a network,
wherever a name leads into it; a host name, whose private addresses are then taken. Only these are spoken to
over http and on any port. Link-local addresses, metadata services among them, are never reached by a name.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from ssrfguard import AddressTable, Block, Policy, Reach, Resolver, SSRFGuardError, resolve
from ssrfguard.httpx import AsyncClient

PUBLIC_PORTS = frozenset({443, 8443})
LONGEST_URL = 2000
LOOK_UP_SECONDS = 5.0

_PRIVATE = tuple(
    ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
)
_NOTHING = AddressTable(
    tuple(
        Block(network, "not allowed by HXS_WEBHOOK_ALLOW", "local policy", Reach.DENIED)
        for network in (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
    )
)


class TargetRefusedError(Exception):
    """An address that is not to be called; the message says why, without repeating it."""


@lru_cache(4)
def _certificates(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


class Targets:
    """Decides where webhooks may go, and makes the clients that go there and nowhere else.

    Args:
        allow: networks and host names, as in `Settings.webhook_allow`.
        ca_file: certificates that are trusted besides the system's.
        resolver: looks names up; the system's unless given.
    """

    def __init__(
        self, allow: Sequence[str] = (), *, ca_file: Path | None = None, resolver: Resolver | None = None
    ) -> None:
        networks = {each: _network(each) for each in allow}
        self._networks = tuple(network for network in networks.values() if network is not None)
        self._names = frozenset(each for each, network in networks.items() if network is None)
        self._ca_file = ca_file
        self._resolver = resolver
        self._clients: dict[Policy, AsyncClient] = {}

    def _policy(self, url: str) -> Policy:
        """Return what an address has to keep to."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return Policy()  # which refuses it, too
        own_port = frozenset({port or (443 if parts.scheme == "https" else 80)})
        both = frozenset({"http", "https"})
        if host in self._names:
            return Policy(
                allowed_schemes=both,
                allowed_ports=own_port,
                allowed_hosts=frozenset({host}),
                allowed_networks=(*_PRIVATE, *self._networks),
                max_url_length=LONGEST_URL,
            )
        if self._networks and (parts.scheme == "http" or not own_port <= PUBLIC_PORTS):
            return Policy(
                allowed_schemes=both,
                allowed_ports=own_port,
                denied_networks=_NOTHING,
                allowed_networks=self._networks,
                max_url_length=LONGEST_URL,
            )
        return Policy(
            allowed_schemes=frozenset({"https"}),
            allowed_ports=PUBLIC_PORTS,
            allowed_networks=self._networks,
            max_url_length=LONGEST_URL,
        )

    async def check(self, url: str) -> str:
        """Look an address up; return its origin: scheme, host and port.

        Raises:
            TargetRefusedError: nothing is to be sent there, or its host is not known.
        """
        policy = self._policy(url)
        try:
            target = policy.check_url(url)
            async with asyncio.timeout(LOOK_UP_SECONDS):
                await asyncio.to_thread(resolve, target, policy=policy, resolver=self._resolver)
        except SSRFGuardError as error:
            raise TargetRefusedError(reason_of(error)) from None
        except (OSError, TimeoutError, UnicodeError):
            raise TargetRefusedError("its host cannot be found") from None
        host = f"[{target.host}]" if ":" in target.host else target.host
        return f"{target.scheme}://{host}:{target.port}"

    def client(self, url: str, timeout_seconds: float) -> httpx.AsyncClient:
        """Return a client that connects to checked addresses only; kept open, for the next time."""
        policy = self._policy(url)
        if policy not in self._clients:
            self._clients[policy] = AsyncClient(
                policy=policy,
                resolver=self._resolver,
                verify=_certificates(self._ca_file),
                timeout=timeout_seconds,
                follow_redirects=False,
                trust_env=False,
            )
        return self._clients[policy]

    async def aclose(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()


def reason_of(error: SSRFGuardError) -> str:
    """Return why an address is refused, without the address."""
    return str(getattr(error, "reason", "")) or type(error).__name__


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry)
    except ValueError:
        return None
