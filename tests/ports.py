"""Ports of loopback for servers that other programs must be told about before they listen."""

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
"""Below what the kernel gives to outgoing connections: nobody takes such a port by chance before its server does."""

WORKERS = 10

_given: set[int] = set()
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS


def free_port() -> int:
    """A port that nobody listens on at this moment, over TCP or UDP, and that was given to no other test of the run."""
    while True:
        port = LOWEST + secrets.randbelow((HIGHEST - LOWEST) // WORKERS) * WORKERS + _worker
        if port not in _given and _free(port):
            _given.add(port)
            return port


@contextlib.contextmanager
def demo_networks() -> Iterator[None]:
    """Nobody else looks for a demo's network of loopback meanwhile, and takes what was found before it is used."""
    with (Path(tempfile.gettempdir()) / f"watchfloor-tests-{os.geteuid()}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _free(port: int) -> bool:
    with contextlib.ExitStack() as held:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            one = held.enter_context(socket.socket(socket.AF_INET, kind))
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
