"""Ports of this machine."""

from __future__ import annotations

import socket


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody listens on a port, so that a server could."""
    with socket.socket() as probe:
        # As servers do: a connection that has just ended does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
