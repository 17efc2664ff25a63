"""A storm of alerts from other tools through the real engine, bus and journal, and what it does to them.

    python -m bench.storm [--alerts 10000] [--assets 100] [--seconds 60] [--late 2]

`--alerts` alerts on `--assets` assets below three parents. The parents' own critical alerts come first, or
`--late` seconds after the first children; one alert that has nothing to do with it comes in the middle. A
`json://` receiver listens on loopback. Exit code 1 when a target is missed.

Lag is the time from sending a command until its answer is back, which is after the journal has it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from alerts.alerting import Alerting
from alerts.settings import ReceiverSettings
from feeds.bus import Bus
from feeds.clock import now
from feeds.commands import CommandClient
from feeds.journal import Journal, sqlite_url
from feeds.model import Asset, Change, Command, Kind, Outcome
from watchfloor import valkey

SITE, PARENTS, BATCH = "532300", 3, 20
LAG_P99, MESSAGES, UNRELATED = 1.0, 20, 0.5


@dataclass(slots=True)
class Heard:
    """What the receiver got: (time, asset, reason)."""

    messages: list[tuple[float, str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.messages.append((time.monotonic(), body["alert"]["asset"], body["reason"]))
        return web.Response()

    def at(self, asset: str) -> float | None:
        return next((at for at, about, _ in self.messages if about == asset), None)


@dataclass(slots=True)
class Sender:
    """Sends reports as the API would, and keeps how long each took."""

    client: CommandClient
    lags: list[float] = field(default_factory=list)

    async def say(self, *alerts: dict[str, Any]) -> None:
        at, began = now(), time.monotonic()
        command = Command(
            id=uuid.uuid4().hex, action="report", subject="", actor="bench", role="ingest", actor_region="", at=at,
            valid_until=at + 30, args={"alerts": list(alerts)},
        )
        result = await self.client.submit(command, engine="alert", timeout=30)
        assert result.outcome is Outcome.DONE, result
        self.lags.append(time.monotonic() - began)


def said(asset: str, name: str, **more: Any) -> dict[str, Any]:
    fixed = {"rule": f"prometheus:{name}", "asset": asset, "severity": "critical", "text": "storm"}
    return {**fixed, "identity_labels": {"alertname": name}, "labels": {"alertname": name}, **more}


def inventory(assets: int) -> list[Asset]:
    tops = [Asset(id=f"p{n}", name=f"parent {n}", kind="router", region="532301") for n in range(PARENTS)]
    lows = [
        Asset(id=f"s{n}", name=f"server {n}", kind="server", region="532301", parents=(f"p{n % PARENTS}",))
        for n in range(assets)
    ]
    return [*tops, *lows, Asset(id="elsewhere", name="elsewhere", kind="server", region="532323")]


async def storm(sender: Sender, args: argparse.Namespace) -> float:
    """Send everything; the monotonic moment at which the unrelated alert was sent."""
    tasks: set[asyncio.Task[None]] = set()
    roots = [said(f"p{n}", "Down") for n in range(PARENTS)]
    if not args.late:
        await sender.say(*roots)
    began, batches, unrelated = time.monotonic(), -(-args.alerts // BATCH), 0.0
    for number in range(batches):
        due = began + number * args.seconds / batches
        if args.late and roots and time.monotonic() - began >= args.late:
            tasks.add(asyncio.create_task(sender.say(*roots)))
            roots = []
        if not unrelated and number >= batches // 2:
            unrelated = time.monotonic()
            tasks.add(asyncio.create_task(sender.say(said("elsewhere", "Down"))))
        numbers = range(number * BATCH, min(args.alerts, (number + 1) * BATCH))
        batch = [said(f"s{n % args.assets}", f"Alert{n // args.assets}", severity="major") for n in numbers]
        tasks.add(asyncio.create_task(sender.say(*batch)))
        await asyncio.sleep(max(0.0, due - time.monotonic()))
    await asyncio.gather(*tasks)
    return unrelated


async def measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    server, heard = await valkey.start(folder), Heard()
    url = valkey.address(folder).url
    app = web.Application()
    app.router.add_post("/", heard.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver = ReceiverSettings(id="desk", url=f"json://127.0.0.1:{runner.addresses[0][1]}/")
    journal, buses = Journal(sqlite_url(folder), "alert"), [Bus(url, SITE), Bus(url, SITE)]
    await journal.open()
    await buses[0].open()
    changes = [Change(kind=Kind.ASSET, id=one.id, after=one, at=now()) for one in inventory(args.assets)]
    await buses[0].commit("project", cursors={}, changes=changes)
    client = CommandClient(buses[1])
    work = [asyncio.create_task(Alerting(buses[0], journal, [], [receiver], "bench").run()),
            asyncio.create_task(client.run())]  # fmt: skip
    sender = Sender(client)
    try:
        unrelated = await storm(sender, args)
        await asyncio.sleep(2.0)
        docs = [doc.body for doc in await journal.docs("alert")]
        return figures(args, docs, heard, sender, unrelated)
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await runner.cleanup()
        for bus in buses:
            await bus.close()
        await journal.close()
        server.terminate()
        await server.wait()


def figures(
    args: argparse.Namespace, docs: list[dict[str, Any]], heard: Heard, sender: Sender, unrelated: float
) -> dict[str, Any]:
    roots = {doc["id"] for doc in docs if doc["asset"].startswith("p")}
    hidden = [doc for doc in docs if any(one.removeprefix("inhibited:") in roots for one in doc["suppressed_by"])]
    lags = sorted(sender.lags)
    told = heard.at("elsewhere")
    return {
        "late": args.late,
        "kept": len(docs),
        "inhibited_by_their_roots": len(hidden),
        "messages": len(heard.messages),
        "reasons": dict(Counter(reason for _, _, reason in heard.messages)),
        "first_message_is_a_root": bool(heard.messages) and heard.messages[0][1].startswith("p"),
        "unrelated_told_after_s": round(told - unrelated, 3) if told is not None else None,
        "lag_p50_s": round(lags[len(lags) // 2], 4),
        "lag_p99_s": round(lags[int(len(lags) * 0.99)], 4),
        "lag_max_s": round(lags[-1], 4),
    }


def met(found: dict[str, Any], args: argparse.Namespace) -> bool:
    """Whether every target was met."""
    told = found["unrelated_told_after_s"]
    return (
        found["kept"] == args.alerts + PARENTS + 1
        and found["inhibited_by_their_roots"] == args.alerts
        and found["messages"] <= MESSAGES
        and found["first_message_is_a_root"]
        and told is not None
        and told < UNRELATED
        and found["lag_p99_s"] < LAG_P99
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="a storm of alerts through the real engine")
    for name, usual in (("alerts", 10_000), ("assets", 100)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    for name, seconds in (("seconds", 60.0), ("late", 0.0)):
        parser.add_argument(f"--{name}", type=float, default=seconds)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(args, Path(folder)))
    found["met"] = met(found, args)
    print(json.dumps(found, indent=1))
    return 0 if found["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
