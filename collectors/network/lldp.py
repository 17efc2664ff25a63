"""LLDP (IEEE 802.1AB, LLDP-MIB 1.0.8802.1.1.2): who stands at the other end, and what that proposes.

`neighbours` walks one device; `propose` compares what several devices see with the inventory.
It is pure and changes nothing: a person reads the proposal and takes over what is right.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collectors.contract import Target
from collectors.errors import CollectorError, NotReady, Reason
from collectors.network import addresses
from collectors.network.listening.senders import Senders
from collectors.network.lldp_table import Neighbour, walk
from collectors.network.snmp.probe import PORT, SHARE
from collectors.network.snmp.session import Agents
from feeds.model import Asset

AT_ONCE, WHOLE = 16, 60.0
"""Devices that are walked at once, and seconds that one of them may take."""


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

    async def survey_target(target: Target) -> list[Neighbour] | CollectorError:
        async with room:
            try:
                async with asyncio.timeout(WHOLE):
                    return await neighbours(target, agents)
            except CollectorError as error:
                return error
            except TimeoutError:
                return NotReady(Reason.TIMEOUT, f"its tables took longer than {WHOLE:g} s")

    target_list = list(targets)
    heard: list[Neighbour] = []
    wrong: dict[str, CollectorError] = {}
    for target, outcome in zip(target_list, await asyncio.gather(*map(survey_target, target_list)), strict=True):
        if isinstance(outcome, CollectorError):
            wrong[target.asset] = outcome
        else:
            heard += outcome
    return heard, wrong
