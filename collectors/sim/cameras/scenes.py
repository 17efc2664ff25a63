"""Pictures of simulated cameras: a street by day, and what each fault makes of it. Arrays are (h, w, 3), RGB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 640, 360


def street(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """A scene with sky, houses with windows, and a textured road. The same seed gives the same picture."""
    random = np.random.default_rng(seed)
    picture = np.empty((height, width, 3), np.float64)
    horizon = int(height * random.uniform(0.3, 0.45))
    rows = np.linspace(0, 1, horizon)[:, None, None]
    picture[:horizon] = (150, 180, 215) + rows * (60, 45, 20)
    road = (
        random.normal(0, 14, (height - horizon, width, 1))
        + random.normal(0, 10, ((height - horizon) // 8 + 1, width // 8 + 1, 1))
        .repeat(8, 0)
        .repeat(8, 1)[: height - horizon, :width]
    )
    picture[horizon:] = road + np.array((105, 100, 92))
    left = 0
    while left < width:
        _house(picture, random, left, horizon)
        left += int(random.integers(40, 110) * width / WIDTH)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _house(picture: NDArray[np.float64], random: np.random.Generator, left: int, horizon: int) -> None:
    height, width = picture.shape[:2]
    house = int(random.integers(50, 100) * width / WIDTH)
    top, bottom = int(horizon * random.uniform(0.2, 0.8)), int(horizon + height * random.uniform(0.05, 0.3))
    wall = random.uniform(70, 200, 3)
    picture[top:bottom, left : left + house] = wall
    step = max(6, width // 50)
    for row in range(top + step // 2, bottom - step, step + step // 2):
        for column in range(left + step // 2, left + house - step, step + step // 2):
            lit = random.uniform(0.25, 1.3)
            picture[row : row + step * 2 // 3, column : column + step * 2 // 3] = wall * lit + random.uniform(-20, 20)


def live(picture: Picture, random: np.random.Generator, noise: float = 1.5) -> Picture:
    """The scene as a sensor sees it at one moment: with noise."""
    grain = random.normal(0, noise, picture.shape[:2])[:, :, None]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def black(picture: Picture) -> Picture:
    """The lens is capped, or the sensor is dead."""
    return np.full_like(picture, 16)


def no_signal(picture: Picture) -> Picture:
    """The blue screen of an encoder without a camera."""
    return np.broadcast_to(np.array((0, 0, 255), np.uint8), picture.shape).copy()


def covered(picture: Picture) -> Picture:
    """A hand or a plate in front of the lens: a smooth gradient."""
    rows = np.linspace(60, 110, picture.shape[0])[:, None, None]
    columns = np.linspace(0, 25, picture.shape[1])[None, :, None]
    return np.broadcast_to(rows + columns, picture.shape).astype(np.uint8)


def blurred(picture: Picture, radius: int = 6) -> Picture:
    """The lens is out of focus: a box blur in both directions."""
    return boxed(boxed(picture.astype(np.float64), radius, 0), radius, 1).astype(np.uint8)


def boxed(picture: NDArray[np.float64], radius: int, axis: int) -> NDArray[np.float64]:
    """The mean of 2 * radius + 1 neighbours along an axis."""
    span = 2 * radius + 1
    padded = np.pad(picture, [(radius + 1, radius) if a == axis else (0, 0) for a in range(picture.ndim)], mode="edge")
    sums = np.cumsum(padded, axis=axis)
    upper = np.take(sums, range(span, sums.shape[axis]), axis=axis)
    lower = np.take(sums, range(sums.shape[axis] - span), axis=axis)
    return (upper - lower) / span


def moved(picture: Picture, share: float = 0.1) -> Picture:
    """The camera has been turned by a share of its width."""
    return np.roll(picture, (picture.shape[0] // 30, int(picture.shape[1] * share)), (0, 1))


def noisy(picture: Picture, sigma: float = 60.0, seed: int = 0) -> Picture:
    """Snow, as on a bad analogue line."""
    grain = np.random.default_rng(seed).normal(0, sigma, picture.shape[:2])[:, :, None]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def tinted(picture: Picture) -> Picture:
    """A broken white balance: everything is red."""
    return _clipped(picture + np.array((60.0, -20.0, -50.0)))


def dark(picture: Picture) -> Picture:
    """An unlit night, without infrared light."""
    return (picture * 0.12).astype(np.uint8)


def fog(picture: Picture, contrast: float = 0.06) -> Picture:
    """Heavy fog: little contrast, bright haze."""
    return _clipped(picture * contrast + 165)


def infrared(picture: Picture) -> Picture:
    """A night under infrared light: grey, with a bright middle."""
    grey = picture.mean(axis=2, keepdims=True)
    return np.broadcast_to(grey * 0.55 + 10, picture.shape).astype(np.uint8)


def _clipped(values: NDArray[Any]) -> Picture:
    clipped: Picture = np.clip(values, 0, 255).astype(np.uint8)
    return clipped


FAULTS: dict[str, Callable[[Picture], Picture]] = {
    "black": black,
    "no-signal": no_signal,
    "covered": covered,
    "blurred": blurred,
    "moved": moved,
    "noisy": noisy,
    "tinted": tinted,
    "dark": dark,
}
"""Faults of the picture by name. "frozen" is one of the stream, not of a single picture."""
