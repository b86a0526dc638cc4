"""`hxs doctor`: is everything there that the system needs, and does it do what it should?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from shared.cli import composition
from shared.cli.composition import PUBLISHERS
from shared.cli.failures import explain
from shared.cli.output import AsJson, print_json

if TYPE_CHECKING:
    import httpx

    from shared.platform.mongo import Mongo
    from shared.platform.settings import Settings

CLOCK_SECONDS = 5.0
"""More than this between two machines' clocks, and tokens are refused and lags shown wrongly."""

RELAY_SECONDS = 30.0
DISK_GB = 2.0
ANSWER_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found; `remedy` says what to do where it is not `ok`."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


Checks = Callable[[], AsyncIterator[Check]]


async def _mongo(mongo: Mongo) -> AsyncIterator[Check]:
    database = mongo.database("doctor")
    hello = await database.command("hello")
    replica_set = hello.get("setName")
    yield Check(
        "mongo replica set",
        replica_set is not None,
        f"{replica_set}, primary {hello.get('primary')}" if replica_set else "a server on its own",
        "run mongod with --replSet and initiate it: transactions and snapshot reads need a replica set",
    )
    if replica_set is None:
        return
    started = asyncio.get_running_loop().time()
    await database["writes"].insert_one({"at": datetime.now(UTC)})
    statistics = await database.command("dbStats")  # of a database that is there, else it says nothing
    await mongo.drop("doctor")
    milliseconds = (asyncio.get_running_loop().time() - started) * 1000
    yield Check("mongo write", True, f"written to a majority and removed in {milliseconds:.0f} ms")
    yield _clock(hello["localTime"].replace(tzinfo=UTC), datetime.now(UTC))
    yield _disk(statistics)


def _clock(theirs: datetime, ours: datetime) -> Check:
    apart = abs((ours - theirs).total_seconds())
    remedy = "have a time service (chrony, ntpd) set both clocks"
    return Check("clock", apart < CLOCK_SECONDS, f"{apart:.1f} s from that of MongoDB", remedy)


def _disk(statistics: dict[str, float]) -> Check:
    total = statistics.get("fsTotalSize", 0.0)
    free = total - statistics.get("fsUsedSize", 0.0)
    detail = f"{free / 1e9:.1f} GB of {total / 1e9:.1f} GB free where MongoDB keeps its data"
    return Check("disk", free > DISK_GB * 1e9, detail, "make room, before writing stops")


async def _kafka(settings: Settings) -> AsyncIterator[Check]:
    from aiokafka.errors import IncompatibleBrokerVersion

    from shared.platform.kafka import check, topics

    try:
        differences = await check(settings)
    except IncompatibleBrokerVersion:
        yield Check("kafka", True, "an embedded one, whose topics cannot be looked at")
        return
    detail = "; ".join(map(str, differences)) or f"{len(topics(settings))} topics as they have to be"
    yield Check("kafka topics", not differences, detail, "run `hxs kafka apply`")


async def _service(client: httpx.AsyncClient, name: str, url: str) -> Check:
    import httpx

    remedy = f"start it (`hxs serve {name}`), or say in HXS_SERVICE_URLS where it is"
    try:
        answer = await client.get(f"{url}/readyz")
        content = answer.json()
        if answer.is_success:
            return Check(f"service {name}", True, f"ready at {url}")
        failed = [f"{n}: {c['reason']}" for n, c in content["checks"].items() if not c["ok"]]
        detail = "; ".join(failed) or content["status"]
        return Check(f"service {name}", False, f"not ready at {url}: {detail}", "look into its log")
    except httpx.TransportError as error:
        return Check(f"service {name}", False, f"no answer at {url} ({type(error).__name__})", remedy)
    except (ValueError, KeyError):
        return Check(f"service {name}", False, f"something else answers at {url}", remedy)


async def _services(settings: Settings) -> AsyncIterator[Check]:
    import httpx

    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        asked = (_service(client, name, url) for name, url in settings.service_urls.items())
        for check in await asyncio.gather(*asked):
            yield check


async def _relays(mongo: Mongo) -> AsyncIterator[Check]:
    from shared.eventsourcing.mongo_store import COMMITS
    from shared.eventsourcing.relay import backlog

    for name in PUBLISHERS:
        database = mongo.database(name)
        if COMMITS not in await database.list_collection_names():
            continue  # it never started, which its own check says
        waiting = await backlog(database)
        age = waiting.age_seconds(datetime.now(UTC))
        detail = (
            f"{waiting.commits} commits wait, the oldest for {age:.0f} s"
            if waiting.commits
            else "nothing waits"
        )
        remedy = f"is {name} running with its relay, and Kafka? Its log says what holds it up"
        yield Check(f"relay {name}", age < RELAY_SECONDS, detail, remedy)


