"""Least, greatest, mean and count by buckets of time, as pure functions over arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from feeds.history.codec import ROLLUP, Floats, Ints, Records
from feeds.history.settings import DAY as DAY

HOUR = 3600
FIVE = 300
BLOCK = 30 * DAY
"""Seconds that one packed row of 1 h rollups spans; one of 5 min rollups spans a DAY."""


def roll(times: Ints, values: Floats, step: int) -> Records:
    """Points in ascending order of time (ms) as rollups of `step` seconds; a bucket without points is not there."""
    if not len(times):
        return np.empty(0, ROLLUP)
    return _rolled(times // (step * 1000) * step, np.ones(len(times)), values, values, values)


def combine(records: Records, step: int) -> Records:
    """Rollups in ascending order as coarser ones; a mean is weighted by its points."""
    if not len(records):
        return records
    starts = records["at"].astype(np.int64) // step * step
    return _rolled(starts, records["count"].astype(np.float64), records["min"], records["max"], records["mean"])


def _rolled(starts: Ints, counts: Floats, low: Floats, high: Floats, means: Floats) -> Records:
    edges = np.concatenate(([0], np.flatnonzero(np.diff(starts)) + 1))
    found = np.empty(len(edges), ROLLUP)
    found["at"] = starts[edges]
    found["min"], found["max"] = np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
    total = np.add.reduceat(counts, edges)
    found["count"] = total
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.add.reduceat(means * counts, edges) / total
    if not np.isfinite(mean).all():  # sums of very great values overflow; sums of their shares do not
        shares = means * (counts / np.repeat(total, np.diff(np.append(edges, len(starts)))))
        mean = np.add.reduceat(shares, edges)
    found["mean"] = np.clip(mean, found["min"], found["max"])
    return found


def joined(parts: Iterable[Records]) -> Records:
    """Rollups one after the other; numpy's own way compares the types of all parts, which takes ten times as long."""
    return np.frombuffer(b"".join([part.tobytes() for part in parts]), ROLLUP)


def in_order(times: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Points in ascending order, of equal times the one that came first."""
    if len(times) < 2 or bool((times[1:] > times[:-1]).all()):
        return times, values
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    keep = np.concatenate(([True], times[1:] != times[:-1]))
    return times[keep], values[keep]


def merged(records: Records) -> Records:
    """Rollups in ascending order, of equal beginnings the one that stands last."""
    at = records["at"]
    if len(at) < 2 or bool((at[1:] > at[:-1]).all()):
        return records
    order = np.argsort(at, kind="stable")
    records = records[order]
    keep = np.concatenate((records["at"][1:] != records["at"][:-1], [True]))
    return records[keep]
