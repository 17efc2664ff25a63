"""Load of the history benchmark: simulated devices, their observations on the bus, and a past of 90 days."""

from __future__ import annotations

from typing import Any

import numpy as np

from feeds import wire
from feeds.bus import Bus
from feeds.history import HistoryStore, Series, schema
from feeds.history.closing import fresh_body
from feeds.history.codec import encode_points, encode_rollups
from feeds.history.rollup import BLOCK, DAY, HOUR, roll
from feeds.history.schema import key_of
from feeds.model import Observation

METRICS = 10
PER_ENVELOPE = 200
START = 1_795_000_000 // DAY * DAY + 8 * HOUR


class Devices:
    """Devices with slowly moving values: steps of a tenth, and up to 20 ms of jitter for each device."""

    def __init__(self, series: int) -> None:
        self._rng = np.random.default_rng(7)
        self._values = np.round(self._rng.uniform(10, 90, series), 1)

    def bodies(self, at: float) -> list[bytes]:
        moves = self._rng.choice([-0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1], len(self._values))
        self._values = np.round(self._values + moves, 1)
        jitter = np.repeat(self._rng.uniform(0, 0.02, len(self._values) // METRICS + 1), METRICS).tolist()
        observations = [
            Observation(
                asset=f"device-{n // METRICS}",
                metric="snmp.value",
                instance=f"{n % METRICS}",
                value=value,
                unit="°C",
                observed_at=at + jitter[n],
                received_at=at + jitter[n],
                source="network.snmp",
                probe="snmp://10.0.0.1?profile=any",
                fresh_for=30.0,
            )
            for n, value in enumerate(self._values.tolist())
        ]
        parts = (observations[start : start + PER_ENVELOPE] for start in range(0, len(observations), PER_ENVELOPE))
        return [wire.encode_envelope("observation", part, source="s", sent_at=at) for part in parts]


async def publish(bus: Bus, bodies: list[bytes], at: float) -> None:
    async with bus.pipeline() as pipe:
        for n, body in enumerate(bodies):
            pipe.xadd(bus.keys.feed("network"), {"s": "s", "e": body}, id=f"{int(at * 1000)}-{n + 1}")
        await pipe.execute()


async def fill(store: HistoryStore, all_series: list[Series], days: int, every: int) -> None:
    """Store a past of the series: a day of points, and `days` of rollups, packed as the recorder packs them."""
    rng = np.random.default_rng(3)
    first = START // HOUR - 24
    for series in all_series:
        rows, fresh = {}, {}
        for hour in range(first, first + 24):
            times = np.arange(0, HOUR * 1000, every * 1000) + hour * HOUR * 1000 + rng.integers(0, 20, HOUR // every)
            day_values = np.round(rng.normal(50, 1, len(times)), 1)
            rows[key_of(hour, series.id)] = encode_points(times, day_values)
            fresh[key_of(hour, series.id)] = fresh_body(times, day_values)
        packed: dict[Any, dict[int, bytes]] = {schema.five: {}, schema.hour: {}}
        end = (START - DAY) // DAY
        times = np.arange((end - days) * DAY, end * DAY, 60, dtype=np.int64) * 1000
        values = np.round(rng.normal(50, 5, len(times)), 1)
        for table, step, span in ((schema.five, 300, DAY), (schema.hour, HOUR, BLOCK)):
            rollups = roll(times, values, step)
            for start in np.unique(rollups["at"] // span).tolist():
                packed[table][key_of(start, series.id)] = encode_rollups(rollups[rollups["at"] // span == start])
        await store.put({schema.raw: rows, schema.fresh: fresh} | packed)
