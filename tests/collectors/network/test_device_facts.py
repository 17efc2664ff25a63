"""Facts that devices say of themselves, from real agents and servers on loopback: read slowly, bounded, decoded."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pysnmp.proto.api import v2c

from collectors.contract import Measurement
from collectors.network.opcua import build_info
from collectors.network.opcua.probe import OpcUaPoller
from collectors.network.snmp import nameplate
from collectors.network.snmp import profile as snmp_profiles
from collectors.network.snmp.probe import SnmpPoller
from collectors.once import collect_once, render
from feeds.model import Value
from tests.collectors.network.loopback import ask, closing, target_of
from tests.collectors.network.opcua_servers import running_plant
from tests.collectors.network.snmp_agent import Agent, serving

UPTIME = "1.3.6.1.2.1.1.3.0"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
SYSTEM: dict[str, object] = {
    "1.3.6.1.2.1.1.1.0": v2c.OctetString(b"Huawei Versatile Routing Platform\r\nVRP (R) Software, Version 5.170"),
    "1.3.6.1.2.1.1.2.0": v2c.ObjectIdentifier("1.3.6.1.4.1.99999.1"),
    UPTIME: v2c.TimeTicks(5_000_000),
    "1.3.6.1.2.1.1.4.0": v2c.OctetString("网管 张工".encode("gb18030")),
    "1.3.6.1.2.1.1.5.0": v2c.OctetString(b"SW-CX-01"),
    "1.3.6.1.2.1.1.6.0": v2c.OctetString("州政府机房 A3".encode()),
}
NOTHING = dict.fromkeys(("maker", "model", "serial", "firmware"), "")


def entity(index: int, kind: int, **columns: str) -> dict[str, object]:
    """One row of entPhysicalTable."""
    numbers = {"description": 2, "firmware": 9, "software": 10, "serial": 11, "maker": 12, "model": 13}
    cells = {f"{ENTITY}.{number}.{index}": v2c.OctetString(columns.get(name, "")) for name, number in numbers.items()}
    return {f"{ENTITY}.5.{index}": v2c.Integer(kind), **cells}


CHASSIS = entity(
    1, 3, description="S5735 chassis", software="V200R021", serial="21980A1", maker="Huawei", model="S5735"
)


def facts(readings: Mapping[str, Measurement]) -> dict[str, Value]:
    return {key.removeprefix("device."): each.value for key, each in readings.items() if key.startswith("device.")}


def target(agent: Agent, query: str = "", timeout: float = 20.0) -> str:
    return f"snmp://127.0.0.1:{agent.port}{query}"


async def test_an_agent_says_its_name_place_and_chassis() -> None:
    async with serving(SYSTEM | CHASSIS) as agent, closing(SnmpPoller()) as poller:
        assert facts(await ask(poller, target_of(target(agent)))) == {
            "name": "SW-CX-01",
            "description": "Huawei Versatile Routing Platform VRP (R) Software, Version 5.170",
            "location": "州政府机房 A3",
            "contact": "网管 张工",
            "maker": "Huawei",
            "model": "S5735",
            "serial": "21980A1",
            "firmware": "V200R021",
        }


async def test_facts_are_read_again_after_an_hour_and_after_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(SYSTEM | CHASSIS) as agent, closing(SnmpPoller()) as poller:
        address = target_of(target(agent))
        await ask(poller, address)
        requests = agent.requests
        assert facts(await ask(poller, address)) == {}
        assert agent.requests == requests + 1  # one request a poll, as without facts
        agent.set("1.3.6.1.2.1.1.5.0", v2c.OctetString(b"SW-CX-02"))
        agent.set(UPTIME, v2c.TimeTicks(100))
        assert facts(await ask(poller, address))["name"] == "SW-CX-02"
        monkeypatch.setattr(nameplate, "EVERY", 0.0)
        agent.set(UPTIME, v2c.TimeTicks(50))
        await ask(poller, address)
        agent.set("1.3.6.1.2.1.1.6.0", v2c.OctetString(b"B1"))
        assert facts(await ask(poller, address))["location"] == "B1"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({}, NOTHING),
        (entity(1, 9, serial="M1"), NOTHING | {"serial": "M1"}),
        (
            entity(1, 11) | entity(2, 3, serial="A", model="X") | entity(3, 3, serial="B") | entity(4, 9, serial="M"),
            NOTHING | {"serial": "A, B", "model": "X"},
        ),
        (
            entity(1, 3, description="NE40E", serial="S") | entity(2, 9, software="V8.180"),
            NOTHING | {"model": "NE40E", "serial": "S", "firmware": "V8.180"},
        ),
        (entity(1, 3, firmware="1.2"), NOTHING | {"firmware": "1.2"}),
    ],
    ids=["none", "no chassis", "stack", "software on a board", "firmware"],
)
async def test_the_chassis_row_holds_where_there_is_one(rows: dict[str, object], expected: dict[str, str]) -> None:
    async with serving(SYSTEM | rows) as agent, closing(SnmpPoller()) as poller:
        texts = facts(await ask(poller, target_of(target(agent))))
        assert {name: texts[name] for name in NOTHING} == expected


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"x" * 300, "x" * 255),
        ("机房".encode("gb18030") * 200, "机房" * 127 + "机"),
        (b" a\x00\x07b \t c\r\n", "a b c"),
        (b"\xff", "�"),
        (b"", ""),
    ],
)
async def test_a_fact_is_decoded_and_bounded(octets: bytes, text: str) -> None:
    values = SYSTEM | {"1.3.6.1.2.1.1.6.0": v2c.OctetString(octets)}
    async with serving(values) as agent, closing(SnmpPoller()) as poller:
        assert facts(await ask(poller, target_of(target(agent))))["location"] == text


async def test_an_agent_that_keeps_silent_about_its_parts_loses_no_reading_and_is_left_alone() -> None:
    def about_parts(names: list[tuple[int, ...]]) -> bool:
        return any(name[:9] == (1, 3, 6, 1, 2, 1, 47, 1, 1) for name in names)

    async with serving(SYSTEM) as agent, closing(SnmpPoller()) as poller:
        agent.silent = about_parts
        address = target_of(target(agent, "?profile=system"), timeout=0.5)
        readings = await ask(poller, address)
        assert readings["snmp.uptime_s"].value == 50_000.0
        assert "snmp.partial" not in readings
        requests = agent.requests
        await ask(poller, address)
        assert agent.requests == requests + 1


async def test_a_ups_says_its_make_by_its_own_mib() -> None:
    ident = {
        f"1.3.6.1.2.1.33.1.1.{n}.0": v2c.OctetString(text.encode())
        for n, text in ((1, "易事特"), (2, "EA66"), (3, "1.07"))
    }
    async with serving(SYSTEM | ident) as agent, closing(SnmpPoller()) as poller:
        texts = facts(await ask(poller, target_of(target(agent, "?profile=ups"))))
        assert (texts["maker"], texts["model"], texts["firmware"]) == ("易事特", "EA66", "1.07")


def test_a_profile_names_facts_by_their_names_and_oids_alone() -> None:
    text = 'title = {{ zh-CN = "泵", en = "pump" }}\n[facts]\n{}\n'
    assert snmp_profiles.parse("pump", text.format('serial = "1.3.6.1.4.1.9.1.0"')).facts == {
        "serial": "1.3.6.1.4.1.9.1.0"
    }
    for wrong, word in (
        ('colour = "1.3.6.1.0"', "colour"),
        ('serial = "sysName"', "no OIDs"),
        ("serial = 1", "no OIDs"),
    ):
        with pytest.raises(snmp_profiles.BadProfile, match=word):
            snmp_profiles.parse("pump", text.format(wrong))


async def test_one_poll_shows_the_facts_that_there_are() -> None:
    async with serving(SYSTEM) as agent:
        shown = render(await collect_once(target(agent), 5.0, {}))
    assert "SW-CX-01" in shown
    assert "device.serial" not in shown


async def test_an_opc_ua_server_says_its_build(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_plant({"Level": 1.5}, {}) as plant:
        async with closing(OpcUaPoller()) as poller:
            level = f"opc.tcp://{plant.address}?node=ns%3D2%3Bs%3DLevel&metric=level"
            texts = facts(await ask(poller, target_of(level)))
            assert set(texts) == {"maker", "model", "firmware"}
            assert all(texts.values())
            assert facts(await ask(poller, target_of(level))) == {}
        monkeypatch.setattr(build_info, "EVERY", 0.0)
        async with closing(OpcUaPoller()) as poller:
            for _ in range(2):
                assert facts(await ask(poller, target_of(f"opc.tcp://{plant.address}"))) == texts
