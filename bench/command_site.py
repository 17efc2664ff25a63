"""Receipts of an hour of storm pushed into a whole site as fast as it takes them, and counted in its journal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import aiohttp

from bench.figures import Figure, until
from bench.site import Plan, folder, written
from tests.e2e.site import HEAD

HOUR = 5_000
"""Receipts of an hour that must not be lost."""
CONNECTIONS = 8
ROWS = "b0,测试节点,router,532301,25.01,101.5,,,,,,\n"
SOURCE = """\
[[source]]
id = "119"
kind = "emergency.http"
url = "http://127.0.0.1:9/alarms"
interval = "60s"
channel = "119"
crs = "gcj02"
map = { items = "/data", id = "/bh", at = "/jjsj", text = "/jqnr", lat = "/wd", lon = "/jd" }
"""


async def receipts(quick: bool) -> Figure:
    """Receipts a second until all of them are in the journal, each a row of its own with candidates sought."""
    count = HOUR // (5 if quick else 1)
    with folder() as at:
        site = written(at, Plan(HEAD + ROWS, more=SOURCE))
        site.start()
        try:
            await site.ready(60)
            added = await asyncio.to_thread(site.cli, "token", "add", "bench", "--scope", "ingest")
            began = time.perf_counter()
            await _push(site.port, added.stdout.split()[-1], count)
            pushed = time.perf_counter() - began

            async def all_there() -> bool:
                await asyncio.sleep(0.2)
                return await asyncio.to_thread(_journaled, site.folder) >= count

            await until(all_there, within=300)
            took = time.perf_counter() - began
            return Figure(
                name="command.receipts",
                value=count / took * 3600,
                unit="receipts/h",
                aim=f">= {HOUR}",
                conditions={"receipts": count, "pushed_s": round(pushed, 2), "journaled_s": round(took, 2)},
            )
        finally:
            await site.stop()


async def _push(port: int, token: str, count: int) -> None:
    numbers = iter(range(count))
    headers = {"Authorization": f"Bearer {token}"}
    now = datetime.now(timezone(timedelta(hours=8)))

    async def send() -> None:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=headers) as session:
            for number in numbers:
                row = {
                    "bh": f"r{number}",
                    "jjsj": f"{now:%Y-%m-%d %H:%M:%S}",
                    "jqnr": f"第 {number} 起报警",
                    "wd": f"{25.0 + number % 100 / 250:.5f}",
                    "jd": f"{101.4 + number // 100 % 100 / 250:.5f}",
                }
                async with session.post("/api/v1/ingest/receipts/119", data=json.dumps({"data": [row]})) as answer:
                    if answer.status != 202:
                        raise RuntimeError(f"{answer.status} {await answer.text()}")

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))


def _journaled(at: Path) -> int:
    path = at / "data" / "journal.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        query = "SELECT count(*) FROM doc WHERE kind = 'receipt'"
        return int(database.execute(query).fetchone()[0])
