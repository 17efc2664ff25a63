"""The decoding worker: one key frame in, statistics and a small picture out. It runs in a process of its own.

Only this module, beside the simulated cameras, knows FFmpeg (PyAV, the extra `video`). Hostile frames can end the
process or exceed its deadline; nobody else is harmed (feeds.isolation.process).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from collectors.video.pictures.statistics import (
    HEIGHT,
    WIDTH,
    Comparison,
    PictureStatistics,
    compare,
    edges,
    equal_share,
    pixels,
    statistics,
)

LARGEST = 8192
"""Pixels of a side at most."""
SHOWN = (640, 360)
CROP = (640, 360)
CODECS = {"H264": "h264", "H265": "hevc"}


class DecodingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A key frame in Annex B form. `baseline` is an edge map, `before` the last picture's pixels, b"" without.

    `masks` are rectangles that nobody may see: left, top, width and height in shares of the picture. They are burned in
    before anything is measured, so that no result holds what is behind them.
    """

    codec: str
    frame: bytes
    baseline: bytes = b""
    before: bytes = b""
    picture: bool = True
    masks: tuple[tuple[float, float, float, float], ...] = ()


class DecodedPicture(msgspec.Struct, frozen=True, kw_only=True):
    """The result. `problem` says why there is no picture; everything else is then empty.

    `equal` is the share of pixels equal to `before`, `comparison` that with the baseline. `jpeg` is 640 pixels wide.
    """

    problem: str = ""
    width: int = 0
    height: int = 0
    corrupt: bool = False
    statistics: PictureStatistics | None = None
    comparison: Comparison | None = None
    equal: float | None = None
    edges: bytes = b""
    pixels: bytes = b""
    jpeg: bytes = b""


def serve(payload: bytes) -> bytes:
    """Answer one request."""
    request = msgspec.msgpack.decode(payload, type=DecodingRequest)
    return msgspec.msgpack.encode(decoded(request))


def decoded(request: DecodingRequest) -> DecodedPicture:
    """Decode and measure one key frame."""
    import av

    try:
        frame = _frame(av, request)
    except (av.FFmpegError, ValueError) as error:
        return DecodedPicture(problem=str(error)[:200] or type(error).__name__)
    if frame is None:
        return DecodedPicture(problem="no picture")
    if request.masks:
        frame = _masked(av, frame, request.masks)
    small = frame.reformat(width=WIDTH, height=HEIGHT, format="yuv420p", interpolation="AREA")
    raw = _plane(small, 0)
    luma = _stretched(raw, frame)
    edge_map, samples = edges(luma), pixels(raw)
    return DecodedPicture(
        width=frame.width,
        height=frame.height,
        corrupt=bool(frame.is_corrupt),
        statistics=statistics(luma, _plane(small, 1), _plane(small, 2), _stretched(_crop(frame), frame)),
        comparison=compare(request.baseline, edge_map) if request.baseline else None,
        equal=equal_share(request.before, samples) if request.before else None,
        edges=edge_map,
        pixels=samples,
        jpeg=_jpeg(av, frame) if request.picture else b"",
    )


def _frame(av: Any, request: DecodingRequest) -> Any:
    context = av.CodecContext.create(CODECS[request.codec], "r")
    context.thread_count = 1
    frames = []
    for packet in context.parse(request.frame) + context.parse(None):
        frames += context.decode(packet)
        if context.width > LARGEST or context.height > LARGEST:
            raise ValueError(f"{context.width} x {context.height} is too large")
    frames += context.decode(None)
    return frames[0] if frames else None


def _masked(av: Any, frame: Any, masks: tuple[tuple[float, float, float, float], ...]) -> Any:
    """The frame with black rectangles."""
    full = frame.format.name == "yuvj420p"
    planes = frame.reformat(format="yuv420p" if not full else "yuvj420p").to_ndarray()
    width, height = frame.width, frame.height
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    for left, top, across, down in masks:
        rows = slice(int(top * height), math.ceil((top + down) * height))
        columns = slice(int(left * width), math.ceil((left + across) * width))
        planes[rows, columns] = 0 if full else 16
        chroma[:, rows.start // 2 : -(-rows.stop // 2), columns.start // 2 : -(-columns.stop // 2)] = 128
    masked = av.VideoFrame.from_ndarray(planes, format="yuvj420p" if full else "yuv420p")
    masked.color_range = frame.color_range
    return masked


def _plane(frame: Any, number: int) -> Any:
    plane = frame.planes[number]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _crop(frame: Any) -> Any:
    """The middle of the luma in its own size."""
    native = frame if frame.format.name in ("yuv420p", "yuvj420p") else frame.reformat(format="yuv420p")
    luma = _plane(native, 0)
    width, height = min(CROP[0], luma.shape[1]), min(CROP[1], luma.shape[0])
    top, left = (luma.shape[0] - height) // 2, (luma.shape[1] - width) // 2
    return luma[top : top + height, left : left + width]


def _stretched(luma: Any, frame: Any) -> Any:
    """Luma over the full range, also for streams of limited range (16 to 235), which is the usual one."""
    if int(frame.color_range) == 2:  # full range ("JPEG")
        return luma
    return np.clip((luma.astype(np.float32) - 16) * (255 / 219), 0, 255).astype(np.uint8)


def _jpeg(av: Any, frame: Any) -> bytes:
    width = min(SHOWN[0], frame.width) // 2 * 2
    height = max(2, width * frame.height // frame.width // 2 * 2)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 1)
    encoder.options = {"q": "5"}
    shown = frame.reformat(width=width, height=height, format="yuvj420p")
    shown.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(shown), *encoder.encode(None)))
