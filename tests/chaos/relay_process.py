"""A process that relays, or republishes, and can be told to signal itself at a step.

    python -m tests.chaos.relay_process relay|republish SERVICE [STEP NTH SIGNAL]

Engines and database prefix come from the environment, as for any service.
"""

from __future__ import annotations

import asyncio
import os
import sys

from shared.eventsourcing.relay import Relay
from shared.eventsourcing.republish import republish
from shared.platform.mongo import connect
from shared.platform.settings import load_settings

LEASE_SECONDS = 1.0


class SignalAt:
    """A probe that sends this process a signal the n-th time that a step is taken."""

    def __init__(self, step: str = "", nth: str = "0", signal: str = "0") -> None:
        self._step = step
        self._left = int(nth)
        self._signal = int(signal)

    def __call__(self, step: str) -> None:
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._signal)


async def main(work: str, service: str, *signal_at: str) -> None:
    settings = load_settings()
    database = connect(settings).database(service)
    probe = SignalAt(*signal_at)
    if work == "republish":
        await republish(service, database, settings, lease_seconds=LEASE_SECONDS, probe=probe)
        return
    relay = Relay(service, database, settings, poll_seconds=0.01, lease_seconds=LEASE_SECONDS, probe=probe)
    await relay.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
