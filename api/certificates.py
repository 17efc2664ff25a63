"""The web server's TLS certificate, renewed without a restart: new connections get what lies in the files now."""

from __future__ import annotations

import asyncio
import logging
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at the files."""
Mark = tuple[tuple[int, int, int], ...]
"""Inode, size and time of change (ns) of certificate and key."""


class Certificates:
    """Watches the files of a certificate and its key. `make` gives a context from them; it may raise OSError.

    A pair that cannot be used (half written, of two keys, garbage) is logged once and changes nothing.
    """

    def __init__(self, cert: str, key: str, make: Callable[[], ssl.SSLContext]) -> None:
        self._files, self._make = (Path(cert), Path(key)), make
        self._mark = self._look()
        self._current: ssl.SSLContext | None = None

    def attach(self, context: ssl.SSLContext) -> None:
        """Let the server's context hand each new connection on to the newest one (RFC 6066 3, also without a name)."""
        context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if self._current is not None:
            connection.context = self._current

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            await asyncio.to_thread(self.renew)

    def renew(self) -> None:
        """Take the files when they have changed and can be used."""
        mark = self._look()
        if mark is None or mark == self._mark:
            return
        self._mark = mark
        try:
            self._current = self._make()
        except OSError as error:  # ssl.SSLError is one
            log.error("the renewed TLS certificate cannot be used, the one before stays: %s", error)
        else:
            log.info("the TLS certificate was renewed: %s", self._files[0])

    def _look(self) -> Mark | None:
        """None while one of them is missing or no regular file."""
        try:
            statuses = [path.stat() for path in self._files]
        except OSError:
            return None
        if not all(stat.S_ISREG(status.st_mode) for status in statuses):
            return None
        return tuple((status.st_ino, status.st_size, status.st_mtime_ns) for status in statuses)
