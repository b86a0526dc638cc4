"""Who is asking: bearer tokens of an identity provider (OIDC), of local accounts, or for development.

A token says who (`sub`, opaque), as what (`roles`), where (`division`) and, if it matters, for whom
(`organisation`). Verifying a signature costs more than the rest of a command, so a verified token is
remembered for at most five minutes: that is how long a key withdrawn by the provider may still be honoured.
"""

from __future__ import annotations

import hashlib
import re
import time
import uuid
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OctKey

from shared.platform.settings import Settings

if TYPE_CHECKING:
    import httpx

    from shared.platform.provider_keys import ProviderKeys

LOCAL_ISSUER = "hxs-local"
LOCAL_ALGORITHM = "HS256"
OIDC_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
LEEWAY_SECONDS = 30  # clocks of two machines
LOCAL_TOKEN_SECONDS = 12 * 3600  # a working day
REMEMBERED_SECONDS = 300
REMEMBERED_TOKENS = 4096
LONGEST_TOKEN = 8192  # characters

# Province, city, county, town, community: a code that ends elsewhere would be a prefix of strangers.
_DIVISION = re.compile(r"[0-9]{2}([0-9]{2}([0-9]{2}([0-9]{3}([0-9]{3})?)?)?)?")

# RFC 9864 prefers the name Ed25519, but most providers still say EdDSA; ours is an allow-list either way.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


class Role(StrEnum):
    """What somebody may be; `authorisation.py` says what that allows."""

    RESIDENT = "resident"
    MEMBER = "member"
    CONVENER = "convener"
    LIAISON = "liaison"
    DEPARTMENT = "department"
    OFFICE = "office"
    AUDITOR = "auditor"
    ADMIN = "admin"


_ROLES = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking.

    Attributes:
        subject: opaque id, never a name.
        roles: those of the token that this system knows; others are passed over.
        division: code of the province, city, county, town or community the roles hold in.
        organisation: the body somebody acts for, spelt as in assignments, e.g. `县住建局`; None where the
            token does not say.
    """

    subject: str
    roles: frozenset[Role]
    division: str
    organisation: str | None = None

    def covers(self, division: str) -> bool:
        """Tell whether a division is the principal's own or inside it."""
        return division.startswith(self.division)


class TokenRefusedError(Exception):
    """A token that is not accepted; the message says why, for the log only."""


class ProviderUnavailableError(Exception):
    """The identity provider's keys cannot be had, so that no token of it can be verified."""


class DevTokenRefusedError(Exception):
    """Development tokens are made in `HXS_ENV=dev` only."""

    def __init__(self, env: str) -> None:
        self.env = env
        super().__init__(f"no development tokens in HXS_ENV={env}: sign in, or set HXS_ENV=dev")


def is_division(code: str) -> bool:
    """Tell whether a code has the length of a province, city, county, town or community."""
    return _DIVISION.fullmatch(code) is not None


def _known_roles(value: object) -> frozenset[Role]:
    if not isinstance(value, list):
        raise TokenRefusedError("claim `roles` is missing or no list")
    return frozenset(_ROLES[role] for role in value if isinstance(role, str) and role in _ROLES)


