"""One connection to a broker, shared by all topics that are watched there with one credential.

Opens when it is first asked for and again, after a pause that grows, when it was lost. What it is asked to
subscribe to it subscribes to anew after every connection.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import cast
from uuid import uuid4

from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason, not_ready
from collectors.network.addresses import resolve
from collectors.network.mqtt import packets
from collectors.network.mqtt.packets import Malformed, Message, Packet
from collectors.network.mqtt.rate_limit import AT_ONCE, Pace
from collectors.shared_connection import SharedConnection

KEEPALIVE = 60
CONNECT_WITHIN = 10.0
PROVEN = 1.0
"""Seconds for which a packet from the broker proves that it lives."""
VERSIONS = {packets.V311: "3.1.1", packets.V5: "5"}
# CONNACK: 3.1.1 clause 3.2.2.3, 5.0 clause 3.2.2.2.
_DENIED = frozenset((4, 5, 0x86, 0x87, 0x8A, 0x8C))
_VERSION = frozenset((1, 0x84))
_NAMED = {
    2: "client identifier rejected",
    3: "server unavailable",
    0x85: "client identifier not valid",
    0x88: "server unavailable",
    0x89: "server busy",
    0x95: "packet too large",
    0x97: "quota exceeded",
    0x9F: "connection rate exceeded",
}

_NO_FILTER = {0x8F: "topic filter invalid", 0xA2: "wildcards not supported"}

Taken = Callable[[Message], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where to sign in, and how."""

    host: str
    port: int
    version: int = packets.V311
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


