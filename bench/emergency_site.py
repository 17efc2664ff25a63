"""Warnings pushed into a whole site: impact of 50 at once over 50,000 assets, and 10,000 messages in a minute.

A message counts as shown when the live feed brings its warning, with what lies inside, to a subscribed client.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import aiohttp

from bench.command_site import SOURCE
from bench.figures import Figure, median, percentile, spread, until
from bench.site import Plan, folder, written
from feeds.cap.geometry import circle_ring
from tests.e2e.site import HEAD, Site

ASSETS = 50_000
AT_ONCE = 50
RUNS, PAUSE = 5, 1.5
"""Repetitions of an arrival, and the seconds of calm before each."""
MESSAGES, MINUTE = 10_000, 60.0
RECEIPTS_HOUR = 5_000
CONNECTIONS = 24
REGIONS = ("532301", "532322", "532323", "532324", "532325", "532326", "532327", "532328", "532329", "532331")
CHINA = timezone(timedelta(hours=8))


async def whole_site(quick: bool) -> AsyncIterator[Figure]:
    """Impact of one and of many at once, then the storm, in one site."""
    assets = ASSETS // (5 if quick else 1)
    with folder() as at:
        site = written(at, Plan(_inventory(assets), more=SOURCE))
        site.start()
        try:
            await site.ready(120)
            added = await asyncio.to_thread(site.cli, "token", "add", "bench", "--scope", "ingest")
            async with _screen(site) as screen, _tool(site, added.stdout.split()[-1]) as tool:
                for arriving in (1, AT_ONCE):
                    yield await _impact(screen, tool, assets, arriving)
                for figure in await _storm(site, screen, tool, quick):
                    yield figure
        finally:
            await site.stop()


def _inventory(count: int) -> str:
    dice = random.Random(7)
    kinds = ("camera", "router", "sensor", "switch", "server")
    lines = (
        f"b{n},测试节点 {n},{kinds[n % 5]},{REGIONS[n % 10]},{dice.uniform(24.2, 26.5):.5f},"
        f"{dice.uniform(100.7, 102.5):.5f},,,单位 {n % 80},,,\n"
        for n in range(count)
    )
    return HEAD + "".join(lines)


@dataclass(slots=True)
class Screen:
    """A client that looks at warnings: when each identifier first came, by the monotonic clock."""

    seen: dict[str, float] = field(default_factory=dict)
    affected: dict[str, bool] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        fields: list[str] = []
        async for message in socket:
            frame = json.loads(message.data)
            if frame["type"] == "snapshot":
                fields = frame["fields"]
                for row in frame["rows"]:
                    self._note(dict(zip(fields, row, strict=True)))
            elif frame["type"] == "changes":
                for item in frame["items"]:
                    self._note({"id": item["id"], **(item.get("set") or {})})

    def _note(self, record: dict[str, Any]) -> None:
        identifier = record["id"].split(",")[1]
        self.seen.setdefault(identifier, time.perf_counter())
        self.affected[identifier] = self.affected.get(identifier, False) or bool(record.get("affected"))
        self.changed.set()

    async def has(self, identifiers: set[str], within: float) -> None:
        async with asyncio.timeout(within):
            while not identifiers <= self.seen.keys():
                self.changed.clear()
                await self.changed.wait()


@contextlib.asynccontextmanager
async def _screen(site: Site) -> AsyncIterator[Screen]:
    person, screen = await site.person("bench"), Screen()
    try:
        async with person.http.ws_connect("/api/v1/live?feed=views", max_msg_size=0) as socket:
            await socket.send_json({"subscribe": {"warnings": {"kind": "warning", "face": "row"}}})
            reading = asyncio.create_task(screen.read(socket))
            try:
                yield screen
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
    finally:
        await person.http.close()


@contextlib.asynccontextmanager
async def _tool(site: Site, token: str) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{site.port}", headers=headers, connector=connector) as session:
        yield session


def _messages(prefix: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """CAP messages without end: half with a polygon, half with the code of a county."""
    dice = random.Random(seed)
    number = 0
    while True:
        identifier = f"{prefix}{number}"
        if number % 2 == 0:
            ring = circle_ring(dice.uniform(101.0, 102.2), dice.uniform(24.5, 26.2), dice.uniform(5.0, 60.0))
            points = " ".join(f"{lat:.4f},{lon:.4f}" for lon, lat in ring)
            area = f"<polygon>{points}</polygon>"
        else:
            code = f"{REGIONS[number % 10]}000000"
            area = f"<geocode><valueName>CPEAS Geographic Code</valueName><value>{code}</value></geocode>"
        yield identifier, _cap(identifier, area)
        number += 1


def _cap(identifier: str, area: str) -> bytes:
    sent = datetime.now(CHINA).replace(microsecond=0)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier><sender>cx@bench</sender>
<sent>{sent.isoformat()}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Expected</urgency>
<severity>Severe</severity><certainty>Likely</certainty><expires>{(sent + timedelta(hours=6)).isoformat()}</expires>
<senderName>楚雄州气象台</senderName><headline>楚雄州气象台发布暴雨橙色预警信号</headline>
<description>预计未来 6 小时降雨量将达 50 毫米以上。</description>
<area><areaDesc>楚雄州</areaDesc>{area}</area></info></alert>""".encode()


