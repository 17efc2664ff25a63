"""EXIF: when and where a picture says that it was taken; what is damaged says nothing."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.exif import PictureClaims, claims
from tests import patience


def entry(order: str, tag: int, kind: int, count: int, value: bytes, offset: int) -> bytes:
    stored = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(f"{order}I", offset)
    return struct.pack(f"{order}HHI", tag, kind, count) + stored


def table(order: str, at: int, entries: list[tuple[int, int, int, bytes]]) -> bytes:
    """A table that lies at an offset, with the values that do not fit into its entries behind it."""
    place = at + 2 + 12 * len(entries) + 4
    rows, values = b"", b""
    for tag, kind, count, value in entries:
        rows += entry(order, tag, kind, count, value, place + len(values))
        values += value if len(value) > 4 else b""
    return struct.pack(f"{order}H", len(entries)) + rows + b"\0\0\0\0" + values


def picture(
    order: str = "<",
    lat_ref: bytes = b"N\0",
    below: int = 1,
    lat: tuple[int, ...] = (25, 2, 42),
    lon: tuple[int, ...] = (101, 32, 45),
) -> bytes:
    """A JPEG with the EXIF data of a telephone's camera, at degrees, minutes and seconds north and east."""

    def angle(*parts: int) -> bytes:
        return b"".join(struct.pack(f"{order}II", part, below) for part in parts)

    gps_at, detail_at = 50, 200
    first = table(
        order,
        8,
        [(0x8769, 4, 1, struct.pack(f"{order}I", detail_at)), (0x8825, 4, 1, struct.pack(f"{order}I", gps_at))],
    )
    gps = table(order, gps_at, [(1, 2, 2, lat_ref), (2, 5, 3, angle(*lat)), (3, 2, 2, b"E\0"), (4, 5, 3, angle(*lon))])
    detail = table(order, detail_at, [(0x9003, 2, 20, b"2026:11:27 14:47:02\0"), (0x9011, 2, 7, b"+08:00\0")])
    mark = {"<": b"II", ">": b"MM"}[order]
    block = mark + struct.pack(f"{order}HI", 42, 8) + first
    block = (block.ljust(gps_at, b"\0") + gps).ljust(detail_at, b"\0") + detail
    exif = b"Exif\0\0" + block
    jfif = b"\xff\xe0\x00\x04ab"
    return b"\xff\xd8" + jfif + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + b"\xff\xda\x00\x02"


@pytest.mark.parametrize("order", ["<", ">"])
def test_time_and_place_are_read_in_both_byte_orders(order: str) -> None:
    assert claims(picture(order)) == PictureClaims("2026-11-27T14:47:02+08:00", 25.045, 101.545833)


def test_the_south_is_negative_and_an_unknown_side_is_no_place() -> None:
    assert claims(picture(lat_ref=b"S\0")).lat == -25.045
    assert claims(picture(lat_ref=b"X\0")) == PictureClaims("2026-11-27T14:47:02+08:00")
    assert claims(picture(below=0)).lat is None


def test_a_camera_without_a_fix_writes_zeros_which_are_no_place() -> None:
    assert claims(picture(lat=(0, 0, 0), lon=(0, 0, 0))) == PictureClaims("2026-11-27T14:47:02+08:00")
    assert claims(picture(lat=(0, 0, 0))).lat == 0


@pytest.mark.parametrize("head", [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1\x00\x10Exif\0\0II*\0"])
def test_a_file_without_exif_says_nothing(head: bytes) -> None:
    assert claims(head) == PictureClaims()


@given(st.integers(0, 340), st.binary(max_size=6), st.integers(0, 340))
@settings(max_examples=patience.examples(300), deadline=None)
def test_a_damaged_picture_is_read_without_an_error(at: int, noise: bytes, length: int) -> None:
    whole = picture()
    damaged = (whole[:at] + noise + whole[at + len(noise) :])[: len(whole) - length]
    result = claims(damaged)
    assert (result.lat is None) == (result.lon is None)
