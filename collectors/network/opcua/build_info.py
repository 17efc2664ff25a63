"""The BuildInfo of an OPC UA server (OPC 10000-5, 12.4): read at each new session and once an hour."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from collectors.charset import printable
from collectors.contract import Measurement
from collectors.errors import CollectorError
from feeds.model.device_facts import LONGEST_FACT

if TYPE_CHECKING:
    from collectors.network.opcua.session import Session

EVERY = 3600.0
"""Seconds between two readings."""
BUILD_INFO = 2260
"""Server_ServerStatus_BuildInfo."""


class BuildInfoReader:
    """Reads the BuildInfo of one session's server when it is due."""

    def __init__(self) -> None:
        self._sessions, self._due_at = 0, 0.0

    async def facts(self, session: Session, timeout: float) -> list[Measurement]:
        """The facts as measurements `device.NAME`, [] when they are not due or the server does not give them."""
        now = asyncio.get_running_loop().time()
        if session.sessions == self._sessions and now < self._due_at:
            return []
        self._sessions, self._due_at = session.sessions, now + EVERY
        try:
            info = await session.server_value(BUILD_INFO, timeout)
        except CollectorError:
            return []
        version, build = (_text(getattr(info, name, "")) for name in ("SoftwareVersion", "BuildNumber"))
        facts = {
            "maker": _text(getattr(info, "ManufacturerName", "")),
            "model": _text(getattr(info, "ProductName", "")),
            "firmware": f"{version} ({build})" if build and build not in version else version,
        }
        return [Measurement(metric=f"device.{name}", value=value) for name, value in facts.items()]


def _text(value: object) -> str:
    return printable(str(value or "")).strip()[:LONGEST_FACT]
