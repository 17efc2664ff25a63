"""SNMPv1 and v2c notifications out of datagrams: Basic Encoding Rules (X.690) as far as RFC 1157 and RFC 3416 use them.

Everything is bounded by the datagram: no length is believed beyond its end, nothing recurses.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

Value = int | str | bytes | None

LARGEST = 65507
MOST_PAIRS = 256
"""Variable bindings that are looked at."""
TRAP_V1, INFORM, TRAP_V2, RESPONSE = 0xA4, 0xA6, 0xA7, 0xA2
SYS_UPTIME, TRAP_OID = "1.3.6.1.2.1.1.3.0", "1.3.6.1.6.3.1.1.4.1.0"
GENERIC = "1.3.6.1.6.3.1.1.5"
VERSIONS = {0: "v1", 1: "v2c", 3: "v3"}


class BadMessage(ValueError):
    """The octets are no SNMP message of the kind that is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A trap or inform. `oid` names it as SNMPv2 does, also for v1 (RFC 3584, 3.1); `ticks` is sysUpTime or None.

    `agent` is the v1 agent-addr ("" when it is none or 0.0.0.0). `confirm` asks for a response (inform).
    """

    version: str
    secret: bytes = field(repr=False)
    oid: str
    pairs: tuple[tuple[str, Value], ...]
    ticks: int | None = None
    agent: str = ""
    request: int = 0
    confirm: bool = False


class BerReader:
    """Tag, length and value, one after another, between two places of the octets."""

    def __init__(self, data: bytes, begin: int, end: int) -> None:
        self.data = data
        self.at = begin
        self.end = end

    def next(self) -> tuple[int, int, int]:
        """(tag, begin, end) of the next element. Raises BadMessage."""
        data, at = self.data, self.at
        if at + 2 > self.end:
            raise BadMessage("it ends too early")
        tag, length = data[at], data[at + 1]
        at += 2
        if length >= 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or at + size > self.end:
                raise BadMessage("a length that cannot be")
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > self.end:
            raise BadMessage("an element longer than the message")
        self.at = at + length
        return tag, at, at + length

    def inside(self, *tags: int) -> BerReader:
        """The contents of the next element, which must have one of `tags`. Raises BadMessage."""
        tag, begin, end = self.next()
        if tag not in tags:
            raise BadMessage(f"tag {tag:#x} where {tags[0]:#x} belongs")
        return BerReader(self.data, begin, end)

    def value(self, *tags: int) -> Value:
        """The next element's value. Raises BadMessage."""
        tag, begin, end = self.next()
        if tags and tag not in tags:
            raise BadMessage(f"tag {tag:#x} where {tags[0]:#x} belongs")
        return _value(tag, self.data[begin:end])

    def number(self, *tags: int) -> int:
        """The next element, an integer. Raises BadMessage."""
        value = self.value(*tags)
        if not isinstance(value, int):
            raise BadMessage("no number where one belongs")
        return value


def _value(tag: int, octets: bytes) -> Value:
    if tag == 0x02:  # INTEGER
        return int.from_bytes(octets[:9], "big", signed=True)
    if tag in (0x41, 0x42, 0x43, 0x46, 0x47):  # Counter32, Gauge32, TimeTicks, Counter64, UInteger32
        return int.from_bytes(octets[:9], "big")
    if tag == 0x06:  # OBJECT IDENTIFIER
        return _oid(octets)
    if tag == 0x40:  # IpAddress
        return str(ipaddress.IPv4Address(octets)) if len(octets) == 4 else octets.hex()
    if tag in (0x04, 0x44):  # OCTET STRING, Opaque
        return octets
    if tag in (0x05, 0x80, 0x81, 0x82):  # NULL, noSuchObject, noSuchInstance, endOfMibView
        return None
    raise BadMessage(f"tag {tag:#x} is no SNMP value")


