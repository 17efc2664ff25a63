"""Least, greatest, mean and count per time bucket, as pure functions over arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from feeds.history.codec import ROLLUP, Floats, Ints, Records
from feeds.history.settings import DAY as DAY

HOUR = 3600
FIVE = 300
BLOCK = 30 * DAY
"""Seconds that one packed row of 1 h rollups spans. A packed row of 5 min rollups spans a DAY."""


def roll(times: Ints, values: Floats, step: int) -> Records:
    """Rollups of `step` seconds from points in ascending order of time (ms). Buckets without points are absent."""
    if not len(times):
        return np.empty(0, ROLLUP)
    return _rolled(times // (step * 1000) * step, np.ones(len(times)), values, values, values)


def combine(records: Records, step: int) -> Records:
    """Coarser rollups from rollups in ascending order. Means are weighted by their number of points."""
    if not len(records):
        return records
    starts = records["at"].astype(np.int64) // step * step
    return _rolled(starts, records["count"].astype(np.float64), records["min"], records["max"], records["mean"])


def _rolled(starts: Ints, counts: Floats, low: Floats, high: Floats, means: Floats) -> Records:
    edges = np.concatenate(([0], np.flatnonzero(np.diff(starts)) + 1))
    rollups = np.empty(len(edges), ROLLUP)
    rollups["at"] = starts[edges]
    rollups["min"], rollups["max"] = np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
    total = np.add.reduceat(counts, edges)
    rollups["count"] = total
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.add.reduceat(means * counts, edges) / total
    if not np.isfinite(mean).all():  # sums of very great values overflow; sums of their shares do not
        shares = means * (counts / np.repeat(total, np.diff(np.append(edges, len(starts)))))
        mean = np.add.reduceat(shares, edges)
    rollups["mean"] = np.clip(mean, rollups["min"], rollups["max"])
    return rollups


def joined(parts: Iterable[Records]) -> Records:
    """Concatenate rollups. np.concatenate compares the types of all parts, which takes ten times as long."""
    return np.frombuffer(b"".join([part.tobytes() for part in parts]), ROLLUP)


def in_order(times: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Points in ascending order of time; of points with equal times the first one is kept."""
    if len(times) < 2 or bool((times[1:] > times[:-1]).all()):
        return times, values
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    keep = np.concatenate(([True], times[1:] != times[:-1]))
    return times[keep], values[keep]


def merged(records: Records) -> Records:
    """Rollups in ascending order; of rollups with equal starts the last one is kept."""
    at = records["at"]
    if len(at) < 2 or bool((at[1:] > at[:-1]).all()):
        return records
    order = np.argsort(at, kind="stable")
    records = records[order]
    keep = np.concatenate((records["at"][1:] != records["at"][:-1], [True]))
    return records[keep]
