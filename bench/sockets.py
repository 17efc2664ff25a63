"""(d) Live sockets: what 100, 500 and 1,000 clients cost the web role at ten frames a second, and how late they are.

The web role is a process of its own; the clients are in another. Changes are committed to the bus as the projector
does it, so the role reads, folds, encodes and sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncIterator
from multiprocessing.connection import Connection

import aiohttp
from msgspec.structs import replace

from bench import processes
from bench.figures import Figure, median, percentile, spread, until
from bench.site import REGIONS, Plan, rows, with_roles
from bench.ws_clients import Report, clients
from feeds.bus import Bus
from feeds.model import Asset, AssetState, Change, Health, Kind, Reading
from tests.e2e.site import Site

ASSETS, A_FRAME = 1000, 10
EVERY = 0.097
"""Seconds between commits: not the pump's window, so that every phase against it occurs."""
AIM = "< 35 % of a core at 1,000"


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Per cent of a core of the web role, by number of clients."""
    seconds, turns = (3.0, 2) if quick else (4.0, 3)
    async with with_roles(Plan(rows(ASSETS, "tcp://127.0.0.1:1")), "web") as (site, url, pids):
        bus = Bus(url, "532300", name="bench")
        await bus.open()
        await bus.commit("project", cursors={}, changes=[_asset(n) for n in range(ASSETS)])
        token = await _token(site)
        for count in (100, 1000) if quick else (100, 500, 1000):
            yield await _figure(bus, site.port, f"/api/v1/live?token={token}", pids["web"], count, (seconds, turns))
        await bus.close()


async def _token(site: Site) -> str:
    """A wall's token, once the role serves."""
    async with asyncio.timeout(40), aiohttp.ClientSession() as http:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"{site.url}/healthz"):
                    break
            await asyncio.sleep(0.1)
    command = await asyncio.to_thread(site.cli, "token", "add", "hall", "--scope", "wall")
    assert command.returncode == 0, command.stderr
    return command.stdout.strip()


async def _figure(bus: Bus, port: int, path: str, web: int, count: int, windows: tuple[float, int]) -> Figure:
    seconds, turns = windows
    ours, theirs = multiprocessing.Pipe()
    crowd = multiprocessing.get_context("spawn").Process(target=clients, args=(theirs, port, path, count), daemon=True)
    crowd.start()
    feeding = asyncio.create_task(_feed(bus))
    try:
        assert await _receive(ours) == "open"
        runs = [await _window(ours, web, seconds) for _ in range(turns)]
        ours.send("stop")
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
        crowd.terminate()
        await asyncio.to_thread(crowd.join)
    used, reports = [run[0] for run in runs], [run[1] for run in runs]
    changes = [late for report in reports for late in report.from_change]
    flushes = [late for report in reports for late in report.from_flush]
    frames = sum(report.frames for report in reports)
    return Figure(
        name=f"sockets.{count}",
        value=median(used),
        unit="% of a core (web role)",
        aim=AIM,
        conditions={
            "clients": count,
            "frames_s_each": round(frames / count / seconds / len(runs), 1),
            "changes_a_frame": A_FRAME,
            "bytes_a_frame": round(sum(report.bytes for report in reports) / max(1, frames)),
            "cpu_us_a_frame_and_client": round(median(used) / 100 * seconds * len(runs) / frames * 1e6, 1),
            "from_commit_ms": _ms(changes),
            "from_flush_ms": _ms(flushes),
            "window_ms": 100,
            "resyncs": sum(report.restarts for report in reports),
            "closed": sum(report.lost for report in reports),
            "clients_own_cpu_percent": round(median([run[2] for run in runs])),
            "runs": spread(used),
        },
    )


def _ms(late: list[float]) -> dict[str, float]:
    return {"p50": round(percentile(late, 0.5) * 1000, 1), "p99": round(percentile(late, 0.99) * 1000, 1)}


async def _receive(pipe: Connection) -> object:
    async def heard() -> bool:
        return pipe.poll()

    await until(heard)
    return pipe.recv()


async def _window(pipe: Connection, web: int, seconds: float) -> tuple[float, Report, float]:
    """(per cent of a core of the web role, what the clients saw, per cent of a core of the clients)."""
    await asyncio.sleep(1.0)
    pipe.send("begin")
    before, began = processes.cpu(web), time.perf_counter()
    await asyncio.sleep(seconds)
    used, took = processes.cpu(web) - before, time.perf_counter() - began
    pipe.send("end")
    answer = await _receive(pipe)
    assert isinstance(answer, tuple)
    report, theirs = answer
    return used / took * 100, report, theirs / took * 100


async def _feed(bus: Bus) -> None:
    """Commits A_FRAME changed assets about ten times a second, on ticks of absolute time."""
    states = [_state(n, 0.0) for n in range(ASSETS)]
    began, turn = time.time(), 0
    while True:
        at = time.time()
        picked = [(turn * A_FRAME + n) % ASSETS for n in range(A_FRAME)]
        changes = []
        for n in picked:
            fresh = {
                key: replace(reading, value=round(at % 50, 3), observed_at=at, received_at=at, fresh_until=at + 30)
                for key, reading in states[n].readings.items()
            }
            states[n] = replace(states[n], seen_at=at, readings=fresh)
            changes.append(Change(kind=Kind.STATE, id=states[n].id, after=states[n], at=at))
        await bus.commit("project", cursors={}, changes=changes)
        turn += 1
        await asyncio.sleep(max(0.0, began + turn * EVERY - time.time()))


def _asset(n: int) -> Change:
    asset = Asset(
        id=f"b{n}",
        name=f"测试节点 {n}",
        kind="router",
        region=REGIONS[n % 10],
        lat=25.0,
        lon=101.5,
        labels={"layer": "access"},
        probes=("tcp://127.0.0.1:1",),
    )
    return Change(kind=Kind.ASSET, id=asset.id, after=asset, at=time.time())


def _state(n: int, at: float) -> AssetState:
    """The state of an asset with one tcp probe."""
    shared = {
        "observed_at": at,
        "received_at": at,
        "source": "network.tcp",
        "probe": "tcp://127.0.0.1:1",
        "fresh_until": at + 30,
    }
    readings = {
        "tcp.up": Reading(value=True, **shared),  # type: ignore[arg-type]
        "tcp.connect_ms": Reading(value=1.0, unit="ms", **shared),  # type: ignore[arg-type]
    }
    return AssetState(id=f"b{n}", region=REGIONS[n % 10], health=Health.OK, since=at, seen_at=at, readings=readings)
