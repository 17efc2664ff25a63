"""Identification of senders: from a device's names on the wire to an asset of the inventory. Pure.

A relay forwards messages of other devices. An asset is a relay when it has the label `relay=yes`, or once it has
forwarded a message of another asset. A message from a relay that names an unknown host belongs to no asset.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from collectors import uri as uris
from collectors.errors import Misconfigured
from feeds.model import Asset

_LABELS = ("ip", "address", "sysname", "mac")
_YES = ("yes", "true", "1", "是")
_OWN = ("snmp", "icmp")
"""Probes whose host is the device itself. The host of another probe may serve many assets."""


class Senders:
    """Assets by each name that a device may use, best first: labels, own probes, id and name, hosts of other probes."""

    def __init__(self, inventory: Mapping[str, Asset]) -> None:
        self._assets: dict[str, str] = {}
        self._relays = {asset.id for asset in inventory.values() if asset.labels.get("relay", "") in _YES}
        for names_of in (_labels, _own_hosts, _names, _other_hosts):
            for asset in inventory.values():
                for name in names_of(asset):
                    self._assets.setdefault(plain(name), asset.id)

    def find(self, *names: str) -> str:
        """The asset of the first of `names` (address, host name, MAC) that is known, "" when none is."""
        for name in names:
            if name and (asset_id := self._assets.get(plain(name))):
                return asset_id
        return ""

    def origin(self, host: str, named: bool, address: str) -> tuple[str, str]:
        """The asset of a message ("" when unknown), and the name of its sender for display.

        `host` is the host in the message's header, "" for none. `named` is False where it may be a word of the text.
        `address` is the address that the message came from. Notes that address as a relay's when `host` is another
        asset.
        """
        by_host, by_address = self.find(host), self.find(address)
        if by_host:
            if by_address and by_address != by_host:
                self._relays.add(by_address)
            return by_host, host
        if named and by_address in self._relays:
            return "", host
        return by_address, host if named and host else address


def plain(name: str) -> str:
    """The form in which names are compared: lower case, IPv6 in its shortest form, MAC addresses without separators."""
    name = name.strip().lower().removeprefix("::ffff:")
    if ":" in name:
        try:
            return str(ipaddress.ip_address(name))
        except ValueError:
            pass  # a MAC address or a name
    digits = re.sub(r"[-:.\s]", "", name)
    return digits if re.fullmatch(r"[0-9a-f]{12}", digits) else name


def _labels(asset: Asset) -> Iterator[str]:
    return (asset.labels[key] for key in _LABELS if asset.labels.get(key))


def _names(asset: Asset) -> Iterator[str]:
    yield asset.id
    yield asset.name


def _own_hosts(asset: Asset) -> Iterator[str]:
    return (host for scheme, host in _hosts(asset) if scheme in _OWN)


def _other_hosts(asset: Asset) -> Iterator[str]:
    return (host for scheme, host in _hosts(asset) if scheme not in _OWN)


def _hosts(asset: Asset) -> Iterator[tuple[str, str]]:
    for probe in asset.probes:
        try:
            target = uris.parse(probe)
        except Misconfigured:
            continue
        if target.host:
            yield target.scheme, target.host
