"""The SNMP collector against an agent on a loopback socket, and each way of failing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from pysnmp.proto.api import v2c

from collectors.contract import Measurement, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.network.snmp import probe
from collectors.network.snmp.probe import SnmpPoller
from collectors.probing import retries
from collectors.settings import Credential
from feeds.model import Value
from tests.collectors.network.loopback import SILENT, failure, target_of
from tests.collectors.network.snmp_agent import AUTHORIZATION, Agent, oid, serving
from tests.ports import free_port

SECRET = Credential(name="core", kind="snmpv2c", values={"community": "s3cret-community"})
IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"


def switch(ports: int = 3) -> dict[str, object]:
    """A switch with gigabit ports, 64-bit counters, one port shut, one VLAN interface."""
    values: dict[str, object] = {
        probe.UPTIME: v2c.TimeTicks(500_000),
        probe.OBJECT_ID: v2c.ObjectIdentifier("1.3.6.1.4.1.99999.1"),
    }
    for n in range(1, ports + 1):
        values |= {
            f"{IF}.2.{n}": v2c.OctetString(f"GigabitEthernet0/0/{n}"),
            f"{IF}.3.{n}": v2c.Integer32(6),
            f"{IF}.7.{n}": v2c.Integer32(1),
            f"{IF}.8.{n}": v2c.Integer32(1),
            f"{IFX}.1.{n}": v2c.OctetString(f"GigabitEthernet0/0/{n}"),
            f"{IFX}.15.{n}": v2c.Gauge32(1000),
            f"{IFX}.18.{n}": v2c.OctetString("上联 楚雄".encode()),
            f"{IFX}.6.{n}": v2c.Counter64(10**12),
            f"{IFX}.10.{n}": v2c.Counter64(2 * 10**12),
            **{f"{IF}.{column}.{n}": v2c.Counter32(7) for column in (13, 14, 19, 20)},
        }
    values[f"{IF}.7.{ports}"] = v2c.Integer32(2)
    values |= {
        f"{IF}.2.90": v2c.OctetString("Vlanif1"),
        f"{IFX}.1.90": v2c.OctetString("Vlanif1"),
        f"{IF}.3.90": v2c.Integer32(53),
        f"{IF}.7.90": v2c.Integer32(1),
    }
    return values


@pytest.fixture
async def agent() -> AsyncIterator[Agent]:
    async with serving(switch()) as agent_port:
        yield agent_port


@pytest.fixture
async def poller() -> AsyncIterator[SnmpPoller]:
    poller = SnmpPoller()
    yield poller
    await poller.close()


def keys(measurements: list[Measurement]) -> dict[str, Value]:
    return {
        f"{measurement.metric}[{measurement.instance}]"
        if measurement.instance
        else measurement.metric: measurement.value
        for measurement in measurements
    }


async def poll(poller: SnmpPoller, target: Target) -> dict[str, Value]:
    return keys(await retries.attempt(poller, target, target.timeout))


class Clock:
    """Moves the loop's time for the poller, and keeps between which moments each poll was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        self._polls: list[tuple[float, float]] = []
        loop = asyncio.get_running_loop()
        real: Callable[[], float] = loop.time
        monkeypatch.setattr(loop, "time", lambda: real() + self.ahead)

    async def poll(self, poller: SnmpPoller, target: Target) -> dict[str, Value]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        readings = await poll(poller, target)
        self._polls.append((began, loop.time()))
        return readings

    def fits(self, rate: Value, amount: float) -> bool:
        """Whether so much a second is that amount since the poll before the last one."""
        (before, after), (began, ended) = self._polls[-2:]
        assert isinstance(rate, float | int)
        return amount / (ended - before) * 0.999 <= rate <= amount / (began - after) * 1.001


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_interfaces_are_found_and_their_counters_become_rates(
    agent: Agent, poller: SnmpPoller, clock: Clock
) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch")
    first = await clock.poll(poller, target)
    assert first["snmp.uptime_s"] == 5000
    assert first["if.oper[GigabitEthernet0/0/1]"] == "up"
    assert not any("GigabitEthernet0/0/3" in key or "Vlanif" in key for key in first), "shut, or no port"
    assert not any("bps" in key for key in first), "a rate needs two samples"
    clock.ahead = 10.0
    agent.set(f"{IFX}.6.1", v2c.Counter64(10**12 + 125_000_000))
    agent.set(probe.UPTIME, v2c.TimeTicks(501_000))
    second = await clock.poll(poller, target)
    assert clock.fits(rate := second["if.in_bps[GigabitEthernet0/0/1]"], 1e9)
    assert second["if.in_util[GigabitEthernet0/0/1]"] == pytest.approx(float(rate or 0) / 1e7, rel=0.001)
    assert second["if.out_bps[GigabitEthernet0/0/1]"] == 0


