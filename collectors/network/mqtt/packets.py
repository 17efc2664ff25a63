"""Reading and writing of MQTT control packets, for 3.1.1 (OASIS 2014) and 5.0 (OASIS 2019). Pure.

Of a packet that is longer than LARGEST only the beginning is given, marked `cut`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 8, 9, 10, 11
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
V311, V5 = 4, 5
LARGEST = 256 * 1024
"""Bytes of the longest packet that is stored whole."""
HEAD = 4 * 1024
"""Bytes that are stored of a longer packet. They include its topic."""
MAXIMUM_PACKET_SIZE = 0x27


class Malformed(ValueError):
    """The bytes are not valid MQTT."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. `kind` and `flags` are the halves of the first byte. `size` is the announced length of the body."""

    kind: int
    flags: int
    body: bytes
    size: int

    @property
    def cut(self) -> bool:
        return len(self.body) < self.size


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """A PUBLISH packet. `payload` is None when it was too long to be stored."""

    topic: str
    payload: bytes | None
    qos: int = 0
    retain: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Hello:
    """A CONNECT packet. `will` is published when the client ends without a DISCONNECT."""

    version: int
    client: str
    keepalive: int
    user: str
    password: str
    will: MqttMessage | None


class Parser:
    """Takes bytes as they arrive and yields whole packets."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._buffer = bytearray()
        self._largest = largest
        self._skip = 0

    @property
    def kind(self) -> int | None:
        """Of the packet that has begun to come, None when none has."""
        return self._buffer[0] >> 4 if self._buffer else None

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Raises Malformed."""
        self.add(data)
        return self.packets()

    def add(self, data: bytes) -> None:
        """Add received bytes. `packets` yields the whole packets."""
        if self._skip:
            passed = min(self._skip, len(data))
            self._skip -= passed
            data = data[passed:]
        self._buffer += data

    def packets(self) -> Iterator[Packet]:
        """Raises Malformed."""
        while (packet := self._next()) is not None:
            yield packet

    def _next(self) -> Packet | None:
        buffer = self._buffer
        head = _length(buffer, 1)
        if head is None:
            return None
        size, start = head
        kept_bytes = size if size <= self._largest else min(size, HEAD)
        if len(buffer) < start + kept_bytes:
            return None
        packet = Packet(buffer[0] >> 4, buffer[0] & 15, bytes(buffer[start : start + kept_bytes]), size)
        passed = min(start + size, len(buffer))
        self._skip = start + size - passed
        del buffer[:passed]
        return packet


