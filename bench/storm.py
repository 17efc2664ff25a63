"""A storm of alerts over HTTP into a complete site, with figures of the result.

    python -m bench.storm [--alerts 10000] [--assets 100] [--seconds 60] [--late 2] [--hold 5] [--kill 0] [--beside]

`--alerts` alerts on `--assets` assets below three parents are posted to `/api/v2/alerts`. The parents' own critical
alerts come first, or `--late` seconds after the first children, which wait `--hold` seconds for them. An unrelated
alert comes in the middle. A `json://` receiver listens on loopback, and a live socket follows the alerts like a page.
The alert role is killed by SIGKILL `--kill` times at random moments. With `--beside` two Alertmanagers, with a
`group_wait` of 5 s and of 0 s, receive the same alerts at the same moments and print one line each. The exit code is
1 when a target is missed.

Lag is the time from the first byte of a request until the alert is in the live feed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.alertmanager import Beside, beside
from bench.figures import Figure, Skipped, until
from bench.storm_alerts import PARENTS, PostedAlert, posted_alert, rows
from bench.storm_figures import (
    LAG_P99,
    MESSAGES,
    ON_SCREEN,
    UNRELATED,
    delivery_figures,
    journal_figures,
    met,
    waiting,
    whole,
)
from feeds.journal import Journal, sqlite_url
from tests.e2e.site import Hook, Live, Site, hook, running

BATCH = 20
WAITS = (5.0, 0.0)
"""The `group_wait` of each Alertmanager beside, seconds."""
ABSENT = "no Alertmanager is installed (Debian: prometheus-alertmanager)"
FIGURES = (
    ("messages", "messages", "messages", f"<= {MESSAGES}"),
    ("first_told_after_s", "first_told_after_s", "s", ""),
    ("unrelated_told_after_s", "unrelated_told_after_s", "s", f"< {UNRELATED}"),
    ("roots_on_screen_after_s", "", "s", f"< {ON_SCREEN}"),
    ("lag_p99_s", "", "s", f"< {LAG_P99}"),
)


@dataclass(slots=True)
class Storm:
    """Sends alerts, and records when each was sent, accepted and seen. Times are monotonic."""

    site: Site
    token: str
    args: argparse.Namespace
    peers: list[Beside] = field(default_factory=list)
    sent: dict[tuple[str, str], float] = field(default_factory=dict)
    taken: dict[tuple[str, str], float] = field(default_factory=dict)
    seen: dict[tuple[str, str], float] = field(default_factory=dict)
    unrelated: float = 0.0
    refused: int = 0

    async def post(self, http: aiohttp.ClientSession, *alerts: PostedAlert) -> None:
        """Post alerts as Prometheus does: repeated until they are accepted."""
        keys = [(alert["labels"]["asset"], alert["labels"]["alertname"]) for alert in alerts]
        began = time.monotonic()
        self.sent |= dict.fromkeys(keys, began)
        headers = {"Authorization": f"Bearer {self.token}"}
        while True:
            async with http.post(f"{self.site.url}/api/v2/alerts", json=list(alerts), headers=headers) as answer:
                if answer.status == 200:
                    break
                self.refused += 1
            await asyncio.sleep(0.2)
        self.taken |= dict.fromkeys(keys, time.monotonic())

    async def blow(self) -> None:
        """Send all alerts at an even pace, to the site and to the Alertmanagers beside."""
        args, tasks = self.args, set[asyncio.Task[None]]()
        roots = [posted_alert(f"p{n}", "Down") for n in range(PARENTS)]
        async with aiohttp.ClientSession() as http:

            def send(*alerts: PostedAlert) -> list[asyncio.Task[None]]:
                begun = [asyncio.create_task(self.post(http, *alerts))]
                begun += [asyncio.create_task(peer.say(http, list(alerts))) for peer in self.peers]
                tasks.update(begun)
                return begun

            if not args.late:
                await asyncio.gather(*send(*roots))
            began, batches = time.monotonic(), -(-args.alerts // BATCH)
            for number in range(batches):
                if args.late and roots and time.monotonic() - began >= args.late:
                    send(*roots)
                    roots = []
                if not self.unrelated and number >= batches // 2:
                    self.unrelated = time.monotonic()
                    send(posted_alert("elsewhere", "Down"))
                numbers = range(number * BATCH, min(args.alerts, (number + 1) * BATCH))
                send(*(posted_alert(f"s{n % args.assets}", f"Alert{n // args.assets}", args.severity) for n in numbers))
                await asyncio.sleep(max(0.0, began + (number + 1) * args.seconds / batches - time.monotonic()))
            await asyncio.gather(*tasks)

    async def watch(self, live: Live) -> None:
        """Record when each alert appears in the live feed."""
        while True:
            frame = await live.next()
            now = time.monotonic()
            changed = (item["id"] for item in frame.get("items", ()) if item["kind"] == "alert")
            for id in live.view["alert"] if frame["type"] == "snapshot" else changed:
                if record := live.view["alert"].get(id):
                    name = record["labels"].get("alertname", "")
                    self.seen.setdefault((record["asset"], name), now)

    async def kill(self) -> list[float]:
        """Kill the alert role at random moments. Returns the seconds until each next process works."""
        times: list[float] = []
        gaps = self.args.seconds / max(1, self.args.kill)
        for _ in range(self.args.kill):
            await asyncio.sleep(random.uniform(0.2, 1.8) * gaps)
            old = self.site.members()["alert"]["pid"]
            os.kill(old, signal.SIGKILL)
            began = time.monotonic()
            marker = f"after-{len(times)}"
            async with aiohttp.ClientSession() as http:
                await self.post(http, posted_alert("marker", marker, "info"))

            async def shown(key: tuple[str, str] = ("marker", marker)) -> bool:
                return key in self.seen

            await until(shown)
            times.append(time.monotonic() - began)
        return times

    async def all_over(self, receiver: Hook) -> bool:
        """True when every alert was seen, every notification was received, and no message waits to be sent."""
        notified = all(receiver.heard(asset) for asset in (*(f"p{n}" for n in range(PARENTS)), "elsewhere"))
        return notified and len(self.seen) >= len(self.sent) and not waiting(self.site.folder)


async def play(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run one storm and return its figures. `beside` has the figures of each Alertmanager."""
    more = f'[root_cause]\nunprobed = "{args.hold:g}s"\n'
    async with (
        hook() as receiver,
        beside(folder, args.beside) as peers,
        running(folder, rows(args.assets), hook_port=receiver.port, more=more) as site,
    ):
        token = site.cli("token", "add", "storm", "--scope", "ingest").stdout.split()[-1]
        person = await site.person("网管", "operator")
        storm = Storm(site, token, args, peers)
        async with person.live() as live:
            await live.next()
            watching = asyncio.create_task(storm.watch(live))
            killing = asyncio.create_task(storm.kill())
            await storm.blow()
            back = await killing
            with contextlib.suppress(TimeoutError):
                await until(lambda: storm.all_over(receiver), every=0.05)
            await asyncio.sleep(2.0)  # time for messages that must not come
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        results = delivery_figures(storm, receiver, back) | {"beside": [peer.figures("elsewhere") for peer in peers]}
        await site.stop()
    journal = Journal(sqlite_url(folder / "data"), "bench")
    await journal.open()
    try:
        return results | journal_figures(folder, args) | {"chain_faults": len(await journal.verify())}
    finally:
        await journal.close()


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="a storm of alerts over HTTP into a whole site")
    for name, usual in (("alerts", 10_000), ("assets", 100), ("kill", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    for name, seconds in (("seconds", 60.0), ("late", 0.0), ("hold", 5.0)):
        parser.add_argument(f"--{name}", type=float, default=seconds)
    parser.add_argument("--severity", default="major", help="of the children")
    parser.add_argument("--beside", action="store_const", const=WAITS, default=(), help="two Alertmanagers beside")
    return parser.parse_args(arguments)


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Figures of a storm with late roots. `raw` has those of the Alertmanagers beside."""
    arguments = ("--late", "2", "--beside", *(("--alerts", "2000", "--seconds", "12") if quick else ()))
    args = options([*arguments])
    with tempfile.TemporaryDirectory() as folder:
        results = await play(args, Path(folder))
    if not whole(results, args):
        raise RuntimeError(f"the storm failed: {results}")
    peers = results.pop("beside")
    for name, theirs, unit, aim in FIGURES:
        by_peer = {f"alertmanager_wait_{peer['group_wait_s']:g}s": peer.get(theirs) for peer in peers}
        raw = {peer: value for peer, value in by_peer.items() if value is not None}
        conditions = {"alerts": args.alerts, "seconds": args.seconds, "late_s": args.late}
        if name == "messages":
            conditions |= {"ours": results, "beside": peers}
        yield Figure(name=f"storm.{name}", value=results[name], unit=unit, aim=aim, raw=raw, conditions=conditions)
    if not peers:
        raise Skipped(ABSENT)


def main() -> int:
    args = options()
    with tempfile.TemporaryDirectory() as folder:
        results = asyncio.run(play(args, Path(folder)))
    peers = results.pop("beside")
    results["met"] = met(results, args)
    print(json.dumps(results))
    for peer in peers:
        print(json.dumps(peer))
    if args.beside and not peers:
        print(json.dumps({"skipped": "storm.alertmanager", "why": ABSENT}))
    return 0 if results["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
