"""LLDP (IEEE 802.1AB, LLDP-MIB 1.0.8802.1.1.2): who stands at the other end, and what that proposes.

`neighbours` walks one device; `propose` compares what several devices see with the inventory.
It is pure and changes nothing: a person reads the proposal and takes over what is right.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from collectors.contract import Target
from collectors.errors import CollectorError, NotReady, Reason
from collectors.network import addresses
from collectors.network.listening.senders import Senders
from collectors.network.snmp.probe import PORT, SHARE
from collectors.network.snmp.session import Agent, Agents, Raw
from collectors.network.snmp.tables import text
from feeds.model import Asset

LOCAL_PORT_NAME, LOCAL_PORT_DESCRIPTION = "1.0.8802.1.1.2.1.3.7.1.3", "1.0.8802.1.1.2.1.3.7.1.4"
REMOTE = "1.0.8802.1.1.2.1.4.1.1"
REMOTE_ADDRESS = "1.0.8802.1.1.2.1.4.2.1.3"
CHASSIS_KIND, CHASSIS, PORT_KIND, PORT_ID, PORT_NAME, SYSTEM_NAME, SYSTEM_WORDS, CAPABLE = (
    f"{REMOTE}.{column}" for column in (4, 5, 6, 7, 8, 9, 10, 12)
)
MOST = 1024
"""Neighbours of one device at most."""
AT_ONCE, WHOLE = 16, 60.0
"""Devices that are walked at once, and seconds that one of them may take."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LldpLink:
    """A link between two assets. `a` < `b`, so that the reports of both ends give the same link."""

    a: str
    a_port: str
    b: str
    b_port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsset:
    """A device that is heard and not in the inventory, with the row that would take it in."""

    id: str
    name: str
    kind: str
    parents: tuple[str, ...]
    region: str
    probes: tuple[str, ...]
    heard: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A difference to be reviewed. `unheard` are parents in the inventory that the devices do not see."""

    links: tuple[LldpLink, ...] = ()
    assets: tuple[NewAsset, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    unheard: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        """True when the inventory already says what the devices see."""
        return not (self.assets or self.parents or self.unheard)


async def neighbours(target: Target, agents: Agents) -> list[Neighbour]:
    """The neighbours of the device of an snmp:// target, [] without LLDP. Raises CollectorError."""
    address = await addresses.resolve(target.host)
    async with agents.borrow(address, target.port or PORT, target.credential, target.timeout * SHARE) as agent:
        return await walk(agent, target.asset)


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
            continue  # an empty row names nobody
        # A neighbour that has started again may stand there twice: the later row counts, with what both say.
        before = latest.get((neighbour.port, neighbour.chassis))
        latest[neighbour.port, neighbour.chassis] = neighbour if before is None else _joined_rows(before, neighbour)
    return list(latest.values())


def _joined_rows(before: Neighbour, after: Neighbour) -> Neighbour:
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
    """The far port. A number of the far device's own (LldpPortIdSubtype local) says less than its description."""
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


def propose(heard: Iterable[Neighbour], inventory: Mapping[str, Asset]) -> Proposal:
    """The changes that make the inventory agree with the reported neighbours. Pure. Their order does not matter."""
    senders = Senders(inventory)
    links: dict[tuple[str, str, str, str], LldpLink] = {}
    strangers: dict[str, list[Neighbour]] = {}
    for neighbour in sorted(
        heard, key=lambda neighbour: (neighbour.seen_by, neighbour.port, neighbour.chassis, neighbour.remote_port)
    ):
        asset = senders.find(neighbour.chassis, neighbour.address, neighbour.name)
        if not asset:
            strangers.setdefault(_stranger_id(neighbour), []).append(neighbour)
        elif asset != neighbour.seen_by and neighbour.seen_by in inventory:
            link = _link(neighbour.seen_by, neighbour.port, asset, neighbour.remote_port)
            links.setdefault((link.a, link.a_port, link.b, link.b_port), link)
    pairs = {(link.a, link.b) for link in links.values()}
    return Proposal(
        links=tuple(links.values()),
        assets=tuple(_new(name, neighbours, inventory) for name, neighbours in strangers.items()),
        parents=tuple(sorted(pair for pair in pairs if not _joined(pair, inventory))),
        unheard=_unheard(pairs, {link.a for link in links.values()} | {link.b for link in links.values()}, inventory),
    )


def _link(a: str, a_port: str, b: str, b_port: str) -> LldpLink:
    if a <= b:
        return LldpLink(a=a, a_port=a_port, b=b, b_port=b_port)
    return LldpLink(a=b, a_port=b_port, b=a, b_port=a_port)


def _joined(pair: tuple[str, str], inventory: Mapping[str, Asset]) -> bool:
    a, b = pair
    return b in inventory[a].parents or a in inventory[b].parents


def _unheard(
    pairs: set[tuple[str, str]], speakers: set[str], inventory: Mapping[str, Asset]
) -> tuple[tuple[str, str], ...]:
    """(asset, parent) of the inventory of which both ends speak LLDP, and neither hears the other."""
    return tuple(
        sorted(
            (asset.id, parent)
            for asset in inventory.values()
            for parent in asset.parents
            if asset.id in speakers
            and parent in speakers
            and (min(asset.id, parent), max(asset.id, parent)) not in pairs
        )
    )


def _stranger_id(neighbour: Neighbour) -> str:
    label = neighbour.name or neighbour.chassis or neighbour.address or "unknown"
    return re.sub(r"[^0-9A-Za-z._\u4e00-\u9fff-]+", "-", label).strip("-").lower() or "unknown"


def _new(name: str, heard: Sequence[Neighbour], inventory: Mapping[str, Asset]) -> NewAsset:
    parents = tuple(dict.fromkeys(neighbour.seen_by for neighbour in heard if neighbour.seen_by in inventory))
    address = next((neighbour.address for neighbour in heard if neighbour.address), "")
    host = f"[{address}]" if ":" in address else address
    return NewAsset(
        id=name,
        name=next((neighbour.name for neighbour in heard if neighbour.name), name),
        kind=next((neighbour.kind for neighbour in heard if neighbour.kind), "device"),
        parents=parents,
        region=inventory[parents[0]].region if parents else "",
        probes=(f"icmp://{host}", f"snmp://{host}") if host else (),
        heard=tuple(heard),
    )


async def survey(
    targets: Iterable[Target], agents: Agents, at_once: int = AT_ONCE
) -> tuple[list[Neighbour], dict[str, CollectorError]]:
    """The neighbours of many devices, read a few at a time, and the errors by asset."""
    room = asyncio.Semaphore(at_once)

    async def one(target: Target) -> list[Neighbour] | CollectorError:
        async with room:
            try:
                async with asyncio.timeout(WHOLE):
                    return await neighbours(target, agents)
            except CollectorError as error:
                return error
            except TimeoutError:
                return NotReady(Reason.TIMEOUT, f"its tables took longer than {WHOLE:g} s")

    asked = list(targets)
    heard: list[Neighbour] = []
    wrong: dict[str, CollectorError] = {}
    for target, found in zip(asked, await asyncio.gather(*map(one, asked)), strict=True):
        if isinstance(found, CollectorError):
            wrong[target.asset] = found
        else:
            heard += found
    return heard, wrong
