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
from tests.ports import demo_networks, free_port
from watchfloor.demo import control

BROKEN = "A2"
"""The node that is broken for good, with what hangs on it."""


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


@contextlib.asynccontextmanager
async def running_demo(folder: Path) -> AsyncIterator[Demo]:
    """Start the demo and fill it. Ends it at the end."""
    site = Site(folder, free_port())
    demo = Demo(site, {})
    try:
        with demo_networks():
            await _start(demo)
        await _fill(demo)
        yield demo
    finally:
        await site.stop()


async def _start(demo: Demo) -> None:
    """Start the demo, and wait until every device has answered, so that its network is taken."""
    site = demo.site
    with (site.folder / "demo.log").open("ab") as log:
        site.process = subprocess.Popen(
            [sys.executable, "-m", "watchfloor", "demo", "--port", str(site.port)],
            stdout=log,
            stderr=log,
            env=os.environ | {"WATCHFLOOR_DEMO": str(site.folder)},
        )
    await site.ready()
    duty = await demo.person("duty")
    await until(lambda: _all_known(duty), every=0.5)


async def _fill(demo: Demo) -> None:
    """Break a node, and make an incident with its grade, a task, a brief, an entry of the log and a silence."""
    duty = await demo.person("duty")
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
