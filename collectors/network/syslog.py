"""`network.syslog`: syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425), as `url` says: udp:// tcp:// tls://.

A line of `worst` or worse gives `syslog.message[SEVERITY]` on its asset, with the line as it came as its text;
lines that syslog.toml knows also a state, e.g. `syslog.link[GigabitEthernet0/0/1]` = "down". The asset is found by
the host in the line, else by the sender's address.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from importlib.resources import files
from typing import ClassVar, cast
from urllib.parse import urlsplit

from collectors.contract import Measurement, Misconfigured, not_ready
from collectors.network import syslog_lines
from collectors.network.senders import Senders
from collectors.network.snmp_tables import text
from collectors.network.syslog_lines import Framing, Line
from collectors.settings import SourceSettings
from feeds.clock import Clock, now

PORTS = {"udp": 514, "tcp": 514, "tls": 6514}
CONNECTIONS = 512
"""Senders over TCP at once; more are hung up on and counted."""
WAITING = 10_000
PARTS = 512
RAW = 1024
"""Characters of the line that go with a reading."""
WORST = 5
"""Lines of this level (notice) and below it in number are taken; info and debug are only counted."""
EARLY, LATE = 5.0, 300.0
"""Seconds that a device's clock may be ahead or behind for its time to be believed."""
HANDSHAKE = 10.0
IDLE = 3600.0
"""Seconds of silence after which a connection is hung up on."""


