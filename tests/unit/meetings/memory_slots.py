"""Slots that live as long as a test: the same rules without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from services.meetings.reservations import Slot
from tests.http import Log


class MemorySlots:
    """See `services.meetings.reservations.Slots`."""

    def __init__(self) -> None:
        self.by_resource: dict[str, dict[str, tuple[Slot, datetime]]] = {}

    async def add(self, resource: str, slot: Slot, lease: timedelta) -> bool:
        """See `Slots`."""
        if await self.keeping_out(resource, slot):
            return False
        self.by_resource.setdefault(resource, {})[slot.token] = (slot, datetime.now(UTC) + lease)
        return True

    async def keeping_out(self, resource: str, slot: Slot) -> list[Slot]:
        """See `Slots`."""
        return [other for other, _ in self.by_resource.get(resource, {}).values() if slot.keeps_out(other)]

    async def remove(self, resource: str, token: str) -> None:
        """See `Slots`."""
        self.by_resource.get(resource, {}).pop(token, None)

    async def remove_lapsed(self, resource: str, token: str) -> bool:
        """See `Slots`."""
        _, until = self.by_resource[resource][token]
        if until >= datetime.now(UTC):
            return False
        del self.by_resource[resource][token]
        return True


_OF_LOGS: WeakKeyDictionary[Log, MemorySlots] = WeakKeyDictionary()


def slots_in_memory(log: Log) -> MemorySlots:
    """Return the slots of whoever writes to a log: one database for all of them."""
    return _OF_LOGS.setdefault(log, MemorySlots())