async def test_ports_chooses_interfaces(poller: SnmpPoller) -> None:
    async with serving(switch(9)) as agent:
        readings = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch&ports=*0/0/2,*/[45]"))
    assert {key for key in readings if key.startswith("if.oper")} == {
        f"if.oper[GigabitEthernet0/0/{n}]" for n in (2, 4, 5)
    }


async def test_what_the_far_end_is_called_goes_with_the_reading(agent: Agent, poller: SnmpPoller) -> None:
    measurements = await poller.poll(target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch"))
    assert {measurement.text for measurement in measurements if measurement.metric == "if.oper"} == {"上联 楚雄"}
    ports = {measurement.instance: measurement.index for measurement in measurements if measurement.metric == "if.oper"}
    assert ports["GigabitEthernet0/0/1"] == "1", "ifIndex, by which a trap names the same interface"


async def test_a_reboot_is_an_event_and_gives_no_negative_rate(agent: Agent, poller: SnmpPoller, clock: Clock) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch")
    assert (await poll(poller, target))["snmp.rebooted"] is False
    clock.ahead = 10.0
    agent.set(probe.UPTIME, v2c.TimeTicks(200))
    agent.set(f"{IFX}.6.1", v2c.Counter64(1000))
    second = await clock.poll(poller, target)
    assert second["snmp.rebooted"] is True
    assert not any("bps" in key for key in second)
    clock.ahead = 20.0
    agent.set(probe.UPTIME, v2c.TimeTicks(1200))
    agent.set(f"{IFX}.6.1", v2c.Counter64(2000))
    third = await clock.poll(poller, target)
    assert clock.fits(third["if.in_bps[GigabitEthernet0/0/1]"], 8000)


async def test_without_64_bit_counters_the_32_bit_ones_are_read(poller: SnmpPoller, clock: Clock) -> None:
    values = {key: value for key, value in switch().items() if not key.startswith((f"{IFX}.6.", f"{IFX}.10."))}
    values |= {f"{IF}.{column}.{n}": v2c.Counter32(2**32 - 1000) for column in (10, 16) for n in (1, 2, 3)}
    async with serving(values) as agent:
        target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch")
        await poll(poller, target)
        clock.ahead = 10.0
        await clock.poll(poller, target)
        clock.ahead = 20.0
        agent.set(f"{IF}.10.1", v2c.Counter32(0))
        readings = await clock.poll(poller, target)
    assert clock.fits(readings["if.in_bps[GigabitEthernet0/0/1]"], 8000)


async def test_one_missing_object_does_not_lose_the_others(agent: Agent, poller: SnmpPoller) -> None:
    del agent.values[oid(f"{IF}.8.1")]
    readings = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch"))
    assert readings["if.oper[GigabitEthernet0/0/2]"] == "up"
    assert readings["snmp.missing"] == 1


async def test_one_object_that_spoils_its_request_does_not_lose_the_others(agent: Agent, poller: SnmpPoller) -> None:
    agent.broken = {oid(f"{IF}.14.1")}
    readings = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch"))
    assert {"if.oper[GigabitEthernet0/0/1]", "if.oper[GigabitEthernet0/0/2]"} < readings.keys()


async def test_an_agent_with_small_answers_is_asked_in_smaller_requests(agent: Agent, poller: SnmpPoller) -> None:
    agent.most = 3
    readings = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch"))
    assert {"if.oper[GigabitEthernet0/0/1]", "if.oper[GigabitEthernet0/0/2]"} < readings.keys()


async def test_tables_that_are_not_answered_in_time_leave_the_device_up(agent: Agent, poller: SnmpPoller) -> None:
    agent.silent = lambda names: any(name[: len(oid(IFX))] == oid(IFX) for name in names)
    readings = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch", timeout=2.0))
    assert readings["snmp.uptime_s"] == 5000
    assert readings["snmp.partial"] is True
    agent.silent = lambda names: False
    again = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch"))
    assert again["snmp.partial"] is False
    assert again["if.oper[GigabitEthernet0/0/1]"] == "up"


async def test_polls_that_overlap_do_not_take_each_others_answers(agent: Agent, poller: SnmpPoller) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch")
    await poll(poller, target)
    answers = await asyncio.gather(*(poll(poller, target) for _ in range(5)))
    assert all(measurements["if.oper[GigabitEthernet0/0/1]"] == "up" for measurements in answers)


async def test_a_session_serves_many_polls(agent: Agent, poller: SnmpPoller) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=system")
    await poll(poller, target)
    before = agent.requests
    for _ in range(5):
        await poll(poller, target)
    assert agent.requests - before == 5


async def test_silence_is_a_timeout(agent: Agent, poller: SnmpPoller) -> None:
    agent.silent = lambda names: True
    error = await failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}", timeout=SILENT))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT


