"""A check for free TCP ports on this machine."""

from __future__ import annotations

import socket


def is_free(host: str, port: int) -> bool:
    """True when a server can listen on the address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
