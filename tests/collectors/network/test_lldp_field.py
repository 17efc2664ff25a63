"""LLDP tables in the shapes of real devices: short indexes, empty rows, far ports by number, a neighbour twice."""

from __future__ import annotations

from pysnmp.proto.api import v2c

from collectors.network.lldp import neighbours
from collectors.network.lldp_table import Neighbour
from collectors.network.snmp.session import Agents
from tests.collectors.network.loopback import target_of
from tests.collectors.network.snmp_agent import serving

REMOTE, LOCAL = "1.0.8802.1.1.2.1.4.1.1", "1.0.8802.1.1.2.1.3.7.1"


def row(index: str, mac: str, port: str, name: str = "", kind: int = 5, described: str = "") -> dict[str, object]:
    """One row of the remote table; an empty `mac` is an empty row."""
    return {
        f"{REMOTE}.4.{index}": v2c.Integer(4 if mac else 0),
        f"{REMOTE}.5.{index}": v2c.OctetString(bytes.fromhex(mac)),
        f"{REMOTE}.6.{index}": v2c.Integer(kind if mac else 0),
        f"{REMOTE}.7.{index}": v2c.OctetString(port.encode()),
        f"{REMOTE}.8.{index}": v2c.OctetString(described.encode()),
        f"{REMOTE}.9.{index}": v2c.OctetString(name.encode()),
    }


async def heard(*rows: dict[str, object], ports: dict[int, str] | None = None) -> list[Neighbour]:
    values = {key: value for each in rows for key, value in each.items()}
    for number, name in (ports or {}).items():
        values[f"{LOCAL}.4.{number}"] = v2c.OctetString(name.encode())
    async with serving(values) as agent:
        agents = Agents()
        try:
            return await neighbours(target_of(f"snmp://127.0.0.1:{agent.port}", timeout=5.0), agents)
        finally:
            agents.close()


async def test_an_index_without_its_last_number_still_names_the_port() -> None:
    [neighbour] = await heard(row("0.301", "0060a7040506", "eth0", "cam-17"), ports={301: "port 1"})
    assert (neighbour.port, neighbour.name) == ("port 1", "cam-17")


async def test_an_index_of_one_number_is_the_port_itself() -> None:
    [neighbour] = await heard(row("1383", "e48d8c354a93", "ether1", "tik-b"))
    assert neighbour.port == "1383"


async def test_an_empty_row_proposes_nobody() -> None:
    rows = row("0.204", "", ""), row("0.301", "0060a7040506", "eth0", "cam-17")
    assert [neighbour.name for neighbour in await heard(*rows)] == ["cam-17"]


async def test_a_far_port_given_by_number_goes_by_its_description() -> None:
    [neighbour] = await heard(row("99.1.1", "00e0fc010203", "527", "far", kind=7, described="ge-0/0/12.0"))
    assert neighbour.remote_port == "ge-0/0/12.0"


async def test_a_neighbour_that_started_again_stands_there_once() -> None:
    rows = row("100.5.1", "586966fb2208", "Te0/1"), row("9000.5.7", "586966fb2208", "Te0/1", "agg-1")
    [neighbour] = await heard(*rows, ports={5: "XGE0/0/5"})
    assert (neighbour.port, neighbour.name) == ("XGE0/0/5", "agg-1")
