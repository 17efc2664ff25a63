"""Statistics of one picture, and its comparison with a baseline. Pure numpy.

Luma is 320 x 180, stretched to the full range; chroma is half of that. The bands of on-screen text (the top 12 % and
the bottom 10 %) are left out, except where two pictures are compared for being the same.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 180
EDGE_WIDTH, EDGE_HEIGHT = 160, 90
TOP, BOTTOM = 0.12, 0.90
BLOCK = 16
FLAT = 4.0
"""Standard deviation below which a block of 16 x 16 is flat."""
PIXELS = 4096
"""Pixels of a picture that are kept to tell whether the next one is the same."""
Plane = NDArray[Any]

_POSITIONS = np.random.default_rng(28181).choice(WIDTH * HEIGHT, PIXELS, replace=False)


class PictureStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Measurements of one picture. Luma and chroma are in units of 0 to 255.

    `p1`, `p50`, `p99` are percentiles of the luma, `bright` the share of it at 235 or more, `deviation` its standard
    deviation. `chroma` is the mean distance of a pixel from grey, `cast` the distance of the mean pixel.
    `flat` is the share of blocks without texture, `detail` the ratio of gradients at full and half scale, `laplacian`
    the variance of the Laplacian, `noise` Immerkaer's estimate on the flattest blocks.
    """

    p1: float
    p50: float
    p99: float
    bright: float
    deviation: float
    chroma: float
    cast: float
    flat: float
    detail: float
    laplacian: float
    noise: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A picture beside the baseline: correlation of edges (-1 to 1), shift in pixels of 320 x 180, and its peak."""

    edges: float
    dx: float
    dy: float
    peak: float


def statistics(luma: Plane, u: Plane, v: Plane, native: Plane) -> PictureStatistics:
    """The statistics of a picture. `native` is a crop of the luma in the stream's own size, at most 640 x 360."""
    inner = _inner(luma).astype(np.float32)
    p1, p50, p99 = (float(value) for value in np.percentile(inner, (1, 50, 99)))
    du, dv = u.astype(np.float32) - 128, v.astype(np.float32) - 128
    half: Plane = inner[: inner.shape[0] // 2 * 2, : inner.shape[1] // 2 * 2]
    half = (half[::2, ::2] + half[1::2, ::2] + half[::2, 1::2] + half[1::2, 1::2]) / 4
    full_gradient = float(np.abs(np.diff(inner, axis=1)).mean())
    half_gradient = float(np.abs(np.diff(half, axis=1)).mean())
    laplacian = inner[1:-1, :-2] + inner[1:-1, 2:] + inner[:-2, 1:-1] + inner[2:, 1:-1] - 4 * inner[1:-1, 1:-1]
    return PictureStatistics(
        p1=p1,
        p50=p50,
        p99=p99,
        bright=float((inner >= 235).mean()),
        deviation=float(inner.std()),
        chroma=float(np.hypot(du, dv).mean()),
        cast=float(np.hypot(du.mean(), dv.mean())),
        flat=float((_deviations(inner) < FLAT).mean()),
        detail=full_gradient / half_gradient if half_gradient > 0.05 else 1.0,
        laplacian=float(laplacian.var()),
        noise=_noise(native.astype(np.float32)),
    )


def _inner(plane: Plane) -> Plane:
    height = plane.shape[0]
    return plane[int(height * TOP) : int(height * BOTTOM)]


def _blocks(plane: Plane) -> Plane:
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    cut = plane[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return cut.swapaxes(1, 2).reshape(rows * columns, BLOCK, BLOCK)


def _deviations(plane: Plane) -> Plane:
    return np.asarray(_blocks(plane).std(axis=(1, 2)))


def _noise(native: Plane) -> float:
    """Immerkaer's estimate of the noise on the flattest fifth of the blocks."""
    blocks = _blocks(native)
    if not len(blocks):
        return 0.0
    flattest = blocks[np.argsort(blocks.std(axis=(1, 2)))[: max(1, len(blocks) // 5)]]
    a = flattest[:, :-2, :-2] - 2 * flattest[:, :-2, 1:-1] + flattest[:, :-2, 2:]
    b = flattest[:, 1:-1, :-2] - 2 * flattest[:, 1:-1, 1:-1] + flattest[:, 1:-1, 2:]
    c = flattest[:, 2:, :-2] - 2 * flattest[:, 2:, 1:-1] + flattest[:, 2:, 2:]
    return float(np.abs(a - 2 * b + c).mean() * np.sqrt(np.pi / 2) / 6)


def pixels(luma: Plane) -> bytes:
    """Some pixels of a picture, always the same places, over the whole frame."""
    return bytes(np.ascontiguousarray(luma, np.uint8).ravel()[_POSITIONS].tobytes())


def equal_share(before: bytes, after: bytes) -> float:
    """The share of pixels that are equal in two pictures."""
    return float((np.frombuffer(before, np.uint8) == np.frombuffer(after, np.uint8)).mean())


def edges(luma: Plane) -> bytes:
    """The edge map of a picture, 160 x 90, a byte each: what of it survives darkness and fog."""
    small = luma.astype(np.float32).reshape(EDGE_HEIGHT, 2, EDGE_WIDTH, 2).mean(axis=(1, 3))
    dy, dx = np.gradient(small)
    strength = np.hypot(dx, dy)
    strength[: int(EDGE_HEIGHT * TOP)] = strength[int(EDGE_HEIGHT * BOTTOM) :] = 0
    return bytes(np.clip(strength * 4, 0, 255).astype(np.uint8).tobytes())


def _map(edge_map: bytes) -> Plane:
    return np.frombuffer(edge_map, np.uint8).reshape(EDGE_HEIGHT, EDGE_WIDTH).astype(np.float32)


def compare(baseline: bytes, edge_map: bytes) -> Comparison:
    """A picture's edges beside those of the baseline."""
    before, after = _map(baseline), _map(edge_map)
    a, b = before - before.mean(), after - after.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    correlation = float((a * b).sum()) / norm if norm > 0 else 0.0
    dx, dy, peak = _shift(a, b)
    return Comparison(edges=correlation, dx=dx, dy=dy, peak=peak)


def _shift(a: Plane, b: Plane) -> tuple[float, float, float]:
    """Phase correlation: the shift from `a` to `b` in pixels of the full picture, and the height of its peak."""
    window = np.outer(np.hanning(EDGE_HEIGHT), np.hanning(EDGE_WIDTH))
    spectrum = np.fft.rfft2(b * window) * np.conj(np.fft.rfft2(a * window))
    surface = np.fft.irfft2(spectrum / (np.abs(spectrum) + 1e-6), s=(EDGE_HEIGHT, EDGE_WIDTH))
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    dy = row - EDGE_HEIGHT if row > EDGE_HEIGHT // 2 else row
    dx = column - EDGE_WIDTH if column > EDGE_WIDTH // 2 else column
    return float(dx * 2), float(dy * 2), float(surface.max())


def mixed(baseline: bytes, edge_map: bytes, share: float) -> bytes:
    """The baseline's edge map, moved towards a picture's by a share."""
    return np.clip(_map(baseline) * (1 - share) + _map(edge_map) * share, 0, 255).astype(np.uint8).tobytes()