def _organisation(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TokenRefusedError("claim `organisation` is no text")
    return value.strip() or None  # providers also send an attribute that nobody filled in


def _principal_of(claims: Mapping[str, Any]) -> Principal:
    subject, division = claims.get("sub"), claims.get("division")
    if not isinstance(subject, str) or not subject:
        raise TokenRefusedError("claim `sub` is missing")
    if not isinstance(division, str) or not is_division(division):
        raise TokenRefusedError("claim `division` is missing or no division code")
    roles, organisation = _known_roles(claims.get("roles")), _organisation(claims.get("organisation"))
    return Principal(subject, roles, division, organisation)


def _secret_key(settings: Settings) -> OctKey:
    return OctKey.import_key(settings.dev_token_secret.get_secret_value())


def sign_local_token(
    settings: Settings, principal: Principal, *, now: float, lifetime_seconds: int = LOCAL_TOKEN_SECONDS
) -> str:
    """Return a token of this system for somebody whose password was verified.

    Args:
        settings: hold the secret it is signed with.
        principal: who it speaks for.
        now: seconds since the epoch.
        lifetime_seconds: until it expires.
    """
    claims = {
        "iss": LOCAL_ISSUER,
        "aud": settings.oidc_audience,
        "sub": principal.subject,
        "roles": sorted(principal.roles),
        "division": principal.division,
        "iat": int(now),
        "exp": int(now) + lifetime_seconds,
        "jti": uuid.uuid4().hex,
    }
    if principal.organisation is not None:
        claims["organisation"] = principal.organisation
    return jwt.encode({"alg": LOCAL_ALGORITHM}, claims, _secret_key(settings))


def issue_dev_token(
    settings: Settings,
    roles: Iterable[Role],
    division: str,
    subject: str,
    *,
    organisation: str | None = None,
    now: float | None = None,
    lifetime_seconds: int = LOCAL_TOKEN_SECONDS,
) -> str:
    """Return a token for trying things out.

    Other processes accept it only where `HXS_DEV_TOKEN_SECRET` is the same for all
    (`Settings.token_secret_given`).

    Raises:
        DevTokenRefusedError: not in `HXS_ENV=dev`.
        ValueError: `division` is no division code.
    """
    if settings.env != "dev":
        raise DevTokenRefusedError(settings.env)
    if not is_division(division):
        raise ValueError(f"{division!r} is no division code: 2, 4, 6, 9 or 12 digits")
    principal = Principal(subject, frozenset(roles), division, organisation)
    moment = time.time() if now is None else now
    return sign_local_token(settings, principal, now=moment, lifetime_seconds=lifetime_seconds)


class _Remembered:
    """Verified tokens by their SHA-256, least recently used out first. Tokens themselves are not kept."""

    def __init__(self) -> None:
        self._principals: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    def get(self, digest: bytes, now: float) -> Principal | None:
        found = self._principals.get(digest)
        if found is None:
            return None
        if now >= found[1]:
            del self._principals[digest]
            return None
        self._principals.move_to_end(digest)
        return found[0]

    def put(self, digest: bytes, principal: Principal, until: float) -> None:
        self._principals[digest] = (principal, until)
        if len(self._principals) > REMEMBERED_TOKENS:
            self._principals.popitem(last=False)


class TokenVerifier:
    """Verifies bearer tokens.

    Args:
        settings: which tokens are accepted.
        client: for the identity provider; made here unless given.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        settings: Settings,
        client: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._keys: ProviderKeys | None = None
        self._remembered = _Remembered()
        self._secret = _secret_key(settings)
        self._accepts_local = settings.local_accounts or settings.env == "dev"

    async def verify(self, token: str) -> Principal:
        """Return whom a token speaks for.

        Raises:
            TokenRefusedError: malformed, expired, not signed by whom it should be, or not for this system.
            ProviderUnavailableError: it cannot be told, try later.
        """
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise TokenRefusedError("too long, or not ASCII")
        digest = hashlib.sha256(token.encode()).digest()
        now = self._clock()
        if (known := self._remembered.get(digest, now)) is not None:
            return known
        claims = await self._verified_claims(token)
        principal = _principal_of(claims)
        until = min(float(claims["exp"]) + LEEWAY_SECONDS, now + REMEMBERED_SECONDS)
        self._remembered.put(digest, principal, until)
        return principal

    async def aclose(self) -> None:
        """Close the connection to the identity provider, if it was made here."""
        if self._keys is not None:
            await self._keys.aclose()

    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header["alg"] == LOCAL_ALGORITHM:
                return self._verify_local(token)
            return await self._verify_oidc(token, header.get("kid"))
        except (JoseError, ValueError, TypeError, RecursionError) as error:  # a header may be any JSON
            raise TokenRefusedError(str(error)) from error

    def _verify_local(self, token: str) -> Mapping[str, Any]:
        if not self._accepts_local:
            raise TokenRefusedError("local tokens are not accepted here")
        claims = jwt.decode(token, self._secret, algorithms=[LOCAL_ALGORITHM]).claims
        self._check(claims, LOCAL_ISSUER)
        return claims

    async def _verify_oidc(self, token: str, kid: str | None) -> Mapping[str, Any]:
        issuer = self._settings.oidc_issuer
        if issuer is None:
            raise TokenRefusedError("no identity provider is configured")
        if self._keys is None:
            # Imported here: an HTTP client takes 5 MiB, and only who has an identity provider needs one.
            from shared.platform.provider_keys import ProviderKeys

            self._keys = ProviderKeys(self._settings, self._client, self._clock)
        keys = await self._keys.having(kid)
        claims = jwt.decode(token, keys, algorithms=OIDC_ALGORITHMS).claims
        self._check(claims, issuer)
        return claims

    def _check(self, claims: dict[str, Any], issuer: str) -> None:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self._settings.oidc_audience},
            exp={"essential": True},
        )
        registry.validate(claims)