def _oid(octets: bytes) -> str:
    if not octets or len(octets) > 640:
        raise BadMessage("an OID without end")
    parts: list[int] = []
    number = 0
    for octet in octets:
        number = number << 7 | octet & 0x7F
        if number >> 32:
            raise BadMessage("an OID beyond 32 bits")
        if not octet & 0x80:
            parts.append(number)
            number = 0
    if octets[-1] & 0x80:
        raise BadMessage("an OID that ends in the middle")
    first = min(parts[0] // 40, 2)
    return ".".join(map(str, (first, parts[0] - 40 * first, *parts[1:])))


def version_of(data: bytes) -> str:
    """ "v1", "v2c" or "v3". Raises BadMessage."""
    if len(data) > LARGEST:
        raise BadMessage("larger than a datagram")
    number = BerReader(data, 0, len(data)).inside(0x30).number(0x02)
    if number not in VERSIONS:
        raise BadMessage(f"SNMP version {number}")
    return VERSIONS[number]


def notification(data: bytes) -> Notification:
    """The v1 or v2c notification in a datagram. Raises BadMessage."""
    message = BerReader(data, 0, len(data)).inside(0x30)
    version = VERSIONS.get(message.number(0x02), "")
    secret = message.value(0x04)
    if not isinstance(secret, bytes) or version not in ("v1", "v2c"):
        raise BadMessage("no community")
    tag, begin, end = message.next()
    pdu = BerReader(data, begin, end)
    if tag == TRAP_V1 and version == "v1":
        return _first_version(pdu, secret)
    if tag in (TRAP_V2, INFORM) and version == "v2c":
        return _second_version(pdu, secret, confirm=tag == INFORM)
    raise BadMessage(f"PDU {tag:#x} is no notification")


def _first_version(pdu: BerReader, secret: bytes) -> Notification:
    enterprise, agent = str(pdu.value(0x06)), pdu.value(0x40)
    generic, specific, ticks = pdu.number(0x02), pdu.number(0x02), pdu.number(0x43)
    oid = f"{GENERIC}.{generic + 1}" if 0 <= generic <= 5 else f"{enterprise}.0.{specific}"
    return Notification(
        version="v1",
        secret=secret,
        oid=oid,
        ticks=ticks,
        pairs=_pairs(pdu),
        agent=agent if isinstance(agent, str) and agent != "0.0.0.0" else "",
    )


def _second_version(pdu: BerReader, secret: bytes, *, confirm: bool) -> Notification:
    request = pdu.number(0x02)
    pdu.number(0x02)
    pdu.number(0x02)
    pairs = _pairs(pdu)
    oid, ticks = named(pairs)
    variables = tuple(pair for pair in pairs if pair[0] not in (SYS_UPTIME, TRAP_OID))
    return Notification(
        version="v2c", secret=secret, oid=oid, ticks=ticks, pairs=variables, request=request, confirm=confirm
    )


def named(pairs: tuple[tuple[str, Value], ...]) -> tuple[str, int | None]:
    """snmpTrapOID and sysUpTime of a notification's bindings (RFC 3416, 4.2.6). Raises BadMessage."""
    by_oid = dict(pairs)
    oid, ticks = by_oid.get(TRAP_OID), by_oid.get(SYS_UPTIME)
    if not isinstance(oid, str):
        raise BadMessage("it does not say what it notifies of")
    return oid, ticks if isinstance(ticks, int) else None


def _pairs(pdu: BerReader) -> tuple[tuple[str, Value], ...]:
    items = pdu.inside(0x30)
    pairs: list[tuple[str, Value]] = []
    while items.at < items.end and len(pairs) < MOST_PAIRS:
        pair = items.inside(0x30)
        name = pair.value(0x06)
        pairs.append((str(name), pair.value()))
    return tuple(pairs)


def response(inform: bytes) -> bytes:
    """The answer that confirms a v2c inform: the same message as a Response PDU (RFC 3416, 4.2.7)."""
    message = BerReader(inform, 0, len(inform)).inside(0x30)
    message.next()
    message.next()
    return inform[: message.at] + bytes([RESPONSE]) + inform[message.at + 1 :]