async def _post(tool: aiohttp.ClientSession, path: str, body: bytes) -> None:
    async with tool.post(path, data=body) as answer:
        if answer.status != 202:
            raise RuntimeError(f"{answer.status} {await answer.text()}")


async def _impact(screen: Screen, tool: aiohttp.ClientSession, assets: int, arriving: int) -> Figure:
    """The time from the arrival of all until each is shown with what lies inside; RUNS times."""
    runs = [await _shown(screen, tool, arriving, run) for run in range(RUNS)]
    return Figure(
        name="emergency.shown_worst",
        value=median([worst for worst, _ in runs]),
        unit="ms",
        conditions={
            "assets": assets,
            "at_once": arriving,
            "runs_ms": spread([worst for worst, _ in runs]),
            "answered_ms": spread([answered for _, answered in runs]),
        },
        aim="300 ms",
    )


async def _shown(screen: Screen, tool: aiohttp.ClientSession, arriving: int, run: int) -> tuple[float, float]:
    """Milliseconds until the last of the warnings is shown, and until the last request is answered."""
    messages = _messages(f"i{arriving}-{run}-", seed=run)
    batch = [next(messages) for _ in range(arriving)]
    await asyncio.sleep(PAUSE)
    began = time.perf_counter()
    await asyncio.gather(*(_post(tool, "/api/v1/ingest/cap", body) for _, body in batch))
    answered = time.perf_counter() - began
    await screen.has({identifier for identifier, _ in batch}, 30)
    if not all(screen.affected[identifier] for identifier, _ in batch):
        raise RuntimeError("a warning of the bench came without what lies inside")
    worst = max(screen.seen[identifier] for identifier, _ in batch) - began
    return worst * 1000, answered * 1000


async def _storm(site: Site, screen: Screen, tool: aiohttp.ClientSession, quick: bool) -> list[Figure]:
    """10,000 messages in a minute, receipts of a busy hour beside them; all of both are counted in the journal."""
    seconds = MINUTE / (6 if quick else 1)
    count = int(MESSAGES * seconds / MINUTE)
    before = await asyncio.to_thread(_journaled, site.folder, "warning")
    messages = [message for message, _ in zip(_messages("s", 3), range(count), strict=False)]
    numbers, sent = iter(range(count)), dict[str, float]()
    began = time.perf_counter()

    async def send() -> None:
        for number in numbers:
            await asyncio.sleep(max(0.0, began + number * seconds / count - time.perf_counter()))
            identifier, body = messages[number]
            sent[identifier] = time.perf_counter()
            await _post(tool, "/api/v1/ingest/cap", body)

    receipts = asyncio.create_task(_receipts(tool))
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    pushed = time.perf_counter() - began
    await screen.has(set(sent), 120)
    receipts.cancel()
    receipt_count = await receipts

    async def all_there() -> bool:
        warnings = await asyncio.to_thread(_journaled, site.folder, "warning")
        return (
            warnings - before >= count and await asyncio.to_thread(_journaled, site.folder, "receipt") >= receipt_count
        )

    await until(all_there, every=0.2, within=60)
    waits = [screen.seen[identifier] - at for identifier, at in sent.items()]
    newest = max(sent, key=lambda identifier: sent[identifier])
    conditions = {"messages": count, "pushed_s": round(pushed, 1), "receipts": receipt_count, "lost": 0}
    shown = {"p99": percentile(waits, 0.99), "worst": max(waits), "newest": screen.seen[newest] - sent[newest]}
    figures = [
        Figure(name=f"emergency.storm_shown_{name}", value=value, unit="s", aim="2 s", conditions=conditions)
        for name, value in shown.items()
    ]
    rate = count / pushed * 60
    return [*figures, Figure(name="emergency.storm_rate", value=rate, unit="messages/min", aim=">= 10000")]


async def _receipts(tool: aiohttp.ClientSession) -> int:
    """Push receipts as in a busy hour until cancelled. Returns their number."""
    receipt_count = 0
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            now = datetime.now(CHINA)
            row = {
                "bh": f"r{receipt_count}",
                "jjsj": f"{now:%Y-%m-%d %H:%M:%S}",
                "jqnr": f"第 {receipt_count} 起报警",
                "wd": f"{25.0 + receipt_count % 100 / 250:.5f}",
                "jd": "101.5",
            }
            await asyncio.shield(_post(tool, "/api/v1/ingest/receipts/119", json.dumps({"data": [row]}).encode()))
            receipt_count += 1
            await asyncio.sleep(3600 / RECEIPTS_HOUR)
    return receipt_count


def _journaled(at: Path, kind: str) -> int:
    path = at / "data" / "journal.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM doc WHERE kind = ?", (kind,)).fetchone()[0])
