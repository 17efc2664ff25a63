"""X.509 certificates that a strict parser refuses, read as far as they go. Pure.

Devices show certificates with an extension twice, an odd version, names in GBK or of unknown types, addresses as
text. The fields that people act on are read from the DER by themselves, and what is odd is said in words.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

SEQUENCE, SET, OID, INTEGER, OCTETS = 0x30, 0x31, 0x06, 0x02, 0x04
VERSION, EXTENSIONS, DNS_NAME, IP_ADDRESS = 0xA0, 0xA3, 0x82, 0x87
COMMON_NAME, ORGANIZATION = b"\x55\x04\x03", b"\x55\x04\x0a"
ALTERNATIVE_NAMES = b"\x55\x1d\x11"
UTC_TIME = 0x17
_SHORT = re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_LONG = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_MOST_FIELDS = 1000


@dataclass(slots=True, kw_only=True)
class Fields:
    """What could be read. Times in epoch seconds. `remarks` say in English what is odd."""

    subject: str = "-"
    issuer: str = "-"
    begins: float = 0.0
    ends: float = 0.0
    dns_names: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    self_issued: bool = False
    remarks: list[str] = field(default_factory=list)


def read(der: bytes) -> Fields:
    """Raises ValueError when validity and names cannot be found."""
    [certificate] = list(_children(der))[:1] or [(0, b"")]
    if certificate[0] != SEQUENCE:
        raise ValueError("this is no certificate")
    parts = list(_children(certificate[1]))
    if not parts or parts[0][0] != SEQUENCE:
        raise ValueError("this is no certificate")
    items = list(_children(parts[0][1]))
    fields = Fields()
    if items and items[0][0] == VERSION:
        _judge_version(items.pop(0)[1], fields)
    if len(items) < 5:
        raise ValueError("the certificate is cut off")
    _, _, issuer, validity, subject = items[:5]
    fields.issuer, fields.subject = _name(issuer[1]), _name(subject[1])
    fields.self_issued = issuer[1] == subject[1]
    times = list(_children(validity[1]))
    if len(times) < 2:
        raise ValueError("the certificate has no readable validity")
    begins, ends = times[:2]
    fields.begins, fields.ends = _time(*begins), _time(*ends)
    for tag, body in items[5:]:
        if tag == EXTENSIONS:
            _extensions(body, fields)
    return fields


def _children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element. Raises ValueError."""
    at = 0
    for _ in range(_MOST_FIELDS):
        if at >= len(data):
            return
        if len(data) < at + 2:
            raise ValueError("the certificate is cut off")
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4:
                raise ValueError("the certificate has a length that is none")
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("the certificate is cut off")
        yield tag, data[at : at + length]
        at += length


def _judge_version(body: bytes, fields: Fields) -> None:
    number = next((int.from_bytes(content, "big") for tag, content in _children(body) if tag == INTEGER), 0)
    if number > 2:
        fields.remarks.append(f"its version is {number + 1}, where 3 is the last")


def _name(body: bytes) -> str:
    attributes: dict[bytes, str] = {}
    for _, group in _children(body):
        for _, pair in _children(group):
            parts = list(_children(pair))
            if len(parts) == 2:
                attributes.setdefault(parts[0][1], text(*parts[1]))
    return attributes.get(COMMON_NAME) or attributes.get(ORGANIZATION) or next(iter(attributes.values()), "-")


def text(tag: int, octets: bytes) -> str:
    """A string of any type: BMPString and UniversalString as such, else UTF-8 or GB 18030."""
    if tag in (0x1E, 0x1C):
        return octets.decode("utf-16-be" if tag == 0x1E else "utf-32-be", "replace")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("gb18030", "replace")


def _time(tag: int, octets: bytes) -> float:
    match = (_SHORT if tag == UTC_TIME else _LONG).match(octets)
    if match is None:
        raise ValueError("the certificate has no readable validity")
    year = int(match[1])
    if tag == UTC_TIME:
        year += 1900 if year >= 50 else 2000  # RFC 5280, 4.1.2.5.1
    try:
        month, day, hour, minute, second = (int(part or 0) for part in match.groups()[1:])
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError as error:
        raise ValueError("the certificate has no readable validity") from error


def _extensions(body: bytes, fields: Fields) -> None:
    seen: set[bytes] = set()
    for _, extensions in _children(body):
        for _, extension in _children(extensions):
            parts = list(_children(extension))
            oid = parts[0][1] if parts else b""
            if oid in seen:
                fields.remarks.append("it has an extension twice")
            seen.add(oid)
            if oid == ALTERNATIVE_NAMES and parts[-1][0] == OCTETS:
                _alternative_names(parts[-1][1], fields)


def _alternative_names(body: bytes, fields: Fields) -> None:
    for _, names in _children(body):
        for tag, octets in _children(names):
            if tag == DNS_NAME:
                name = text(tag, octets)
                if not octets.isascii():
                    fields.remarks.append(f"the name {name[:60]} is not in ASCII")
                fields.dns_names.append(name.lower())
            elif tag == IP_ADDRESS:
                _address(octets, fields)


def _address(octets: bytes, fields: Fields) -> None:
    try:
        fields.addresses.append(str(ipaddress.ip_address(octets)))
    except ValueError:
        fields.remarks.append(f"an address is written as {text(0, octets)[:60]!r}")
