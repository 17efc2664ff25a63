"""(e) From `watchfloor run` to /readyz: on an empty data folder, without any bytecode cache and with one."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench import processes
from bench.figures import Figure, median, spread
from bench.site import Plan, environment, folder, members, rows, written

ASSETS = 100
AIM = "< 4 s"


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Seconds to ready. The files themselves are in the system's page cache, and the line says so."""
    turns = 1 if quick else 3
    with folder() as cache:
        cold = [await _once(cache / str(turn)) for turn in range(turns)]
        warm = [await _once(cache / "0") for _ in range(turns)]
        for name, runs in (("start.no_bytecode", cold), ("start.bytecode", warm)):
            values = [took for took, _ in runs]
            yield Figure(
                name=name,
                value=median(values),
                unit="s",
                aim=AIM,
                conditions={
                    "from": "exec of `watchfloor run`",
                    "to": "/readyz says 200",
                    "assets": ASSETS,
                    "data_folder": "empty",
                    "page_cache": "warm",
                    "runs": spread(values),
                    "cpu_s_all_processes": round(median([used for _, used in runs]), 2),
                },
            )


async def _once(bytecode: Path) -> tuple[float, float]:
    """Seconds to ready, and the processor seconds that all processes had used by then."""
    with folder() as at, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        site = written(at, Plan(rows(ASSETS, f"tcp://127.0.0.1:{silent.getsockname()[1]}"), interval=10))
        began = time.perf_counter()
        with environment({"PYTHONPYCACHEPREFIX": str(bytecode), "PYTHONDONTWRITEBYTECODE": ""}):
            site.start()
        try:
            await _ready(site.port)
            took = time.perf_counter() - began
            return took, sum(processes.cpu(pid) for pid in members(site).values())
        finally:
            await site.stop()


async def _ready(port: int) -> None:
    """Asks by hand and often: a client library's own start would be measured too."""
    async with asyncio.timeout(60):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                answer = await reader.readline()
                writer.close()
                if b" 200 " in answer:
                    return
            except OSError:
                pass  # nobody listens yet
            await asyncio.sleep(0.02)
