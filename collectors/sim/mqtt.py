"""A small MQTT broker (3.1.1 and 5, QoS 0 and 1): users, rights, retained messages, last wills."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from collectors.network.mqtt import packets, topics
from collectors.network.mqtt.packets import Hello, Malformed, MqttMessage, Packet
from collectors.sim.devices import Stream

BACKLOG = 1 << 20
"""Bytes that may wait for a client that does not read; then it is cut off."""


@dataclass(slots=True, eq=False)
class Client:
    """One connection. `filters` holds what it subscribed to, with the QoS that was granted."""

    writer: asyncio.StreamWriter
    hello: Hello
    filters: dict[str, int] = field(default_factory=dict)
    number: int = 0
    completed: list[int] = field(default_factory=list)

    def send(self, message: MqttMessage) -> None:
        qualities = [
            qos
            for pattern, qos in self.filters.items()
            if topics.matches(topics.unshared(pattern), message.topic) is not None
        ]
        if not qualities:
            return
        self.number = self.number % 0xFFFF + 1
        qos = min(max(qualities), message.qos)
        self.writer.write(packets.publish(self.hello.version, replace(message, qos=qos, number=self.number)))
        if self.writer.transport.get_write_buffer_size() > BACKLOG:
            self.writer.transport.abort()


class MqttBroker(Stream):
    """`users` maps names to passwords (none: everybody may come in); `allowed` says who may read which filter.

    `versions` are the protocol levels it speaks. `heard` is called with every message that a client publishes.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        users: Mapping[str, str] | None = None,
        allowed: Callable[[str, str], bool] = lambda user, pattern: True,
        versions: tuple[int, ...] = (packets.V311, packets.V5),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(host, port, tls)
        self._users, self._allowed, self._versions = users, allowed, versions
        self._retained: dict[str, MqttMessage] = {}
        self.clients: set[Client] = set()
        self.connections = 0

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Publish a device's message to all subscribers."""
        raw = payload.encode() if isinstance(payload, str) else payload
        message = MqttMessage(topic, raw, qos)
        if retain:
            self._retained[topic] = replace(message, retain=True)
        for client in list(self.clients):
            client.send(message)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        parser, client = packets.Parser(), None
        try:
            while data := await reader.read(65536):
                for packet in parser.feed(data):
                    client = self._take(packet, client, writer)
                await writer.drain()
        except (Malformed, _Goodbye):
            pass  # it has had enough, or we have
        finally:
            if client is not None:
                self._gone(client)

    def _take(self, packet: Packet, client: Client | None, writer: asyncio.StreamWriter) -> Client:
        if client is None:
            return self._welcome(packet, writer)
        version = client.hello.version
        if packet.kind == packets.SUBSCRIBE:
            self._subscribe(packet, client)
        elif packet.kind == packets.UNSUBSCRIBE:
            number, filters = packets.wishes(packet, version)
            for name, _ in filters:
                client.filters.pop(name, None)
            writer.write(packets.packet(packets.UNSUBACK, 0, number.to_bytes(2)))
        elif packet.kind == packets.PUBLISH:
            message = packets.message(packet, version)
            if message.qos:
                writer.write(packets.answer(packets.PUBACK if message.qos == 1 else packets.PUBREC, message.number))
            self.publish(message.topic, message.payload or b"", retain=message.retain, qos=message.qos)
        elif packet.kind == packets.PUBREC:
            writer.write(packets.answer(packets.PUBREL, packets.number_of(packet)))
        elif packet.kind == packets.PUBREL:
            writer.write(packets.answer(packets.PUBCOMP, packets.number_of(packet)))
        elif packet.kind == packets.PUBCOMP:
            client.completed.append(packets.number_of(packet))
        elif packet.kind == packets.PINGREQ:
            writer.write(packets.PONG)
        elif packet.kind == packets.DISCONNECT:
            client.hello = replace(client.hello, will=None)
            raise _Goodbye
        return client

    def _welcome(self, packet: Packet, writer: asyncio.StreamWriter) -> Client:
        if packet.kind != packets.CONNECT:
            raise Malformed("CONNECT comes first")
        hello = packets.hello(packet)
        fine = self._users is None or (hello.user in self._users and self._users[hello.user] == hello.password)
        if hello.version not in self._versions:
            code = 0x84 if hello.version == packets.V5 else 1
        else:
            code = 0 if fine else (0x86 if hello.version == packets.V5 else 4)
        writer.write(packets.connack(hello.version, code))
        if code:
            raise _Goodbye
        client = Client(writer, hello)
        self.clients.add(client)
        return client

    def _subscribe(self, packet: Packet, client: Client) -> None:
        version = client.hello.version
        number, wishes = packets.wishes(packet, version)
        denied = 0x87 if version == packets.V5 else 0x80
        codes = [min(qos, 2) if self._allowed(client.hello.user, name) else denied for name, qos in wishes]
        client.writer.write(packets.suback(version, number, codes))
        for (name, _), code in zip(wishes, codes, strict=True):
            if code < 0x80:
                client.filters[name] = code
                for topic, retained in self._retained.items():
                    if topics.matches(topics.unshared(name), topic) is not None:
                        client.send(retained)

    def _gone(self, client: Client) -> None:
        self.clients.discard(client)
        will = client.hello.will
        if will is not None:
            self.publish(will.topic, will.payload or b"", retain=will.retain)


class _Goodbye(Exception):
    """The connection is to be ended."""
