"""The SNMP collector against net-snmp's agent, and against recordings of real devices that snmpsim replays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.contract import Target
from collectors.errors import AuthFailed, NotReady, Reason
from collectors.network import lldp
from collectors.network.snmp.probe import SnmpPoller
from collectors.network.snmp.session import Agents
from collectors.probing import retries
from collectors.settings import Credential
from feeds.model import Value
from tests.collectors.network.loopback import failure, target_of
from tests.peers.snmp_peers import agent, replayed

KEYS = {"auth_key": "authpass123", "priv_key": "privpass123"}
V2C = Credential(name="v2c", kind="snmpv2c", values={"community": "public"})
SHA = Credential(name="sha", kind="snmpv3", values={"user": "ops", "auth": "SHA", "priv": "AES", **KEYS})
SHA256 = Credential(
    name="sha256", kind="snmpv3", values={"user": "ops256", "auth": "SHA-256", "priv": "AES256", **KEYS}
)
PLAIN = Credential(name="plain", kind="snmpv3", values={"user": "plain"})


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with agent(tmp_path_factory.mktemp("snmpd")) as port:
        yield port


async def poll(target: Target, times: int = 1) -> dict[str, Value]:
    poller = SnmpPoller()
    try:
        for _ in range(times):
            measurements = await retries.attempt(poller, target, target.timeout)
    finally:
        await poller.close()
    return {
        f"{measurement.metric}[{measurement.instance}]"
        if measurement.instance
        else measurement.metric: measurement.value
        for measurement in measurements
    }


@pytest.mark.parametrize("credential", [V2C, SHA, SHA256, PLAIN], ids=lambda credential: credential.name)
async def test_net_snmp_answers_every_kind_of_credential(port: int, credential: Credential) -> None:
    readings = await poll(target_of(f"snmp://127.0.0.1:{port}?profile=server&cred=x", credential))
    assert readings["snmp.rebooted"] is False
    assert isinstance(readings["host.processes"], int)
    assert 0 < float(readings["mem.available"] or 0) <= 100
    assert any(key.startswith("storage.util[") for key in readings)


async def test_the_host_may_be_a_name(port: int) -> None:
    assert "snmp.uptime_s" in await poll(target_of(f"snmp://localhost:{port}?profile=system", V2C))


@pytest.mark.parametrize(
    ("key", "value"),
    [("auth_key", "wrong-auth-key"), ("user", "nobody"), ("priv_key", "wrong-priv-key"), ("auth", "SHA-256")],
)
async def test_wrong_v3_credentials_are_for_a_person(port: int, key: str, value: str) -> None:
    wrong = replace(SHA, values={**SHA.values, key: value})
    error = await failure(SnmpPoller(), target_of(f"snmp://127.0.0.1:{port}?cred=sha", wrong))
    assert isinstance(error, AuthFailed)
    assert value not in error.en + error.zh


async def test_less_security_than_the_agent_wants_is_for_a_person(port: int) -> None:
    weak = Credential(name="weak", kind="snmpv3", values={"user": "ops", "auth": "SHA", "auth_key": "authpass123"})
    assert isinstance(await failure(SnmpPoller(), target_of(f"snmp://127.0.0.1:{port}?cred=weak", weak)), AuthFailed)


async def test_a_wrong_community_is_a_timeout(port: int) -> None:
    wrong = replace(V2C, values={"community": "guess"})
    error = await failure(SnmpPoller(), target_of(f"snmp://127.0.0.1:{port}?cred=v2c", wrong, timeout=0.5))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT


async def test_an_agent_that_boots_again_is_found_at_once_and_the_reboot_is_seen(tmp_path: Path) -> None:
    poller = SnmpPoller()
    with agent(tmp_path) as port:
        target = target_of(f"snmp://127.0.0.1:{port}?profile=system&cred=sha", SHA)
        await retries.attempt(poller, target, target.timeout)
    assert isinstance(await failure(poller, target), NotReady)
    with agent(tmp_path, port):
        measurement = {measurement.metric: measurement.value for measurement in await retries.probe(poller, target, 3)}
    assert measurement["snmp.rebooted"] is True


DEVICES = (
    "huawei-s5720",
    "h3c-e528-2",
    "ruijie-s5750-24gt12sfp",
    "topsec-ngfw4000-uf",
    "phoenixtec-power",
    "huawei-gse200m",
    "nsfocus-osms",
    "hikvision",
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with replayed(tmp_path_factory.mktemp("snmpsim"), *DEVICES) as port:
        yield port


def device(port: int, name: str, profile: str = "auto") -> Target:
    credential = Credential(name=name, kind="snmpv2c", values={"community": name})
    # snmpsim answers about 200 requests a second.
    return replace(target_of(f"snmp://127.0.0.1:{port}?profile={profile}&cred={name}", credential, 20), asset=name)


@pytest.mark.parametrize(
    ("name", "profile", "expected"),
    [
        (
            "huawei-s5720",
            "switch",
            {
                "cpu.util[MPU Board 0]": 38,
                "env.temperature[MPU Board 0]": 42,
                "fan.state[0.7]": "normal",
                "if.oper[GigabitEthernet0/0/1]": "up",
            },
        ),
        (
            "h3c-e528-2",
            "auto",
            {
                "mem.util[Level 1 Virtual Module #1]": 55,
                "env.temperature[Sensor1]": 40,
                "if.oper[GigabitEthernet1/0/1]": "down",
            },
        ),
        ("ruijie-s5750-24gt12sfp", "auto", {"cpu.util": 39, "mem.util[memory]": 50, "if.oper[Gi0/1]": "up"}),
        ("topsec-ngfw4000-uf", "firewall", {"cpu.util": 3, "mem.util": 33, "firewall.sessions": 285030}),
        ("phoenixtec-power", "auto", {"ups.battery": "normal", "ups.charge": 100, "ups.input_voltage[1]": 238}),
        (
            "huawei-gse200m",
            "ups-huawei",
            {"ups.input_voltage[1]": 236.9, "ups.load[1]": 8, "ups.battery_voltage": 538.5},
        ),
        ("nsfocus-osms", "auto", {"host.processes": 58, "storage.util[/mnt/cf]": 68.12, "if.oper[M]": "up"}),
        ("hikvision", "hikvision", {"cpu.util": 52, "mem.util": 75}),
    ],
)
async def test_a_real_devices_recording_gives_its_readings(
    recorded: int, name: str, profile: str, expected: dict[str, Value]
) -> None:
    readings = await poll(device(recorded, name, profile))
    assert {key: readings.get(key) for key in expected} == expected


async def test_counters_of_a_recording_stand_still(recorded: int) -> None:
    poller, target = SnmpPoller(), device(recorded, "huawei-s5720")
    await retries.attempt(poller, target, target.timeout)
    await asyncio.sleep(0.1)  # the device's clock cannot be moved
    measurements = [
        measurement
        for measurement in await retries.attempt(poller, target, target.timeout)
        if measurement.metric == "if.in_bps"
    ]
    assert len(measurements) > 20
    assert all(measurement.value == 0 for measurement in measurements)


async def test_the_neighbour_of_a_real_switch_is_heard(recorded: int) -> None:
    [heard] = await lldp.neighbours(device(recorded, "h3c-e528-2"), Agents())
    assert (heard.name, heard.chassis, heard.remote_port, heard.address) == (
        "WRD-Huiju-2",
        "38:91:d5:fb:74:2c",
        "GigabitEthernet1/0/33",
        "10.1.123.2",
    )
    assert heard.kind == "router"
