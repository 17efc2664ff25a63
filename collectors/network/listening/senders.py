"""Identification of senders: from a device's names on the wire to an asset of the inventory. Pure.

A relay passes on messages of others. An asset is one by its label `relay=yes`, or once it has passed on a message of
another asset. A message that names its host is never the relay's own.
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
        """The asset ("" when unknown) and the shown sender of a message with `host` in its header.

        `named` is False where `host` may be a word of the text. `address` is where the message came from.
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
    """A name in lower case, an IP address in its shortest form, and a MAC address without separators."""
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
