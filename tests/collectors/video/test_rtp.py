"""Hostile RTP: every packet is bounded and counted, and the next key frame is whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.video.rtsp.rtp import BUFFER, START_CODE, Depacketizer

SPS, PPS, IDR = b"\x67sps", b"\x68pps", b"\x65" + b"i" * 40


def packet(sequence: int, payload: bytes, *, first: int = 0x80, timestamp: int = 1, marker: bool = False) -> bytes:
    head = bytes((first, 96 | marker << 7)) + (sequence & 0xFFFF).to_bytes(2, "big")
    return head + timestamp.to_bytes(4, "big") + b"ssrc" + payload


def key_frame(stream: Depacketizer, sequence: int) -> bytes | None:
    """A key frame of one packet, sent after a packet of another frame that makes the stream contiguous again."""
    stream.take(packet(sequence, b"\x41p", timestamp=7_000_000))
    return stream.take(packet(sequence + 1, IDR, timestamp=7_000_001, marker=True))


HOSTILE: dict[str, list[bytes]] = {
    "nothing": [b""],
    "eleven bytes": [b"\x80" * 11],
    "version 1": [packet(1, IDR, first=0x40)],
    "sources beyond the packet": [packet(1, b"\x65x", first=0x8F)],
    "an extension beyond the packet": [packet(1, b"\xbe\xde\xff\xff", first=0x90)],
    "padding beyond the packet": [packet(1, b"\x65\xff", first=0xA0)],
    "a fragment without its start": [packet(1, b"\x7c\x05rest"), packet(2, b"\x7c\x45end", marker=True)],
    "a fragment without its end": [packet(1, b"\x7c\x85begin", marker=True)],
    "an aggregate whose lengths lie": [packet(1, b"\x78\xff\xffx\x00\x00", marker=True)],
    "an empty aggregate": [packet(1, b"\x78\x00\x00\x00\x00", marker=True)],
    "one byte": [packet(1, b"\x65", marker=True)],
}


@pytest.mark.parametrize("packets", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_packet_gives_a_key_frame_that_is_none_and_the_next_one_is_whole(packets: list[bytes]) -> None:
    stream = Depacketizer("H264", 96, (SPS, PPS))
    assert [stream.take(data) for data in packets] == [None] * len(packets)
    assert key_frame(stream, 3) == START_CODE + SPS + START_CODE + PPS + START_CODE + IDR


def test_a_frame_without_end_is_dropped_at_the_bound_and_the_next_one_is_whole() -> None:
    stream, part = Depacketizer("H264", 96, (SPS, PPS)), b"\x7c\x05" + b"x" * 60_000
    stream.take(packet(0, b"\x7c\x85begin"))
    sent = 0
    for number in range(1, 200):
        stream.take(packet(number, part))
        sent += len(part)
        assert stream._unit is not None
        assert len(stream._unit.fragment) <= BUFFER
    assert sent > 2 * BUFFER
    assert stream.take(packet(200, b"\x7c\x45end", marker=True)) is None
    assert key_frame(stream, 201) is not None


def test_a_lost_packet_leaves_its_frame_out() -> None:
    stream = Depacketizer("H264", 96, (SPS, PPS))
    stream.take(packet(0, b"\x7c\x85begin"))
    assert stream.take(packet(2, b"\x7c\x45end", marker=True)) is None
    assert stream.counts.lost == 1


@given(st.lists(st.binary(max_size=80), max_size=30), st.sampled_from(("H264", "H265", "JPEG")))
def test_no_bytes_raise_anything(packets: list[bytes], codec: str) -> None:
    stream = Depacketizer(codec, 96)
    for number, data in enumerate(packets):
        stream.take(data)
        stream.take(packet(number, data, marker=number % 3 == 0, timestamp=number // 2))
    assert 0.0 <= stream.counts.loss <= 1.0
