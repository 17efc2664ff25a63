"""Facts that a device says of itself: name, place and contact as set on it, make, model, serial and firmware."""

from __future__ import annotations

from dataclasses import dataclass, field

FACT_NAMES = ("name", "description", "location", "contact", "maker", "model", "serial", "firmware")
"""The names of facts, in the order in which people read them.

SNMP: sysName, sysDescr, sysLocation and sysContact (RFC 3418), then the chassis row of ENTITY-MIB (RFC 6933).
"""
LONGEST_FACT = 255
"""Characters of a fact: the bound of a DisplayString (RFC 2579)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """The facts of an asset, by probe and then by name (FACT_NAMES). Writer: the projector. `id` is the asset's.

    A fact that the device does not give is absent.
    """

    id: str
    by_probe: dict[str, dict[str, str]] = field(default_factory=dict)

    def merged(self, probes: tuple[str, ...]) -> dict[str, str]:
        """The facts by name. Where several probes give one, the first in the order of `probes` holds."""
        facts: dict[str, str] = {}
        for probe in (*probes, ""):
            for name, text in self.by_probe.get(probe, {}).items():
                facts.setdefault(name, text)
        return {name: facts[name] for name in FACT_NAMES if name in facts}
