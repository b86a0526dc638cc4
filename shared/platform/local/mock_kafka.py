"""A Kafka for the demo: the mock cluster of librdkafka, which the wheel `confluent-kafka` carries.

It speaks the real protocol on 127.0.0.1, with consumer groups, idempotence and transactions, needs no
Java and starts at once. What it is not: it keeps everything in memory, 5 MiB a partition at most, and
forgets it when it ends; it shows aborted records to everybody; it knows no admin client (the topics it is
started with get their partitions, any other is made on first use with four); a consumer group is sound
with one member only, and one who joins after another left waits for the session timeout.

`python -m shared.platform.local.mock_kafka [--topic NAME:PARTITIONS]...` runs one until it is ended, and
prints its address. `MockKafka` runs that as a child process.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from shared.platform import kafka
from shared.platform.local.engine import Engine
from shared.platform.local.process import Child, EngineNotAvailableError, LocalEngineError
from shared.platform.settings import load_settings

_PRODUCER = 0  # rd_kafka_type_t
_CONF_OK = 0  # rd_kafka_conf_res_t
_ERROR_BYTES = 512
_READY = "mock Kafka on "
_START_SECONDS = 20


def _librdkafka() -> ctypes.CDLL:
    """Return the C library inside the wheel: its Python API cannot say how many partitions a topic has.

    Raises:
        EngineNotAvailableError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("confluent_kafka")
    if spec is None or spec.origin is None:
        raise EngineNotAvailableError(
            "no confluent-kafka: install the extra `demo`, or set HXS_KAFKA_BOOTSTRAP to a running broker"
        )
    package = Path(spec.origin).parent
    import confluent_kafka  # noqa: F401 - loads what the library depends on, from the wheel's own folder

    bundled = [*package.parent.glob("confluent_kafka.libs/librdkafka*"), *package.glob(".dylibs/librdkafka*")]
    library = ctypes.CDLL(str(bundled[0]))
    for function, result, arguments in (
        ("rd_kafka_conf_new", ctypes.c_void_p, []),
        ("rd_kafka_conf_set", ctypes.c_int, [ctypes.c_void_p, *[ctypes.c_char_p] * 3, ctypes.c_size_t]),
        ("rd_kafka_new", ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]),
        ("rd_kafka_handle_mock_cluster", ctypes.c_void_p, [ctypes.c_void_p]),
        ("rd_kafka_mock_cluster_bootstraps", ctypes.c_char_p, [ctypes.c_void_p]),
        ("rd_kafka_mock_group_initial_rebalance_delay_ms", None, [ctypes.c_void_p, ctypes.c_int32]),
        (
            "rd_kafka_mock_topic_create",
            ctypes.c_int,
            [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int],
        ),
    ):
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


def start_in_this_process(topics: Mapping[str, int]) -> str:
    """Start a mock cluster that lives as long as this process, and return its address.

    Args:
        topics: name → number of partitions.

    Raises:
        EngineNotAvailableError: the wheel is not installed.
        LocalEngineError: the library refused.
    """
    library = _librdkafka()
    error = ctypes.create_string_buffer(_ERROR_BYTES)
    conf = library.rd_kafka_conf_new()
    for key, value in ((b"test.mock.num.brokers", b"1"), (b"log_level", b"3")):
        if library.rd_kafka_conf_set(conf, key, value, error, _ERROR_BYTES) != _CONF_OK:
            raise LocalEngineError(f"librdkafka: {error.value.decode()}")
    client = library.rd_kafka_new(_PRODUCER, conf, error, _ERROR_BYTES)
    if not client:
        raise LocalEngineError(f"librdkafka: {error.value.decode()}")
    cluster = library.rd_kafka_handle_mock_cluster(client)
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0)
    for topic, partitions in topics.items():
        if code := library.rd_kafka_mock_topic_create(cluster, topic.encode(), partitions, 1):
            raise LocalEngineError(f"librdkafka: topic {topic} refused with code {code}")
    address: bytes = library.rd_kafka_mock_cluster_bootstraps(cluster)
    return address.decode()


def product_topics() -> dict[str, int]:
    """Return the product's topics by name, with the number of partitions that settings give them."""
    return {topic.name: topic.partitions for topic in kafka.topics(load_settings())}


class MockKafka(Engine):
    """A mock cluster in a process of its own; its records are gone when it ends.

    Attributes:
        bootstrap: address for clients, known after `start`; a new one at each start.
    """

    name: ClassVar[str] = "mock-kafka"

    def __init__(self, topics: Mapping[str, int] | None = None) -> None:
        """Describe a cluster; `start` starts it.

        Args:
            topics: name → number of partitions; None for the product's.
        """
        super().__init__()
        self._topics = product_topics() if topics is None else topics
        self.bootstrap = ""

    def _spawn(self, directory: Path) -> Child:
        topics = [f"--topic={name}:{partitions}" for name, partitions in self._topics.items()]
        command = [sys.executable, "-m", "shared.platform.local.mock_kafka", *topics]
        return Child(self.name, command, directory / "mock-kafka.log")

    def _wait_until_ready(self, child: Child) -> None:
        child.wait_for_output(_READY, _START_SECONDS)
        self.bootstrap = child.output().partition(_READY)[2].split()[0]


def main() -> None:
    """Run a cluster until SIGTERM or SIGINT."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # in the library's threads too, which inherit it
    parser = argparse.ArgumentParser(description="An in-memory Kafka for the demo.")
    parser.add_argument("--topic", action="append", default=[], metavar="NAME:PARTITIONS")
    pairs = [topic.rpartition(":") for topic in parser.parse_args().topic]
    address = start_in_this_process(
        {name: int(partitions) for name, _, partitions in pairs} or product_topics()
    )
    print(f"{_READY}{address}", flush=True)
    signal.sigwait(ends)


if __name__ == "__main__":
    main()
