"""CPU of one SNMP check, by the collector alone (no bus, no projector): one JSON line a case. Bounded by --seconds.

Agents are net-snmp's snmpd on 127.x.y.z (one process, many addresses); their CPU is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from collectors import uri
from collectors.errors import CollectorError
from collectors.network.snmp import profile as snmp_profiles
from collectors.network.snmp.probe import SnmpPoller
from collectors.probing import retries
from collectors.settings import Credential
from tests.peers.snmp_peers import agent

V2C = Credential(name="v2c", kind="snmpv2c", values={"community": "public"})
V3 = Credential(
    name="v3",
    kind="snmpv3",
    values={"user": "ops", "auth": "SHA", "auth_key": "authpass123", "priv": "AES", "priv_key": "privpass123"},
)
TEN = """
title = { en = "ten objects" }
[[scalar]]
metric = "bench.a"
oid = "1.3.6.1.2.1.25.1.1.0"
""" + "".join(f'[[scalar]]\nmetric = "bench.m{n}"\noid = "1.3.6.1.2.1.11.{n}.0"\n' for n in (1, 3, 4, 5, 6, 30))


async def case(name: str, text: str, credential: Credential, seconds: float, targets: int = 20) -> dict[str, object]:
    """CPU milliseconds a check over `targets` targets, polled round after round for `seconds`."""
    poller = SnmpPoller()
    all_targets = [uri.parse(f"{text}#{n}", asset=str(n), timeout=2, credential=credential) for n in range(targets)]
    checks = failed = 0

    async def poll(index: int) -> None:
        nonlocal failed
        try:
            await retries.attempt(poller, all_targets[index], 2.0)
        except CollectorError:
            failed += 1

    await asyncio.gather(*(poll(index) for index in range(targets)))
    failed = 0
    began, cpu = time.monotonic(), time.process_time()
    while time.monotonic() - began < seconds:
        await asyncio.gather(*(poll(index) for index in range(targets)))
        checks += targets
    spent = time.process_time() - cpu
    await poller.close()
    return {"case": name, "checks": checks, "failed": failed, "cpu_ms_per_check": round(1000 * spent / checks, 4)}


@contextmanager
def ten_objects() -> Iterator[None]:
    """A profile of seven scalars (with the three of every poll: ten) under the name "system"."""
    original = snmp_profiles.for_device
    profile = snmp_profiles.parse("ten", TEN)
    snmp_profiles.for_device = lambda name, sys_object_id: profile  # type: ignore[assignment]
    try:
        yield
    finally:
        snmp_profiles.for_device = original


def closed_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Prints the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each case, at most 30")
    seconds = min(parser.parse_args().seconds, 30.0)
    with tempfile.TemporaryDirectory() as folder, agent(Path(folder)) as port:
        base = f"snmp://127.0.0.1:{port}?profile="
        with ten_objects():
            print(json.dumps(asyncio.run(case("v2c, 10 objects", f"{base}system", V2C, seconds))))
            print(json.dumps(asyncio.run(case("v3 authPriv, 10 objects", f"{base}system", V3, seconds))))
        print(json.dumps(asyncio.run(case("v2c, server profile with tables", f"{base}server", V2C, seconds))))
        dead = f"snmp://127.0.0.1:{closed_port()}?profile=system"
        print(json.dumps(asyncio.run(case("v2c, refused", dead, V2C, seconds))))
        print(json.dumps(asyncio.run(case("v3, refused", dead, V3, seconds))))


if __name__ == "__main__":
    main()
