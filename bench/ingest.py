"""Alerts taken over HTTP a second, one by one and in batches of 64; then `kill -9` of everything, and a count.

Each alert is another one (labels of its own). The sender is a process of its own with prepared requests over
keep-alive connections; it waits for each answer before it sends the next on that connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from bench import alertmanager, processes
from bench.figures import Figure, until
from bench.site import Plan, folder, members, written
from tests.e2e.site import HEAD, Site

BATCH = 64
CONNECTIONS = 32
ROWS = "b0,测试节点,router,532301,25.01,101.5,,,,,,\n"


@dataclass(frozen=True, slots=True)
class Load:
    """The load of one run: alerts a request, connections, seconds; `run` tells the alerts of one run from another's."""

    port: int
    token: str
    batch: int
    connections: int
    seconds: float
    run: str


def alert(run: str, number: int) -> str:
    """About what Prometheus sends."""
    return (
        f'{{"labels":{{"alertname":"Load{number % 50}","instance":"10.{number % 200}.0.1:9100","run":"{run}",'
        f'"n":"{number}","severity":"warning","job":"node"}},"annotations":{{"summary":"load on host {number}",'
        '"description":"the load has been above 4 for 10 minutes"},"startsAt":"2026-11-22T01:39:48.547371008Z",'
        '"endsAt":"2036-11-22T01:39:48Z","generatorURL":"http://prometheus:9090/graph?g0.expr=load"}'
    )


def sender(load: Load, pipe: Connection) -> None:
    """The process: says "ready", then sends, then says how many were taken and how long each request took."""
    pipe.send("ready")
    pipe.recv()
    pipe.send(asyncio.run(_send(load)))


async def _send(load: Load) -> tuple[int, float, list[float]]:
    head = (
        f"POST /api/v2/alerts HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAuthorization: Bearer {load.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    began, numbers, taken, waits = time.perf_counter(), iter(range(1 << 60)), 0, list[float]()

    async def send_batches() -> None:
        nonlocal taken
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        while time.perf_counter() - began < load.seconds:
            body = "[" + ",".join(alert(load.run, next(numbers)) for _ in range(load.batch)) + "]"
            sent = time.perf_counter()
            writer.write(f"{head}{len(body)}\r\n\r\n{body}".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            waits.append(time.perf_counter() - sent)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(answer.decode(errors="replace"))
            if length := _length(answer):
                await reader.readexactly(length)
            taken += load.batch
        writer.close()

    await asyncio.gather(*(send_batches() for _ in range(load.connections)))
    return taken, time.perf_counter() - began, waits


def _length(answer: bytes) -> int:
    _, separator, length = answer.lower().partition(b"content-length:")
    return int(length.partition(b"\r\n")[0]) if separator else 0


Sent = tuple[int, float, list[float]]
"""Alerts taken, seconds, and how long each request took."""


async def pushed(load: Load, pids: dict[str, int] | None = None) -> tuple[Sent, dict[str, float]]:
    """Send for one run; the result has the processor seconds of those processes meanwhile."""
    context, watched = multiprocessing.get_context("spawn"), pids or {}
    parent_end, child_end = context.Pipe()
    process = context.Process(target=sender, args=(load, child_end))
    process.start()
    child_end.close()  # so that its end is noticed here
    try:
        await asyncio.to_thread(parent_end.recv)
        before = {name: processes.cpu(pid) for name, pid in watched.items()}
        parent_end.send("go")
        sent: Sent = await asyncio.to_thread(parent_end.recv)
        return sent, {name: processes.cpu(pid) - before[name] for name, pid in watched.items()}
    finally:
        await asyncio.to_thread(process.join, 10)
        if process.is_alive():
            process.kill()


async def beside(at: Path, load: Load) -> dict[str, float]:
    """Alerts that a real Alertmanager takes from the same sender, in memory only; nothing where none is installed."""
    if alertmanager.installed() is None:
        return {}
    async with alertmanager.running(at / "alertmanager", alertmanager.SILENT) as url:
        port = int(url.rpartition(":")[2])
        (taken, seconds, _), _ = await pushed(replace(load, port=port, seconds=load.seconds / 2))
    return {"alertmanager": taken / seconds}


def raw_commits(at: Path, seconds: float = 1.0) -> float:
    """Commits of plain SQLite in the same place: one row a transaction, WAL, synchronous=FULL."""
    database = sqlite3.connect(at / "raw.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY, body BLOB)")
    began, commits, body = time.perf_counter(), 0, os.urandom(500)
    while time.perf_counter() - began < seconds:
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO one (body) VALUES (?)", (body,))
        database.execute("COMMIT")
        commits += 1
    rate = commits / (time.perf_counter() - began)
    database.close()
    return rate


def kill_everything(site: Site) -> None:
    """The supervisor, its forker, every role and Valkey, at once."""
    pids = members(site)
    for pid in (pids.pop("supervisor"), *pids.values()):
        os.kill(pid, signal.SIGKILL)
    assert site.process is not None
    site.process.wait()


def journaled_alerts(site: Site, run: str) -> int:
    """The number of alerts of a run that the journal has."""
    path = site.folder / "data" / "journal.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        pattern = f'%"run":"{run}"%'
        query = "SELECT count(*) FROM doc WHERE kind = 'alert' AND body LIKE ?"
        return int(database.execute(query, (pattern,)).fetchone()[0])


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Both rates, each with what the sites' processes used; and that nothing is lost."""
    for batch, seconds, aim in ((1, 5.0, "3000"), (BATCH, 2.0, "30000")):
        with folder() as at:
            site = written(at, Plan(HEAD + ROWS))
            site.start()
            try:
                await site.ready(60)
                added = await asyncio.to_thread(site.cli, "token", "add", "bench", "--scope", "ingest")
                load = Load(site.port, added.stdout.split()[-1], batch, CONNECTIONS, seconds / (2 if quick else 1), "r")
                raw = {"sqlite_full_commits": await asyncio.to_thread(raw_commits, at)} | await beside(at, load)
                (taken, took, waits), used = await pushed(load, members(site))
                kill_everything(site)
                site.start()
                await site.ready(60)
                began = time.monotonic()

                async def all_there(site: Site = site, taken: int = taken) -> bool:
                    await asyncio.sleep(0.5)
                    return await asyncio.to_thread(journaled_alerts, site, "r") >= taken

                await until(all_there, within=100)
                waits.sort()
                yield Figure(
                    name=f"ingest.{'single' if batch == 1 else 'batches'}",
                    value=taken / took,
                    unit="alerts/s",
                    raw=raw,
                    aim=f">= {aim}",
                    conditions={
                        "batch": batch,
                        "connections": load.connections,
                        "seconds": round(took, 2),
                        "taken": taken,
                        "kept_after_kill_9": await asyncio.to_thread(journaled_alerts, site, "r"),
                        "applied_after_restart_s": round(time.monotonic() - began, 1),
                        "wait_ms_p50": round(waits[len(waits) // 2] * 1e3, 2),
                        "wait_ms_p99": round(waits[int(len(waits) * 0.99)] * 1e3, 2),
                        "cpu_us_an_alert": {
                            name: round(seconds / taken * 1e6, 1) for name, seconds in used.items() if seconds
                        },
                    },
                )
            finally:
                await site.stop()
