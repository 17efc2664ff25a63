"""Readings of the families whose names are all known, with their types. Data only: imports no collector.

Families of devices, cameras and listeners are not here: what they give depends on the device, or on the site's rules.
"""

from __future__ import annotations

from collections.abc import Mapping

NUMBER, TEXT, TRUTH = "number", "text", "truth"

_CERTIFICATE = {"days_left": NUMBER, "expires": TEXT, "expiring": TRUTH, "odd_certificate": TRUTH}
_NAMES: Mapping[str, Mapping[str, str]] = {
    "tcp": {"connect_ms": NUMBER},
    "icmp": {"rtt_ms": NUMBER, "loss": NUMBER, "jitter_ms": NUMBER},
    "http": {"ms": NUMBER, "status": NUMBER, "redirects": NUMBER, "contains": TRUTH, "value": "", **_CERTIFICATE},
    "tls": {"ms": NUMBER, "version": TEXT, "valid": TRUTH, **_CERTIFICATE},
    "dns": {"ms": NUMBER, "rcode": TEXT, "answer": TEXT, "edns": TRUTH},
    "smtp": {"ms": NUMBER, "banner": TEXT, "starttls": TRUTH, **_CERTIFICATE},
    "sip": {"ms": NUMBER, "status": NUMBER, "server": TEXT},
    "sql": {"ms": NUMBER, "value": "", **_CERTIFICATE},
    "modbus": {"ms": NUMBER, "value": ""},
    "mqtt": {"value": "", "availability": TEXT, "left_out": NUMBER},
    "opcua": {
        "value": "",
        "state": TEXT,
        "refresh": TRUTH,
        "alarm": TRUTH,
        "alarms": NUMBER,
        "unacked": NUMBER,
        "alarms_left_out": NUMBER,
    },
    "snmp": {"ms": NUMBER, "uptime_s": NUMBER, "rebooted": TRUTH, "missing": NUMBER, "partial": ""},
    "heartbeat": {},
}
"""By family, the reading's name: its type, "" where that depends on the device or the probe."""

TYPES: Mapping[str, Mapping[str, str]] = {
    family: {f"{family}.up": TRUTH, **{f"{family}.{name}": type for name, type in names.items()}}
    for family, names in _NAMES.items()
}
"""By family, the whole name of each reading: its type. Every family also has the verdict of its probes, `up`."""


def type_of(value: object) -> str:
    """The type of a reading's value; "" for no value."""
    if isinstance(value, bool):
        return TRUTH
    return NUMBER if isinstance(value, int | float) else TEXT if isinstance(value, str) else ""
