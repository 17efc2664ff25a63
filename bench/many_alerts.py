"""Recovery after `kill -9` while a whole prefecture's alerts are open: of each role in turn, and of alert and web.

    python -m bench.many_alerts [--alerts 215000] [--kills 3] [--folder DIR]

The open alerts are written into the journal of a stopped site, in the form that the alert role writes: alerts of
another tool with a lease, on assets of the inventory. The site then starts with them. A kill ends one role, or the
alert role and the web role together. The site has recovered when `/readyz` is 200, the boards count every alert and
one that was posted after the kill, that one is the first of the list, and a receiver was notified of it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench import processes
from bench.figures import Figure, median, spread, until
from bench.site import Plan, folder, rows, written
from bench.storm_alerts import posted_alert
from feeds.documents import alert as alert_document
from feeds.documents.alert import Bookkeeping, ToolGrade, ToolState
from feeds.journal import Journal, sqlite_url
from feeds.key_files import JOURNAL_KEY
from feeds.model import Alert, Severity
from feeds.roles import NAMES
from tests.e2e.site import Hook, Site, hook

ALERTS, QUICK_ALERTS, PER_ASSET = 215_000, 20_000, 100
AIM = "< 5 s"
BATCH = 5_000
WITHIN = 240.0
SEVERITIES = (Severity.MAJOR, Severity.MINOR, Severity.WARNING, Severity.INFO)
KILLED: tuple[tuple[str, ...], ...] = (*((name,) for name in NAMES), ("alert", "web"))
SCOPES = ("ingest", "read")
RECEIVER = """
[[receiver]]
id = "desk"
url = "json://127.0.0.1:{port}/"
severities = ["critical"]
"""


def open_alerts(count: int, now: float) -> Iterator[tuple[Alert, Bookkeeping]]:
    """So many open alerts as Prometheus' posts leave them, on `count / PER_ASSET` assets of `bench.site.rows`."""
    for number in range(count):
        asset, name = f"b{number // PER_ASSET}", f"Alert{number % PER_ASSET}"
        severity = SEVERITIES[number % len(SEVERITIES)]
        labels = {"alertname": name, "asset": asset, "severity": severity.value, "job": "node", "instance": asset}
        at = now - 3600 + number / 100
        alert = Alert(
            id=f"{int(at * 1000):012x}-{number:08x}",
            fingerprint=f"{number:016x}",
            rule=f"alertmanager:{name}",
            asset=asset,
            region="532301",
            severity=severity,
            active=True,
            raised_at=at,
            first_raised_at=at,
            changed_at=at,
            since=at,
            title={"zh-CN": name, "en": name},
            text=f"{name} on {asset}",
            labels=labels,
            rev=1,
        )
        faces = [ToolGrade(face=severity.value, severity=severity, doubtful=False)]
        yield alert, Bookkeeping(firing=(), foreign=ToolState(lease=86_400.0 * 365, at=at, faces=faces))


async def fill(site: Site, count: int) -> None:
    """Write the alerts into the site's journal, signed as the site signs."""
    data = site.folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    journal = Journal(sqlite_url(data), "bench", data / "keys" / JOURNAL_KEY)
    await journal.open()
    try:
        waiting = list(open_alerts(count, time.time()))
        for start in range(0, count, BATCH):
            async with journal.begin() as tx:
                for alert, beside in waiting[start : start + BATCH]:
                    body = {"seq": 1, "before": {}, "after": msgspec.to_builtins(alert), "text": ""}
                    seq = await tx.append(kind="alert", name="raise", subject=alert.id, at=alert.raised_at, body=body)
                    await tx.put(alert_document.KIND, alert.id, alert_document.dump(alert, beside), open=True, seq=seq)
    finally:
        await journal.close()


