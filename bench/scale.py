"""(i) A site of 1,000 ICMP targets and 500 SNMP agents every 10 s: processor time, and how late its loops run.

A third of them never answer. The agents are one real snmpd (net-snmp) on 500
addresses, which shows a UPS of 8 scalars and two tables of one row. Beside it stand fping and net-snmp's snmpget.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import processes
from bench.figures import Figure, Skipped
from bench.inside import Hosts, inside
from bench.site import REGIONS, Plan, folder, members, running
from tests.e2e.site import HEAD, Person, Site

PINGED, AGENTS = 1000, 500
INTERVAL, TIMEOUT = 10.0, 2.0
SECONDS, QUICK_SECONDS = 20.0, 10.0
DEAD = 3
"""Every third one."""
PORT = 16161
AIM, LAG_AIM = "< 10 % of a core", "< 50 ms"
MORE = """
[defaults."snmp"]
interval = "10s"
timeout = "2s"
[credentials.v2c]
kind = "snmpv2c"
community = "public"
"""
UPS = {
    "2.1.0": 2,
    "2.2.0": 0,
    "2.3.0": 42,
    "2.4.0": 97,
    "2.5.0": 545,
    "2.7.0": 24,
    "4.1.0": 3,
    "6.1.0": 0,
    "3.3.1.2.1": 500,
    "3.3.1.3.1": 229,
    "4.4.1.2.1": 230,
    "4.4.1.5.1": 31,
}
"""upsObjects below 1.3.6.1.2.1.33.1 and their values (RFC 1628)."""


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Per cent of a core of all processes, milliseconds of the latest loop, and microseconds a target by others."""
    async for figure in inside("bench.scale", quick):
        yield figure


async def measured(quick: bool, hosts: Hosts) -> AsyncIterator[Figure]:
    with folder() as at, agents(at, ()):
        hosts.silent = {Hosts.address(n) for n in _dead(PINGED)}
        for figure in await _site(QUICK_SECONDS if quick else SECONDS):
            yield figure
        hosts.silent = set()
        for figure in _others():
            yield figure


def _dead(count: int) -> range:
    return range(0, count, DEAD)


def snmpd() -> str | None:
    """The path of net-snmp's agent on this machine."""
    return shutil.which("snmpd", path="/usr/sbin:/usr/bin:/sbin")


