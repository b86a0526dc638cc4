"""Importing this module registers every published event."""

from shared.contracts import cases, meetings, notify, topics

__all__ = ["cases", "meetings", "notify", "topics"]
