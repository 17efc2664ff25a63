"""A picture for the demo's evidence, drawn here: no photo of anybody is shipped."""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 320, 240
HORIZON = 130


def photo() -> bytes:
    """A PNG of a road with a barrier, 320 by 240 pixels."""
    rows = b"".join(b"\x00" + b"".join(_pixel(x, y) for x in range(WIDTH)) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _pixel(x: int, y: int) -> bytes:
    if 150 <= y < 170:  # the barrier, in stripes
        return b"\xd0\x30\x28" if (x + y) // 20 % 2 else b"\xf0\xf0\xf0"
    if y < HORIZON:
        return bytes((120 + y // 3, 150 + y // 3, 190))
    on_road = abs(x - WIDTH // 2) < (y - HORIZON) + 40
    return b"\x50\x52\x56" if on_road else b"\x5c\x74\x4a"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