class Link(asyncio.Protocol):
    """`taken` gets every message, `lost` is called when a connection that stood is gone."""

    def __init__(self, broker: Broker, taken: Taken, lost: Callable[[], None]) -> None:
        self.broker = broker
        self.connections = 0
        self._taken = taken
        self._lost = lost
        self._filters: dict[str, int] = {}
        self._granted: dict[str, asyncio.Future[int]] = {}
        self._asked: dict[int, list[str]] = {}
        self._number = 0
        self._transport: asyncio.Transport | None = None
        self._welcome: asyncio.Future[int] | None = None
        self._pong: asyncio.Future[None] | None = None
        self._opening = SharedConnection(self._connect)
        self._timer: asyncio.TimerHandle | None = None
        self._parser = packets.Parser()
        self._heard = 0.0
        self.pace = Pace()
        self._held: asyncio.TimerHandle | None = None
        self._arriving: set[int] = set()

    # -- what a poll asks ---------------------------------------------------------

    async def ready(self, filters: dict[str, int], timeout: float) -> None:
        """The broker lives, lets us in and has granted these filters (with their QoS). Raises CollectorError."""
        try:
            async with asyncio.timeout(timeout):
                await self._opening.ready()
                await self._prove()
                self._want(filters)
                for name in filters:
                    _allowed(name, await asyncio.shield(self._granted[name]))
        except TimeoutError as error:
            if self._opening.up and self._pong is not None:
                self._end()  # it took the ping and says nothing
            raise NotReady(Reason.TIMEOUT, f"the broker gave no answer within {timeout:.2g} s") from error

    def drop(self, name: str) -> None:
        """Nobody wants a filter any more."""
        self._filters.pop(name, None)
        self._granted.pop(name, None)
        if self._opening.up and self._transport is not None:
            self._transport.write(packets.unsubscribe(self.broker.version, self._next(), [name]))

    def close(self) -> None:
        """Says goodbye."""
        if self._transport is not None and self._opening.up:
            self._transport.write(packets.BYE)
        self._opening.cancel()
        if self._held is not None:
            self._held.cancel()
        if self._transport is not None:
            self._transport.close()
        self._stop_waiting()

    # -- connecting ---------------------------------------------------------------

    async def _connect(self) -> None:
        try:
            await self._greet()
        except (CollectorError, OSError):
            self._end()
            raise
        self.connections += 1
        self._granted.clear()
        self._asked.clear()
        self._want(dict(self._filters), again=True)
        self._timer = asyncio.get_running_loop().call_later(KEEPALIVE / 2, self._keep)

    async def _greet(self) -> None:
        broker, loop = self.broker, asyncio.get_running_loop()
        self._parser, self._welcome = packets.Parser(), loop.create_future()
        self._arriving.clear()
        async with asyncio.timeout(CONNECT_WITHIN):
            address = await resolve(broker.host)
            connecting = loop.create_connection(
                lambda: self,
                address,
                broker.port,
                ssl=broker.tls,
                server_hostname=broker.host if broker.tls is not None else None,
            )
            transport, _ = await connecting
            client = f"watchfloor-{uuid4().hex[:12]}"
            version, user, password = broker.version, broker.user, broker.password
            transport.write(packets.connect(version, client, user=user, password=password, keepalive=KEEPALIVE))
            code = await self._welcome
        if code:
            self._end()
            raise _refused(code, broker)

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # -- while it stands -----------------------------------------------------------

    async def _prove(self) -> None:
        """A broker that has said something just now lives; else it is asked."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard < PROVEN or self._transport is None or self._held is not None:
            return  # one that is held back speaks too much
        if self._pong is None:
            self._pong = loop.create_future()
            self._transport.write(packets.PING)
        await asyncio.shield(self._pong)

    def _keep(self) -> None:
        """For probes that are rarer than the broker's patience."""
        loop = asyncio.get_running_loop()
        if not self._opening.up or self._transport is None:
            return
        if loop.time() - self._heard > KEEPALIVE * 1.5 and self._held is None:
            self._end()
            return
        self._transport.write(packets.PING)
        self._timer = loop.call_later(KEEPALIVE / 2, self._keep)

    def _want(self, filters: dict[str, int], again: bool = False) -> None:
        new = [(name, qos) for name, qos in filters.items() if again or name not in self._granted]
        self._filters |= filters
        if not new or self._transport is None:
            return
        for name, _ in new:
            self._granted[name] = asyncio.get_running_loop().create_future()
        number = self._next()
        self._asked[number] = [name for name, _ in new]
        self._transport.write(packets.subscribe(self.broker.version, number, new))

    def remind(self, name: str) -> None:
        """Ask for the filter's retained messages again: somebody else watches it now."""
        if name in self._granted and self._granted[name].done() and self._opening.up:
            self._want({name: self._filters[name]}, again=True)

    def _next(self) -> int:
        self._number = self._number % 0xFFFF + 1
        return self._number

    # -- asyncio.Protocol ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        self._parser.add(data)
        if self._held is None:
            self._work(len(data))

    def _work(self, size: int = 0) -> None:
        """Takes some packets, and waits before the next ones when the broker is too fast, or others want their turn."""
        self._held, taken, loop = None, 0, asyncio.get_running_loop()
        try:
            for packet in islice(self._parser.packets(), AT_ONCE):
                taken += 1
                self._take(packet)
            greeting = self._welcome is not None and not self._welcome.done()
            if greeting and self._parser.kind not in (None, packets.CONNACK):
                raise Malformed("the first packet is no CONNACK")
        except Malformed as error:
            self._break(NotReady(Reason.WRONG_ANSWER, f"this is not MQTT: {error}"))
            return
        wait = self.pace.spend(taken, size, loop.time())
        if self._transport is None or self._transport.is_closing():
            return
        if wait or taken == AT_ONCE:
            self._transport.pause_reading()
            self._held = loop.call_later(wait, self._work)
        else:
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        was = self._opening.lost()
        self._transport = None
        for timer in (self._timer, self._held):
            if timer is not None:
                timer.cancel()
        self._held = None
        self._break(not_ready(error) if isinstance(error, OSError) else NotReady(Reason.CLOSED))
        self._stop_waiting()
        if was:
            self._lost()

    def _break(self, error: NotReady) -> None:
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(error)
        if self._opening.up:
            self._end()

    def _stop_waiting(self) -> None:
        error = NotReady(Reason.CLOSED, "the broker ended the connection")
        for future in (*self._granted.values(), *((self._pong,) if self._pong else ())):
            if not future.done():
                future.set_exception(error)
                future.exception()
        self._granted.clear()
        self._asked.clear()
        self._pong = None

    def _take(self, packet: Packet) -> None:
        if packet.kind == packets.PUBLISH:
            self._arrived(packets.message(packet, self.broker.version))
        elif packet.kind == packets.PUBREL:
            number = packets.number_of(packet)
            self._arriving.discard(number)
            self._answer(packets.PUBCOMP, number)
        elif packet.kind == packets.PINGRESP:
            if self._pong is not None and not self._pong.done():
                self._pong.set_result(None)
            self._pong = None
        elif packet.kind == packets.CONNACK and self._welcome is not None and not self._welcome.done():
            if len(packet.body) < 2:
                raise Malformed("a CONNACK that ends too soon")
            self._welcome.set_result(packet.body[1])
        elif packet.kind == packets.SUBACK:
            self._grant(packet)
        elif packet.kind == packets.DISCONNECT:
            self._end()
        elif self._welcome is not None and not self._welcome.done():
            raise Malformed(f"packet type {packet.kind} before CONNACK")

    def _arrived(self, message: Message) -> None:
        """One of QoS 2 is taken once, and known until its sender lets its number go (3.1.1, 4.3.3)."""
        if message.qos == 1:
            self._answer(packets.PUBACK, message.number)
        elif message.qos == 2:
            self._answer(packets.PUBREC, message.number)
            if message.number in self._arriving:
                return
            self._arriving.add(message.number)
        self._taken(message)

    def _answer(self, kind: int, number: int) -> None:
        if self._transport is not None:
            self._transport.write(packets.answer(kind, number))

    def _grant(self, packet: Packet) -> None:
        number, codes = packets.codes(packet, self.broker.version)
        for name, code in zip(self._asked.pop(number, ()), codes, strict=False):
            future = self._granted.get(name)
            if future is not None and not future.done():
                future.set_result(code)


