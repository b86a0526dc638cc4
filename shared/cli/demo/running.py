"""What a demo consists of: an embedded MongoDB and Kafka, the five services as processes, and who is told.

A broker or a database that the environment names is used instead of an embedded one. The embedded Kafka
keeps nothing, so at each start the logs are written again from the record before the services start.

Mails go to a catcher in this process whatever server the environment names: a demo writes to nobody. What
webhooks send goes to a receiver beside it; other receivers on this machine may be registered, too.

Everything started here ends with this process, also where it is killed (see `platform.local.process`), so
it has to be started from the main thread.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from shared.cli.composition import PUBLISHERS, ServiceName, opened
from shared.cli.demo.mail_catcher import HOST, MailCatcher
from shared.cli.demo.webhook_receiver import WebhookReceiver
from shared.cli.failures import UNREACHABLE, USAGE, CliError
from shared.cli.ports import is_free
from shared.eventsourcing import mongo_store
from shared.eventsourcing.checkpoint import newest_generation
from shared.eventsourcing.log_writer import LOG
from shared.eventsourcing.republish import republish
from shared.platform import kafka
from shared.platform.language import Text
from shared.platform.local.mock_kafka import MockKafka
from shared.platform.local.mongod import Mongod
from shared.platform.local.process import Child, free_port
from shared.platform.settings import PORTS, PREFIX, Settings, load_settings

START_SECONDS = 90.0
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.1

MAIL_PORTS = {"smtp_port": 1025, "http_port": 8025}
"""Where mails are caught and shown, where these are free."""

_PAGES = {
    "public_url": "topics",
    "public_meetings_url": "meetings",
    "public_board_url": "board",
    "public_notify_url": "notify",
}
"""The settings that say where links lead, and to which service."""

ASKED_TO_END = threading.Event()
"""Set where a request to end was swallowed: what is raised while a finalizer runs reaches nobody."""

Say = Callable[[str, str], None]
"""Told what goes on, in Chinese and in English."""


class DemoError(CliError):
    """The demo cannot run here."""


class EndedError(CliError):
    """Something that the demo had started ended by itself."""

    def __init__(self, name: str, log: Path | None) -> None:
        self.name = name
        tail = log.read_text(errors="replace").splitlines()[-5:] if log else []
        lines = "".join(f"\n  {line}" for line in tail)
        super().__init__(
            Text(
                f"{name} 意外退出，已全部停止；再次启动会从原处继续"
                + (f"。日志 {log} 末尾：{lines}" if log else ""),
                f"{name} ended by itself, so everything was stopped; a new start goes on from there"
                + (f". Last in {log}:{lines}" if log else ""),
            )
        )


@dataclass(frozen=True)
class Told:
    """Who gets what notify sends out of the system.

    Attributes:
        mails: every mail, to whomever.
        webhooks: what goes to the demo's own endpoint.
    """

    mails: MailCatcher
    webhooks: WebhookReceiver

    @property
    def environment(self) -> dict[str, str]:
        """Return what has notify send to them."""
        return {**self.mails.environment, "HXS_WEBHOOK_ALLOW": HOST}


@dataclass
class Demo:
    """A running demo.

    Attributes:
        settings: with which everything runs.
        environment: the same as variables, for other commands.
        folder: of its data.
        logs: the log of each service.
        told: who gets what notify sends out of the system.
    """

    settings: Settings
    environment: Mapping[str, str]
    folder: Path
    logs: dict[int, tuple[str, Path | None]] = field(default_factory=dict)
    told: Told = field(kw_only=True)

    @property
    def page(self) -> str:
        """Return the address of the board."""
        return f"{self.settings.service_urls['board']}/"

    def wait(self) -> None:
        """Wait until something ends, which it does only when something is wrong.

        Raises:
            EndedError: says what.
        """
        self.check()
        self._report(os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT))

    def check(self) -> None:
        """Raise `EndedError` where something has ended already, `KeyboardInterrupt` where all is to end."""
        if ASKED_TO_END.is_set():
            raise KeyboardInterrupt
        self._report(os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG))

    def _report(self, ended: os.waitid_result | None) -> None:
        if ended is not None:
            raise EndedError(*self.logs.get(ended.si_pid, (f"process {ended.si_pid}", None)))


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Let nobody else run a demo on this folder meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                Text(
                    f"{folder} 上已有演示在运行；请先停止它，或用 --data 另选目录",
                    f"a demo is running on {folder}; stop it, or give another --data",
                )
            ) from None
        yield


def _secret(folder: Path, name: str) -> str:
    """Return one of the demo's secrets, made at its first start."""
    path = folder / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def _urls(settings: Settings) -> dict[str, str]:
    """Return where the services are to listen: their usual ports where these are free."""
    reached_at = "127.0.0.1" if settings.http_host == "0.0.0.0" else settings.http_host  # noqa: S104 - compared
    found = {}
    for name, usual in PORTS.items():
        port = usual if is_free(settings.http_host, usual) else free_port()
        found[name] = f"http://{reached_at}:{port}"
    return found


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, which children inherit."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _write_environment(folder: Path, environment: Mapping[str, str]) -> None:
    path = folder / "env"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items()))


async def _prepare_log(settings: Settings, *, embedded: bool) -> None:
    """Have the broker hold the record's logs, or nothing where there is no record yet."""
    if not embedded:
        await kafka.apply(settings)
    async with opened(settings) as mongo:
        for service in PUBLISHERS:
            database = mongo.database(service)
            known = await database[LOG].find_one({"_id": "generation"}) is not None
            if embedded and known:
                await mongo_store.prepare(database)
                await republish(service, database, settings)
            elif not embedded and not known and await newest_generation(settings, service):
                raise DemoError(
                    Text(
                        f"{settings.kafka_bootstrap} 上的 Kafka 存有另一数据库的事件"
                        f"（{kafka.events_topic(service)}）；请指定空的 Kafka，或不指定",
                        f"the broker at {settings.kafka_bootstrap} holds events of another database "
                        f"({kafka.events_topic(service)}); name an empty one, or none",
                    )
                )


