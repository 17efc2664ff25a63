"""WS-Discovery by unicast Probe to the addresses that a person names. It never signs in to what answers."""

from __future__ import annotations

import asyncio
import ipaddress
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from lxml import etree

from collectors.errors import Misconfigured
from collectors.video.onvif import soap
from feeds.inventory.addresses import AddressBook
from feeds.model import Asset

PORT = 3702
MOST = 1024
"""Addresses that are asked at once (a /22)."""
RATE = 50.0
"""Probes a second."""
WAIT = 3.0
"""Seconds for answers after the last probe."""
ANSWER_LIMIT = 65_507
_DISCOVERY, _ADDRESSING = (
    "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "http://schemas.xmlsoap.org/ws/2004/08/addressing",
)
_SCOPES = {"name": "name", "hardware": "model", "location": "location"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifAnswer:
    """One device that answered from `host`; `port` is that of its service. The words are its own."""

    host: str
    port: int
    name: str = ""
    model: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifProposal:
    """An answer beside the inventory: `asset` is the one that has this address, "" for a new device with its `row`."""

    answer: OnvifAnswer
    asset: str
    row: Mapping[str, str]


def addresses_of(ranges: Sequence[str]) -> list[str]:
    """The addresses of networks and hosts. Raises Misconfigured for none, for text that is none, and for too many."""
    hosts: list[str] = []
    for text in ranges:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise Misconfigured(f"{text!r} is no address or network", f"{text!r} 不是地址或网段") from error
        if network.num_addresses > MOST:
            raise Misconfigured(f"{text!r} is larger than /22", f"{text!r} 大于 /22")
        hosts += [str(host) for host in network.hosts()] or [str(network.network_address)]
    if not hosts or len(hosts) > MOST:
        raise Misconfigured(
            f"name the addresses to ask, at most {MOST}: watchfloor discover onvif 10.0.0.0/24",
            f"请写明要询问的地址，至多 {MOST} 个：watchfloor discover onvif 10.0.0.0/24",
        )
    return list(dict.fromkeys(hosts))


def probe() -> bytes:
    """A Probe for network video transmitters."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        f'xmlns:a="{_ADDRESSING}"><s:Header><a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>'
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        f"<a:Action>{_DISCOVERY}/Probe</a:Action></s:Header><s:Body>"
        f'<d:Probe xmlns:d="{_DISCOVERY}"><d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
        "dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def read_match(data: bytes, host: str) -> OnvifAnswer | None:
    """The device in a ProbeMatches message that came from `host`, None for anything else.

    Addresses that it names are used for their port alone: it may name any host.
    """
    try:
        content = soap.answer(data[:ANSWER_LIMIT])
    except (soap.OnvifFormatError, soap.OnvifFault):
        return None
    match = soap.find(content, "ProbeMatch")
    if match is None:
        return None
    words = _words(match)
    ports = [port for text in soap.text(match, "XAddrs").split() if (port := _port(text))]
    return OnvifAnswer(
        host=host,
        port=ports[0] if ports else 80,
        name=words.get("name", ""),
        model=words.get("model", ""),
        location=words.get("location", ""),
    )


def _words(match: etree._Element) -> dict[str, str]:
    words: dict[str, str] = {}
    for scope in soap.text(match, "Scopes").split():
        kind, _, value = scope.partition("onvif://www.onvif.org/")[2].partition("/")
        if kind in _SCOPES and value:
            text = " ".join(unquote(value.rpartition("/")[2]).split())
            words.setdefault(_SCOPES[kind], "".join(sign for sign in text if sign.isprintable())[:64])
    return words


def _port(address: str) -> int:
    try:
        parts = urlsplit(address)
        return parts.port or 80 if parts.scheme == "http" else 0
    except ValueError:
        return 0


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, hosts: frozenset[str]) -> None:
        self.devices: dict[str, OnvifAnswer] = {}
        self._hosts = hosts

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take an answer of a host that was asked; anybody else's is ignored."""
        answer = read_match(data, addr[0]) if addr[0] in self._hosts else None
        if answer is not None:
            self.devices.setdefault(addr[0], answer)

    def error_received(self, exc: Exception) -> None:
        """A host without the port: it is no device."""


async def survey(
    hosts: Sequence[str], *, port: int = PORT, rate: float = RATE, wait: float = WAIT
) -> list[OnvifAnswer]:
    """Ask every host, and gather the answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    family_any = "::" if ":" in hosts[0] else "0.0.0.0"
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _Answers(frozenset(hosts)), local_addr=(family_any, 0)
    )
    try:
        for host in hosts:
            transport.sendto(probe(), (host, port))
            await asyncio.sleep(1 / rate)
        await asyncio.sleep(wait)
    finally:
        transport.close()
    return sorted(protocol.devices.values(), key=lambda answer: ipaddress.ip_address(answer.host).packed)


def proposed(answers: Sequence[OnvifAnswer], inventory: Mapping[str, Asset], region: str) -> Iterator[OnvifProposal]:
    """The answers beside the inventory. New ones have the row that would take them in."""
    book = AddressBook(inventory.values())
    for answer in answers:
        authority = answer.host if answer.port == 80 else f"{answer.host}:{answer.port}"
        asset = book.find(f"onvif://{authority}") or book.find(answer.host)
        facts = (("model", answer.model), ("address", answer.location))
        row = {
            "id": answer.host,
            "name": answer.name or answer.host,
            "kind": "camera",
            "region": region,
            "labels": ";".join(f"{name}={value.replace(';', ' ').replace('=', ' ')}" for name, value in facts if value),
            "probes": f"onvif://{authority}",
        }
        yield OnvifProposal(answer=answer, asset=asset, row={} if asset else row)
