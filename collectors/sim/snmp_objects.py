"""Objects of the demo's SNMP agents: a switch with two ports (IF-MIB, RFC 2863) and a UPS (UPS-MIB, RFC 1628)."""

from __future__ import annotations

import time
from collections.abc import Mapping

from pysnmp.proto.api import v2c

from collectors.sim.snmp import Objects
from collectors.sim.values import wave

BYTES_PER_SECOND = (2_400_000, 610_000)
PORTS = ("GigabitEthernet0/0/1", "GigabitEthernet0/0/2")


def _system(began: float, description: str, kind: str, name: str) -> dict[str, object]:
    return {
        "1.3.6.1.2.1.1.1.0": v2c.OctetString(description),
        "1.3.6.1.2.1.1.2.0": v2c.ObjectIdentifier(kind),
        "1.3.6.1.2.1.1.3.0": v2c.TimeTicks(int((time.time() - began + 86400) * 100)),
        "1.3.6.1.2.1.1.5.0": v2c.OctetString(name),
    }


def switch(began: float) -> Objects:
    """`began` in epoch seconds: counters and the uptime count from it."""

    def now() -> Mapping[str, object]:
        objects = _system(began, "demo switch", "1.3.6.1.4.1.2011.2.23.1", "SWC1")
        since = time.time() - began
        for number, (name, rate) in enumerate(zip(PORTS, BYTES_PER_SECOND, strict=True), 1):
            moved = int(since * rate + wave(since, 0, rate * 8, 120))
            objects |= {
                f"1.3.6.1.2.1.2.2.1.{column}.{number}": value
                for column, value in (
                    (1, v2c.Integer(number)),
                    (2, v2c.OctetString(name)),
                    (3, v2c.Integer(6)),
                    (7, v2c.Integer(1)),
                    (8, v2c.Integer(1)),
                    (13, v2c.Counter32(0)),
                    (14, v2c.Counter32(0)),
                    (19, v2c.Counter32(0)),
                    (20, v2c.Counter32(0)),
                )
            }
            objects |= {
                f"1.3.6.1.2.1.31.1.1.1.{column}.{number}": value
                for column, value in (
                    (1, v2c.OctetString(name)),
                    (6, v2c.Counter64(max(0, moved))),
                    (10, v2c.Counter64(max(0, moved // 3))),
                    (15, v2c.Gauge32(1000)),
                    (18, v2c.OctetString("")),
                )
            }
        return objects

    return now


def ups(began: float) -> Objects:
    """`began` in epoch seconds."""

    def now() -> Mapping[str, object]:
        base = "1.3.6.1.2.1.33.1"
        charge = 100
        numbers = {
            "2.1.0": 2,
            "2.2.0": 0,
            "2.3.0": 42,
            "2.4.0": charge,
            "2.5.0": 2730,
            "2.7.0": 26,
            "4.1.0": 3,
            "6.1.0": 0,
        }
        objects = _system(began, "demo UPS", "1.3.6.1.4.1.935.10", "UPS2")
        return objects | {f"{base}.{key}": v2c.Integer(value) for key, value in numbers.items()}

    return now
