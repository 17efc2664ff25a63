"""Identification of senders: from a device's names on the wire to an asset of the inventory. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from collectors import uri as uris
from collectors.errors import Misconfigured
from feeds.model import Asset

_LABELS = ("ip", "address", "sysname", "mac")
_OWN = ("snmp", "icmp")
"""Probes whose host is the device itself. The host of another probe may serve many assets."""


class Senders:
    """Assets by each name that a device may use, best first: labels, own probes, id and name, hosts of other probes."""

    def __init__(self, inventory: Mapping[str, Asset]) -> None:
        self._assets: dict[str, str] = {}
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


def plain(name: str) -> str:
    """A name in lower case, and a MAC address without separators."""
    name = name.strip().lower().removeprefix("::ffff:")
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
