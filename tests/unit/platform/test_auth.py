"""Which tokens are accepted, whom they speak for, and how often the identity provider is asked."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey

from shared.platform.auth import (
    LEEWAY_SECONDS,
    REMEMBERED_SECONDS,
    DevTokenRefusedError,
    Principal,
    ProviderUnavailableError,
    Role,
    TokenRefusedError,
    TokenVerifier,
    is_division,
    issue_dev_token,
    sign_local_token,
)
from shared.platform.provider_keys import KEYS_MAX_AGE_SECONDS, KEYS_MIN_INTERVAL_SECONDS
from shared.platform.settings import Settings, load_settings

ISSUER = "https://id.example/realms/huimin"
SECRET = "s" * 40
PRODUCTION = {"env": "prod", "signing_secrets": "g" * 40}
NOW = 1_725_500_000.0
WANG = Principal("p-1", frozenset({Role.LIAISON}), "371621001")
RSA = RSAKey.generate_key(2048, parameters={"kid": "rsa-1"})
EC = ECKey.generate_key("P-256", parameters={"kid": "ec-1"})
ED = OKPKey.generate_key("Ed25519", parameters={"kid": "ed-1"})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Provider:
    """An identity provider that counts how often its keys are fetched."""

    def __init__(self, *keys: Key, issuer: str = ISSUER) -> None:
        self.keys = list(keys)
        self.issuer = issuer
        self.fetched = 0
        self.down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            return httpx.Response(503)
        if request.url.path.endswith("/.well-known/openid-configuration"):
            return httpx.Response(200, json={"issuer": self.issuer, "jwks_uri": f"{ISSUER}/certs"})
        self.fetched += 1
        return httpx.Response(200, json=KeySet(self.keys).as_dict(private=False))


def settings(**changes: Any) -> Settings:
    return load_settings(**({"dev_token_secret": SECRET, "oidc_issuer": ISSUER} | changes))


def verifier(
    provider: Callable[[httpx.Request], httpx.Response], clock: Clock, **changes: Any
) -> TokenVerifier:
    client = httpx.AsyncClient(transport=httpx.MockTransport(provider))
    return TokenVerifier(settings(**changes), client, clock)


def claims(**changes: Any) -> dict[str, Any]:
    base = {
        "iss": ISSUER,
        "aud": ["account", "huixieshang"],
        "sub": "p-1",
        "roles": ["liaison", "offline_access"],
        "division": "371621001",
        "exp": int(NOW) + 600,
        "iat": int(NOW),
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


def signed(key: Key = RSA, alg: str = "RS256", kid: str | None = None, **changes: Any) -> str:
    header = {"alg": alg, "kid": kid or key.kid}
    return jwt.encode(header, claims(**changes), key, algorithms=[alg])


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # the name most providers still use
@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")])
async def test_a_token_of_the_provider_says_who_as_what_and_where(key: Key, alg: str) -> None:
    """Roles that this system does not know are passed over."""
    assert await verifier(Provider(RSA, EC, ED), Clock()).verify(signed(key, alg)) == WANG


@pytest.mark.parametrize(
    ("claimed", "expected"), [("县住建局", "县住建局"), (" 县住建局 ", "县住建局"), (" ", None), (None, None)]
)
async def test_a_token_may_say_for_which_organisation(claimed: str | None, expected: str | None) -> None:
    found = await verifier(Provider(RSA), Clock()).verify(signed(organisation=claimed))
    assert found.organisation == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another-system"},
        {"aud": None},
        {"exp": int(NOW) - LEEWAY_SECONDS - 1},
        {"exp": None},
        {"nbf": int(NOW) + LEEWAY_SECONDS + 1},
        {"sub": None},
        {"sub": ""},
        {"division": None},
        {"division": ""},
        {"division": "3716210"},
        {"division": "惠民县"},
        {"roles": None},
        {"roles": "office"},
        {"organisation": ["县住建局"]},
    ],
    ids=str,
)
async def test_a_token_that_lacks_something_or_is_for_others_is_refused(changes: dict[str, Any]) -> None:
    """An empty division would be a prefix of every county."""
    with pytest.raises(TokenRefusedError):
        await verifier(Provider(RSA), Clock()).verify(signed(**changes))


async def test_clocks_may_differ_a_little() -> None:
    token = signed(exp=int(NOW) - LEEWAY_SECONDS + 1, nbf=int(NOW) + LEEWAY_SECONDS - 1)
    assert await verifier(Provider(RSA), Clock()).verify(token) == WANG


async def test_a_token_signed_by_somebody_else_is_refused() -> None:
    forger = RSAKey.generate_key(2048, parameters={"kid": "rsa-1"})
    with pytest.raises(TokenRefusedError):
        await verifier(Provider(RSA), Clock()).verify(signed(forger))


async def test_the_public_key_does_not_serve_as_a_shared_secret() -> None:
    """The old trick: HS256 over the provider's public key."""
    secret = OctKey.import_key({"kty": "oct", "k": RSA.as_dict(private=False)["n"]})
    token = jwt.encode({"alg": "HS256", "kid": "rsa-1"}, claims(), secret)
    with pytest.raises(TokenRefusedError):
        await verifier(Provider(RSA), Clock()).verify(token)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30.", "x" * 9000, "令牌.令牌.令牌"],
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(TokenRefusedError):
        await verifier(Provider(RSA), Clock()).verify(token)


