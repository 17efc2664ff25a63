"""Notifications that net-snmp's snmptrap sends, and lines that util-linux's logger writes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from collectors.contract import Measurement
from collectors.listener import ListenerContext
from collectors.network.syslog.listener import SyslogListener
from collectors.network.traps.listener import TrapListener
from collectors.settings import Credential, SourceSettings
from feeds.model import Asset
from tests.patience import PATIENCE
from tests.peers.snmp_peers import need

V2C = Credential(name="v2c", kind="snmpv2c", values={"community": "public"})
V3 = Credential(
    name="v3",
    kind="snmpv3",
    values={"user": "ops", "auth": "SHA-256", "auth_key": "authpass123", "priv": "AES", "priv_key": "privpass123"},
)
AROUND = ListenerContext(
    inventory={"core": Asset(id="core", name="core", kind="switch", region="532300", probes=("icmp://127.0.0.1",))},
    credentials={"v2c": V2C, "v3": V3},
)
LINK_DOWN = ["", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.2.7", "s", "GigabitEthernet0/0/7"]
SECURE = ["-v3", "-u", "ops", "-l", "authPriv", "-a", "SHA-256", "-A", "authpass123", "-x", "AES", "-X", "privpass123"]


@asynccontextmanager
async def listening() -> AsyncIterator[TrapListener]:
    settings = SourceSettings(id="t", kind="network.traps", url="udp://127.0.0.1:0", cred="v2c v3")
    listener = TrapListener(settings, AROUND)
    await listener.open()
    try:
        yield listener
    finally:
        await listener.close()


async def run(*message: str) -> int:
    quiet = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": "/dev/null"}
    process = await asyncio.create_subprocess_exec(*message, env=quiet)
    async with asyncio.timeout(PATIENCE):
        return await process.wait()


async def readings(listener: TrapListener | SyslogListener, count: int) -> dict[str, Measurement]:
    measured: dict[str, Measurement] = {}
    async with asyncio.timeout(PATIENCE):
        async for heard in listener.listen():
            assert heard.asset == "core"
            measured |= {
                f"{measurement.metric}[{measurement.instance}]": measurement for measurement in heard.measurements
            }
            if len(measured) >= count:
                break
    return measured


@pytest.mark.parametrize(
    "command",
    [
        ["-v2c", "-c", "public"],
        ["-v2c", "-c", "public", "-Ci"],
        [*SECURE, "-e", "0x8000000001020304"],
        [*SECURE, "-Ci"],
    ],
    ids=["v2c trap", "v2c inform", "v3 trap", "v3 inform"],
)
async def test_what_snmptrap_sends_is_taken_and_informs_are_confirmed(command: list[str]) -> None:
    program = need("snmptrap")
    async with listening() as listener:
        # An inform that nobody confirms ends with an error.
        assert await run(program, "-r", "1", "-t", "5", *command, f"127.0.0.1:{listener.port}", *LINK_DOWN) == 0
        measurements = await readings(listener, 2)
    assert measurements["trap.link[GigabitEthernet0/0/7]"].value == "down"


async def test_a_v1_trap_is_taken() -> None:
    program = need("snmptrap")
    async with listening() as listener:
        where = f"127.0.0.1:{listener.port}"
        await run(program, "-v1", "-c", "public", where, "1.3.6.1.4.1.318", "127.0.0.1", "6", "5", "")
        assert (await readings(listener, 2))["trap.ups[]"].value == "battery"


async def test_an_inform_with_wrong_keys_is_not_confirmed() -> None:
    program = need("snmptrap")
    async with listening() as listener:
        command = [*SECURE, "-Ci", "-r", "0", "-t", "1"]
        command[command.index("authpass123")] = "another-pass"
        assert await run(program, *command, f"127.0.0.1:{listener.port}", *LINK_DOWN) != 0
        assert listener.messages.queue.empty()


@pytest.mark.parametrize("way", ["udp", "tcp"])
@pytest.mark.parametrize("form", [["--rfc5424"], ["--rfc3164"], ["--rfc5424", "--octet-count"]], ids=" ".join)
async def test_what_logger_writes_is_read(way: str, form: list[str]) -> None:
    program = need("logger")
    if way == "udp" and "--octet-count" in form:
        pytest.skip("octets are counted in streams only")
    listener = SyslogListener(SourceSettings(id="s", kind="network.syslog", url=f"{way}://127.0.0.1:0"), AROUND)
    await listener.open()
    try:
        command = ["-n", "127.0.0.1", "-P", str(listener.port), f"--{way}", "-p", "local0.crit", "-t", "ups", *form]
        assert await run(program, *command, "电池供电 battery") == 0
        measurements = await readings(listener, 1)
    finally:
        await listener.close()
    measurement = measurements["syslog.message[crit]"]
    assert measurement.value == "电池供电 battery"
    assert "ups" in measurement.text
    assert measurement.observed_at is not None