def _allowed(name: str, code: int) -> None:
    """SUBACK: 3.1.1 clause 3.9.3, 5.0 clause 3.9.2.1."""
    if code in _NO_FILTER:
        raise Misconfigured(
            f"the broker does not take the topic filter {name!r} ({_NO_FILTER[code]}); mend the topic",
            f"代理不接受主题过滤器 {name!r}（{_NO_FILTER[code]}）；请改正主题",
        )
    if code == 0x97:
        raise NotReady(Reason.WRONG_ANSWER, f"the broker refuses to let us subscribe to {name!r}: quota exceeded")
    if code >= 0x80:
        raise AuthFailed(
            f"the broker does not let us subscribe to {name!r} (code {code:#04x}); "
            "give the account the right to read it",
            f"代理拒绝订阅 {name!r}（代码 {code:#04x}）；请为该账号授予读取权限",
        )


def _refused(code: int, broker: Broker) -> CollectorError:
    if code in _DENIED:
        return AuthFailed(
            f"the broker refuses the user name or the password (code {code}); mend the credential that cred= names",
            f"代理拒绝该用户名或口令（代码 {code}）；请改正 cred= 所指的凭据",
        )
    if code in _VERSION:
        other_version = next(name for version, name in VERSIONS.items() if version != broker.version)
        return Misconfigured(
            f"the broker does not speak MQTT {VERSIONS[broker.version]}; write version={other_version}",
            f"代理不支持 MQTT {VERSIONS[broker.version]}；请写 version={other_version}",
        )
    return NotReady(Reason.WRONG_ANSWER, f"the broker refuses: {_NAMED.get(code, f'code {code}')}")
