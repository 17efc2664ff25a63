"""RTP packets to access units of H.264 (RFC 6184) and H.265 (RFC 7798), with loss, rate and time of arrival. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

START_CODE = b"\x00\x00\x00\x01"
BUFFER = 4 << 20
"""Bytes of one access unit at most."""
MAX_UNITS = 512
"""NAL units of one access unit at most."""
MAX_PARAMETER_SETS = 16
"""Parameter sets that are kept for one stream."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet (RFC 3550, 5.1)."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    payload: bytes


def parse(data: bytes) -> RtpPacket | None:
    """The packet, None for other bytes: another version, or lengths beyond the packet."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    start, end = 12 + 4 * (data[0] & 0x0F), len(data)
    if data[0] & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if data[0] & 0x20:
        end -= data[-1]
    if start >= end:
        return None
    return RtpPacket(
        data[1] & 0x7F,
        bool(data[1] & 0x80),
        int.from_bytes(data[2:4], "big"),
        int.from_bytes(data[4:8], "big"),
        data[start:end],
    )


@dataclass(slots=True)
class StreamCounts:
    """Counts of one stream: packets, bytes, lost packets, and the distinct timestamps seen (frames)."""

    packets: int = 0
    octets: int = 0
    lost: int = 0
    frames: int = 0
    damaged: int = 0

    @property
    def loss(self) -> float:
        """Share of lost packets, 0 to 1."""
        expected = self.packets + self.lost
        return self.lost / expected if expected else 0.0


@dataclass(slots=True)
class _Unit:
    """The access unit that is being put together."""

    timestamp: int
    units: list[bytes] = field(default_factory=list)
    fragment: bytearray = field(default_factory=bytearray)
    size: int = 0
    whole: bool = True


class Depacketizer:
    """Puts access units together. `take` gives the key frame that a packet completes, in Annex B form.

    A key frame holds every NAL unit of its access unit, behind the parameter sets of the description or the stream.
    An access unit with a lost packet is left out.
    """

    def __init__(self, codec: str, payload_type: int, parameter_sets: tuple[bytes, ...] = ()) -> None:
        self.counts = StreamCounts()
        self._h265 = codec == "H265"
        self._decodes = codec in ("H264", "H265")
        self._payload_type = payload_type
        self._parameters = dict.fromkeys(parameter_sets[:MAX_PARAMETER_SETS])
        self._unit: _Unit | None = None
        self._sequence: int | None = None
        self._contiguous = True

    def take(self, data: bytes) -> bytes | None:
        """Take one packet. The key frame that it completes, None for all other packets."""
        packet = parse(data)
        if packet is None or packet.payload_type != self._payload_type:
            self.counts.damaged += packet is None
            return None
        self._count(packet)
        done = None
        if self._unit is None or self._unit.timestamp != packet.timestamp:
            done = self._finish()
            self._unit = _Unit(packet.timestamp, whole=self._contiguous)
            self.counts.frames += 1
        elif not self._contiguous:
            self._unit.whole = False
        if self._decodes:
            self._add(self._unit, packet.payload)
        if packet.marker:
            done = self._finish() or done
        return done

    def _count(self, packet: RtpPacket) -> None:
        self.counts.packets += 1
        self.counts.octets += len(packet.payload)
        gap = 0 if self._sequence is None else (packet.sequence - self._sequence - 1) & 0xFFFF
        self._contiguous = gap == 0
        if gap < 0x8000:  # a larger gap is a packet that came late
            self.counts.lost += gap
            self._sequence = packet.sequence

    def _add(self, unit: _Unit, payload: bytes) -> None:
        unit.size += len(payload)
        if unit.size > BUFFER or len(unit.units) >= MAX_UNITS:
            unit.whole = False
            unit.units.clear()
            unit.fragment.clear()
            return
        header = 2 if self._h265 else 1
        if len(payload) <= header:
            return
        kind = self._kind(payload)
        if kind == (48 if self._h265 else 24):
            unit.units += _aggregated(payload[header:])
        elif kind == (49 if self._h265 else 28):
            self._add_fragment(unit, payload)
        else:
            unit.units.append(payload)

    def _add_fragment(self, unit: _Unit, payload: bytes) -> None:
        header = 2 if self._h265 else 1
        flags, body = payload[header], payload[header + 1 :]
        if flags & 0x80:
            if self._h265:
                unit.fragment = bytearray((payload[0] & 0x81 | (flags & 0x3F) << 1, payload[1])) + body
            else:
                unit.fragment = bytearray((payload[0] & 0xE0 | flags & 0x1F,)) + body
        elif unit.fragment:
            unit.fragment += body
        else:
            unit.whole = False  # the start of the fragment was lost
        if flags & 0x40 and unit.fragment:
            unit.units.append(bytes(unit.fragment))
            unit.fragment = bytearray()

    def _kind(self, unit: bytes) -> int:
        return unit[0] >> 1 & 0x3F if self._h265 else unit[0] & 0x1F

    def _finish(self) -> bytes | None:
        unit, self._unit = self._unit, None
        if unit is None or not unit.units:
            return None
        kinds = [self._kind(nal_unit) for nal_unit in unit.units]
        parameters = (32, 33, 34) if self._h265 else (7, 8)
        for kind, nal_unit in zip(kinds, unit.units, strict=True):
            if kind in parameters and len(self._parameters) < MAX_PARAMETER_SETS:
                self._parameters.pop(nal_unit, None)  # the newest of one id is the last
                self._parameters[nal_unit] = None
        key = any(16 <= kind <= 21 if self._h265 else kind == 5 for kind in kinds)
        if not key or not unit.whole:
            return None
        sets = sorted(self._parameters, key=self._kind)
        slices = [nal_unit for kind, nal_unit in zip(kinds, unit.units, strict=True) if kind not in parameters]
        return b"".join(START_CODE + nal_unit for nal_unit in (*sets, *slices))


def _aggregated(payload: bytes) -> list[bytes]:
    """The NAL units of an aggregation packet. Lengths beyond the packet end it."""
    units, at = [], 0
    while at + 2 < len(payload):
        length = int.from_bytes(payload[at : at + 2], "big")
        if not length or at + 2 + length > len(payload):
            break
        units.append(payload[at + 2 : at + 2 + length])
        at += 2 + length
    return units
