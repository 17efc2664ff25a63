"""Inputs made from good ones: cut, doubled, swapped, with what parsers stumble over, or repeated to a large size."""

from __future__ import annotations

import random
from collections.abc import Iterator

LARGEST = 1 << 20
"""Octets of one mutation: what a request body may have."""
REPEATED = 200_000
"""Octets of an input that repeats one piece: what grows with the square of the size shows at this one."""
_REPEATED = (b"<", b"[", b'{"a":', b"9", b"\\u0000", b"a ", b",", b"(", b"\n", b"\x30\x82\x01\x00", b"\x00")
_TOKENS = (
    b"\x00",
    b"\xff",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"<",
    b"</",
    b"<!--",
    b"<![CDATA[",
    b"&#0;",
    b"&amp;",
    b'"',
    b"\\",
    b"\\u0000",
    b"[",
    b"{",
    b"]",
    b"}",
    b",",
    b":",
    b"-",
    b"1e999",
    b"NaN",
    b"9" * 400,
    b"0." + b"1" * 400,
    b"%s",
    b"\r\n",
    b"\n",
    b"\t",
    b";",
    b"=",
    b"'",
    b"(",
    b")",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x80",
    b"\x7f\xff",
)


def mutations(seed: bytes, chance: random.Random) -> Iterator[bytes]:
    """Without end, each by a few random changes of the seed."""
    while True:
        data = bytearray(seed)
        for _ in range(chance.randint(1, 6)):
            _change(data, chance)
        yield bytes(data[:LARGEST])


def _change(data: bytearray, chance: random.Random) -> None:
    at = chance.randint(0, len(data))
    end = min(len(data), at + chance.choice((1, 2, 8, 64, 512)))
    match chance.randrange(6):
        case 0:
            data[at:end] = b""
        case 1:
            data[at:at] = chance.choice(_TOKENS) * chance.choice((1, 1, 1, 3, 200))
        case 2 if at < len(data):
            data[at] = chance.randrange(256)
        case 3:
            data[at:at] = bytes(data[at:end]) * chance.choice((1, 10, 1000))
        case 4:
            data[at:] = b""
        case _:
            other = chance.randint(0, len(data))
            data[other:other] = bytes(data[at:end])


def repeated(seed: bytes) -> Iterator[bytes]:
    """Pieces, also some of the seed's own, repeated in the middle of the seed."""
    middle = len(seed) // 2
    for piece in (*_REPEATED, seed[middle : middle + 7], seed[: middle + 1], seed):
        yield seed[:middle] + piece * (REPEATED // max(1, len(piece))) + seed[middle:]
