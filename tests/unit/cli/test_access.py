"""Tokens for trying things out."""

from __future__ import annotations

import pytest

from shared.platform.auth import Principal, Role, TokenVerifier
from shared.platform.settings import load_settings
from tests.unit.cli.running import Hxs

SECRET = "as long as a secret has to be, and longer"
TOKEN = ("token", "--role", "liaison", "--role", "member", "--division", "371621102")


@pytest.fixture
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_DEV_TOKEN_SECRET", SECRET)


@pytest.mark.usefixtures("_secret")
async def test_a_service_with_the_same_secret_accepts_the_token(hxs: Hxs) -> None:
    done = hxs(*TOKEN, "--subject", "u-7", "--organisation", "县住建局", "--json")

    principal = await TokenVerifier(load_settings()).verify(done.json["token"])
    assert principal == Principal("u-7", frozenset({Role.LIAISON, Role.MEMBER}), "371621102", "县住建局")


@pytest.mark.usefixtures("_secret")
def test_the_token_alone_is_printed(hxs: Hxs) -> None:
    done = hxs(*TOKEN)

    assert done.out.count(".") == 2
    assert len(done.out.split()) == 1


@pytest.mark.usefixtures("_secret")
def test_in_production_there_are_none(hxs: Hxs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HXS_ENV", "prod")
    monkeypatch.setenv("HXS_OIDC_ISSUER", "https://id.example.org")
    monkeypatch.setenv("HXS_SIGNING_SECRETS", "g" * 40)

    done = hxs(*TOKEN)

    assert (done.code, done.out) == (1, "")
    assert "HXS_ENV=prod" in done.err


def test_a_token_that_nobody_would_accept_is_not_made(hxs: Hxs) -> None:
    done = hxs(*TOKEN)

    assert (done.code, done.out) == (2, "")
    assert "HXS_DEV_TOKEN_SECRET" in done.err


@pytest.mark.usefixtures("_secret")
def test_a_division_must_be_one(hxs: Hxs) -> None:
    done = hxs("token", "--role", "office", "--division", "惠民县")

    assert done.code == 2
    assert "惠民县" in done.err
