"""How points and rollups become few bytes: columns of small integers, byte planes, deflate.

Times are whole milliseconds, kept as differences of differences. Values that are decimals of at most
six places (most that devices tell) are kept as differences of whole numbers, all others as the XOR of
neighbouring doubles. Both come back exactly; only a rollup's mean is rounded to 28 bits of mantissa.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Records = NDArray[Any]

ROLLUP = np.dtype([("at", "<u4"), ("count", "<u4"), ("min", "<f8"), ("max", "<f8"), ("mean", "<f8")])
"""One bucket: its beginning (epoch seconds), how many points, and what they came to."""

POINTS, ROLLUPS = 1, 2
LEVEL, WINDOW, MEMORY = 6, -15, 8
MAX_BODY = 1 << 26
"""Bytes that a row may unpack to; more is not ours."""
_HEAD = struct.Struct("<BI")
_FIRST = struct.Struct("<q")
_PLACES = 6
_EXACT = float(1 << 53)
_XOR = 255
_MEAN_MASK = np.uint64(0xFFFFFFFFFF000000)


class Unreadable(ValueError):
    """The bytes are no chunk of ours."""


def encode_points(times: Ints, values: Floats) -> bytes:
    """Points in ascending order of time (epoch milliseconds) as one chunk."""
    return _packed(POINTS, len(times), _ints_of(times) + _values_of(values))


def decode_points(body: bytes) -> tuple[Ints, Floats]:
    """Times and values of a chunk. Raises Unreadable."""
    column = _Columns(body, POINTS)
    return column.times(), column.values()


def encode_rollups(records: Records) -> bytes:
    """Rollups (dtype ROLLUP) in ascending order of time as one chunk."""
    means = _rounded(records["mean"], records["min"], records["max"])
    columns = _ints_of(records["at"].astype(np.int64)) + _ints_of(records["count"].astype(np.int64))
    columns += _values_of(records["min"]) + _values_of(records["max"]) + _values_of(means)
    return _packed(ROLLUPS, len(records), columns)


def decode_rollups(body: bytes) -> Records:
    """Rollups of a chunk. Raises Unreadable."""
    column = _Columns(body, ROLLUPS)
    records = np.empty(column.count, ROLLUP)
    records["at"], records["count"] = column.times(), column.times()
    for name in ("min", "max", "mean"):
        records[name] = column.values()
    return records


def _packed(kind: int, count: int, columns: bytes) -> bytes:
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW, MEMORY)
    return _HEAD.pack(kind, count) + deflate.compress(columns) + deflate.flush()


def _rounded(means: Floats, low: Floats, high: Floats) -> Floats:
    """Means without the noise of their last bits, still between least and greatest."""
    bits = np.ascontiguousarray(means).view(np.uint64) & _MEAN_MASK
    return np.clip(bits.view(np.float64), low, high)


def _ints_of(numbers: Ints) -> bytes:
    """First number, first difference, differences of differences."""
    steps = np.diff(numbers)
    first, step = (int(part[0]) if len(part) else 0 for part in (numbers, steps))
    return _FIRST.pack(first) + _FIRST.pack(step) + _planes(_zigzag(np.diff(steps)))


def _values_of(values: Floats) -> bytes:
    values = np.ascontiguousarray(values, np.float64)
    places = _places(values)
    if places is not None:
        whole = np.rint(values * 10.0**places).astype(np.int64)
        return bytes((places,)) + _FIRST.pack(int(whole[0]) if len(whole) else 0) + _planes(_zigzag(np.diff(whole)))
    bits = values.view(np.uint64)
    changes = bits.copy()
    changes[1:] ^= bits[:-1]
    return bytes((_XOR,)) + _planes(changes, 8)


def _places(values: Floats) -> int | None:
    """How many decimal places give every value back exactly; None when six are not enough."""
    if np.abs(values).max(initial=0.0) >= _EXACT:
        return None
    some = values[:8]
    for places in range(_PLACES + 1):
        scale = 10.0**places
        if not np.array_equal(np.rint(some * scale) / scale, some):
            continue
        whole = np.rint(values * scale)
        if np.abs(whole).max(initial=0.0) < _EXACT and np.array_equal(whole / scale, values):
            return places
    return None


def _zigzag(numbers: Ints) -> NDArray[np.uint64]:
    return ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)


def _planes(numbers: NDArray[np.uint64], width: int = 0) -> bytes:
    """All lowest bytes, then all second ones …, as many as the greatest number needs."""
    if not width:
        width = (int(numbers.max()).bit_length() + 7) // 8 if len(numbers) else 0
    planes = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, 8)[:, :width].T
    return bytes((width,)) + planes.tobytes()


class _Columns:
    """Reads the columns of a chunk one after the other."""

    def __init__(self, body: bytes, kind: int) -> None:
        if len(body) < _HEAD.size or body[0] != kind:
            raise Unreadable(f"no chunk of kind {kind}")
        self.count: int = _HEAD.unpack_from(body)[1]
        inflate = zlib.decompressobj(WINDOW)
        try:
            self._raw = inflate.decompress(body[_HEAD.size:], MAX_BODY)
        except zlib.error as error:
            raise Unreadable(str(error)) from error
        if not inflate.eof:
            raise Unreadable("the chunk is not whole")
        self._at = 0

    def times(self) -> Ints:
        first, step = self._first(), self._first()
        numbers = self._signed(max(0, self.count - 2))
        return self._summed(first, self._summed(step, numbers, self.count - 1), self.count)

    def values(self) -> Floats:
        kind = self._take(1)[0]
        if kind == _XOR:
            return np.bitwise_xor.accumulate(self._unsigned(self.count)).view(np.float64)
        first = self._first()
        return self._summed(first, self._signed(max(0, self.count - 1)), self.count) / 10.0**kind

    @staticmethod
    def _summed(first: int, steps: Ints, count: int) -> Ints:
        """`count` numbers: the first one, and what the steps lead to."""
        numbers = np.empty(max(0, count), np.int64)
        numbers[:1] = first
        np.cumsum(steps, out=numbers[1:])
        numbers[1:] += first
        return numbers

    def _first(self) -> int:
        found: int = _FIRST.unpack(self._take(_FIRST.size))[0]
        return found

    def _signed(self, count: int) -> Ints:
        numbers = self._unsigned(count)
        return (numbers >> np.uint64(1)).view(np.int64) ^ -(numbers & np.uint64(1)).view(np.int64)

    def _unsigned(self, count: int) -> NDArray[np.uint64]:
        width = self._take(1)[0]
        planes = np.frombuffer(self._take(width * count), np.uint8).reshape(width, count)
        numbers = np.zeros((count, 8), np.uint8)
        numbers[:, :width] = planes.T
        return numbers.view(np.uint64).reshape(count)

    def _take(self, size: int) -> bytes:
        part = self._raw[self._at: self._at + size]
        if len(part) != size:
            raise Unreadable("the chunk is too short")
        self._at += size
        return part
