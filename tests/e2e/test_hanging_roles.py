"""Roles stopped by SIGSTOP, and a site started on a damaged run folder."""

from __future__ import annotations

import json
import os
import signal
import time
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from feeds.roles import NAMES
from tests.e2e.site import Person, Service, Site, hook, running
from tests.patience import PATIENCE, until
from watchfloor.runtime.watchdog import BEAT


async def not_ready(site: Site) -> list[str]:
    """Return the roles that /readyz reports as hanging."""
    async with aiohttp.ClientSession() as http, http.get(f"{site.url}/readyz") as answer:
        roles = (await answer.json(content_type=None))["checks"]["roles"]
        return [role for role, moves in roles.items() if not moves]


async def test_a_stopped_alert_role_is_reported_restarted_and_notifies_of_alerts_in_between(tmp_path: Path) -> None:
    device = Service()
    await device.start()
    row = f"gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:{device.port}\n"
    async with hook() as phone, running(tmp_path, row, hook_port=phone.port) as site:
        await until_reporting(site)
        first = site.members()["alert"]["pid"]
        os.kill(first, signal.SIGSTOP)
        await device.stop()
        await until(lambda: site.members()["alert"]["state"] == "hanging")
        await until(lambda: alert_named(site))
        await until(lambda: phone.heard("gw1"))
        assert site.members()["alert"]["pid"] != first
        assert "did not report for" in site.members()["alert"]["last_end"]["reason"]
        assert "did not report for" in site.cli("status").stdout
        assert {name: member["restarts"] for name, member in site.members().items() if member["restarts"]} == {
            "alert": 1
        }


async def until_reporting(site: Site) -> None:
    """Wait until every process has reported once: before that a process has five minutes. The fork server is the last
    to do so, after it has started the web role.
    """
    started = max(member["started_at"] for member in site.members().values())
    await until(lambda: time.time() - started > 3 * BEAT)


async def alert_named(site: Site) -> bool:
    return await not_ready(site) == ["alert"]


ROW = "gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:9\n"


def ended_again(site: Site, name: str, before: int, reason: str) -> bool:
    """True when another process of the member runs, and its status says why the one before was ended."""
    member = site.members()[name]
    running = member["state"] == "running" and member["pid"] not in (0, before)
    return running and reason in member["last_end"].get("reason", "")


@pytest.mark.timeout(20 * PATIENCE)
async def test_each_stopped_process_is_told_and_started_again_while_no_alert_is_cleared(tmp_path: Path) -> None:
    async with hook() as phone, running(tmp_path, ROW, hook_port=phone.port) as site:
        person = await site.person("duty1")
        await until(lambda: phone.heard("gw1"))
        for name in (*NAMES, "valkey"):
            before = site.members()[name]["pid"]
            os.kill(before, signal.SIGSTOP)
            await until(partial(ended_again, site, name, before, "did not report for"), within=2 * PATIENCE)
            assert "did not report for" in site.cli("status").stdout
            await site.ready()
        await shows_an_active_alert(person)
        assert {body["reason"] for _, body in phone.calls} == {"first"}


async def test_a_stopped_fork_server_is_told_and_started_again_with_every_role(tmp_path: Path) -> None:
    async with hook() as phone, running(tmp_path, ROW, hook_port=phone.port) as site:
        person = await site.person("duty1")
        await until(lambda: phone.heard("gw1"))
        await until_reporting(site)
        before = {name: member["pid"] for name, member in site.members().items()}
        fork_server = int(Path(f"/proc/{before['alert']}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(fork_server, signal.SIGSTOP)
        for name in NAMES:
            reason = "the process that forks the roles hung and was killed"
            await until(partial(ended_again, site, name, before[name], reason), within=2 * PATIENCE)
        assert site.members()["valkey"]["pid"] == before["valkey"]
        await site.ready()
        await shows_an_active_alert(person)
        assert {body["reason"] for _, body in phone.calls} == {"first"}


async def shows_an_active_alert(person: Person) -> None:
    async with person.live() as live:
        await live.until(lambda view: any(alert["active"] for alert in view["alert"].values()))


@pytest.mark.parametrize("emptied", [False, True], ids=["cut", "emptied"])
async def test_a_site_starts_on_a_damaged_run_folder_with_its_alerts(tmp_path: Path, emptied: bool) -> None:
    async with running(tmp_path, ROW) as site:
        person = await site.person("duty1")
        async with person.live() as live:
            alert = await live.until(lambda view: next(iter(view["alert"].values()), None))
        await person.http.close()
        site.people.clear()
        await site.stop()
        run = site.folder / "data" / "run"
        for file in [path for path in run.rglob("*") if path.is_file()]:
            cut = file.suffix == ".json" and not emptied
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2] if cut else b"")
        for file in (site.folder / "data" / "valkey" / "appendonlydir").iterdir():
            file.write_bytes(b"\x00" * 100)
        site.start()
        await site.ready()
        async with aiohttp.ClientSession(site.url) as http:
            async with http.get("/healthz") as alive:
                assert alive.status == 200
        again = await site.person("duty2")
        async with again.live() as live:
            await live.until(lambda view: alert["id"] in view["alert"])
        damaged = json.loads(site.cli("status", "--json").stdout)["set_aside"]
        assert any(name.startswith("valkey.broken-") for name in damaged)
        assert any(name.startswith("run/valkey.json.damaged-") for name in damaged)
