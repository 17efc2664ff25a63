"""`icmp://host?count=3`: does it answer echo requests (RFC 792, RFC 4443), how fast, how steadily?

Opening a raw socket needs CAP_NET_RAW; without it an ICMP datagram socket is tried, then the
`fping` program; with none of them the probe is Misconfigured and says so.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import Misconfigured, NotReady, Reason, not_ready
from collectors.network.addresses import literal, need_host, resolve
from collectors.network.icmp.fping import Fping
from collectors.network.icmp.raw_socket import EchoSocket, Opener, open_raw

COUNT = 1
"""Echo requests a poll, when the URI does not say (20 µs each): the mean of many polls is the loss of a path.
Jitter needs two or more."""
MOST = 20
SPACING = 0.02
"""Seconds between the echo requests of one poll."""
SHARE = 0.95
"""Of the poll's time: what comes later is lost, so that the poll itself can still tell how much was."""


class IcmpPoller(Poller):
    """Gives `icmp.rtt_ms` (mean), `icmp.loss` (%), `icmp.jitter_ms` (mean difference of one round trip from the
    one before, RFC 3393; only with two answers or more)."""

    schemes: ClassVar[tuple[str, ...]] = ("icmp",)
    family: ClassVar[str] = "icmp"

    def __init__(self, opener: Opener = open_raw, fping: str = "fping") -> None:
        self._opener = opener
        self._sockets: dict[int, EchoSocket] = {}
        self._fping = Fping(fping)

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, with a port, for a group address, or for a count not in 1 to 20."""
        need_host(target, "icmp://10.0.0.1")
        uri.only(target, ("count",))
        uri.no_path(target)
        if target.port is not None:
            raise Misconfigured(
                f"{target.uri!r}: ICMP has no ports; write icmp://{target.host}, or tcp://{target.address}",
                f"{target.uri!r}：ICMP 没有端口；请写 icmp://{target.host}，或 tcp://{target.address}",
            )
        address = literal(target.host)
        if address and (address == "255.255.255.255" or _is_group(address)):
            raise Misconfigured(
                f"{target.uri!r} is the address of many; name one host",
                f"{target.uri!r} 是组播、广播或未指定地址；请写单个主机",
            )
        count_of(target)

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady when none of the requests is answered, Misconfigured when none can be sent."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + target.timeout * SHARE
        count = count_of(target)
        address = await resolve(target.host)
        try:
            socket = self._socket(6 if ":" in address else 4)
        except PermissionError:
            seconds_left = max(0.001, deadline - loop.time() - SPACING * (count - 1))
            return judge(await self._fping.echo(address, count, SPACING, seconds_left), target.timeout)
        try:
            if count == 1:
                trips = [await socket.echo(address, deadline)]
            else:
                trips = await _series(socket, address, count, deadline)
        except OSError as error:
            raise not_ready(error) from error
        return judge(trips, target.timeout)

    def _socket(self, version: int) -> EchoSocket:
        if version not in self._sockets:
            self._sockets[version] = EchoSocket(version, self._opener)
        return self._sockets[version]

    async def close(self) -> None:
        """Closes the sockets."""
        for socket in self._sockets.values():
            socket.close()
        self._sockets.clear()


async def _series(socket: EchoSocket, address: str, count: int, deadline: float) -> list[float | None]:
    """Spaced, not waiting for one another: a lost request does not delay the next."""
    sent: list[asyncio.Task[float | None]] = []
    try:
        for number in range(count):
            if number:
                await asyncio.sleep(SPACING)
            sent.append(asyncio.create_task(socket.echo(address, deadline)))
        return list(await asyncio.gather(*sent))
    finally:
        for echo in sent:
            echo.cancel()


def count_of(target: Target) -> int:
    """Echo requests a poll. Raises Misconfigured."""
    text = target.params.get("count", str(COUNT))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST):
        raise Misconfigured(
            f"{target.uri!r}: count={text!r} must be a number of 1 to {MOST}",
            f"{target.uri!r}：count={text!r} 须为 1 至 {MOST} 的整数",
        )
    return int(text)


def judge(trips: Sequence[float | None], timeout: float) -> list[Measurement]:
    """The measurements of round trips (seconds, None for lost ones). Raises NotReady when all are lost."""
    came = [trip * 1000 for trip in trips if trip is not None]
    loss = Measurement(metric="icmp.loss", value=round(100 * (1 - len(came) / len(trips)), 1), unit="%")
    if not came:
        raise NotReady(Reason.TIMEOUT, f"none of {len(trips)} echo requests answered within {timeout:g} s", [loss])
    measurements = [Measurement(metric="icmp.rtt_ms", value=round(sum(came) / len(came), 3), unit="ms"), loss]
    if len(came) > 1:
        steps = [abs(after - before) for before, after in zip(came, came[1:], strict=False)]
        measurements.append(Measurement(metric="icmp.jitter_ms", value=round(sum(steps) / len(steps), 3), unit="ms"))
    return measurements


def _is_group(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_multicast or parsed.is_unspecified
