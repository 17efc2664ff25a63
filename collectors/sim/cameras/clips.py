"""Pictures encoded as H.264 or H.265 by PyAV, as a list of groups of pictures that a simulated camera plays.

PyAV is the optional extra `video`. Many cameras share one clip, so that a machine encodes a scene once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from collectors.sim.cameras import scenes
from collectors.sim.cameras.scenes import Picture

FPS = 5
"""Frames a second of a simulated camera."""
GROUP = 5
"""Frames from one key frame to the next."""
GROUPS = 16
"""Groups of a clip: a key frame comes again after GROUPS * GROUP / FPS seconds."""


@dataclass(frozen=True, slots=True)
class EncodedClip:
    """Encoded access units, each as NAL units without start codes. `keys` are the numbers of the key frames."""

    codec: str
    units: tuple[tuple[bytes, ...], ...]
    keys: tuple[int, ...]
    width: int
    height: int

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """The parameter sets of the first key frame."""
        kinds = (7, 8) if self.codec == "H264" else (32, 33, 34)
        return tuple(unit for unit in self.units[self.keys[0]] if kind_of(self.codec, unit) in kinds)


EMPTY = EncodedClip("H264", (), (), 0, 0)
"""A clip without pictures, for a camera that has not been asked yet."""


def kind_of(codec: str, unit: bytes) -> int:
    """The type of a NAL unit."""
    return unit[0] & 0x1F if codec == "H264" else unit[0] >> 1 & 0x3F


def encode(
    pictures: Iterable[Picture],
    *,
    codec: str = "H264",
    group: int = GROUP,
    fps: int = FPS,
    bitrate: int = 0,
    preset: str = "ultrafast",
) -> EncodedClip:
    """Encode pictures. `bitrate` is in bit/s, 0 for constant quality."""
    import av

    first, *rest = pictures
    context = av.CodecContext.create("libx264" if codec == "H264" else "libx265", "w")
    context.width, context.height, context.pix_fmt = first.shape[1], first.shape[0], "yuv420p"
    context.time_base, context.framerate = Fraction(1, fps), Fraction(fps, 1)
    context.gop_size, context.thread_count, context.max_b_frames = group, 1, 0
    if bitrate:
        context.bit_rate = bitrate
    common = {"preset": preset, "tune": "zerolatency"}
    options = f"keyint={group}:min-keyint={group}:scenecut=0"
    context.options = (
        common | {"x264-params": f"{options}:repeat-headers=1"}
        if codec == "H264"
        else common | {"x265-params": f"{options}:open-gop=0:repeat-headers=1:log-level=none:pools=none"}
    )
    units: list[tuple[bytes, ...]] = []
    keys = []
    for number, picture in enumerate((first, *rest)):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts = number
        for packet in (*context.encode(frame), *(context.encode(None) if number == len(rest) else ())):
            if packet.is_keyframe:
                keys.append(len(units))
            units.append(tuple(nal_units(bytes(packet))))
    return EncodedClip(codec, tuple(units), tuple(keys), first.shape[1], first.shape[0])


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream."""
    parts = stream.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part.rstrip(b"\x00") or part for part in parts if part]


@lru_cache(maxsize=64)
def street_clip(
    seed: int, fault: str = "", *, frozen: bool = False, codec: str = "H264", width: int = 640, height: int = 360
) -> EncodedClip:
    """A clip of one scene, shared by all cameras that show it. `frozen`: every picture of it is the same."""
    random = np.random.default_rng(seed + 1000)
    scene = scenes.street(seed, width, height)
    change: Callable[[Picture], Picture] = scenes.FAULTS.get(fault, lambda picture: picture)
    dead = fault in ("black", "no-signal")
    frames = GROUP * (1 if frozen or dead else GROUPS)
    pictures: Sequence[Picture] = [change(scene)] if dead or frozen else [scene]
    return encode(
        (pictures[0] if dead or frozen else scenes.live(change(scene), random) for _ in range(frames)), codec=codec
    )
