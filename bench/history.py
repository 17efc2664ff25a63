"""What history costs: one JSON line each.

    .venv/bin/python bench/history.py [--series 20000] [--every 10] [--days 90]

Records two hours of observations of all series through a real Valkey into a real SQLite file, then reads.
The 90 days of rollups behind the chart are written with the recorder's own packing. CPU is this process's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.figures import Figure
from feeds import wire
from feeds.bus import Bus
from feeds.history import HistoryReader, HistorySettings, HistoryStore, Recorder, Series, schema
from feeds.history.closing import fresh_body, pack_page
from feeds.history.codec import encode_points, encode_rollups
from feeds.history.rollup import BLOCK, DAY, HOUR, roll
from feeds.history.schema import SERIES_MASK, key_of
from feeds.model import Observation
from watchfloor.runtime import valkey

METRICS = 10
PER_ENVELOPE = 200
START = 1_795_000_000 // DAY * DAY + 8 * HOUR


def say(what: str, **figures: Any) -> None:
    shown = {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps({"bench": f"history.{what}"} | shown), flush=True)


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Devices:
    """Slowly moving values: a tenth up or down now and then; every device answers with a few ms of jitter."""

    def __init__(self, series: int) -> None:
        self._rng = np.random.default_rng(7)
        self._values = np.round(self._rng.uniform(10, 90, series), 1)

    def bodies(self, at: float) -> list[bytes]:
        moves = self._rng.choice([-0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1], len(self._values))
        self._values = np.round(self._values + moves, 1)
        jitter = np.repeat(self._rng.uniform(0, 0.02, len(self._values) // METRICS + 1), METRICS).tolist()
        seen = [
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
        parts = (seen[start : start + PER_ENVELOPE] for start in range(0, len(seen), PER_ENVELOPE))
        return [wire.encode_envelope("observation", part, source="s", sent_at=at) for part in parts]


async def publish(bus: Bus, bodies: list[bytes], at: float) -> None:
    async with bus.pipeline() as pipe:
        for n, body in enumerate(bodies):
            pipe.xadd(bus.keys.feed("network"), {"s": "s", "e": body}, id=f"{int(at * 1000)}-{n + 1}")
        await pipe.execute()


async def used_memory(bus: Bus, pattern: str) -> int:
    async with bus.pipeline() as pipe:
        pipe.keys(pattern)
        (keys,) = await pipe.execute()
    async with bus.pipeline() as pipe:
        for key in keys:
            pipe.memory_usage(key, samples=0)
        return int(sum(await pipe.execute()))


async def record(bus: Bus, store: HistoryStore, series: int, every: int) -> None:
    """One hour and some minutes of everything; the next hour is then closed apart, to be timed."""
    recorder, devices = Recorder(store, HistorySettings()), Devices(series)
    await recorder.open(bus, START)
    taking, slowest, taken = 0.0, 0.0, 0
    for tick in range(HOUR // every):
        at = float(START + tick * every)
        await publish(bus, devices.bodies(at), at)
        before = cpu()
        more = True
        while more:
            began = time.perf_counter()
            more = await recorder.step(at + 5)
            slowest = max(slowest, time.perf_counter() - began)
        taking += cpu() - before
        taken += series
        await bus.trim_read({bus.keys.feed("network"): f"{int(at * 1000)}-999999"})
    await recorder.flush(START + HOUR)
    hot = await used_memory(bus, f"hi:{{{bus.site}}}:*")
    began = time.perf_counter()
    await Recorder(store, HistorySettings()).open(bus, START + HOUR)
    opened = time.perf_counter() - began
    closed, longest, lasted = await close(recorder)
    say(
        "record",
        series=series,
        observations=taken,
        take_us=1e6 * taking / taken,
        close_us=1e6 * closed / taken,
        cpu_us_per_observation=1e6 * (taking + closed) / taken,
        slowest_step_ms=1000 * slowest,
        slowest_closing_step_ms=1000 * longest,
        closing_s=lasted,
    )
    say("hot", bytes_per_point=hot / taken, megabytes_per_open_hour=hot / 1e6, reopen_s=opened)


async def close(recorder: Recorder) -> tuple[float, float, float]:
    """The hour is over: CPU, the longest step and the time that closing takes, seconds."""
    before, began, longest, more = cpu(), time.perf_counter(), 0.0, True
    while more:
        one = time.perf_counter()
        more = await recorder.step(START + HOUR + 301)
        longest = max(longest, time.perf_counter() - one)
    return cpu() - before, longest, time.perf_counter() - began


async def sizes(store: HistoryStore, file: Path, series: int, every: int) -> None:
    """Bytes a point in the file itself, everything of it counted."""
    rows = await store.between(schema.raw, [(0, 1 << 62)])
    points = series * (HOUR // every)
    bodies = sum(map(len, rows.values()))
    with closing(sqlite3.connect(file)) as database:
        pages = dict(database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())
    say(
        "disk",
        points=points,
        chunk_bytes_per_point=bodies / points,
        raw_table_bytes_per_point=pages["history_raw"] / points,
        fresh_rollups_bytes_per_point_for_a_day=pages["history_fresh"] / points,
        series_table_bytes_per_series=(pages["history_series"] + pages["sqlite_autoindex_history_series_1"]) / series,
    )


async def fill(store: HistoryStore, some: list[Series], days: int, every: int) -> None:
    """A past for some series: a day of points, and `days` of rollups, packed as the recorder packs them."""
    rng = np.random.default_rng(3)
    first = START // HOUR - 24
    for one in some:
        rows, fresh = {}, {}
        for hour in range(first, first + 24):
            times = np.arange(0, HOUR * 1000, every * 1000) + hour * HOUR * 1000 + rng.integers(0, 20, HOUR // every)
            some_values = np.round(rng.normal(50, 1, len(times)), 1)
            rows[key_of(hour, one.id)] = encode_points(times, some_values)
            fresh[key_of(hour, one.id)] = fresh_body(times, some_values)
        packed: dict[Any, dict[int, bytes]] = {schema.five: {}, schema.hour: {}}
        end = (START - DAY) // DAY
        times = np.arange((end - days) * DAY, end * DAY, 60, dtype=np.int64) * 1000
        values = np.round(rng.normal(50, 5, len(times)), 1)
        for table, step, span in ((schema.five, 300, DAY), (schema.hour, HOUR, BLOCK)):
            rollups = roll(times, values, step)
            for start in np.unique(rollups["at"] // span).tolist():
                packed[table][key_of(start, one.id)] = encode_rollups(rollups[rollups["at"] // span == start])
        await store.put({schema.raw: rows, schema.fresh: fresh} | packed)


async def heat(bus: Bus, store: HistoryStore, series: int, every: int) -> None:
    """One more hour, which stays hot, so that a chart has all its parts."""
    recorder, devices = Recorder(store, HistorySettings()), Devices(series)
    await recorder.open(bus, START + HOUR)
    for tick in range(HOUR // every):
        at = float(START + HOUR + tick * every)
        await publish(bus, devices.bodies(at), at)
        while await recorder.step(at + 5):
            pass
        await bus.trim_read({bus.keys.feed("network"): f"{int(at * 1000)}-999999"})
    await recorder.flush(START + 2 * HOUR)


async def timed(what: str, repeat: int, ask: Callable[[], Awaitable[Any]], **more: Any) -> None:
    await ask()
    spent, used = [], []
    for _ in range(repeat):
        began, before = time.perf_counter(), cpu()
        found = await ask()
        spent.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (cpu() - before))
    rows = sum(len(one[0]) if isinstance(one, tuple) else len(one) for one in found)
    half = len(spent) // 2
    say(what, median_ms=sorted(spent)[half], worst_ms=max(spent), cpu_ms=sorted(used)[half], points=rows, **more)


async def read(bus: Bus, store: HistoryStore, days: int, every: int) -> None:
    """Charts as the API asks for them, while an hour is hot and the rest is in SQL."""
    history = HistoryReader(store, bus, HistorySettings(), lambda: START + 2 * HOUR)
    known = await store.all_series()
    spread = known[:: max(1, len(known) // 100)][:100]
    await fill(store, spread, days, every)
    bodies = [sum(map(len, (await store.between(one, [(0, 1 << 62)])).values())) for one in (schema.five, schema.hour)]
    five, hour = (size / len(spread) / days for size in bodies)
    say("packed", five_min_bytes_per_series_day=five, hour_bytes_per_series_day=hour)
    end = float(START + 2 * HOUR)
    await timed("one_series_24h", 20, lambda: history.points(spread[:1], end - DAY, end))
    await timed("chart_100_series_24h_5m", 10, lambda: history.rollups(spread, end - DAY, end, 300))
    await timed("chart_100_series_7d_5m", 10, lambda: history.rollups(spread, end - 7 * DAY, end, 300))
    await timed("chart_100_series_90d_1h", 10, lambda: history.rollups(spread, end - 90 * DAY, end, HOUR))


async def pack(store: HistoryStore, series: int) -> None:
    """A day is over: its hours are packed."""
    rows = await store.between(schema.fresh, [(key_of(START // HOUR, 0), key_of(START // HOUR + 1, 0))])
    for hour in range(START // DAY * 24, START // DAY * 24 + 24):
        await store.put({schema.fresh: {key_of(hour, key & SERIES_MASK): body for key, body in rows.items()}})
    before, began, longest = cpu(), time.perf_counter(), 0.0
    more = True
    while more:
        one = time.perf_counter()
        more = await pack_page(store, (START // DAY + 2) * 24)
        longest = max(longest, time.perf_counter() - one)
    spent = cpu() - before
    say(
        "pack_a_day",
        series=series,
        cpu_s=spent,
        wall_s=time.perf_counter() - began,
        slowest_step_ms=1000 * longest,
        cpu_us_per_observation=1e6 * spent / (series * 8640),
    )


LINES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "record": (("cpu_us_per_observation", "cpu us/observation, closing included", ""),),
    "disk": (("chunk_bytes_per_point", "bytes/point", "< 2"), ("raw_table_bytes_per_point", "bytes/point", "")),
    "one_series_24h": (("median_ms", "ms", "< 50 ms"),),
    "chart_100_series_24h_5m": (("median_ms", "ms", "< 200 ms"),),
    "chart_100_series_90d_1h": (("median_ms", "ms", "< 200 ms"),),
}
"""Of each line the fields that are figures: name, unit, aim."""


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """The same for `python -m bench`, in a process of its own and with fewer points."""
    series, every = (2_000, 300) if quick else (20_000, 60)
    words = ["--series", str(series), "--every", str(every), "--days", "90", "--no-pack"]
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, *words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            said = json.loads(line)
            name = said.pop("bench")
            for field, unit, aim in LINES.get(name.removeprefix("history."), ()):
                conditions = {"series": series, "every_s": every} | {k: v for k, v in said.items() if k != field}
                yield Figure(name=f"{name}.{field}", value=said[field], unit=unit, aim=aim, conditions=conditions)
        if await process.wait():
            raise RuntimeError(f"it ended with {process.returncode}; its error stands above")
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def main(series: int, every: int, days: int, packing: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        server = await valkey.start(data)
        bus, store = (
            Bus(valkey.address(data).url, "532300"),
            HistoryStore(f"sqlite+aiosqlite:///{data / 'history.sqlite3'}", "bench"),
        )
        try:
            await bus.open()
            await store.open()
            await record(bus, store, series, every)
            await store.close()  # the last one to leave folds the write-ahead log in
            await store.open()
            await sizes(store, data / "history.sqlite3", series, every)
            await heat(bus, store, series, every)
            await read(bus, store, days, every)
            if packing:
                await pack(store, series)
        finally:
            await store.close()
            await bus.close()
            server.terminate()
            await server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=20_000)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--no-pack", action="store_true", help="leave out how long packing a whole day takes")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.series, given.every, given.days, not given.no_pack))
