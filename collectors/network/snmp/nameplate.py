"""Facts of a device: the system group and the chassis of ENTITY-MIB, read once an hour and after a restart.

RFC 3418 (sysDescr, sysContact, sysName, sysLocation), RFC 6933 (entPhysicalTable). A profile names objects of its own
for devices without these (`facts` in its file).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from collectors.contract import Measurement
from collectors.network.snmp.session import Agent, Raw
from collectors.network.snmp.tables import text
from feeds.model.device_facts import FACT_NAMES, LONGEST_FACT

EVERY = 3600.0
"""Seconds between two readings of a device's facts."""
RETRY = 600.0
"""Seconds until another attempt after a device did not answer in time."""
SYSTEM = {
    "description": "1.3.6.1.2.1.1.1.0",
    "contact": "1.3.6.1.2.1.1.4.0",
    "name": "1.3.6.1.2.1.1.5.0",
    "location": "1.3.6.1.2.1.1.6.0",
}
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
CLASS, DESCRIPTION = f"{ENTITY}.5", f"{ENTITY}.2"
FIRMWARE, SOFTWARE, SERIAL, MAKER, MODEL = (f"{ENTITY}.{column}" for column in (9, 10, 11, 12, 13))
COLUMNS = (DESCRIPTION, FIRMWARE, SOFTWARE, SERIAL, MAKER, MODEL)
CHASSIS = 3
ROWS = 512
"""Rows of entPhysicalTable in which a chassis is looked for. Chassis stand before their modules."""
STACKED = 8
"""Chassis of one stack at most."""
SOFTWARE_ROWS = 64
"""Rows in which the software is looked for when the chassis does not give it: many makers have it on a board."""


@dataclass(slots=True)
class Nameplate:
    """When the facts of a device are read again, in monotonic seconds."""

    due_at: float = 0.0

    def due(self, now: float) -> bool:
        """True when the facts are to be read."""
        return now >= self.due_at

    def attempted(self, now: float) -> None:
        """Wait for a while: this attempt may fail."""
        self.due_at = now + RETRY

    def done(self, now: float) -> None:
        """The facts have been read."""
        self.due_at = now + EVERY


async def facts(agent: Agent, own: Mapping[str, str]) -> list[Measurement]:
    """Every fact as a measurement `device.NAME`, with an empty text where the device gives none. Raises CollectorError.

    `own` are the OIDs of a profile's facts, by name; they come first.
    """
    named = await agent.get([*SYSTEM.values(), *own.values()])
    texts = {name: _clean(named.get(oid)) for name, oid in SYSTEM.items()}
    texts |= {name: value for name, value in (await _chassis(agent)).items() if value}
    texts |= {name: value for name, oid in own.items() if (value := _clean(named.get(oid)))}
    return [Measurement(metric=f"device.{name}", value=texts.get(name, "")) for name in FACT_NAMES]


async def _chassis(agent: Agent) -> dict[str, str]:
    """Make, model, serial numbers and software of the chassis; {} for a device without ENTITY-MIB."""
    classes = await agent.walk(CLASS, ROWS)
    indexes = [index for index, kind in classes.items() if kind == CHASSIS][:STACKED] or list(classes)[:1]
    if not indexes:
        return {}
    rows: dict[str, Raw] = {}
    for index in indexes:
        rows |= await agent.get([f"{column}.{index}" for column in COLUMNS])

    def values(column: str) -> Iterator[str]:
        return filter(None, (_clean(rows.get(f"{column}.{index}")) for index in indexes))

    firmware = next(values(SOFTWARE), "") or next(values(FIRMWARE), "") or await _software(agent)
    return {
        "maker": next(values(MAKER), ""),
        "model": next(values(MODEL), "") or next(values(DESCRIPTION), ""),
        "serial": ", ".join(dict.fromkeys(values(SERIAL)))[:LONGEST_FACT],
        "firmware": firmware,
    }


async def _software(agent: Agent) -> str:
    """The first software revision that any part of the device gives."""
    revisions = await agent.walk(SOFTWARE, SOFTWARE_ROWS)
    return next(filter(None, map(_clean, revisions.values())), "")


def _clean(value: Raw) -> str:
    return text(value, LONGEST_FACT)
