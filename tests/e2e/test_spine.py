"""The path of an alert through every role of a site: failed service, webhook, live feed, journal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.site import Hook, Live, Person, Service, Site, hook, running
from tests.patience import until
from watchfloor.runtime import supervisor

ROLES = ("collect", "project", "alert", "command", "web")


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    device = Service()
    await device.start()
    yield device
    await device.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[Hook]:
    async with hook() as webhook:
        yield webhook


@pytest.fixture
async def site(tmp_path: Path, service: Service, receiver: Hook, journal_settings: str) -> AsyncIterator[Site]:
    rows = (
        f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
        f"x2,元谋县网管中心,router,532328,25.70,101.86,,,,,,tcp://127.0.0.1:{service.port}\n"
    )
    async with running(tmp_path, rows, hook_port=receiver.port, more=journal_settings) as started:
        yield started


def health(view: dict[str, Any], asset: str = "x1") -> str:
    return str(view["asset"].get(asset, {}).get("health", ""))


def alert_of(view: dict[str, Any], asset: str = "x1") -> dict[str, Any] | None:
    return next((alert for alert in view["alert"].values() if alert["asset"] == asset), None)


def alive(pid: int) -> bool:
    """Return true if the process runs and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def reasons(receiver: Hook, alert: dict[str, Any]) -> list[str]:
    """Return the reasons of the notifications that the receiver has for this alert, in order."""
    return [body["reason"] for _, body in receiver.calls if body["alert"]["id"] == alert["id"]]


async def reopened(person: Person, since: str) -> Live:
    """Reconnect like a page: retry until the server accepts the live socket."""
    while True:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            socket = await person.http.ws_connect(
                f"/api/v1/live?since={since}", headers={"Origin": str(person.http._base_url).rstrip("/")}
            )
            return Live(socket)
        await asyncio.sleep(0.1)


async def test_an_outage_raises_an_alert_that_is_acknowledged_clears_and_is_on_record(
    site: Site, service: Service, receiver: Hook
) -> None:
    first, second = await site.person("网管乙", "operator"), await site.person("值班甲")
    async with first.live() as live, second.live() as second_live:
        await live.until(lambda view: health(view) == "ok")
        await service.stop()
        await live.until(lambda view: health(view) == "down")
        alert = await live.until(alert_of)
        assert (alert["severity"], alert["active"], alert["acked"]) == ("critical", True, False)
        await until(
            lambda: reasons(receiver, alert) == ["first"]
        )  # a notification is not sent once the alert is acknowledged

        answer = await first.post(
            f"alerts/{alert['id']}/ack", {"comment": "已联系电信抢修", "rev": alert["rev"]}, expect=200
        )
        assert answer["ack"]["by"] == "网管乙"
        acked = await second_live.until(lambda view: (shown := alert_of(view)) and shown["acked"] and shown)
        assert acked["ack"]["comment"] == "已联系电信抢修"
        await first.post(f"alerts/{alert['id']}/ack", {"comment": "旧", "rev": alert["rev"]}, expect=409)

        await service.start()
        await live.until(lambda view: health(view) == "ok" and alert_of(view) is None)
    record = await first.get(f"alerts/{alert['id']}")
    steps = [(step["name"], step["actor"], step.get("reason") or step.get("comment")) for step in record["transitions"]]
    assert [name for name, _, _ in steps] == ["raise", "ack", "clear"]
    assert steps[1] == ("ack", "网管乙", "已联系电信抢修")
    await until(lambda: reasons(receiver, alert) == ["first", "cleared"])
    assert len(receiver.keys) == len(set(receiver.keys))
    verified = site.cli("journal", "verify")
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize("victims", [*((role,) for role in ROLES), ROLES], ids=lambda v: "+".join(v))
async def test_killed_roles_restart_and_nothing_is_lost(
    site: Site, service: Service, receiver: Hook, victims: tuple[str, ...]
) -> None:
    person = await site.person("网管乙", "operator")
    async with person.live() as live:
        await live.until(lambda view: health(view) == "ok")
        await service.stop()
        alert = await live.until(alert_of)
        await person.post(f"alerts/{alert['id']}/ack", {"comment": "在处理"}, expect=200)
        await live.until(lambda view: (alert_of(view) or {}).get("acked"))
        rev = live.rev
    before = {name: member["pid"] for name, member in site.members().items()}
    site.kill(*victims)
    await until(lambda: all(site.members()[v]["pid"] not in (0, before[v]) for v in victims))
    live = await reopened(person, rev)
    await service.start()  # the picture moves again, and from the right place
    await live.until(lambda view: health(view) == "ok")
    await site.ready()
    record = await person.get(f"alerts/{alert['id']}")
    assert [step["name"] for step in record["transitions"]][:2] == ["raise", "ack"]
    assert len(receiver.keys) == len(set(receiver.keys))
    pauses = re.findall(r"starting it again in ([0-9.]+) s", (site.folder / "site.log").read_text())
    assert len(pauses) >= len(victims)
    assert max(map(float, pauses)) <= supervisor.LONGEST_PAUSE
    await live.close()


