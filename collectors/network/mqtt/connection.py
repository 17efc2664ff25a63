"""The connection to a broker, shared by all topics of that broker with one credential.

It opens on first use, and again after a growing pause when it was lost. It subscribes to all filters again after every
connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import cast
from uuid import uuid4

from collectors.errors import CollectorError, NotReady, Reason, not_ready
from collectors.network.addresses import resolve
from collectors.network.mqtt import packets
from collectors.network.mqtt.broker import Broker, connack_error, require_granted
from collectors.network.mqtt.packets import Malformed, MqttMessage, Packet
from collectors.network.mqtt.rate_limit import AT_ONCE, Pace
from collectors.shared_connection import SharedConnection

KEEPALIVE = 60
"""Seconds: the MQTT keep-alive interval."""
CONNECT_WITHIN = 5.0
"""Seconds that connecting may take."""
ANSWER_VALID = 1.0
"""Seconds for which a packet from the broker shows that it is alive."""
MessageCallback = Callable[[MqttMessage], None]


class BrokerConnection(asyncio.Protocol):
    """One connection. `on_message` is called with every message, `on_lost` when an open connection is lost."""

    def __init__(self, broker: Broker, on_message: MessageCallback, on_lost: Callable[[], None]) -> None:
        self.broker = broker
        self.connections = 0
        self._on_message = on_message
        self._on_lost = on_lost
        self._filters: dict[str, int] = {}
        self._granted: dict[str, asyncio.Future[int]] = {}
        self._pending: dict[int, list[str]] = {}
        self._number = 0
        self._transport: asyncio.Transport | None = None
        self._connack: asyncio.Future[int] | None = None
        self._pong: asyncio.Future[None] | None = None
        self._shared = SharedConnection(self._connect)
        self._timer: asyncio.TimerHandle | None = None
        self._parser = packets.Parser()
        self._received_at = 0.0
        self.pace = Pace()
        self._read_pause: asyncio.TimerHandle | None = None
        self._qos2_numbers: set[int] = set()

    # -- for polls ---------------------------------------------------------------

    async def ready(self, filters: dict[str, int], timeout: float) -> None:
        """Wait until the broker is connected and has granted these filters (name: QoS). Raises CollectorError."""
        try:
            async with asyncio.timeout(timeout):
                await self._shared.ready()
                await self._check_alive()
                self._subscribe(filters)
                for name in filters:
                    require_granted(name, await asyncio.shield(self._granted[name]))
        except TimeoutError as error:
            if self._shared.up and self._pong is not None:
                self._end()  # the broker did not answer the ping
            raise NotReady(Reason.TIMEOUT, f"the broker gave no answer within {timeout:.2g} s") from error

    def drop(self, name: str) -> None:
        """Unsubscribe from a filter."""
        self._filters.pop(name, None)
        self._granted.pop(name, None)
        if self._shared.up and self._transport is not None:
            self._transport.write(packets.unsubscribe(self.broker.version, self._next_number(), [name]))

    def close(self) -> None:
        """Disconnect."""
        if self._transport is not None and self._shared.up:
            self._transport.write(packets.BYE)
        self._shared.cancel()
        if self._read_pause is not None:
            self._read_pause.cancel()
        if self._transport is not None:
            self._transport.close()
        self._stop_waiting()

    # -- connecting ---------------------------------------------------------------

    async def _connect(self) -> None:
        try:
            await self._sign_in()
        except (CollectorError, OSError):
            self._end()
            raise
        self.connections += 1
        self._granted.clear()
        self._pending.clear()
        self._subscribe(dict(self._filters), again=True)
        self._timer = asyncio.get_running_loop().call_later(KEEPALIVE / 2, self._keep_alive)

    async def _sign_in(self) -> None:
        broker, loop = self.broker, asyncio.get_running_loop()
        self._parser, self._connack = packets.Parser(), loop.create_future()
        self._qos2_numbers.clear()
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
            code = await self._connack
        if code:
            self._end()
            raise connack_error(code, broker)

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # -- while connected -----------------------------------------------------------

    async def _check_alive(self) -> None:
        """Ping the broker unless it has just sent something."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._received_at < ANSWER_VALID or self._transport is None or self._read_pause is not None:
            return  # reading is paused because the broker sends too much
        if self._pong is None:
            self._pong = loop.create_future()
            self._transport.write(packets.PING)
        await asyncio.shield(self._pong)

    def _keep_alive(self) -> None:
        """Send pings for polls that are less frequent than the keep-alive interval."""
        loop = asyncio.get_running_loop()
        if not self._shared.up or self._transport is None:
            return
        if loop.time() - self._received_at > KEEPALIVE * 1.5 and self._read_pause is None:
            self._end()
            return
        self._transport.write(packets.PING)
        self._timer = loop.call_later(KEEPALIVE / 2, self._keep_alive)

    def _subscribe(self, filters: dict[str, int], again: bool = False) -> None:
        new = [(name, qos) for name, qos in filters.items() if again or name not in self._granted]
        self._filters |= filters
        if not new or self._transport is None:
            return
        for name, _ in new:
            self._granted[name] = asyncio.get_running_loop().create_future()
        number = self._next_number()
        self._pending[number] = [name for name, _ in new]
        self._transport.write(packets.subscribe(self.broker.version, number, new))

    def resend_retained(self, name: str) -> None:
        """Subscribe again, so that the broker sends the filter's retained messages to a new watcher."""
        if name in self._granted and self._granted[name].done() and self._shared.up:
            self._subscribe({name: self._filters[name]}, again=True)

    def _next_number(self) -> int:
        self._number = self._number % 0xFFFF + 1
        return self._number

    # -- asyncio.Protocol ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received_at = asyncio.get_running_loop().time()
        self._parser.add(data)
        if self._read_pause is None:
            self._process(len(data))

    def _process(self, size: int = 0) -> None:
        """Process up to AT_ONCE packets. Pauses reading when the broker exceeds its rate, and lets other tasks run."""
        self._read_pause, count, loop = None, 0, asyncio.get_running_loop()
        try:
            for packet in islice(self._parser.packets(), AT_ONCE):
                count += 1
                self._take(packet)
            is_connecting = self._connack is not None and not self._connack.done()
            if is_connecting and self._parser.kind not in (None, packets.CONNACK):
                raise Malformed("the first packet is no CONNACK")
        except Malformed as error:
            self._fail(NotReady(Reason.WRONG_ANSWER, f"this is not MQTT: {error}"))
            return
        wait = self.pace.spend(count, size, loop.time())
        if self._transport is None or self._transport.is_closing():
            return
        if wait or count == AT_ONCE:
            self._transport.pause_reading()
            self._read_pause = loop.call_later(wait, self._process)
        else:
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        was_up = self._shared.lost()
        self._transport = None
        for timer in (self._timer, self._read_pause):
            if timer is not None:
                timer.cancel()
        self._read_pause = None
        self._fail(not_ready(error) if isinstance(error, OSError) else NotReady(Reason.CLOSED))
        self._stop_waiting()
        if was_up:
            self._on_lost()

    def _fail(self, error: NotReady) -> None:
        if self._connack is not None and not self._connack.done():
            self._connack.set_exception(error)
        if self._shared.up:
            self._end()

    def _stop_waiting(self) -> None:
        error = NotReady(Reason.CLOSED, "the broker ended the connection")
        for future in (*self._granted.values(), *((self._pong,) if self._pong else ())):
            if not future.done():
                future.set_exception(error)
                future.exception()
        self._granted.clear()
        self._pending.clear()
        self._pong = None

    def _take(self, packet: Packet) -> None:
        if packet.kind == packets.PUBLISH:
            self._take_message(packets.message(packet, self.broker.version))
        elif packet.kind == packets.PUBREL:
            number = packets.number_of(packet)
            self._qos2_numbers.discard(number)
            self._answer(packets.PUBCOMP, number)
        elif packet.kind == packets.PINGRESP:
            if self._pong is not None and not self._pong.done():
                self._pong.set_result(None)
            self._pong = None
        elif packet.kind == packets.CONNACK and self._connack is not None and not self._connack.done():
            if len(packet.body) < 2:
                raise Malformed("a CONNACK that ends too soon")
            self._connack.set_result(packet.body[1])
        elif packet.kind == packets.SUBACK:
            self._grant(packet)
        elif packet.kind == packets.DISCONNECT:
            self._end()
        elif self._connack is not None and not self._connack.done():
            raise Malformed(f"packet type {packet.kind} before CONNACK")

    def _take_message(self, message: MqttMessage) -> None:
        """Take a message. One of QoS 2 is taken once: its number is stored until PUBREL (3.1.1, 4.3.3)."""
        if message.qos == 1:
            self._answer(packets.PUBACK, message.number)
        elif message.qos == 2:
            self._answer(packets.PUBREC, message.number)
            if message.number in self._qos2_numbers:
                return
            self._qos2_numbers.add(message.number)
        self._on_message(message)

    def _answer(self, kind: int, number: int) -> None:
        if self._transport is not None:
            self._transport.write(packets.answer(kind, number))

    def _grant(self, packet: Packet) -> None:
        number, codes = packets.codes(packet, self.broker.version)
        for name, code in zip(self._pending.pop(number, ()), codes, strict=False):
            future = self._granted.get(name)
            if future is not None and not future.done():
                future.set_result(code)
