"""Where webhooks may go, whatever the address looks like or leads to (SSRF)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.notify.channels.webhook.targets import TargetRefusedError, Targets
from tests.unit.notify.webhook_examples import Names

pytestmark = pytest.mark.rule("N10")

PUBLIC = "93.184.215.14"
NAMES: dict[str, list[str | Sequence[str]]] = {
    "public.example": [PUBLIC],
    "dual.example": [[PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]],
    "private.example": ["10.21.0.9"],
    "both.example": [[PUBLIC, "10.21.0.9"]],
    "metadata.example": ["169.254.169.254"],
    "loopback6.example": ["::1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "oa.county.internal": ["10.21.0.7"],
    "away.county.internal": ["169.254.169.254"],
}


def targets(*allow: str) -> Targets:
    return Targets(allow, resolver=Names(NAMES))


@pytest.mark.parametrize(
    "url",
    [
        "https://public.example/hook?key=a",
        "https://public.example:8443/hook",
        "https://dual.example/",
        f"https://{PUBLIC}/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://PUBLIC.example./",
    ],
)
async def test_public_addresses_over_https_are_called(url: str) -> None:
    assert (await targets().check(url)).startswith("https://")


@pytest.mark.parametrize(
    "url",
    [
        # names that lead inside
        "https://private.example/",
        "https://metadata.example/latest/meta-data/",
        "https://loopback6.example/",
        "https://mapped.example/",
        "https://nat64.example/",
        "https://both.example/",  # one of its answers
        "https://nowhere.example/",
        # addresses in every way to write them
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://0/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.0.0.192/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://240.0.0.1/",
        "https://[::]/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::a00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[fd00:ec2::254]/",
        # disguises
        "https://public.example@10.0.0.1/",
        "https://user:password@public.example/",
        "https://10.0.0.1#@public.example/",
        "https://10.0.0.1\\@public.example/",
        "https://public.example\n.evil/",
        "https://①②⑦.0.0.1/",
        # not https, not a usual port
        "http://public.example/",
        "http://127.0.0.1/",
        "ftp://public.example/",
        "file:///etc/passwd",
        "gopher://public.example/",
        "https://public.example:22/",
        "https://public.example:27017/",
        # nothing at all
        "https://",
        "https:///path",
        "https://[",
        "//public.example/",
        "",
        "https://public.example/" + "a" * 2000,
    ],
)
async def test_whatever_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        await targets().check(url)
    assert str(refused.value)
    assert "password" not in str(refused.value)


async def test_a_network_that_the_operator_allows_is_called_also_over_http_and_by_name() -> None:
    allowed = targets("10.21.0.0/24")
    assert await allowed.check("http://10.21.0.9:8090/hook") == "http://10.21.0.9:8090"
    assert await allowed.check("https://private.example/") == "https://private.example:443"
    assert await allowed.check("http://private.example/") == "http://private.example:80"
    assert await allowed.check("https://public.example/") == "https://public.example:443"


@pytest.mark.parametrize(
    "url",
    [
        "http://10.22.0.9/",
        "http://public.example/",
        "http://metadata.example/",
        "https://metadata.example/",
        "http://127.0.0.1:27017/",
        "https://public.example:27017/",
    ],
)
async def test_an_allowed_network_opens_nothing_else(url: str) -> None:
    with pytest.raises(TargetRefusedError):
        await targets("10.21.0.0/24").check(url)


async def test_a_host_that_the_operator_allows_is_called_at_its_private_address() -> None:
    allowed = targets("oa.county.internal")
    assert await allowed.check("http://oa.county.internal:8090/") == "http://oa.county.internal:8090"
    for url in ("http://private.example/", "http://10.21.0.7:8090/", "http://sub.oa.county.internal/"):
        with pytest.raises(TargetRefusedError):
            await allowed.check(url)


async def test_an_allowed_name_never_leads_to_the_clouds_metadata() -> None:
    with pytest.raises(TargetRefusedError):
        await targets("away.county.internal").check("http://away.county.internal/latest/")