async def test_a_killed_prefork_process_ends_its_roles_and_all_restart(site: Site, service: Service) -> None:
    person = await site.person("网管乙", "operator")
    before = {name: member["pid"] for name, member in site.members().items() if name != "valkey"}
    parent = int(Path(f"/proc/{before['web']}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    await until(lambda: all(site.members()[name]["pid"] not in (0, pid) for name, pid in before.items()))
    await until(lambda: not any(alive(pid) for pid in before.values()))
    live = await reopened(person, "")
    await live.until(lambda view: health(view) == "ok")
    await live.close()


async def test_valkey_killed_with_its_data_is_rebuilt_and_nothing_accepted_is_lost(
    site: Site, service: Service, receiver: Hook, tmp_path: Path
) -> None:
    person = await site.person("网管乙", "operator")
    async with person.live() as live:
        await live.until(lambda view: health(view) == "ok" and health(view, "x2") == "ok")
        await service.stop()
        alert = await live.until(alert_of)
        await person.post(f"alerts/{alert['id']}/ack", {"comment": "在处理"}, expect=200)
        await live.until(lambda view: (alert_of(view) or {}).get("acked"))
        site.kill("valkey")
        shutil.rmtree(tmp_path / "data" / "valkey")
        while (await live.next())["type"] != "resync":
            pass
        await live.until(lambda view: health(view) == "down" and (alert_of(view) or {}).get("acked"))
        again = alert_of(live.view)
        assert again is not None
        assert (again["id"], again["ack"]["comment"]) == (alert["id"], "在处理")
        await service.start()
        await live.until(lambda view: alert_of(view) is None and health(view) == "ok")
    assert len(receiver.keys) == len(set(receiver.keys))


async def test_two_counties_see_nothing_of_each_other(site: Site, service: Service) -> None:
    wuding, yuanmou = await site.person("武定", "operator", "532329"), await site.person("元谋", "operator", "532328")
    async with wuding.live() as wuding_live, yuanmou.live() as yuanmou_live:
        await wuding_live.until(lambda view: health(view) == "ok")
        await yuanmou_live.until(lambda view: health(view, "x2") == "ok")
        await service.stop()
        alert = await wuding_live.until(alert_of)
        await yuanmou_live.until(lambda view: alert_of(view, "x2"))
        await yuanmou.post(f"alerts/{alert['id']}/ack", {"comment": "不是我的"}, expect=403)
        assert set(wuding_live.view["asset"]) == {"x1"}
        assert set(yuanmou_live.view["asset"]) == {"x2"}
        for frames, foreign in (
            (wuding_live.raw, ("x2", "532328", "元谋")),
            (yuanmou_live.raw, ("x1", "532329", "武定")),
        ):
            assert not [value for value in foreign if f'"{value}' in "".join(frames)]
