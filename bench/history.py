"""The cost of metric history: one JSON line for each measurement.

    .venv/bin/python bench/history.py [--series 20000] [--every 10] [--days 90]

Records two hours of observations of all series through Valkey into a SQLite file, then reads them. The 90 days of
rollups of the charts are written with the recorder's own packing. CPU time is that of this process.
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

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.figures import Figure
from bench.history_load import START, Devices, fill, publish
from feeds.bus import Bus
from feeds.history import HistoryReader, HistorySettings, HistoryStore, Recorder, schema
from feeds.history.closing import pack_page
from feeds.history.rollup import DAY, HOUR
from feeds.history.schema import SERIES_MASK, key_of
from watchfloor.runtime import valkey


def say(name: str, **figures: Any) -> None:
    shown = {field: round(value, 3) if isinstance(value, float) else value for field, value in figures.items()}
    print(json.dumps({"bench": f"history.{name}"} | shown), flush=True)


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def used_memory(bus: Bus, pattern: str) -> int:
    async with bus.pipeline() as pipe:
        pipe.keys(pattern)
        (keys,) = await pipe.execute()
    async with bus.pipeline() as pipe:
        for key in keys:
            pipe.memory_usage(key, samples=0)
        return int(sum(await pipe.execute()))


async def record(bus: Bus, store: HistoryStore, series: int, every: int) -> None:
    """Measure recording an hour of all series, and closing that hour."""
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
    """Close the hour. Returns the CPU time, the longest step and the total time, in seconds."""
    before, began, longest, more = cpu(), time.perf_counter(), 0.0, True
    while more:
        step_began = time.perf_counter()
        more = await recorder.step(START + HOUR + 301)
        longest = max(longest, time.perf_counter() - step_began)
    return cpu() - before, longest, time.perf_counter() - began


async def sizes(store: HistoryStore, file: Path, series: int, every: int) -> None:
    """Measure the bytes for each point in the database file, all pages included."""
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


async def heat(bus: Bus, store: HistoryStore, series: int, every: int) -> None:
    """Record another hour that stays open in Redis, so that charts read every tier."""
    recorder, devices = Recorder(store, HistorySettings()), Devices(series)
    await recorder.open(bus, START + HOUR)
    for tick in range(HOUR // every):
        at = float(START + HOUR + tick * every)
        await publish(bus, devices.bodies(at), at)
        while await recorder.step(at + 5):
            pass
        await bus.trim_read({bus.keys.feed("network"): f"{int(at * 1000)}-999999"})
    await recorder.flush(START + 2 * HOUR)


async def timed(name: str, repeat: int, ask: Callable[[], Awaitable[Any]], **more: Any) -> None:
    await ask()
    spent, used = [], []
    for _ in range(repeat):
        began, before = time.perf_counter(), cpu()
        charts = await ask()
        spent.append(1000 * (time.perf_counter() - began))
        used.append(1000 * (cpu() - before))
    rows = sum(len(chart[0]) if isinstance(chart, tuple) else len(chart) for chart in charts)
    half = len(spent) // 2
    say(name, median_ms=sorted(spent)[half], worst_ms=max(spent), cpu_ms=sorted(used)[half], points=rows, **more)


async def read(bus: Bus, store: HistoryStore, days: int, every: int) -> None:
    """Measure charts as the API requests them, with one hour in Redis and the rest in SQL."""
    history = HistoryReader(store, bus, HistorySettings(), lambda: START + 2 * HOUR)
    all_series = await store.all_series()
    spread = all_series[:: max(1, len(all_series) // 100)][:100]
    await fill(store, spread, days, every)
    bodies = [
        sum(map(len, (await store.between(table, [(0, 1 << 62)])).values())) for table in (schema.five, schema.hour)
    ]
    five, hour = (size / len(spread) / days for size in bodies)
    say("packed", five_min_bytes_per_series_day=five, hour_bytes_per_series_day=hour)
    end = float(START + 2 * HOUR)
    await timed("one_series_24h", 20, lambda: history.points(spread[:1], end - DAY, end))
    await timed("chart_100_series_24h_5m", 10, lambda: history.rollups(spread, end - DAY, end, 300))
    await timed("chart_100_series_7d_5m", 10, lambda: history.rollups(spread, end - 7 * DAY, end, 300))
    await timed("chart_100_series_90d_1h", 10, lambda: history.rollups(spread, end - 90 * DAY, end, HOUR))


async def pack(store: HistoryStore, series: int) -> None:
    """Measure packing the hours of a day."""
    rows = await store.between(schema.fresh, [(key_of(START // HOUR, 0), key_of(START // HOUR + 1, 0))])
    for hour in range(START // DAY * 24, START // DAY * 24 + 24):
        await store.put({schema.fresh: {key_of(hour, key & SERIES_MASK): body for key, body in rows.items()}})
    before, began, longest = cpu(), time.perf_counter(), 0.0
    more = True
    while more:
        step_began = time.perf_counter()
        more = await pack_page(store, (START // DAY + 2) * 24)
        longest = max(longest, time.perf_counter() - step_began)
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
"""The fields that are figures, by line: name, unit, aim."""


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Figures for `python -m bench`, measured in a separate process with fewer points."""
    series, every = (2_000, 300) if quick else (20_000, 60)
    arguments = ["--series", str(series), "--every", str(every), "--days", "90", "--no-pack"]
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            fields = json.loads(line)
            name = fields.pop("bench")
            for field, unit, aim in LINES.get(name.removeprefix("history."), ()):
                conditions = {"series": series, "every_s": every} | {k: v for k, v in fields.items() if k != field}
                yield Figure(name=f"{name}.{field}", value=fields[field], unit=unit, aim=aim, conditions=conditions)
        if await process.wait():
            raise RuntimeError(f"the benchmark ended with {process.returncode}; see its error above")
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
            await store.close()  # the last connection merges the write-ahead log into the file
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
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(options.series, options.every, options.days, not options.no_pack))
