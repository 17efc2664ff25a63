"""Measures the growth of every store, and keeps a reserve file that is freed when the disk is full."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from feeds import disk, state_file

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two checks of the free room."""
MEASURE_EVERY = 60.0
SAMPLE_EVERY, SAMPLES = 3600.0, 24 * 8
SHORTEST = 3600.0
"""Seconds of measured growth below which no forecast is made."""
RESERVE_SHARE, RESERVE_BYTES = 0.01, 64_000_000
"""Size of the reserve: this share of the disk, but at most RESERVE_BYTES."""
GROWTH = "growth.json"

Sample = tuple[float, dict[str, int]]


class Growth:
    """Samples of the stores' sizes over the last days, kept in `run/growth.json`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.samples: list[Sample] = state_file.read_json(path, _samples) or []

    def record(self, at: float, sizes: Mapping[str, int]) -> None:
        """Record sizes; one sample an hour is stored. Samples from the future are dropped: the clock was set back."""
        before = [sample for sample in self.samples if sample[0] <= at]
        if before and at - before[-1][0] < SAMPLE_EVERY and len(before) == len(self.samples):
            return
        self.samples = [*before, (at, dict(sizes))][-SAMPLES:]
        try:
            state_file.write_json(self._path, {"samples": self.samples})
        except OSError as error:
            log.debug("%s cannot be written: %s", GROWTH, error)

    def per_day(self, at: float, sizes: Mapping[str, int]) -> dict[str, float | None]:
        """Bytes that each store has grown by in a day; None while too little time was measured."""
        first_at, first = self.samples[0] if self.samples else (at, {})
        span = at - first_at
        if span < SHORTEST:
            return dict.fromkeys(sizes)
        return {name: (size - first.get(name, size)) / span * disk.DAY for name, size in sizes.items()}


def _samples(document: Any) -> list[Sample]:
    return [(float(at), {str(name): int(size) for name, size in sizes.items()}) for at, sizes in document["samples"]]


def days_left(free: int, per_day: Sequence[float | None]) -> float | None:
    """Days until the disk is full at this growth; None when nothing grows or nothing was measured."""
    growth = sum(max(0.0, rate) for rate in per_day if rate is not None)
    return round(free / growth, 1) if growth > 0 else None


class DiskWatch:
    """Watches the free room of the data folder's disk and the growth of its stores."""

    def __init__(self, data: Path, clock: Callable[[], float] = time.time) -> None:
        self._data, self._clock = data, clock
        self._reserve = data / "run" / disk.RESERVE
        self._growth = Growth(data / "run" / GROWTH)
        self._state: disk.State = "ok"
        self._stores: dict[str, dict[str, float | None]] = {}
        self._days_left: float | None = None

    async def run(self, changed: Callable[[], None]) -> None:
        """Check and measure until cancelled. `changed` is called after each measurement and each change of state."""
        measured = -math.inf
        while True:
            changes = self.check()
            if (at := time.monotonic()) - measured >= MEASURE_EVERY:
                await asyncio.to_thread(self.measure)
                changes, measured = True, at
            if changes:
                changed()
            await asyncio.sleep(EVERY)

    def check(self) -> bool:
        """Log the state of the disk, free the reserve or take it again. True when the state has changed."""
        space = disk.space(self._data)
        if space is None:
            return False
        if space.state == "full":
            self._free_reserve()
        elif space.state == "ok":
            self._take_reserve(space)
        changed, self._state = space.state != self._state, space.state
        if changed:
            level = logging.INFO if space.state == "ok" else logging.ERROR
            log.log(level, "the disk of %s is %s: %.1f %% free", self._data, space.state, space.share * 100)
        return changed

    def measure(self) -> None:
        """Measure the size of every store. Run it in a thread: it reads the metadata of the whole folder."""
        at, sizes, space = self._clock(), disk.sizes(self._data), disk.space(self._data)
        self._growth.record(at, sizes)
        per_day = self._growth.per_day(at, sizes)
        self._stores = {name: {"bytes": size, "per_day": per_day[name]} for name, size in sizes.items()}
        self._days_left = None if space is None else days_left(space.free, list(per_day.values()))

    def shown(self) -> dict[str, Any]:
        """The part of the status file; see feeds.disk.report."""
        return {"stores": self._stores, "days_left": self._days_left}

    def _free_reserve(self) -> None:
        try:
            size = self._reserve.stat().st_size
            self._reserve.unlink()
        except OSError:  # it was freed before
            return
        log.error("the disk is full: the reserve of %.0f MB is freed, make room now", size / 1e6)

    def _take_reserve(self, space: disk.Space) -> None:
        size = int(min(RESERVE_BYTES, space.total * RESERVE_SHARE))
        try:
            handle = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:  # it is there, or cannot be made
            return
        try:
            os.posix_fallocate(handle, 0, size)
        except OSError as error:
            log.warning("no reserve of disk space can be kept: %s", error)
        finally:
            os.close(handle)
