"""(g) Processor time of one check over the whole way: collect, bus, state, rules, live feed.

A real site polls many targets of one scheme every second. What the same site costs with a single slow probe is
taken off; the servers that answer run in a process of their own and are not counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from bench import processes, scale
from bench.collectors_cpu import child
from bench.figures import Figure
from bench.site import Plan, folder, members, rows, running
from tests.e2e.site import Site

TARGETS = 150
WARM_UP, QUICK_TARGETS = 3.0, 60

PROBES = {
    "tcp": "tcp://127.0.0.1:{tcp}",
    "icmp": "icmp://127.0.0.1",
    "dns": "dns://127.0.0.1:{dns}/a.example?expect=10.0.0.1",
    "smtp": "smtp://127.0.0.1:{smtp}",
    "tls": "tls://127.0.0.1:{tls}?name=localhost",
    "snmp": f"snmp://127.0.1.{{n}}:{scale.PORT}?cred=v2c&profile=ups",
    "snmp, 10 objects": f"snmp://127.0.1.{{n}}:{scale.PORT}?cred=v2c&profile=ups",
}
AGENTS = {
    "snmp": scale.UPS,
    "snmp, 10 objects": {oid: value for oid, value in scale.UPS.items() if oid.endswith(".0") and oid != "6.1.0"},
}
"""The objects of each agent. Each poll is one GET of these and of three more: sysUpTime, snmpEngineBoots and -Time.
The second has seven scalars, no table, and lacks an eighth scalar of the profile: `snmp.missing` says so."""
CREDENTIAL = """
[credentials.v2c]
kind = "snmpv2c"
community = "public"
"""
AIMS = {"tcp": "< 150 us", "icmp": "< 80 us", "snmp, 10 objects": "< 120 us"}


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Microseconds a check by scheme, and by process."""
    seconds, targets = (4.0, QUICK_TARGETS) if quick else (7.0, TARGETS)
    with folder() as at, _servers(at) as ports:
        environment = {"SSL_CERT_FILE": str(at / "ca.pem")}
        idle = await _rates(Plan(rows(1, PROBES["tcp"].format(**ports)), interval=60.0), seconds)
        for scheme in ("tcp",) if quick else PROBES:
            shown = AGENTS.get(scheme)
            if shown is not None and scale.snmpd() is None:
                continue
            probe = PROBES[scheme].format(**ports, n="{n}")
            more = CREDENTIAL if shown else ""
            plan = Plan(
                rows(targets, probe), scheme=probe.partition(":")[0], timeout=2.0, environment=environment, more=more
            )
            addresses = [f"127.0.1.{n}" for n in range(targets)]
            with scale.agents(at, addresses, shown) if shown else contextlib.nullcontext():
                used = await _rates(plan, seconds)
            per = {name: round((used[name] - idle[name]) / targets * 1e6, 1) for name in used}
            yield Figure(
                name=f"checks.{scheme}",
                value=sum(per.values()),
                unit="cpu us/check",
                aim=AIMS.get(scheme, ""),
                conditions={
                    "targets": targets,
                    "interval": "1 s",
                    "seconds": seconds,
                    "by_process": per,
                    "idle_taken_off_cpu_percent": round(sum(idle.values()) * 100, 1),
                    "live_sockets": 0,
                    "snmp_objects": len(shown) + 3 if shown else 0,
                },
            )


async def _rates(plan: Plan, seconds: float) -> dict[str, float]:
    """Processor seconds in a second, by process, once every target is known."""
    async with running(plan) as site:
        await _all_ok(site)
        await asyncio.sleep(WARM_UP)
        pids = members(site)
        before, began = {name: processes.cpu(pid) for name, pid in pids.items()}, time.perf_counter()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        return {name: (processes.cpu(pid) - before[name]) / took for name, pid in pids.items()}


async def _all_ok(site: Site) -> None:
    person = await site.person("检查", "duty")
    async with person.live() as live:
        await live.until(_every_asset_ok, 60)


def _every_asset_ok(view: dict[str, dict[str, Any]]) -> bool:
    return bool(view["asset"]) and all(asset["health"] == "ok" for asset in view["asset"].values())


@contextlib.contextmanager
def _servers(at: Path) -> Iterator[dict[str, int]]:
    """The servers that are probed, in a process of its own: ports by scheme."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=child, args=(theirs, str(at)), daemon=True)
    server.start()
    try:
        yield ours.recv()
    finally:
        server.terminate()
        server.join()
