"""A device as a list of people or another tool names it, before it is a row of the inventory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from feeds.findings import Finding, InFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDevice:
    """One device. Texts are as in the list; "" where it says nothing.

    `addresses` are hosts, `ports` TCP ports, `urls` web addresses, `probes` whole probe URIs that the reader made.
    `hints` are further texts (groups, templates) that kind, region and unit may be guessed from. `parents` are ids,
    names or addresses of devices of the same list or of the inventory. `snmp` is True when the list says SNMP.
    """

    where: InFile
    name: str
    id: str = ""
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    urls: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    protocol: str = ""
    kind: str = ""
    region: str = ""
    owner: str = ""
    lat: str = ""
    lon: str = ""
    parents: tuple[str, ...] = ()
    importance: str = ""
    snmp: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """All devices of a file in its order, and the findings on what was not understood. `form` is its format."""

    form: str
    devices: tuple[ImportedDevice, ...] = ()
    findings: tuple[Finding[InFile], ...] = ()