async def test_a_verified_token_is_remembered_for_five_minutes() -> None:
    clock, provider = Clock(), Provider(RSA)
    tokens = verifier(provider, clock)
    token = signed()
    await tokens.verify(token)
    provider.keys = [EC]
    clock.now += REMEMBERED_SECONDS - 1
    assert await tokens.verify(token) == WANG
    clock.now += KEYS_MAX_AGE_SECONDS
    with pytest.raises(TokenRefusedError):
        await tokens.verify(token)


async def test_a_remembered_token_still_expires() -> None:
    clock = Clock()
    tokens = verifier(Provider(RSA), clock)
    token = signed(exp=int(NOW) + 10)
    await tokens.verify(token)
    clock.now += 10 + LEEWAY_SECONDS
    with pytest.raises(TokenRefusedError):
        await tokens.verify(token)


async def test_keys_are_fetched_once_for_many_tokens_at_once() -> None:
    provider = Provider(RSA)
    tokens = verifier(provider, Clock())
    await asyncio.gather(*(tokens.verify(signed(sub=f"p-{n}")) for n in range(8)))
    assert provider.fetched == 1


async def test_a_new_key_is_fetched_when_a_token_names_it() -> None:
    clock, provider = Clock(), Provider(RSA)
    tokens = verifier(provider, clock)
    await tokens.verify(signed())
    provider.keys = [RSA, EC]
    clock.now += KEYS_MIN_INTERVAL_SECONDS
    assert await tokens.verify(signed(EC, "ES256")) == WANG
    assert provider.fetched == 2


async def test_made_up_key_names_do_not_make_us_ask_the_provider_again_and_again() -> None:
    clock, provider = Clock(), Provider(RSA)
    tokens = verifier(provider, clock)
    for n in range(20):
        with pytest.raises(TokenRefusedError):
            await tokens.verify(signed(kid=f"made-up-{n}"))
    assert provider.fetched == 1


async def test_while_the_provider_is_away_its_known_keys_stay_good() -> None:
    clock, provider = Clock(), Provider(RSA)
    tokens = verifier(provider, clock)
    await tokens.verify(signed())
    provider.down = True
    clock.now += KEYS_MAX_AGE_SECONDS + 1
    assert await tokens.verify(signed(sub="p-2", exp=int(NOW) + 10_000)) == Principal(
        "p-2", WANG.roles, WANG.division
    )


async def test_without_any_keys_it_cannot_be_told_and_later_it_can() -> None:
    clock, provider = Clock(), Provider(RSA)
    provider.down = True
    tokens = verifier(provider, clock)
    with pytest.raises(ProviderUnavailableError):
        await tokens.verify(signed())
    provider.down = False
    clock.now += KEYS_MIN_INTERVAL_SECONDS
    assert await tokens.verify(signed()) == WANG


async def test_the_discovery_document_of_another_issuer_is_not_believed() -> None:
    with pytest.raises(ProviderUnavailableError):
        await verifier(Provider(RSA, issuer="https://other.example"), Clock()).verify(signed())


async def test_a_keys_url_that_is_set_needs_no_discovery() -> None:
    provider = Provider(RSA, issuer="https://other.example")
    tokens = verifier(provider, Clock(), oidc_jwks_url=f"{ISSUER}/certs")
    assert await tokens.verify(signed()) == WANG


async def test_a_development_token_is_accepted_in_dev_where_the_secret_is_the_same() -> None:
    token = issue_dev_token(settings(), [Role.LIAISON], "371621001", "p-1", now=NOW)
    assert await TokenVerifier(settings(), clock=Clock()).verify(token) == WANG
    with pytest.raises(TokenRefusedError):
        await TokenVerifier(settings(dev_token_secret="t" * 40), clock=Clock()).verify(token)


async def test_a_local_token_keeps_the_organisation() -> None:
    token = issue_dev_token(settings(), [Role.DEPARTMENT], "371621", "p-1", organisation="县住建局", now=NOW)
    found = await TokenVerifier(settings(), clock=Clock()).verify(token)
    assert found == Principal("p-1", frozenset({Role.DEPARTMENT}), "371621", "县住建局")


def test_no_development_token_is_made_in_production() -> None:
    with pytest.raises(DevTokenRefusedError):
        issue_dev_token(settings(**PRODUCTION), [Role.OFFICE], "371621", "p-1")


def test_no_development_token_is_made_for_what_is_no_division() -> None:
    with pytest.raises(ValueError, match="division"):
        issue_dev_token(settings(), [Role.OFFICE], "", "p-1")


async def test_local_tokens_are_refused_in_production_without_local_accounts() -> None:
    token = sign_local_token(settings(), WANG, now=NOW)
    with pytest.raises(TokenRefusedError):
        await TokenVerifier(settings(**PRODUCTION), clock=Clock()).verify(token)
    accepting = TokenVerifier(settings(**PRODUCTION, local_accounts=True), clock=Clock())
    assert await accepting.verify(token) == WANG


async def test_a_local_token_of_another_issuer_is_refused() -> None:
    token = jwt.encode({"alg": "HS256"}, claims(), OctKey.import_key(SECRET))
    with pytest.raises(TokenRefusedError):
        await TokenVerifier(settings(), clock=Clock()).verify(token)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("37", True),
        ("3716", True),
        ("371621", True),
        ("371621001", True),
        ("371621001201", True),
        ("", False),
        ("3", False),
        ("3716210", False),
        ("371621001201\n", False),
        ("37162x", False),
    ],
)
def test_a_division_ends_at_a_level(code: str, expected: bool) -> None:
    assert is_division(code) is expected
