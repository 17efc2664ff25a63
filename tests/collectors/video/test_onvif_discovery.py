"""WS-Discovery on loopback sockets: who answers, what it says of itself, and what the inventory has already."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from collectors.errors import Misconfigured
from collectors.video.onvif.discovery import MOST, OnvifAnswer, addresses_of, proposed, read_match, survey
from feeds.model import Asset

MATCH = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><d:ProbeMatches xmlns:d="x"><d:ProbeMatch>'
    "<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/%E5%A4%A7%E9%97%A8%20A "
    "onvif://www.onvif.org/hardware/IPC-1 onvif://www.onvif.org/location/city/chuxiong</d:Scopes>"
    "<d:XAddrs>http://169.254.169.254:8000/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body>"
    "</s:Envelope>"
)


class Device(asyncio.DatagramProtocol):
    """Answers every Probe; `answer` are its bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.probes = answer, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.probes += b"NetworkVideoTransmitter" in data
        self._transport.sendto(self.answer, addr)


async def test_devices_that_answer_are_listed_and_rubbish_is_not() -> None:
    loop = asyncio.get_running_loop()
    good, first = await loop.create_datagram_endpoint(lambda: Device(MATCH.encode()), ("127.0.0.1", 0))
    port = int(good.get_extra_info("sockname")[1])
    bad, second = await loop.create_datagram_endpoint(lambda: Device(b"<html>" * 100), ("127.0.0.2", port))
    answers = await survey(["127.0.0.1", "127.0.0.2", "127.0.0.3"], port=port, rate=1000.0, wait=0.3)
    assert (first.probes, second.probes) == (1, 1)
    assert answers == [OnvifAnswer(host="127.0.0.1", port=8000, name="大门 A", model="IPC-1", location="chuxiong")], (
        "its host is where it answered from, whatever it names"
    )
    good.close()
    bad.close()


def test_what_the_inventory_has_is_not_new() -> None:
    camera = Asset(id="cam", name="cam", kind="camera", region="532301", probes=("onvif://10.0.0.5:8000?cred=c",))
    answers = [OnvifAnswer(host="10.0.0.5", port=8000), OnvifAnswer(host="10.0.0.6", port=80, model="a;b=c")]
    present, new = proposed(answers, {"cam": camera}, "532300")
    assert (present.asset, present.row) == ("cam", {})
    assert (new.asset, new.row["probes"], new.row["labels"]) == ("", "onvif://10.0.0.6", "model=a b c")


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 100, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", MATCH.replace("ProbeMatch>", "Hello>").encode()]
)
def test_what_is_no_match_is_nobody(data: bytes) -> None:
    assert read_match(data, "10.0.0.5") is None


def test_only_named_addresses_are_asked_and_not_too_many() -> None:
    assert addresses_of(["10.0.0.5", "10.0.0.4/30"]) == ["10.0.0.5", "10.0.0.6"]
    assert len(addresses_of(["10.0.0.0/22"])) == MOST - 2
    for ranges in ([], ["10.0.0.0/21"], ["camera"], ["10.0.0.0/22", "10.1.0.0/22"]):
        with pytest.raises(Misconfigured):
            addresses_of(ranges)
