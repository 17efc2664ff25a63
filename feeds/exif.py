"""What a JPEG picture says of itself in its EXIF data (JEITA CP-3451): when and where it was taken. Pure.

Both are claims of the file, which anybody can write: they are shown as such and decide nothing. Only the TIFF tables of
the first EXIF segment are read; nothing is decompressed, and every offset is checked.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEAD = 1 << 17
"""Bytes at the begin of a file in which its EXIF segment ends: a segment has 64 kB at most."""
_EXIF_TABLE, _GPS_TABLE = 0x8769, 0x8825
_TAKEN, _OFFSET = 0x9003, 0x9011
_LAT_REF, _LAT, _LON_REF, _LON = 1, 2, 3, 4
_ASCII, _SHORT, _LONG, _RATIONAL = 2, 3, 4, 5
_SIZES = {_ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8}
_ENTRIES = 200
_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class PictureClaims:
    """`taken_at` is the local time that the camera's clock had ("2026-11-27T14:47:02", with its offset where it says).

    `lat` and `lon` are WGS 84 degrees, both or neither.
    """

    taken_at: str = ""
    lat: float | None = None
    lon: float | None = None


class _Tables:
    """The tables of one TIFF block; a value that lies outside it is left out."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._order = {b"II": "<", b"MM": ">"}.get(block[:2], "")

    def first(self) -> dict[int, tuple[int, int, bytes]]:
        if not self._order or len(self._block) < 8 or self._unpack("H", 2) != 42:
            return {}
        return self.at(self._unpack("I", 4))

    def at(self, offset: int) -> dict[int, tuple[int, int, bytes]]:
        """The entries of the table at an offset: type, count and bytes by tag."""
        return dict(self._entries(offset))

    def _entries(self, offset: int) -> Iterator[tuple[int, tuple[int, int, bytes]]]:
        if offset + 2 > len(self._block):
            return
        for number in range(min(self._unpack("H", offset), _ENTRIES)):
            place = offset + 2 + 12 * number
            if place + 12 > len(self._block):
                return
            tag, kind, count = struct.unpack_from(f"{self._order}HHI", self._block, place)
            length = _SIZES.get(kind, 0) * count
            begin = place + 8 if length <= 4 else self._unpack("I", place + 8)
            if length and begin + length <= len(self._block):
                yield tag, (kind, count, self._block[begin : begin + length])

    def number(self, entry: tuple[int, int, bytes] | None) -> int | None:
        if entry is None or entry[0] not in (_SHORT, _LONG):
            return None
        return int(struct.unpack_from(self._order + ("H" if entry[0] == _SHORT else "I"), entry[2])[0])

    def rationals(self, entry: tuple[int, int, bytes] | None) -> list[float]:
        """The fractions of an entry; [] for one of another type or with a denominator of 0."""
        if entry is None or entry[0] != _RATIONAL:
            return []
        parts = struct.unpack(f"{self._order}{2 * entry[1]}I", entry[2])
        pairs = list(zip(parts[::2], parts[1::2], strict=True))
        return [above / below for above, below in pairs] if all(below for _, below in pairs) else []

    def _unpack(self, form: str, offset: int) -> int:
        return int(struct.unpack_from(self._order + form, self._block, offset)[0])


def claims(head: bytes) -> PictureClaims:
    """The claims of a picture, from the first HEAD bytes of its file; none of a file that is no JPEG or has no EXIF."""
    tables = _Tables(_segment(head))
    first = tables.first()
    detail = tables.at(offset) if (offset := tables.number(first.get(_EXIF_TABLE))) is not None else {}
    gps = tables.at(offset) if (offset := tables.number(first.get(_GPS_TABLE))) is not None else {}
    lat = _degrees(tables.rationals(gps.get(_LAT)), _words(gps.get(_LAT_REF)), "NS", 90)
    lon = _degrees(tables.rationals(gps.get(_LON)), _words(gps.get(_LON_REF)), "EW", 180)
    taken_at = _taken(_words(detail.get(_TAKEN)), _words(detail.get(_OFFSET)))
    located = lat is not None and lon is not None and (lat, lon) != (0, 0)  # 0, 0 is written without a fix
    return PictureClaims(taken_at, lat if located else None, lon if located else None)


def _segment(head: bytes) -> bytes:
    """The TIFF block of the first EXIF segment, b"" without one."""
    if head[:2] != b"\xff\xd8":
        return b""
    place = 2
    while place + 4 <= len(head) and head[place] == 0xFF and head[place + 1] != 0xDA:
        length = int.from_bytes(head[place + 2 : place + 4], "big")
        if head[place + 1] == 0xE1 and head[place + 4 : place + 10] == b"Exif\0\0":
            return head[place + 10 : place + 2 + length]
        place += 2 + max(length, 2)
    return b""


def _words(entry: tuple[int, int, bytes] | None) -> str:
    if entry is None or entry[0] != _ASCII:
        return ""
    return entry[2].split(b"\0")[0].decode("ascii", "replace").strip()


def _degrees(parts: list[float], side: str, sides: str, most: float) -> float | None:
    """Degrees of degrees, minutes and seconds; None for what cannot be."""
    if len(parts) != 3 or len(side) != 1 or side not in sides:
        return None
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    if value > most:
        return None
    return round(-value if side == sides[1] else value, 6)


def _taken(local: str, offset: str) -> str:
    match = _TIME.fullmatch(local)
    if match is None or match[2] == "00":
        return ""
    year, month, day, hour, minute, second = match.groups()
    zone = offset if _ZONE.fullmatch(offset) else ""
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"
