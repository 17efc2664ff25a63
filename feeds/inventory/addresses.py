"""Lookup of an asset by an address that its probes use."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from feeds.model import Asset

_PORTS = {
    "http": 80,
    "https": 443,
    "tls": 443,
    "smtp": 25,
    "sip": 5060,
    "snmp": 161,
    "dns": 53,
    "rtsp": 554,
    "opc.tcp": 4840,
    "modbus": 502,
    "mqtt": 1883,
    "onvif": 80,
}


def of_probe(probe: str) -> tuple[str, str]:
    """A probe's "host:port" and its "host". Each is "" when the probe has none or is invalid."""
    try:
        parts = urlsplit(probe)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", ""
    if not host:
        return "", ""
    shown = f"[{host}]" if ":" in host else host
    return (f"{shown}:{port}" if port else ""), host


def _is_this_machine(host: str) -> bool:
    """True for loopback, which identifies no asset."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class AddressBook:
    """The addresses of an inventory's probes. An address shared by several assets identifies none of them."""

    def __init__(self, assets: Iterable[Asset] = ()) -> None:
        self._of: dict[str, tuple[str, ...]] = {}
        self._owners: dict[str, set[str]] = {}
        for asset in assets:
            self.put(asset)

    def put(self, asset: Asset) -> None:
        """Add a new or changed asset."""
        addresses: dict[str, None] = {}
        for probe in asset.probes:
            address, host = of_probe(probe)
            addresses |= {address: None} if address else {}
            addresses |= {host: None} if host and not _is_this_machine(host) else {}
        if self._of.get(asset.id, ()) == tuple(addresses):
            return
        self.drop(asset.id)
        self._of[asset.id] = tuple(addresses)
        for host_or_address in addresses:
            self._owners.setdefault(host_or_address, set()).add(asset.id)

    def drop(self, id: str) -> None:
        """Remove an asset."""
        for address in self._of.pop(id, ()):
            self._owners[address].discard(id)
            if not self._owners[address]:
                del self._owners[address]

    def find(self, text: str) -> str:
        """The id of the asset with a probe of that "host:port" (or a URL with it), else of that host; "" for none."""
        address, host = of_probe(text if "://" in text else f"tcp://{text}")
        for key in (address, host):
            owners = self._owners.get(key) if key else None
            if owners:
                return next(iter(owners)) if len(owners) == 1 else ""
        return ""
