"""A real database and a real broker to work against: `python -m shared.platform.local [--data DIR]`.

Prints their addresses as settings, one a line, as an env file wants them, and runs until Ctrl-C or
SIGTERM. Without `--data` nothing is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path

from shared.platform.local.kafka import Kafka
from shared.platform.local.mongod import Mongod


def main() -> None:
    """Run both until a signal."""
    parser = argparse.ArgumentParser(prog="python -m shared.platform.local", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder to keep their data in")
    data: Path | None = parser.parse_args().data
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with (
        contextlib.suppress(KeyboardInterrupt),
        Mongod(data and data / "mongod") as mongod,
        Kafka(data and data / "kafka") as kafka,
    ):
        print(f"HXS_MONGO_URL={mongod.url}\nHXS_KAFKA_BOOTSTRAP={kafka.bootstrap}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
