"""`tcp://host:port`: does the port accept a connection, and how long does it take?"""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import not_ready


class TcpPoller(Poller):
    """Connects and hangs up. Gives `tcp.connect_ms`."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp",)
    family: ClassVar[str] = "tcp"

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without host and port, or with any parameter."""
        uri.need_host_and_port(target)
        uri.only(target, ())
        uri.no_path(target)

    async def poll(self, target: Target) -> list[Measurement]:
        """The time to connect, in ms. Raises NotReady."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()  # a loop's own clock may tick in whole milliseconds
        try:
            transport, _ = await loop.create_connection(asyncio.Protocol, target.host, target.port or 0)
        except OSError as error:
            raise not_ready(error) from error
        connected = time.perf_counter()
        transport.close()
        return [Measurement(metric="tcp.connect_ms", value=round((connected - began) * 1000, 3), unit="ms")]
