"""Loopback ports for servers whose port must be known before they listen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

LOWEST, HIGHEST = 10_000, 29_999
"""Below the ephemeral range of Linux, so that no outgoing connection takes a port before its server does."""

WORKERS = 10

_handed_out: set[int] = set()
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS


def free_port() -> int:
    """Return a port that is free for TCP and UDP, and that no other test of this run has received."""
    while True:
        port = LOWEST + secrets.randbelow((HIGHEST - LOWEST) // WORKERS) * WORKERS + _worker
        if port not in _handed_out and _free(port):
            _handed_out.add(port)
            return port


@contextlib.contextmanager
def demo_networks() -> Iterator[None]:
    """Hold a machine-wide lock while a demo starts, so that two demos cannot choose the same loopback network."""
    with (Path(tempfile.gettempdir()) / f"watchfloor-tests-{os.geteuid()}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _free(port: int) -> bool:
    with contextlib.ExitStack() as held:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            probe = held.enter_context(socket.socket(socket.AF_INET, kind))
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
