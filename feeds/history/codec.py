"""Compression of points and rollups: columns of small integers, each as many bits wide as it needs.

Times are whole milliseconds, stored as second-order differences. Values that are decimals of at most six places (most
that devices report) are stored as differences of integers, all others as the XOR of neighbouring doubles. Both
round-trip exactly. Only a rollup's mean is rounded, to three places more than its values have or to 28 bits of
mantissa. Where few numbers are much wider than the others, byte planes with deflate are shorter than bit packing; the
shorter form is stored.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Records = NDArray[Any]

ROLLUP = np.dtype([("at", "<u4"), ("count", "<u4"), ("min", "<f8"), ("max", "<f8"), ("mean", "<f8")])
"""One bucket: its start (epoch seconds), number of points, least, greatest and mean value."""

POINTS, ROLLUPS = 1, 2
PLAIN, BITS, PLANES = 0, 0x10, 0x20
"""Forms of a chunk, stored with its kind in the first byte. PLAIN has eight-byte heads and is only read."""
LEVEL, WINDOW, MEMORY = 6, -15, 8
MAX_BODY = 1 << 26
"""Maximum size of an unpacked row, bytes. Larger rows are rejected."""
MAX_COUNT = MAX_BODY >> 3
GOOD = 1.0
"""Bytes per number and column below which bit packing is used without trying byte planes."""
_HEAD = struct.Struct("<BI")
_FIRST = struct.Struct("<q")
_PLACES = 6
_EXACT = float(1 << 53)
_XOR = 255
_MEAN_MASK = np.uint64(0xFFFFFFFFFF000000)
_MEAN_PLACES = 3
_BIT = np.uint64(1)
_PLACE = np.arange(64, dtype=np.uint64)
_WEIGHTS = _BIT << _PLACE


class Column(NamedTuple):
    """The head of a column (its first values, verbatim) and the numbers that follow."""

    head: bytes
    numbers: NDArray[np.uint64]


class UnreadableChunk(ValueError):
    """The bytes are not a chunk in a known form."""


def encode_points(times: Ints, values: Floats) -> bytes:
    """Encode points in ascending order of time (epoch milliseconds) as one chunk."""
    return _packed(POINTS, len(times), (_ints_of(times), _values_of(values)))


def decode_points(body: bytes) -> tuple[Ints, Floats]:
    """Times (epoch milliseconds) and values of a chunk. Raises Unreadable."""
    column = _Columns(body, POINTS)
    return column.times(), column.values()


def encode_rollups(records: Records) -> bytes:
    """Encode rollups (dtype ROLLUP) in ascending order of time as one chunk."""
    means = _rounded(records["mean"], records["min"], records["max"])
    columns = [_ints_of(records[name].astype(np.int64)) for name in ("at", "count")]
    columns += [_values_of(column) for column in (records["min"], records["max"], means)]
    return _packed(ROLLUPS, len(records), columns)


def decode_rollups(body: bytes) -> Records:
    """Rollups (dtype ROLLUP) of a chunk. Raises Unreadable."""
    column = _Columns(body, ROLLUPS)
    records = np.empty(column.count, ROLLUP)
    records["at"], records["count"] = column.times(), column.times()
    for name in ("min", "max", "mean"):
        records[name] = column.values()
    return records


def _packed(kind: int, count: int, columns: Sequence[Column]) -> bytes:
    bits = b"".join(head + _bits(numbers) for head, numbers in columns)
    if len(bits) > GOOD * sum(len(numbers) for _, numbers in columns):
        deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW, MEMORY)
        planes = deflate.compress(b"".join(head + _planes(numbers) for head, numbers in columns)) + deflate.flush()
        if len(planes) < len(bits):
            return bytes((kind | PLANES,)) + _number(count) + planes
    return bytes((kind | BITS,)) + _number(count) + bits


def _rounded(means: Floats, low: Floats, high: Floats) -> Floats:
    """Means rounded to their significant digits, clamped between least and greatest."""
    places = [place for place in (_places(low), _places(high)) if place is not None]
    if len(places) == 2 and max(places) + _MEAN_PLACES <= _PLACES:
        short = np.round(means, max(places) + _MEAN_PLACES)
    else:
        short = (np.ascontiguousarray(means).view(np.uint64) & _MEAN_MASK).view(np.float64)
    return np.clip(short, low, high)


def _ints_of(numbers: Ints) -> Column:
    """First number, first difference, then second-order differences."""
    steps = np.diff(numbers)
    first, step = (int(part[0]) if len(part) else 0 for part in (numbers, steps))
    return Column(_number(first) + _number(step), _zigzag(np.diff(steps)))


def _values_of(values: Floats) -> Column:
    values = np.ascontiguousarray(values, np.float64)
    places = _places(values)
    if places is not None:
        whole = np.rint(values * 10.0**places).astype(np.int64)
        return Column(bytes((places,)) + _number(int(whole[0]) if len(whole) else 0), _zigzag(np.diff(whole)))
    bits = values.view(np.uint64)
    changes = bits.copy()
    changes[1:] ^= bits[:-1]
    return Column(bytes((_XOR,)), changes)


def _places(values: Floats) -> int | None:
    """Number of decimal places that reproduces every value exactly, or None when more than six are needed."""
    if np.abs(values).max(initial=0.0) >= _EXACT:
        return None
    sample = values[:8]
    for places in range(_PLACES + 1):
        scale = 10.0**places
        if not np.array_equal(np.rint(sample * scale) / scale, sample):
            continue
        whole = np.rint(values * scale)
        if np.abs(whole).max(initial=0.0) < _EXACT and np.array_equal(whole / scale, values):
            return places
    return None


def _zigzag(numbers: Ints) -> NDArray[np.uint64]:
    return ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)


def _number(number: int) -> bytes:
    """A variable-length integer: seven bits a byte, lowest first, zigzag-encoded sign."""
    remaining, out = (number << 1) ^ (number >> 63), bytearray()
    while remaining > 127:
        out.append(remaining & 127 | 128)
        remaining >>= 7
    out.append(remaining)
    return bytes(out)


def _bits(numbers: NDArray[np.uint64]) -> bytes:
    """All numbers in the width of the greatest one; the width comes first."""
    width = int(numbers.max()).bit_length() if len(numbers) else 0
    each = (numbers[:, None] >> _PLACE[:width]) & _BIT
    return bytes((width,)) + np.packbits(each.astype(np.uint8)).tobytes()


def _planes(numbers: NDArray[np.uint64]) -> bytes:
    """The lowest bytes of all numbers, then the second bytes, and so on, up to the width of the greatest."""
    width = (int(numbers.max()).bit_length() + 7) // 8 if len(numbers) else 0
    planes = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, 8)[:, :width].T
    return bytes((width,)) + planes.tobytes()


class _Columns:
    """Reads the columns of a chunk in order."""

    def __init__(self, body: bytes, kind: int) -> None:
        self._form = (body[0] if body else 0) & 0xF0
        if len(body) < 2 or body[0] & 0x0F != kind or self._form > PLANES:
            raise UnreadableChunk(f"no chunk of kind {kind}")
        self._raw, self._at = body, 1
        if self._form == PLAIN:
            self._at, self.count = _HEAD.size, int.from_bytes(body[1 : _HEAD.size], "little")
        else:
            self.count = self._first()
        if not 0 <= self.count <= MAX_COUNT:
            raise UnreadableChunk(f"{self.count} points")
        if self._form != BITS:
            self._raw, self._at = _inflated(body[self._at :]), 0

    def times(self) -> Ints:
        first, step = self._first(), self._first()
        return _summed(first, _summed(step, self._signed(self.count - 2), self.count - 1), self.count)

    def values(self) -> Floats:
        kind = self._take(1)[0]
        if kind == _XOR:
            return np.bitwise_xor.accumulate(self._unsigned(self.count)).view(np.float64)
        return _summed(self._first(), self._signed(self.count - 1), self.count) / 10.0**kind

    def _first(self) -> int:
        if self._form == PLAIN:
            return int(_FIRST.unpack(self._take(_FIRST.size))[0])
        shift = number = 0
        more = 128
        while more:
            byte = self._take(1)[0]
            number, shift, more = number | (byte & 127) << shift, shift + 7, byte & 128
            if shift > 70:
                raise UnreadableChunk("an integer without an end")
        return (number >> 1) ^ -(number & 1)

    def _signed(self, count: int) -> Ints | None:
        """Zigzag-encoded numbers, or None when all are 0, as for regular polling or a constant value."""
        if self._at < len(self._raw) and self._raw[self._at] == 0:
            self._at += 1
            return None
        numbers = self._unsigned(max(0, count))
        return (numbers >> _BIT).view(np.int64) ^ -(numbers & _BIT).view(np.int64)

    def _unsigned(self, count: int) -> NDArray[np.uint64]:
        width = self._take(1)[0]
        if width > (64 if self._form == BITS else 8):
            raise UnreadableChunk(f"numbers of width {width}")
        if self._form == BITS:
            packed = np.frombuffer(self._take((width * count + 7) // 8), np.uint8)
            each = np.unpackbits(packed, count=width * count).reshape(count, width)
            numbers: NDArray[np.uint64] = each.dot(_WEIGHTS[:width])
            return numbers
        planes = np.zeros((count, 8), np.uint8)
        planes[:, :width] = np.frombuffer(self._take(width * count), np.uint8).reshape(width, count).T
        return planes.view(np.uint64).reshape(count)

    def _take(self, size: int) -> bytes:
        part = self._raw[self._at : self._at + size]
        if len(part) != size:
            raise UnreadableChunk("the chunk is too short")
        self._at += size
        return part


def _summed(first: int, steps: Ints | None, count: int) -> Ints:
    """`count` numbers: the first one, then the running sums of the steps. None stands for steps of 0."""
    if steps is None:
        return np.full(max(0, count), first, np.int64)
    numbers = np.empty(max(0, count), np.int64)
    numbers[:1] = first
    np.add.accumulate(steps, out=numbers[1:])
    numbers[1:] += first
    return numbers


def _inflated(packed: bytes) -> bytes:
    inflate = zlib.decompressobj(WINDOW)
    try:
        raw = inflate.decompress(packed, MAX_BODY)
    except zlib.error as error:
        raise UnreadableChunk(str(error)) from error
    if not inflate.eof:
        raise UnreadableChunk("the chunk is incomplete")
    return raw
