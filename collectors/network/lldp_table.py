"""The remote table of an LLDP agent (LLDP-MIB 1.0.8802.1.1.2), with the deviations of real devices."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace

from collectors.network.snmp.session import Agent, Raw
from collectors.network.snmp.tables import text

LOCAL_PORT_NAME, LOCAL_PORT_DESCRIPTION = "1.0.8802.1.1.2.1.3.7.1.3", "1.0.8802.1.1.2.1.3.7.1.4"
REMOTE = "1.0.8802.1.1.2.1.4.1.1"
REMOTE_ADDRESS = "1.0.8802.1.1.2.1.4.2.1.3"
CHASSIS_KIND, CHASSIS, PORT_KIND, PORT_ID, PORT_NAME, SYSTEM_NAME, SYSTEM_WORDS, CAPABLE = (
    f"{REMOTE}.{column}" for column in (4, 5, 6, 7, 8, 9, 10, 12)
)
MOST = 1024
"""Neighbours of one device at most."""
LOCAL = 7
"""LldpPortIdSubtype local."""
MAC = 4
"""LldpChassisIdSubtype macAddress; for ports it is 3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A neighbour that a device (`seen_by`, an asset id) reports on one of its ports."""

    seen_by: str
    port: str
    chassis: str
    remote_port: str
    name: str = ""
    description: str = ""
    address: str = ""
    kind: str = ""


async def walk(agent: Agent, asset: str) -> list[Neighbour]:
    """The remote table of one agent. Raises CollectorError."""
    columns: dict[str, dict[str, Raw]] = {CHASSIS: await agent.walk(CHASSIS, MOST)}
    if not columns[CHASSIS]:
        return []
    for oid in (
        CHASSIS_KIND,
        PORT_KIND,
        PORT_ID,
        PORT_NAME,
        SYSTEM_NAME,
        SYSTEM_WORDS,
        CAPABLE,
        LOCAL_PORT_NAME,
        LOCAL_PORT_DESCRIPTION,
    ):
        columns[oid] = await agent.walk(oid, MOST)
    managed = _managed(await agent.walk(REMOTE_ADDRESS, MOST))
    latest: dict[tuple[str, str], Neighbour] = {}
    for index in sorted(columns[CHASSIS], key=_time_mark):
        neighbour = _neighbour(asset, index, columns, managed)
        if not (neighbour.chassis or neighbour.name or neighbour.address):
            continue  # an empty row
        # A neighbour that restarted may have two rows until the older one ages out. The later one counts.
        before = latest.get((neighbour.port, neighbour.chassis))
        latest[neighbour.port, neighbour.chassis] = neighbour if before is None else _joined_rows(before, neighbour)
    return list(latest.values())


def _joined_rows(before: Neighbour, after: Neighbour) -> Neighbour:
    """The later row, with the values of the earlier one where it has none."""
    return replace(
        after,
        name=after.name or before.name,
        description=after.description or before.description,
        address=after.address or before.address,
        kind=after.kind or before.kind,
    )


def _time_mark(index: str) -> tuple[int, ...]:
    """The index as numbers: lldpRemTimeMark comes first where the agent keeps to the MIB."""
    return tuple(int(number) for number in index.split(".") if number.isdecimal())


def _local_port(index: str) -> str:
    """lldpRemLocalPortNum of an index (time mark, port, number). Some agents leave out some of them."""
    numbers = index.split(".")
    return numbers[1] if len(numbers) >= 2 else index


def _neighbour(
    asset: str, index: str, columns: Mapping[str, Mapping[str, Raw]], managed: Mapping[str, str]
) -> Neighbour:
    local = _local_port(index)
    port = text(columns[LOCAL_PORT_DESCRIPTION].get(local)) or text(columns[LOCAL_PORT_NAME].get(local)) or local
    capabilities = columns[CAPABLE].get(index)
    return Neighbour(
        seen_by=asset,
        port=port,
        name=text(columns[SYSTEM_NAME].get(index)),
        address=managed.get(index, ""),
        chassis=_identity(columns[CHASSIS][index], columns[CHASSIS_KIND].get(index) == MAC),
        remote_port=_remote_port(index, columns),
        description=text(columns[SYSTEM_WORDS].get(index)),
        kind=_kind(capabilities),
    )


def _remote_port(index: str, columns: Mapping[str, Mapping[str, Raw]]) -> str:
    """The neighbour's port. A local number (LldpPortIdSubtype local) is replaced by the port's description."""
    kind = columns[PORT_KIND].get(index)
    port, description = _identity(columns[PORT_ID].get(index), kind == MAC - 1), text(columns[PORT_NAME].get(index))
    return description if description and (not port or (kind == LOCAL and port.isdecimal())) else port


def _identity(value: Raw, is_mac: bool) -> str:
    if isinstance(value, bytes) and is_mac:
        return value[:8].hex(":")
    return text(value)


def _kind(bits: Raw) -> str:
    if not isinstance(bits, bytes) or not bits:
        return ""
    # BITS of RFC 2578: bit 0 is the most significant.
    flags = int(f"{bits[0]:08b}"[::-1], 2)
    return next(
        (
            kind
            for flag, kind in (
                (1 << 4, "router"),
                (1 << 2, "switch"),
                (1 << 3, "ap"),
                (1 << 5, "phone"),
                (1 << 7, "host"),
            )
            if flags & flag
        ),
        "",
    )


def _managed(rows: Mapping[str, Raw]) -> dict[str, str]:
    """The management address of a neighbour, by its index: the index holds kind, length and octets."""
    addresses: dict[str, str] = {}
    for index in rows:
        numbers = index.split(".")
        octets = numbers[5:]
        if numbers[3:4] not in (["1"], ["2"]) or len(octets) not in (4, 16):
            continue
        try:
            address = ipaddress.ip_address(bytes(int(octet) for octet in octets))
        except ValueError:
            continue
        addresses.setdefault(".".join(numbers[:3]), str(address))
    return addresses
