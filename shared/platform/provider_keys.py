"""The identity provider's public keys: fetched when first needed, again hourly and on an unknown id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.platform.auth import ProviderUnavailableError
from shared.platform.logs import logger
from shared.platform.settings import Settings

KEYS_MAX_AGE_SECONDS = 3600
KEYS_MIN_INTERVAL_SECONDS = 30  # an unknown `kid` costs the caller nothing, so it must not cost us a fetch
FETCH_SECONDS = 5.0

_log = logger(__name__)


class ProviderKeys:
    """Keeps the keys.

    Args:
        settings: whose keys.
        client: to fetch them with; made here if None.
        clock: seconds since the epoch.
    """

    def __init__(
        self, settings: Settings, client: httpx.AsyncClient | None, clock: Callable[[], float]
    ) -> None:
        self._issuer = settings.oidc_issuer
        self._url = settings.oidc_jwks_url
        self._client = client or httpx.AsyncClient(follow_redirects=False)
        self._owns_client = client is None
        self._clock = clock
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def having(self, kid: str | None) -> KeySet:
        """Return the keys, with the one named `kid` among them if the provider has it.

        Raises:
            ProviderUnavailableError: there are none and none can be fetched.
        """
        if self._is_enough(kid):
            return self._current()
        async with self._fetching:
            if not self._is_enough(kid):  # while waiting, another request may have fetched them
                await self._fetch()
        return self._current()

    def _is_enough(self, kid: str | None) -> bool:
        if self._clock() - self._tried_at < KEYS_MIN_INTERVAL_SECONDS:
            return True
        if self._keys is None or self._clock() - self._fetched_at > KEYS_MAX_AGE_SECONDS:
            return False
        return kid is None or any(key.kid == kid for key in self._keys)

    def _current(self) -> KeySet:
        if self._keys is None:
            raise ProviderUnavailableError(f"no keys of {self._issuer}")
        return self._keys

    async def _get(self, url: str) -> Mapping[str, Any]:
        response = await self._client.get(url, timeout=FETCH_SECONDS)
        response.raise_for_status()
        document: Mapping[str, Any] = response.json()
        return document

    async def _discover(self) -> str:
        found = await self._get(f"{str(self._issuer).rstrip('/')}/.well-known/openid-configuration")
        if found["issuer"] != self._issuer:
            raise ValueError(f"discovery document is of {found['issuer']}, not of {self._issuer}")
        return str(found["jwks_uri"])

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            if self._url is None:
                self._url = await self._discover()
            found = await self._get(self._url)
            self._keys = KeySet.import_key_set({"keys": found["keys"]})
            self._fetched_at = self._clock()
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            # Keys we have stay good while the provider is away; without any, `_current` says so.
            _log.warning("identity provider's keys not fetched", issuer=self._issuer, error=str(error))

    async def aclose(self) -> None:
        """Close the connection to the identity provider, if it was made here."""
        if self._owns_client:
            await self._client.aclose()