def _length(buffer: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """A variable byte integer at `at` and where it ends; None when there is more to come. Raises Malformed."""
    value = 0
    for digit in range(4):
        if at + digit >= len(buffer):
            return None
        value |= (buffer[at + digit] & 127) << 7 * digit
        if buffer[at + digit] < 128:
            return value, at + digit + 1
    raise Malformed("a length of more than four bytes")


class Cursor:
    """Reads a body from the front. Raises Malformed when it ends too soon."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, count: int) -> bytes:
        part = self._body[self._at : self._at + count]
        if len(part) < count:
            raise Malformed("a packet that ends too soon")
        self._at += count
        return part

    def number(self, count: int = 2) -> int:
        return int.from_bytes(self.take(count))

    def text(self) -> str:
        try:
            return self.take(self.number()).decode()
        except UnicodeDecodeError as error:
            raise Malformed("a text that is not UTF-8") from error

    def properties(self) -> None:
        """Passes over the properties of MQTT 5: none of them changes what we read."""
        length = _length(self._body, self._at)
        if length is None:
            raise Malformed("a packet that ends too soon")
        self._at = length[1]
        self.take(length[0])

    def rest(self) -> bytes:
        return self._body[self._at :]


def packet(kind: int, flags: int, body: bytes) -> bytes:
    """The bytes of a packet."""
    return bytes([kind << 4 | flags]) + _encoded(len(body)) + body


def _encoded(size: int) -> bytes:
    properties = bytearray()
    while True:
        size, digit = divmod(size, 128)
        properties.append(digit | 128 if size else digit)
        if not size:
            return bytes(properties)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def connect(
    version: int,
    client: str,
    *,
    user: str = "",
    password: str = "",
    keepalive: int = 60,
    will: MqttMessage | None = None,
) -> bytes:
    """A CONNECT with a clean session."""
    flags = 2 | bool(user) << 7 | bool(password) << 6
    body = _text("MQTT") + bytes([version])
    payload = _text(client)
    if will is not None:
        flags |= 4 | will.retain << 5
        raw = will.payload or b""
        payload += (b"\0" if version == V5 else b"") + _text(will.topic) + struct.pack(">H", len(raw)) + raw
    properties = b""
    if version == V5:
        properties = b"\5" + bytes([MAXIMUM_PACKET_SIZE]) + struct.pack(">I", LARGEST)
    payload += (_text(user) if user else b"") + (_text(password) if password else b"")
    return packet(CONNECT, 0, body + bytes([flags]) + struct.pack(">H", keepalive) + properties + payload)


def hello(packet: Packet) -> Hello:
    """Parse a CONNECT packet. Raises Malformed."""
    cursor = Cursor(packet.body)
    name, version, flags, keepalive = cursor.text(), cursor.number(1), cursor.number(1), cursor.number()
    if name != "MQTT":
        raise Malformed("a protocol of another name")
    if version == V5:
        cursor.properties()
    client, will = cursor.text(), None
    if flags & 4:
        if version == V5:
            cursor.properties()
        topic = cursor.text()
        will = MqttMessage(topic, cursor.take(cursor.number()), retain=bool(flags & 32))
    user = cursor.text() if flags & 128 else ""
    password = cursor.text() if flags & 64 else ""
    return Hello(version, client, keepalive, user, password, will)


def connack(version: int, code: int, session: bool = False) -> bytes:
    return packet(CONNACK, 0, bytes([session, code]) + (b"\0" if version == V5 else b""))


def subscribe(version: int, number: int, filters: Sequence[tuple[str, int]]) -> bytes:
    """SUBSCRIBE to filters, each with its highest QoS."""
    body = struct.pack(">H", number) + (b"\0" if version == V5 else b"")
    return packet(SUBSCRIBE, 2, body + b"".join(_text(text) + bytes([qos]) for text, qos in filters))


def unsubscribe(version: int, number: int, filters: Sequence[str]) -> bytes:
    body = struct.pack(">H", number) + (b"\0" if version == V5 else b"")
    return packet(UNSUBSCRIBE, 2, body + b"".join(_text(text) for text in filters))


def wishes(packet: Packet, version: int) -> tuple[int, list[tuple[str, int]]]:
    """The packet identifier and the filters of a SUBSCRIBE or UNSUBSCRIBE (with QoS 0). Raises Malformed."""
    cursor = Cursor(packet.body)
    number, filters = cursor.number(), []
    if version == V5:
        cursor.properties()
    while cursor.rest():
        text = cursor.text()
        filters.append((text, cursor.number(1) & 3 if packet.kind == SUBSCRIBE else 0))
    return number, filters


def suback(version: int, number: int, codes: Sequence[int]) -> bytes:
    return packet(SUBACK, 0, struct.pack(">H", number) + (b"\0" if version == V5 else b"") + bytes(codes))


def codes(packet: Packet, version: int) -> tuple[int, bytes]:
    """The number of a SUBACK, and one code for each filter. Raises Malformed."""
    cursor = Cursor(packet.body)
    number = cursor.number()
    if version == V5:
        cursor.properties()
    return number, cursor.rest()


def publish(version: int, message: MqttMessage) -> bytes:
    body = _text(message.topic) + (struct.pack(">H", message.number) if message.qos else b"")
    body += (b"\0" if version == V5 else b"") + (message.payload or b"")
    return packet(PUBLISH, message.qos << 1 | message.retain, body)


def message(packet: Packet, version: int) -> MqttMessage:
    """The message of a PUBLISH packet. Raises Malformed."""
    cursor, qos = Cursor(packet.body), packet.flags >> 1 & 3
    topic = cursor.text()
    number = cursor.number() if qos else 0
    if version == V5 and not packet.cut:
        cursor.properties()
    return MqttMessage(topic, None if packet.cut else cursor.rest(), qos, bool(packet.flags & 1), number)


def answer(kind: int, number: int) -> bytes:
    """PUBACK, PUBREC, PUBREL (whose flags are 2) or PUBCOMP of a message; in 5.0 without a reason code: success."""
    return packet(kind, 2 if kind == PUBREL else 0, struct.pack(">H", number))


def number_of(packet: Packet) -> int:
    """The packet identifier of an acknowledgement. Raises Malformed."""
    return Cursor(packet.body).number()


PING, PONG, BYE = packet(PINGREQ, 0, b""), packet(PINGRESP, 0, b""), packet(DISCONNECT, 0, b"")