async def test_a_wrong_community_is_a_timeout_that_names_it_as_a_cause(agent: Agent, poller: SnmpPoller) -> None:
    error = await failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}?cred=core", SECRET, timeout=SILENT))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT
    assert "community" in error.en
    assert "s3cret" not in error.en + error.zh


async def test_a_closed_port_is_refused_at_once(poller: SnmpPoller) -> None:
    error = await failure(poller, target_of(f"snmp://127.0.0.1:{free_port()}"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.REFUSED


@pytest.mark.parametrize("raw", [b"\x00", b"HTTP/1.1 400 Bad Request", b"\x30\x84\xff\xff\xff\xff", b"0" * 60000])
async def test_garbage_is_a_wrong_answer(agent: Agent, poller: SnmpPoller, raw: bytes) -> None:
    agent.raw = raw
    error = await failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER


async def test_an_agent_without_any_of_the_objects_gives_a_wrong_answer(poller: SnmpPoller) -> None:
    async with serving({"1.3.6.1.4.1.1.1.0": v2c.Integer32(1)}) as agent:
        error = await failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER


async def test_an_authorization_error_is_for_a_person(agent: Agent, poller: SnmpPoller) -> None:
    agent.status = AUTHORIZATION
    assert isinstance(await failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}")), AuthFailed)


async def test_a_table_that_never_ends_is_left(agent: Agent, poller: SnmpPoller) -> None:
    agent.loops = True
    readings = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch"))
    assert readings["snmp.partial"] is True
    assert agent.requests < 20


async def test_a_session_is_not_kept_after_a_failure_and_the_device_is_back_at_once(
    agent: Agent, poller: SnmpPoller
) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=system")
    await poll(poller, target)
    agent.silent = lambda names: True
    await failure(poller, replace(target, timeout=SILENT))
    agent.silent = lambda names: False
    assert (await poll(poller, target))["snmp.uptime_s"] == 5000


@pytest.mark.parametrize(
    ("credential", "message"),
    [
        (Credential(name="x", kind="password", values={"user": "u", "password": "p"}), "snmpv2c and snmpv3"),
        (Credential(name="x", kind="snmpv3", values={"user": "u", "auth": "sha", "auth_key": "kurz"}), "8 characters"),
        (Credential(name="x", kind="snmpv3", values={"user": "u", "auth": "rot13", "auth_key": "12345678"}), "auth is"),
        (Credential(name="x", kind="snmpv3", values={"user": "u", "auth_key": "12345678"}), "go together"),
        (Credential(name="x", kind="snmpv3", values={"user": "u", "priv": "aes", "priv_key": "12345678"}), "needs"),
        (Credential(name="x", kind="snmpv3", values={"user": ""}), "user is empty"),
        (Credential(name="x", kind="snmpv2c", values={"community": ""}), "community is empty"),
    ],
)
async def test_a_credential_that_cannot_work_names_its_mend(
    poller: SnmpPoller, credential: Credential, message: str
) -> None:
    error = await failure(poller, target_of("snmp://127.0.0.1?cred=x", credential))
    assert isinstance(error, Misconfigured)
    assert message in error.en
    assert "12345678" not in error.en + error.zh


@pytest.mark.parametrize("text", ["snmp://", "snmp://h?profile=nosuch", "snmp://h?community=public", "snmp://h:0"])
def test_a_uri_that_cannot_work_is_refused_at_load(text: str) -> None:
    with pytest.raises(Misconfigured):
        SnmpPoller.validate(target_of(text))


async def test_no_credential_ever_appears_in_logs_or_errors(
    agent: Agent, poller: SnmpPoller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    v3 = Credential(
        name="v3",
        kind="snmpv3",
        values={"user": "ops", "auth": "sha", "auth_key": "hush-hush-1", "priv": "aes", "priv_key": "hush-hush-2"},
    )
    errors: list[Awaitable[Exception]] = [
        failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}?cred={credential.name}", credential, timeout=SILENT))
        for credential in (SECRET, v3)
    ]
    output = " ".join([repr(error) + str(error) for error in await asyncio.gather(*errors)]) + caplog.text
    assert "s3cret" not in output
    assert "hush" not in output


# -- what agents do to those who ask ---------------------------------------------------


async def test_interfaces_that_are_numbered_anew_by_a_reboot_are_never_taken_for_one_another(
    agent: Agent, poller: SnmpPoller, clock: Clock
) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch")
    await clock.poll(poller, target)
    fresh = switch(2)
    fresh[probe.UPTIME] = v2c.TimeTicks(1_000)
    names = {1: "GigabitEthernet0/0/2", 2: "GigabitEthernet0/0/1"}
    for n, name in names.items():
        fresh |= {
            f"{IF}.2.{n}": v2c.OctetString(name),
            f"{IFX}.1.{n}": v2c.OctetString(name),
            f"{IF}.7.{n}": v2c.Integer32(1),
            f"{IF}.8.{n}": v2c.Integer32(2 if n == 1 else 1),
        }
    agent.values = {oid(key): value for key, value in fresh.items()}
    clock.ahead = 30.0
    readings = await clock.poll(poller, target)
    assert readings["snmp.rebooted"] is True
    assert readings["if.oper[GigabitEthernet0/0/1]"] == "up", "that of the index which was once its own is down"
    assert readings["if.oper[GigabitEthernet0/0/2]"] == "down"
    assert not any("bps" in key for key in readings), "no rate across a reboot"
    clock.ahead = 40.0
    agent.set(probe.UPTIME, v2c.TimeTicks(2_000))
    agent.set(f"{IFX}.6.2", v2c.Counter64(10**12 + 125_000_000))
    readings = await clock.poll(poller, target)
    assert clock.fits(readings["if.in_bps[GigabitEthernet0/0/1]"], 1e9)
    assert readings["if.in_bps[GigabitEthernet0/0/2]"] == 0


async def test_sysuptime_that_wraps_is_no_reboot_and_breaks_no_rate(
    agent: Agent, poller: SnmpPoller, clock: Clock
) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch")
    agent.set(probe.UPTIME, v2c.TimeTicks(2**32 - 500))
    await clock.poll(poller, target)
    clock.ahead = 10.0
    agent.set(probe.UPTIME, v2c.TimeTicks(500))
    agent.set(f"{IFX}.6.1", v2c.Counter64(10**12 + 125_000_000))
    readings = await clock.poll(poller, target)
    assert readings["snmp.rebooted"] is False
    assert clock.fits(readings["if.in_bps[GigabitEthernet0/0/1]"], 1e9)


async def test_counters_that_one_interface_lacks_and_an_instance_that_is_gone_lose_no_other(
    agent: Agent, poller: SnmpPoller, clock: Clock
) -> None:
    target = target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch")
    del agent.values[oid(f"{IFX}.6.1")]
    agent.set(f"{IF}.8.2", v2c.NoSuchInstance(""))
    await clock.poll(poller, target)
    clock.ahead = 10.0
    readings = await clock.poll(poller, target)
    assert "if.in_bps[GigabitEthernet0/0/1]" not in readings
    assert "if.oper[GigabitEthernet0/0/2]" not in readings
    assert (readings["if.out_bps[GigabitEthernet0/0/1]"], readings["if.in_bps[GigabitEthernet0/0/2]"]) == (0, 0)
    assert readings["if.oper[GigabitEthernet0/0/1]"] == "up"


async def test_bulk_answers_that_are_cut_short_are_asked_on(agent: Agent, poller: SnmpPoller) -> None:
    agent.bulk_most = 1
    readings = await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}?profile=switch"))
    assert [readings.get(f"if.oper[GigabitEthernet0/0/{n}]") for n in (1, 2, 3)] == ["up", "up", None]


async def test_an_answer_to_another_request_is_none(agent: Agent, poller: SnmpPoller) -> None:
    agent.other_id = True
    error = await failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}", timeout=SILENT))
    assert isinstance(error, NotReady)
    agent.other_id = False
    assert "snmp.uptime_s" in await poll(poller, target_of(f"snmp://127.0.0.1:{agent.port}"))


async def test_an_answer_from_another_address_is_none(agent: Agent, poller: SnmpPoller) -> None:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    agent.elsewhere = transport
    try:
        error = await failure(poller, target_of(f"snmp://127.0.0.1:{agent.port}", timeout=SILENT))
    finally:
        transport.close()
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT
    assert agent.requests
