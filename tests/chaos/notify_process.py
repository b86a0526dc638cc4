"""A process of notify, all its parts, whose mails are lines in a file of its own.

    python -m tests.chaos.notify_process FOLDER

Engines and database prefix come from the environment, as for any service.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from services.notify.app import SERVICE
from services.notify.channels import Channel, Delivery
from services.notify.workers import outgoing
from shared.contracts.notify import NoticeChannel
from shared.eventsourcing.service import serve
from shared.eventsourcing.workers import Workbench
from shared.platform.settings import load_settings

LEASE = timedelta(seconds=3)
"""What a killed process was at is taken up after it."""


class FileMail:
    """Writes a line for each mail, which is as sent as it can be once `write` has returned."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def send(self, delivery: Delivery) -> str:
        """See `Channel.send`."""
        os.write(self._file, f"{delivery.delivery_id} {delivery.address}\n".encode())
        return "250 OK"


def into(folder: Path) -> Callable[[Workbench], Channel]:
    """Return what makes the channel of this process."""
    return lambda bench: FileMail(folder / f"{os.getpid()}.sent")


if __name__ == "__main__":
    workers = outgoing({NoticeChannel.EMAIL: into(Path(sys.argv[1]))}, LEASE)
    serve(replace(SERVICE, workers=workers), load_settings())
