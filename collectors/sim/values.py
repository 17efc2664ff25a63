"""Values of the simulated devices of the demo, and their credentials (watchfloor/demo/site)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from collectors.sim.modbus import words

USER, COMMUNITY = "watch", "demo"
V3_KEYS = ("demo-password", "demo-privacy-key")
"""Password of every account of the demo and authentication key, privacy key."""


def wave(at: float, base: float, swing: float, period: float) -> float:
    """A value that moves around `base` once in `period` seconds."""
    return base + swing * math.sin(2 * math.pi * at / period)


def registers(unit: int, function: int) -> Mapping[int, int] | None:
    """Behind the demo's Modbus gateway: unit 1 is a UPS, unit 2 a power meter."""
    at = time.time()
    if unit == 1 and function == 4:
        volts, load = round(wave(at, 228.0, 2.5, 120), 1), round(wave(at, 41.0, 4.0, 300), 1)
        return dict(enumerate([*words("f", volts), *words("f", load), 100, 260]))
    if unit == 1 and function == 2:
        return {0: 1, 1: 0}
    if unit == 2 and function == 3:
        power, current = round(wave(at, 183000, 9000, 240)), round(wave(at, 87.5, 4.0, 240), 2)
        return dict(enumerate([*words("i", power), *words("f", current), *words("Q", int(at) * 5)]))
    return {} if unit in (1, 2) else None


def sensed(topic: str) -> float | int:
    """The present value of a topic's sensor, by the last level of the topic."""
    at, name = time.time(), topic.rpartition("/")[2]
    if name == "temperature":
        return round(wave(at, 23.6, 0.8, 600), 1)
    if name == "humidity":
        return round(wave(at, 46.0, 3.0, 900), 1)
    if name == "rain":
        return round(max(0.0, wave(at, 0.4, 0.6, 1800)), 1)
    return 0


def query_value() -> int:
    """The answer of a database."""
    return round(wave(time.time(), 37, 6, 300))