@contextlib.contextmanager
def agents(at: Path, addresses: Sequence[str], shown: Mapping[str, int] = UPS) -> Iterator[None]:
    """snmpd as a UPS on these addresses, or on all of this namespace (none). Raises Skipped where it is not there."""
    program = snmpd()
    if program is None:
        raise Skipped("needs snmpd (Debian: snmpd)")
    objects = "".join(f"override -rw 1.3.6.1.2.1.33.1.{oid} integer {value}\n" for oid, value in shown.items())
    where = [f"udp:{address}:{PORT}" for address in addresses] or [f"udp:{PORT}"]
    (at / "snmpd.conf").write_text(f"rocommunity public\n{objects}")
    command = [program, "-f", "-Le", "-C", "-c", str(at / "snmpd.conf"), "-p", str(at / "snmpd.pid"), *where]
    env = {"SNMP_PERSISTENT_DIR": str(at / "state"), "MIBS": ""}
    with (at / "snmpd.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, env=env) as agent:
        try:
            yield
        finally:
            agent.terminate()


def _address(agent: int) -> str:
    """The address of an agent; that of a dead one belongs to no host."""
    if agent in _dead(AGENTS):
        return Hosts.address(PINGED + agent)
    return f"127.1.{agent // 250}.{agent % 250 + 1}"


def _rows() -> str:
    row = "{id},规模节点 {id},{kind},{region},25.{n:02d},102.{n:02d},,,,,,{probe}\n".format
    rows = [HEAD]
    for n in range(PINGED):
        probe = f"icmp://{Hosts.address(n)}"
        rows.append(row(id=f"p{n}", kind="router", region=REGIONS[n % 10], n=n % 90, probe=probe))
    for n in range(AGENTS):
        probe = f"snmp://{_address(n)}:{PORT}?cred=v2c&profile=ups"
        rows.append(row(id=f"u{n}", kind="ups", region=REGIONS[n % 10], n=n % 90, probe=probe))
    return "".join(rows)


async def _site(seconds: float) -> Sequence[Figure]:
    down = {f"p{n}" for n in _dead(PINGED)} | {f"u{n}" for n in _dead(AGENTS)}
    plan = Plan(_rows(), scheme="icmp", interval=INTERVAL, timeout=TIMEOUT, more=MORE)
    async with running(plan) as site:
        person = await site.person("规模", "duty")
        await _settled(person, down)
        await asyncio.sleep(min(INTERVAL, seconds / 2))  # the rush of the first round is over
        used, lags = await _watched(site, person, seconds)
    conditions = {
        "icmp_targets": PINGED,
        "snmp_agents": AGENTS,
        "snmp_objects": 11 + 4,
        "never_answer": len(down),
        "interval_s": INTERVAL,
        "timeout_s": TIMEOUT,
        "seconds": seconds,
    }
    return (
        Figure(
            name="scale.cpu",
            value=sum(used.values()),
            unit="% of a core, all processes",
            aim=AIM,
            conditions=conditions | {"by_process": used},
        ),
        Figure(
            name="scale.loop_lag",
            value=max(lags.values()),
            unit="ms, the latest of all roles",
            aim=LAG_AIM,
            conditions=conditions | {"by_role": lags},
        ),
    )


async def _settled(person: Person, down: set[str]) -> None:
    """Wait until every target has been asked and said what it is."""

    def all_ok(view: dict[str, dict[str, Any]]) -> bool:
        if len(view["asset"]) < PINGED + AGENTS:
            return False
        return all(asset["health"] == ("down" if id in down else "ok") for id, asset in view["asset"].items())

    async with person.live() as live:
        await live.until(all_ok, 60)


async def _watched(site: Site, person: Person, seconds: float) -> tuple[dict[str, float], dict[str, float]]:
    """(per cent of a core by process, the worst lateness of each role's loop in ms)."""
    pids = members(site)
    lags: dict[str, float] = {}
    before, began = {name: processes.cpu(pid) for name, pid in pids.items()}, time.perf_counter()
    while (remaining := began + seconds - time.perf_counter()) > 0:
        await asyncio.sleep(min(2.0, remaining))
        for source in (await person.get("sources?limit=100"))["items"]:
            if "loop_lag_ms" in source["stats"]:
                lags[source["id"]] = max(lags.get(source["id"], 0.0), source["stats"]["loop_lag_ms"])
    took = time.perf_counter() - began
    return {name: round((processes.cpu(pid) - before[name]) / took * 100, 2) for name, pid in pids.items()}, lags


def _others() -> Iterator[Figure]:
    """One round of each of the same targets by the field's own tools, a process for all or a process each."""
    if (fping := shutil.which("fping")) is not None:
        spent = _spent([[fping, "-q", "-C", "1", "-i", "1", *(Hosts.address(n) for n in range(PINGED))]])
        yield Figure(
            name="scale.fping",
            value=spent / PINGED * 1e6,
            unit="cpu us/target",
            conditions={"targets": PINGED, "processes": 1},
        )
    if (snmpget := shutil.which("snmpget")) is not None:
        oids = [f"1.3.6.1.2.1.33.1.{oid}" for oid in UPS]
        alive = [n for n in range(30) if n not in _dead(AGENTS)]
        spent = _spent([[snmpget, "-v2c", "-c", "public", "-m", "", f"{_address(n)}:{PORT}", *oids] for n in alive])
        yield Figure(
            name="scale.snmpget",
            value=spent / len(alive) * 1e6,
            unit="cpu us/target",
            conditions={"targets": len(alive), "processes": len(alive), "objects": len(oids)},
        )


def _spent(commands: Sequence[Sequence[str]]) -> float:
    """Processor seconds of these commands; each must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for command in commands:
        subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
