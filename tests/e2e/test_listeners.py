"""Syslog messages and traps become alerts through every role of a site, despite killed roles and a lost Valkey."""

from __future__ import annotations

import asyncio
import shutil
import socket
from pathlib import Path
from typing import Any

from collectors.sim.notifiers import COMMUNITY, LINK_DOWN, LINK_UP, TRAPS, Talker
from tests.e2e.site import running
from tests.e2e.test_spine import reopened
from tests.patience import PATIENCE
from tests.ports import free_port

SOURCES = """
[credentials.c]
kind = "snmpv2c"
community = "{community}"
[[source]]
id = "log"
kind = "network.syslog"
url = "udp://127.0.0.1:{log}"
[[source]]
id = "traps"
kind = "network.traps"
url = "udp://127.0.0.1:{traps}"
cred = "c"
"""
NAME = "1.3.6.1.2.1.31.1.1.1.1.7"


def say(port: int, message: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(message, ("127.0.0.1", port))


def alerts(view: dict[str, Any]) -> dict[str, bool]:
    return {alert["rule"]: alert["active"] for alert in view["alert"].values() if ":" in alert["rule"]}


async def test_alerts_from_syslog_and_traps_last_until_the_device_clears_them_despite_killed_roles(
    tmp_path: Path,
) -> None:
    log, traps = free_port(), free_port()
    row = "x1,武定县网管中心,router,532329,,,,,,,ip=127.0.0.1,\n"
    router = Talker(TRAPS, f"udp://127.0.0.1:{traps}", {"x1": "127.0.0.1"})
    line = b"<189>12: Nov 22 01:45:41: %LINK-3-UPDOWN: Interface Gi0/1, changed state to "
    more = SOURCES.format(community=COMMUNITY, log=log, traps=traps)
    async with running(tmp_path, row, more=more) as site:
        person, stranger = await site.person("网管乙", "operator"), await site.person("元谋", "duty", "532328")
        live = await reopened(person, "")
        await live.until(lambda view: {"log", "traps"} <= {id for id, source in view["source"].items() if source["ok"]})
        say(log, line + b"down")
        say(traps, router._trap(LINK_DOWN, {NAME: "Gi0/7"}))
        await live.until(lambda view: alerts(view) == {"syslog:link": True, "trap:link": True})
        await live.until(
            lambda view: view["asset"]["x1"]["readings"].get("trap.link[Gi0/7]", {}).get("value") == "down"
        )
        assert (await stranger.get("alerts"))["items"] == []

        site.kill("collect", "valkey")
        shutil.rmtree(tmp_path / "data" / "valkey")
        await live.close()
        await site.ready()
        live = await reopened(person, "")
        await live.until(lambda view: alerts(view) == {"syslog:link": True, "trap:link": True})
        async with asyncio.timeout(PATIENCE):  # UDP knows of no restart: devices say a thing until it is heard
            while any(alerts(live.view).values()):
                say(log, line + b"up")
                say(traps, router._trap(LINK_UP, {NAME: "Gi0/7"}))
                await live.next()
        for alert in (await person.get("alerts"))["items"]:
            record = await person.get(f"alerts/{alert['id']}")
            assert [step["name"] for step in record["transitions"]] == ["raise", "clear"]
        await live.close()
        assert site.cli("journal", "verify").returncode == 0