async def _consumers(mongo: Mongo, settings: Settings) -> AsyncIterator[Check]:
    from shared.cli.projections import situations

    found = await situations(mongo, datetime.now(UTC))
    late = [
        f"{each.service}/{each.name} ({each.state}, {each.behind_seconds:.0f} s behind)"
        for each in found
        if each.state not in ("live", "rebuilding") or each.behind_seconds > settings.ready_max_lag_seconds
    ]
    detail = "; ".join(late) or f"{len(found)} projections and reactions are up to date"
    yield Check("projections", not late, detail, "start their services; `hxs projections list` shows more")
    parked = sum(each.parked_keys for each in found)
    yield Check("parked", not parked, f"{parked} keys" if parked else "nothing", "see `hxs parked list`")


def _sign_in(settings: Settings) -> Check:
    if settings.oidc_issuer:
        return Check("sign-in", True, f"by {settings.oidc_issuer}")
    if settings.token_secret_given:
        return Check("sign-in", True, "local accounts" if settings.local_accounts else "development tokens")
    detail = "every process makes up a secret of its own, so none accepts another's tokens"
    return Check("sign-in", False, detail, "set HXS_OIDC_ISSUER, or HXS_DEV_TOKEN_SECRET for all processes")


async def _mail(settings: Settings) -> AsyncIterator[Check]:
    if settings.smtp_host is None:
        yield Check("mail", True, "none is sent: HXS_SMTP_HOST is not set")
        return
    from aiosmtplib import SMTPException

    from shared.platform.smtp import NoStartTlsError, is_untrusted, open_smtp, smtp_port, tls_context

    where = f"{settings.smtp_host}:{smtp_port(settings)} ({settings.smtp_tls})"
    try:
        connection = await open_smtp(settings, tls_context(settings))
        await connection.quit()
    except (SMTPException, NoStartTlsError, OSError) as error:
        remedy = "see HXS_SMTP_… in docs/settings.md; what waits is sent when it answers"
        if is_untrusted(error):
            remedy = "its certificate proves nothing to us: name who vouches for it in HXS_SMTP_CA_FILE"
        yield Check("mail", False, f"{where}: {str(error) or type(error).__name__}", remedy)
    else:
        signed_in = f", signed in as {settings.smtp_user}" if settings.smtp_user else ""
        yield Check("mail", True, f"{where} takes mails from {settings.smtp_from}{signed_in}")


async def _run(name: str, checks: AsyncIterator[Check]) -> list[Check]:
    """Run checks; one that fails by an error to be expected is a finding, and ends its group."""
    found = []
    try:
        async with asyncio.timeout(ANSWER_SECONDS * 2):
            async for check in checks:
                found.append(check)  # noqa: PERF401 - what was found before an error counts
    except TimeoutError:
        found.append(Check(name, False, "no answer in time", "is it overloaded, or a firewall in between?"))
    except Exception as error:
        if (failure := explain(error)) is None:
            raise
        detail, _, remedy = failure.message.partition("; ")
        found.append(Check(name, False, detail, remedy))
    return found


async def examine(settings: Settings) -> list[Check]:
    """Run every check."""
    from shared.platform.mongo import connect

    mongo = connect(settings, "doctor")
    try:
        first = await _run("mongo", _mongo(mongo))
        groups: list[Awaitable[list[Check]]] = [
            _run("kafka", _kafka(settings)),
            _run("services", _services(settings)),
            _run("mail", _mail(settings)),
        ]
        if all(check.ok for check in first):
            groups += [_run("relays", _relays(mongo)), _run("projections", _consumers(mongo, settings))]
        return [_sign_in(settings), *first, *(c for group in await asyncio.gather(*groups) for c in group)]
    finally:
        mongo.close()


def doctor(as_json: AsJson = False) -> None:
    """Check what the system needs, and say what to do about what is wrong."""
    settings = composition.begin()
    found = asyncio.run(examine(settings))
    if as_json:
        print_json([{**asdict(check), "remedy": "" if check.ok else check.remedy} for check in found])
    else:
        _show(found)
    if not all(check.ok for check in found):
        raise typer.Exit(1)


def _show(found: Sequence[Check]) -> None:
    for check in found:
        typer.secho("ok" if check.ok else "!!", fg="green" if check.ok else "red", nl=False)
        typer.echo(f" {check.name}: {check.detail}")
        if not check.ok and check.remedy:
            typer.echo(f"      {check.remedy}")
