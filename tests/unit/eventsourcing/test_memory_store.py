from __future__ import annotations

import pytest

from shared.eventsourcing.memory_store import MemoryEventStore
from tests.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryEventStore:
        return MemoryEventStore()