def _start(demo: Demo, stack: ExitStack) -> None:
    """Start the services; they are stopped with `stack`."""
    folder = demo.folder / "logs"
    folder.mkdir(exist_ok=True)
    children: list[Child] = []

    def stop() -> None:
        with ThreadPoolExecutor(len(children) or 1) as threads:
            list(threads.map(lambda child: child.stop(STOP_SECONDS), children))

    stack.callback(stop)
    for name in ServiceName:
        port = str(httpx.URL(demo.settings.service_urls[name]).port)
        command = [sys.executable, "-m", "shared.cli.main", "serve", name]
        with _variables({**demo.environment, "HXS_HTTP_PORT": port}):
            child = Child(name, command, folder / f"{name}.log")
        children.append(child)
        demo.logs[child.pid] = (name, folder / f"{name}.log")


def _wait_until_ready(demo: Demo) -> None:
    deadline = time.monotonic() + START_SECONDS
    waiting = dict(demo.settings.service_urls)
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        while waiting:
            demo.check()
            waiting = {name: url for name, url in waiting.items() if not _is_ready(client, url)}
            if waiting and time.monotonic() > deadline:
                names = ", ".join(waiting)
                logs = demo.folder / "logs"
                raise DemoError(
                    Text(
                        f"{START_SECONDS:.0f} 秒后仍未就绪：{names}；原因见 {logs} 中的日志",
                        f"not ready after {START_SECONDS:.0f} s: {names}; see {logs}",
                    ),
                    UNREACHABLE,
                )
            if waiting:
                time.sleep(_POLL_SECONDS)


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


async def _drop(settings: Settings) -> None:
    async with opened(settings) as mongo:
        for name in ServiceName:
            await mongo.drop(name)


def _engines(
    given: Settings, folder: Path, stack: ExitStack, *, throwaway: bool
) -> tuple[dict[str, str], dict[int, tuple[str, Path | None]]]:
    """Start what is not given; return how to reach both, and what was started by process id."""
    said: dict[str, str] = {}
    started: dict[int, tuple[str, Path | None]] = {}
    if "mongo_url" not in given.model_fields_set:
        mongod = stack.enter_context(Mongod(folder / "mongod"))
        said["HXS_MONGO_URL"] = mongod.url
        started[mongod.pid or 0] = (mongod.name, folder / "mongod" / "mongod.log")
    elif throwaway:
        said["HXS_MONGO_PREFIX"] = f"hxs_once_{secrets.token_hex(4)}"
    if "kafka_bootstrap" not in given.model_fields_set:
        broker = stack.enter_context(MockKafka())
        said["HXS_KAFKA_BOOTSTRAP"] = broker.bootstrap
        started[broker.pid or 0] = (broker.name, None)
    return said, started


def _told(stack: ExitStack) -> Told:
    """Start those who get what notify sends; they end with `stack`."""
    ports = {name: usual if is_free(HOST, usual) else 0 for name, usual in MAIL_PORTS.items()}
    return Told(stack.enter_context(MailCatcher(**ports)), stack.enter_context(WebhookReceiver()))


def _links(given: Settings, urls: Mapping[str, str]) -> dict[str, str]:
    """Return where links lead, unless the environment says."""
    unsaid = {name: urls[service] for name, service in _PAGES.items() if name not in given.model_fields_set}
    return {f"{PREFIX}{name.upper()}": url for name, url in unsaid.items()}


@contextmanager
def running(folder: Path, say: Say, *, throwaway: bool) -> Iterator[Demo]:
    """Start everything, and stop it in the end.

    Args:
        folder: of the data; continued where it holds some.
        say: told what goes on.
        throwaway: databases on a server that the environment names are dropped in the end.

    Raises:
        DemoError: it cannot run here.
        EndedError: a service ended while it was started.
        LocalEngineError: MongoDB or Kafka did not start.
    """
    given = load_settings()
    if given.env != "dev":
        raise DemoError(
            Text(
                "演示要为自己签发试用令牌，不能在 HXS_ENV=prod 下运行",
                "the demo makes itself development tokens; it does not run in HXS_ENV=prod",
            ),
            USAGE,
        )
    with ExitStack() as stack:
        stack.enter_context(_owned(folder))
        say("启动数据库和 Kafka …", "Starting MongoDB and Kafka …")
        environment, started = _engines(given, folder, stack, throwaway=throwaway)
        embedded = "HXS_KAFKA_BOOTSTRAP" in environment
        if not given.token_secret_given:
            environment["HXS_DEV_TOKEN_SECRET"] = _secret(folder, "secret")
        if not given.signing_secrets_given:
            environment["HXS_SIGNING_SECRETS"] = _secret(folder, "signing-secret")
        told, urls = _told(stack), _urls(given)
        environment |= {**told.environment, **_links(given, urls), "HXS_SERVICE_URLS": json.dumps(urls)}
        with _variables(environment):
            settings = load_settings()
        if "HXS_MONGO_PREFIX" in environment:
            stack.callback(lambda: asyncio.run(_drop(settings)))
        asyncio.run(_prepare_log(settings, embedded=embedded))
        demo = Demo(settings, environment, folder, started, told=told)
        _write_environment(folder, environment)
        say("启动五个服务 …", "Starting five services …")
        _start(demo, stack)
        _wait_until_ready(demo)
        yield demo
