"""SNMP agents as they really are: GetBulk that fails, interfaces without a name, sizes that wrapped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from collectors.contract import Measurement
from collectors.network.snmp.probe import SnmpPoller
from tests.collectors.network.loopback import ask, closing, target_of
from tests.collectors.network.snmp_agent import Agent, serving

NAME, DESCRIPTION = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"
SYSTEM: dict[str, object] = {
    "1.3.6.1.2.1.1.2.0": v2c.ObjectIdentifier("1.3.6.1.4.1.9999.1"),
    "1.3.6.1.2.1.1.3.0": v2c.TimeTicks(123456),
}
Rows = dict[int, tuple[bytes, bytes | None]]


def interfaces(rows: Rows) -> dict[str, object]:
    """By index: ifDescr and ifName, None for a row that the second table lacks."""
    values = dict(SYSTEM)
    for index, (description, name) in rows.items():
        column = "1.3.6.1.2.1.2.2.1"
        values[f"{DESCRIPTION}.{index}"] = v2c.OctetString(description)
        values[f"{column}.3.{index}"] = v2c.Integer(6)
        values[f"{column}.7.{index}"] = values[f"{column}.8.{index}"] = v2c.Integer(1)
        if name is not None:
            values[f"{NAME}.{index}"] = v2c.OctetString(name)
    return values


@asynccontextmanager
async def polled(agent: Agent, path: str = "") -> AsyncIterator[dict[str, Measurement]]:
    async with closing(SnmpPoller()) as poller:
        measurements = await poller.poll(target_of(f"snmp://127.0.0.1:{agent.port}{path}", timeout=5.0))
        yield {f"{each.metric}[{each.instance}]" if each.instance else each.metric: each for each in measurements}


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ({1: (b"Port 1", b""), 2: (b"Port 2", b"")}, ["Port 1", "Port 2"]),
        ({1: (b"Ethernet1/1", b"Eth1/1"), 2: (b"Ethernet1/2", b"")}, ["Eth1/1", "Ethernet1/2"]),
        ({1: (b"GigabitEthernet1", b"Gi1"), 2: (b"GigabitEthernet2", None)}, ["Gi1", "GigabitEthernet2"]),
        ({1: (b"", b""), 2: (b"", None)}, ["1", "2"]),
    ],
)
async def test_an_interface_without_a_name_goes_by_its_description(rows: Rows, names: list[str]) -> None:
    async with serving(interfaces(rows)) as agent, polled(agent) as readings:
        assert sorted(key for key in readings if key.startswith("if.oper")) == sorted(f"if.oper[{n}]" for n in names)


class NoBulk(Agent):
    """Answers GetBulk with genErr, with nothing, or not at all."""

    manner = ""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message, _ = decoder.decode(data, asn1Spec=v2c.Message())
        request = v2c.apiMessage.get_pdu(message)
        if not request.isSameTypeWith(v2c.GetBulkRequestPDU()):
            super().datagram_received(data, addr)
            return
        if self.manner == "silent" or self._transport is None:
            return
        answer = v2c.apiMessage.get_response(message)
        pdu = v2c.apiMessage.get_pdu(answer)
        names = [(name, v2c.Null("")) for name, _ in v2c.apiBulkPDU.get_varbinds(request)]
        v2c.apiPDU.set_error_status(pdu, 5 if self.manner == "genErr" else 0)
        v2c.apiPDU.set_varbinds(pdu, names if self.manner == "genErr" else [])
        self._transport.sendto(encoder.encode(answer), addr)


@asynccontextmanager
async def without_bulk(manner: str) -> AsyncIterator[Agent]:
    values = interfaces({n: (b"Gi%d" % n, b"Gi%d" % n) for n in (1, 2, 3)})
    transport, agent = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NoBulk(values), local_addr=("127.0.0.1", 0)
    )
    agent.manner = manner
    try:
        yield agent
    finally:
        transport.close()


@pytest.mark.parametrize("manner", ["genErr", "nothing"])
async def test_an_agent_that_fails_at_getbulk_is_asked_by_getnext(manner: str) -> None:
    async with without_bulk(manner) as agent, polled(agent) as readings:
        assert {"if.oper[Gi1]", "if.oper[Gi2]", "if.oper[Gi3]"} <= readings.keys()


async def test_an_agent_that_is_silent_to_getbulk_is_said_to_be_partial_and_asked_by_getnext_next_time() -> None:
    async with without_bulk("silent") as agent, closing(SnmpPoller()) as poller:
        target = target_of(f"snmp://127.0.0.1:{agent.port}", timeout=1.0)
        first = await ask(poller, target)
        assert first["snmp.partial"].value is True
        second = await poller.poll(target)
    assert {each.instance for each in second if each.metric == "if.oper"} == {"Gi1", "Gi2", "Gi3"}


@pytest.mark.parametrize(
    ("size", "used", "share"), [(-(2**31), 2**30, 50.0), (-(2**30), -(2**31), 66.67), (1000, 250, 25.0)]
)
async def test_a_size_that_wrapped_is_read_as_unsigned(size: int, used: int, share: float) -> None:
    storage = "1.3.6.1.2.1.25.2.3.1"
    values = dict(SYSTEM) | {
        f"{storage}.2.1": v2c.ObjectIdentifier("1.3.6.1.2.1.25.2.1.4"),
        f"{storage}.3.1": v2c.OctetString(b"/data"),
        f"{storage}.5.1": v2c.Integer(size),
        f"{storage}.6.1": v2c.Integer(used),
    }
    async with serving(values) as agent, polled(agent, "?profile=server") as readings:
        assert readings["storage.util[/data]"].value == share