class Recovery:
    """Polls a site as an operator's tools do, and measures the time until it has recovered."""

    def __init__(
        self, site: Site, http: aiohttp.ClientSession, tokens: tuple[str, str], alerts: int, receiver: Hook
    ) -> None:
        self._site, self._http, self._expected, self._receiver = site, http, alerts, receiver
        self._posted = 0
        self._post, self._read = ({"Authorization": f"Bearer {token}"} for token in tokens)

    async def whole(self) -> bool:
        """True when the site is ready, all alerts are active, and the last posted one was told."""
        if self._receiver.heard(f"b{self._posted}") is None:
            return False
        with contextlib.suppress(aiohttp.ClientError, OSError):
            if (await self._get("/readyz")) is None:
                return False
            boards = await self._get("/api/v1/boards?by=feed")
            if boards is None or sum(sum(board["alerts"].values()) for board in boards["items"]) < self._expected:
                return False
            newest = await self._get("/api/v1/alerts?limit=1")
            return newest is not None and newest["items"][0]["asset"] == f"b{self._posted}"
        return False

    async def _get(self, path: str) -> Any:
        """The answer, None unless it is 200."""
        async with self._http.get(f"{self._site.url}{path}", headers=self._read) as answer:
            return await answer.json() if answer.status == 200 else None

    async def post(self, marker: str) -> None:
        """Post an alert until it is accepted."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                body = [posted_alert(f"b{self._posted}", marker)]
                url = f"{self._site.url}/api/v2/alerts"
                async with self._http.post(url, json=body, headers=self._post) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.02)

    async def until_whole(self, marker: str) -> float:
        """Seconds until the site is whole again, with an alert that is posted meanwhile."""
        began = time.monotonic()
        self._posted += 1
        async with asyncio.timeout(WITHIN):
            await self.post(marker)
            self._expected += 1
            await until(self.whole, every=0.2, within=WITHIN)
        return time.monotonic() - began


async def killed(site: Site, recovery: Recovery, roles: tuple[str, ...], marker: str) -> dict[str, Any]:
    """Kill the roles once. Returns the seconds until the site was whole, and the processor seconds of each."""
    site.kill(*roles)
    seconds = await recovery.until_whole(marker)
    return {"s": seconds, "cpu_s": {role: round(processes.cpu(site.members()[role]["pid"]), 2) for role in roles}}


async def play(at: Path, alerts: int, kills: int) -> dict[str, list[dict[str, Any]]]:
    """Fill a site, start it and kill its roles in turn."""
    results: dict[str, list[dict[str, Any]]] = {}
    async with hook() as receiver, _filled(at, alerts, receiver.port) as site:
        tokens = tuple(site.cli("token", "add", scope, "--scope", scope).stdout.split()[-1] for scope in SCOPES)
        async with aiohttp.ClientSession() as http:
            recovery = Recovery(site, http, (tokens[0], tokens[1]), alerts, receiver)
            await recovery.until_whole("before")
            for turn in range(kills):
                for roles in KILLED:
                    result = await killed(site, recovery, roles, f"after{'-'.join(roles)}{turn}")
                    results.setdefault("+".join(roles), []).append(result)
                    await asyncio.sleep(3.0)  # an end soon after a start doubles the supervisor's pause
    return results


@contextlib.asynccontextmanager
async def _filled(at: Path, alerts: int, port: int) -> AsyncIterator[Site]:
    """A ready site with so many open alerts, which notifies the receiver at that port."""
    site = written(at, Plan(rows(-(-alerts // PER_ASSET), ""), interval=10, more=RECEIVER.format(port=port)))
    if not (at / "data" / "journal.sqlite3").exists():
        await fill(site, alerts)
    site.start()
    try:
        await site.ready(WITHIN)
        yield site
    finally:
        await site.stop()


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Seconds until the site is whole again after each kind of kill."""
    alerts = QUICK_ALERTS if quick else ALERTS
    with folder() as at:
        results = await play(at, alerts, 1 if quick else 3)
    for roles, runs in results.items():
        seconds = [run["s"] for run in runs]
        yield Figure(
            name=f"many_alerts.back.{roles}",
            value=median(seconds),
            unit="s",
            aim=AIM,
            conditions={"open_alerts": alerts, "runs": spread(seconds), "cpu_s": runs[-1]["cpu_s"]},
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="recovery after a kill with many open alerts")
    parser.add_argument("--alerts", type=int, default=ALERTS)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the site there")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        at = options.folder or stack.enter_context(folder())
        at.mkdir(parents=True, exist_ok=True)
        print(json.dumps(asyncio.run(play(at, options.alerts, options.kills)), indent=1))


if __name__ == "__main__":
    main()
