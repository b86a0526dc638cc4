"""Records of the log, as far as a consumer wants to know them.

Most records are of no interest to most consumers, so reading happens in two steps: `Interest.wants` looks
at the `ce_type` header alone, and only what is wanted has its envelope and JSON parsed.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.base import ContractError, DomainEvent, split_type
from shared.contracts.envelope import (
    GENERATION_HEADER,
    MalformedEnvelopeError,
    Recorded,
    read_recorded,
)
from shared.contracts.upcasting import Upcasters, upcasters

Headers = Sequence[tuple[str, bytes]]


class LogRecord(Protocol):
    """What is used of a Kafka record (`aiokafka.ConsumerRecord`), and kept of a parked one."""

    @property
    def topic(self) -> str: ...  # noqa: D102 - Kafka's own
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Headers: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record kept outside the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Want(enum.Enum):
    """What a consumer does with a record."""

    READ = "read"
    """Its event is folded or reacted to."""
    NOTE = "note"
    """Its event is not read, but its stream's version is."""
    PASS = "pass"  # noqa: S105 - not a password
    """Nothing."""


class Interest:
    """Which records a consumer wants, decided once for each type.

    An event is wanted in every version, also one that this process is too old to know: passing over it
    would lose it silently, so it is read, fails, and is parked.
    """

    def __init__(
        self,
        events: Iterable[type[DomainEvent]],
        *,
        main_category: str | None = None,
        upcasters: Upcasters = upcasters,
    ) -> None:
        self._names = {(event.service, event.name) for event in events}
        self._prefix = f"{main_category}-".encode() if main_category else None
        self._upcasters = upcasters
        self._known: dict[bytes | None, bool] = {}

    def wants(self, record: LogRecord) -> Want:
        """Tell what to do with a record."""
        return self.wants_type(
            next((value for name, value in record.headers if name == "ce_type"), None), record
        )

    def wants_type(self, type_: bytes | None, record: LogRecord) -> Want:
        """Tell what to do with a record whose `ce_type` header is known already."""
        wanted = self._known.get(type_)
        if wanted is None:
            wanted = self._known[type_] = self._is_wanted(type_)
        if wanted:
            return Want.READ
        if self._prefix and record.key is not None and record.key.startswith(self._prefix):
            return Want.NOTE
        return Want.PASS

    def _is_wanted(self, type_: bytes | None) -> bool:
        try:
            # A record without a type, or with a strange one, is a fault that must be seen.
            return type_ is None or split_type(type_.decode())[:2] in self._names
        except (ContractError, ValueError):
            return True

    def parse(self, record: LogRecord) -> Recorded:
        """Return the event that a wanted record carries.

        Raises:
            MalformedEnvelopeError: a header is missing, or there is no value.
            UnknownEventTypeError: its version is newer than this process.
            pydantic.ValidationError: the data does not fit the type.
        """
        return self.parse_with(dict(record.headers), record.value)

    def parse_with(self, headers: Mapping[str, bytes], value: bytes | None) -> Recorded:
        """Return the event of a record whose headers were taken apart already; raises as `parse` does."""
        type_ = headers.get("ce_type")
        if type_ is None or value is None:
            raise MalformedEnvelopeError("there is no `ce_type`" if type_ is None else "there is no value")
        return read_recorded(headers, self._upcasters.parse(type_.decode(), value))


def generation_of(headers: Headers) -> int:
    """Return the generation of the log that a record belongs to; 1 where it does not say."""
    for name, value in headers:
        if name == GENERATION_HEADER:
            return int(value) if value.isdigit() else 1
    return 1


def service_of(topic: str) -> str:
    """Return the service whose events topic this is."""
    return topic.removeprefix("hxs.").removesuffix(".events")


def stream_of(record: LogRecord) -> str:
    """Return the stream a record belongs to, readable or not: its key."""
    return (record.key or b"").decode(errors="replace")


def event_id_of(record: LogRecord) -> str:
    """Return `<stream>:<version>`, or where the record lies if it does not say."""
    for name, value in record.headers:
        if name == "ce_id":
            return value.decode(errors="replace")
    return f"{record.topic}/{record.partition}@{generation_of(record.headers)}:{record.offset}"
