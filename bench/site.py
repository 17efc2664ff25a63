"""Real sites for the measurements: `watchfloor run`, or single roles beside an embedded Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import processes
from tests.e2e.site import HEAD, Site
from tests.ports import free_port
from watchfloor.runtime import valkey

REGIONS = ("532301", "532322", "532323", "532324", "532325", "532326", "532327", "532328", "532329", "532331")
SETTINGS = """\
[site]
name = "楚雄州"
data = "data"
region = "532300"
inventory = ["assets.csv"]
[web]
port = {port}
[defaults."{scheme}"]
interval = "{interval}s"
timeout = "{timeout}s"
[[rule]]
id = "link-down"
when = "health == 'down'"
for = "0s"
recover_for = "{interval}s"
severity = "critical"
[[rule]]
id = "partly"
when = "health == 'degraded'"
for = "10s"
recover_for = "60s"
severity = "minor"
"""


def rows(count: int, probe: str) -> str:
    """An inventory of so many assets in ten counties; `{n}` in the probe is the asset's number."""
    lines = (
        f"b{n},测试节点 {n},router,{REGIONS[n % 10]},25.{n % 100:02d},101.{n % 90:02d},,,,,layer=access,"
        f"{probe.format(n=n)}\n"
        for n in range(count)
    )
    return HEAD + "".join(lines)


@dataclass(slots=True)
class Plan:
    """A site to be: its inventory rows (with their head), how it is polled, in seconds, and `more` settings."""

    inventory: str
    scheme: str = "tcp"
    interval: float = 1.0
    timeout: float = 1.0
    environment: Mapping[str, str] = field(default_factory=dict)
    more: str = ""


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="watchfloor-bench-") as name:
        yield Path(name)


def written(at: Path, plan: Plan) -> Site:
    """A site's files in that folder."""
    site = Site(at, free_port())
    (at / "assets.csv").write_text(plan.inventory, encoding="utf-8")
    text = SETTINGS.format(port=site.port, scheme=plan.scheme, interval=plan.interval, timeout=plan.timeout)
    site.config.write_text(text + plan.more, encoding="utf-8")
    return site


@contextlib.asynccontextmanager
async def running(plan: Plan) -> AsyncIterator[Site]:
    """A whole ready site in a folder of its own."""
    with folder() as at:
        site = written(at, plan)
        with environment(plan.environment):
            site.start()
        try:
            await site.ready(60)
            yield site
        finally:
            await site.stop()


def members(site: Site) -> dict[str, int]:
    """Every process of a site by name."""
    assert site.process is not None
    return processes.family({name: member["pid"] for name, member in site.members().items()}, site.process.pid)


@contextlib.contextmanager
def environment(more: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _role(name: str, site: Site) -> subprocess.Popen[bytes]:
    with (site.folder / "site.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "watchfloor", "role", name, "-c", str(site.config)], stdout=log, stderr=log
        )


@contextlib.asynccontextmanager
async def with_roles(plan: Plan, *roles: str) -> AsyncIterator[tuple[Site, str, dict[str, int]]]:
    """A site of which only some roles run, each in its own process: (site, Redis address, pids by name)."""
    with folder() as at:
        site = written(at, plan)
        (at / "data" / "run").mkdir(parents=True)
        server = await valkey.start(at / "data")
        started: dict[str, subprocess.Popen[bytes]] = {}
        try:
            started.update({role: _role(role, site) for role in roles})
            pids = {name: process.pid for name, process in started.items()} | {"valkey": server.pid}
            yield site, valkey.address(at / "data").url, pids
        finally:
            for process in started.values():
                process.terminate()
            for process in started.values():
                await asyncio.to_thread(process.wait, 20)
            server.terminate()
            await server.wait()
