"""The demo as a child process, filled through its API with one of everything that pages show."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feeds.wire import iso
from tests.e2e.site import Person, Site
from tests.patience import until
from tests.ports import free_port
from watchfloor.demo import control

FLOOD = 400
BROKEN = "A2"
"""The node that is broken for good, with what hangs on it."""
LEVELS = ("critical", "major", "minor", "warning")
RULES = ("链路中断", "时延过高", "市电中断")


@dataclass(slots=True)
class Demo:
    """A running demo. `ids` holds a record of each kind that was made, by the name of the kind."""

    site: Site
    ids: dict[str, str]

    async def person(self, role: str) -> Person:
        """A session of the demo with that role."""
        person = Person(self.site.url)
        self.site.people.append(person)
        person.csrf = (await person.post("demo/role", {"role": role, "region": ""}))["csrf"]
        return person

    async def flood(self) -> None:
        """Post FLOOD alerts as Prometheus would, on the assets of the demo, and wait until the site groups them."""
        person = self.site.people[0]
        assets = [asset["id"] for asset in (await person.get("assets?limit=200"))["items"]]
        added = await asyncio.to_thread(self.site.cli, "token", "add", "flood", "--scope", "ingest")
        body = [_posted(number, assets[number % len(assets)]) for number in range(FLOOD)]
        headers = {"Authorization": f"Bearer {added.stdout.split()[-1]}"}
        async with person.http.post("/api/v2/alerts", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

        async def grouped() -> bool:
            return any(group["count"] >= FLOOD // 4 for group in (await person.get("groups?by=rule"))["items"])

        await until(grouped, every=0.2)


def _posted(number: int, asset: str) -> dict[str, Any]:
    name = RULES[number % len(RULES)]
    labels = {"alertname": name, "asset": asset, "severity": LEVELS[number % 20 % len(LEVELS)], "n": str(number)}
    return {"labels": labels, "annotations": {"summary": f"{name} {number}"}, "endsAt": "2036-01-01T00:00:00Z"}


@contextlib.asynccontextmanager
async def running_demo(folder: Path) -> AsyncIterator[Demo]:
    """Start the demo and fill it. Ends it at the end."""
    site = Site(folder, free_port())
    with (folder / "demo.log").open("ab") as log:
        site.process = subprocess.Popen(
            [sys.executable, "-m", "watchfloor", "demo", "--port", str(site.port)],
            stdout=log,
            stderr=log,
            env=os.environ | {"WATCHFLOOR_DEMO": str(folder)},
        )
    try:
        await site.ready()
        demo = Demo(site, {})
        await _fill(demo)
        yield demo
    finally:
        await site.stop()


async def _fill(demo: Demo) -> None:
    """Break a node, and make an incident with its grade, a task, a brief, an entry of the log and a silence."""
    duty = await demo.person("duty")
    await until(lambda: _all_known(duty), every=0.5)
    await asyncio.to_thread(control.control, demo.site.folder, "break", BROKEN)
    incident = await duty.post("incidents", _incident(), expect=201)
    key = incident["id"]
    leader = await demo.person("leader")
    graded = {"rev": incident["rev"], "grade": "III", "basis": "重伤10人", "reason": "按分级标准"}
    await leader.post(f"incidents/{key}/grade", graded)
    task = {"title": "在开发区设置警戒区", "unit": "sthj", "due_within": 1800, "incident": key, "issue": True}
    demo.ids = {
        "incident": key,
        "task": (await duty.post("tasks", task, expect=201))["id"],
        "brief": (await duty.post("briefs", {"kind": "special", "step": "first", "incident": key}, expect=201))["id"],
    }
    await duty.post("log", {"text": "接州应急局电话：现场已设警戒区，正在疏散群众。"}, expect=201)
    alert = await until(lambda: _root_alert(duty), every=0.2)
    demo.ids |= {"alert": alert["id"], "asset": BROKEN}
    for kind in ("warnings", "receipts"):
        demo.ids[kind[:-1]] = (await duty.get(f"{kind}?limit=1"))["items"][0]["id"]
    cases = (await duty.get("approvals/cases?limit=1"))["items"]
    demo.ids |= {"case": str(cases[0]["key"]), "department": cases[0]["department"]}


def _incident() -> dict[str, Any]:
    return {
        "text": "开发区某冷库液氨泄漏，重伤10人，轻伤7人，正在疏散周边群众。",
        "title": "开发区液氨泄漏",
        "event_class": "hazchem",
        "region": "532301",
        "place": "开发区永安路",
        "lat": 25.05,
        "lon": 101.56,
        "mode": "real",
        "received_at": iso(time.time()),
    }


async def _all_known(person: Person) -> bool:
    """True when every network node has been asked once; cameras take longer."""
    assets = (await person.get("assets?health=unknown&limit=200"))["items"]
    return not [asset for asset in assets if asset["kind"] not in ("camera", "nvr")]


async def _root_alert(person: Person) -> Any:
    alerts = (await person.get("alerts?limit=100"))["items"]
    return next((alert for alert in alerts if alert["asset"] == BROKEN), None)