@dataclass(slots=True)
class Counts:
    """What was received, from nobody in the inventory, below the level, not to be followed, and dropped."""

    received: int = 0
    strangers: int = 0
    quiet: int = 0
    refused: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One row of syslog.toml."""

    metric: str
    match: re.Pattern[str]
    value: str


@cache
def states() -> tuple[State, ...]:
    """syslog.toml, in its order."""
    raw = tomllib.loads((files("collectors.network") / "syslog.toml").read_text(encoding="utf-8"))
    return tuple(State(metric=one["metric"], match=re.compile(one["match"]), value=one["value"]) for one in raw["line"])


class SyslogListener:
    """Listens on the `url` of its settings. `tls` is the server's context for tls://; `clock` gives epoch seconds."""

    kinds: ClassVar[tuple[str, ...]] = ("network.syslog",)

    def __init__(
        self, settings: SourceSettings, senders: Senders, *, tls: ssl.SSLContext | None = None, zone: tzinfo = UTC,
        worst: int = WORST, clock: Clock = now,
    ) -> None:  # fmt: skip
        self.senders = senders
        self.counts = Counts()
        self.port = 0
        self._settings = settings
        self._tls = tls
        self._zone = zone
        self._worst = worst
        self._clock = clock
        self._queue: asyncio.Queue[tuple[str, Measurement]] = asyncio.Queue(WAITING)
        self._server: asyncio.Server | asyncio.DatagramTransport | None = None
        self._streams: set[asyncio.BaseTransport] = set()
        self._parts: dict[str, set[str]] = {}

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url` names no place to listen on."""
        place(settings)

    async def listen(self) -> AsyncIterator[tuple[str, Measurement]]:
        """(asset id, measurement), for ever. Raises Misconfigured, NotReady when the port cannot be had."""
        await self.open()
        while True:
            yield await self._queue.get()

    async def open(self) -> None:
        """Begins to listen, if it does not yet. Raises Misconfigured, NotReady."""
        if self._server is not None:
            return
        scheme, host, port = place(self._settings)
        if scheme == "tls" and self._tls is None:
            raise Misconfigured(
                f"source {self._settings.id!r}: tls:// needs a certificate and a key",
                f"来源 {self._settings.id!r}：tls:// 需要证书与私钥",
            )
        loop = asyncio.get_running_loop()
        try:
            if scheme == "udp":
                self._server, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), (host, port))
                self.port = self._server.get_extra_info("sockname")[1]
                return
            tls = self._tls if scheme == "tls" else None
            self._server = await loop.create_server(
                lambda: _Stream(self), host, port, ssl=tls, ssl_handshake_timeout=HANDSHAKE if tls else None
            )
        except OSError as error:
            raise not_ready(error) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stops listening and hangs up."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for stream in list(self._streams):
            cast(asyncio.Transport, stream).abort()
        if isinstance(server, asyncio.Server):
            await server.wait_closed()

    @property
    def problem(self) -> str:
        """What the operator must know, "" when all is well."""
        dropped = self.counts.dropped
        return f"{dropped} lines dropped: they come faster than they are read" if dropped else ""

    def enter(self, stream: asyncio.BaseTransport) -> bool:
        """True when one more connection may be served."""
        if len(self._streams) >= CONNECTIONS:
            self.counts.refused += 1
            return False
        self._streams.add(stream)
        return True

    def leave(self, stream: asyncio.BaseTransport) -> None:
        """The connection is gone."""
        self._streams.discard(stream)

    def take(self, raw: bytes, address: str) -> None:
        """One message from `address`. Whatever it holds, nothing is raised."""
        self.counts.received += 1
        moment = self._clock()
        line = syslog_lines.parse(raw, moment, self._zone)
        asset = self.senders.find(line.host, address)
        if not asset:
            self.counts.strangers += 1
            return
        found = list(self._states(asset, line, moment))
        if line.level > self._worst and not found:
            self.counts.quiet += 1
            return
        for measurement in (_message(line, moment), *found):
            try:
                self._queue.put_nowait((asset, measurement))
            except asyncio.QueueFull:
                self.counts.dropped += 1

    def _states(self, asset: str, line: Line, moment: float) -> list[Measurement]:
        said = f"{line.app}: {line.text}"[:RAW]
        for state in states():
            if match := state.match.search(said):
                part = text((match.groupdict().get("part") or "").encode())
                return [
                    Measurement(
                        metric=state.metric, value=state.value, instance=self._part(asset, part), text=_shown(line),
                        observed_at=_time(line, moment),
                    )
                ]  # fmt: skip
        return []

    def _part(self, asset: str, name: str) -> str:
        """Bounds how many parts of one device have a reading of their own."""
        parts = self._parts.setdefault(asset, set())
        if name not in parts and len(parts) >= PARTS:
            return ""
        parts.add(name)
        return name


class _Datagrams(asyncio.DatagramProtocol):
    """One message a datagram (RFC 5426, 3.1)."""

    def __init__(self, listener: SyslogListener) -> None:
        self._listener = listener

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._listener.take(data, addr[0])


class _Stream(asyncio.Protocol):
    """One connection; hung up on when it cannot be followed, or keeps silent for IDLE seconds."""

    def __init__(self, listener: SyslogListener) -> None:
        self._listener = listener
        self._framing = Framing()
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)
        self._address = str((stream.get_extra_info("peername") or ("",))[0])
        if not self._listener.enter(stream):
            stream.abort()
            return
        self._transport = stream
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._wait()
        try:
            for message in self._framing.feed(data):
                self._listener.take(message, self._address)
        except ValueError:
            self._listener.counts.refused += 1
            if self._transport is not None:
                self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._listener.leave(self._transport)
            if last := self._framing.rest():
                self._listener.take(last, self._address)
        self._transport = None

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(IDLE, self._transport.abort)


def _message(line: Line, moment: float) -> Measurement:
    return Measurement(
        metric="syslog.message", instance=line.severity, value=line.text[:200], text=_shown(line),
        observed_at=_time(line, moment),
    )  # fmt: skip


def _time(line: Line, moment: float) -> float | None:
    """The device's time, where its clock can be believed."""
    return line.at if line.at is not None and -LATE <= line.at - moment <= EARLY else None


def _shown(line: Line) -> str:
    """The line as it came, in characters that can be shown."""
    return "".join(one if one.isprintable() else " " for one in syslog_lines.decoded(line.raw[: RAW * 4]))[:RAW].strip()


def place(settings: SourceSettings) -> tuple[str, str, int]:
    """(scheme, host, port) of the url. Raises Misconfigured."""
    try:
        parts = urlsplit(settings.url)
        if parts.scheme in PORTS and parts.hostname:
            return parts.scheme, parts.hostname, PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        pass  # said below
    raise Misconfigured(
        f"source {settings.id!r}: url is where to listen: udp://0.0.0.0:514, tcp://… or tls://0.0.0.0:6514",
        f"来源 {settings.id!r}：url 应写监听地址，如 udp://0.0.0.0:514、tcp://… 或 tls://0.0.0.0:6514",
    )
