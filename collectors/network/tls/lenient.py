"""Lenient reader for X.509 certificates that a strict parser refuses. Pure.

Devices present certificates with a repeated extension, a version above 3, names in GBK or of unknown types, and
addresses written as text. This reader takes validity, subject, issuer and alternative names from the DER. It checks
nothing else. Deviations from RFC 5280 that it meets become remarks.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collectors.charset import decoded

SEQUENCE, INTEGER, OCTETS = 0x30, 0x02, 0x04
VERSION, EXTENSIONS, DNS_NAME, IP_ADDRESS = 0xA0, 0xA3, 0x82, 0x87
COMMON_NAME, ORGANIZATION = b"\x55\x04\x03", b"\x55\x04\x0a"
ALTERNATIVE_NAMES = b"\x55\x1d\x11"
UTC_TIME = 0x17
_SHORT = re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_LONG = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?")
_ENCODINGS = {0x1E: "utf-16-be", 0x1C: "utf-32-be"}
"""Encodings of BMPString and UniversalString."""
_MOST_FIELDS = 1000


@dataclass(slots=True, kw_only=True)
class Fields:
    """The fields of a certificate. Times in epoch seconds. `remarks` are its deviations from RFC 5280, in English."""

    subject: str = "-"
    issuer: str = "-"
    begins: float = 0.0
    ends: float = 0.0
    dns_names: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    self_issued: bool = False
    remarks: list[str] = field(default_factory=list)


def read(der: bytes) -> Fields:
    """The fields of a certificate in DER. Raises ValueError when validity or names cannot be read."""
    items = list(_children(_first_sequence(_first_sequence(der))))
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


def _first_sequence(data: bytes) -> bytes:
    """Content of the first element, which must be a SEQUENCE. Raises ValueError."""
    tag, content = next(_children(data), (0, b""))
    if tag != SEQUENCE:
        raise ValueError("this is no certificate")
    return content


def _children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, at most _MOST_FIELDS. Raises ValueError for a wrong length."""
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
                raise ValueError("the certificate has an element of invalid length")
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
    """Decode a string of any type. Types other than BMPString and UniversalString may hold UTF-8 or GB 18030."""
    if tag in _ENCODINGS:
        return octets.decode(_ENCODINGS[tag], "replace")
    return decoded(octets)


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
